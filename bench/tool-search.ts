/**
 * Measures how well `platform.search_tools` finds the right tools: nDCG@10 and recall on the evaluation sets of the
 * shared folder. Each set is the registry of one workspace in a real PostgreSQL; the reference figures come from their
 * README. `node bench/tool-search.ts [--json]`
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { createDatabase } from '../tests/support/database.ts'
import { withPostgres } from '../tests/support/postgres.ts'

const folder = join(import.meta.dirname, '../../shared/eval')
/** The nDCG@10 of the reference ("LX") from the README of the evaluation sets, in percent. */
const reference: Record<string, number> = { bfcl: 75.3, seal: 90.4, toole: 56.5, mcp: 35.2 }

interface Tool {
  set: string
  _id: string
  name: string
  group: string
  description: string
  params: { name: string; description: string }[]
}
interface Query {
  set: string
  _id: string
  text: string
  rel: Record<string, number>
}

async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(join(folder, file), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)
}

/** Names that the registry accepts, in the order of the tools; equal names get a number. */
function registryNames(tools: Tool[]): string[] {
  const taken = new Set<string>()
  return tools.map(({ name }, at) => {
    const words = name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .toLowerCase()
    const plain = words.replace(/^[^a-z]+|_+$/g, '').slice(0, 58) || 'tool'
    const free = plain.length < 2 || taken.has(plain) ? `${plain}_${at}` : plain
    taken.add(free)
    return free
  })
}

async function loadRegistry(
  client: pg.Client,
  tools: Tool[],
): Promise<{ persona: string; names: Map<string, string> }> {
  const workspace = await insertId(client, `insert into public.workspaces (name) values ('bench') returning id`, [])
  const persona = await insertId(
    client,
    `insert into public.personas (workspace_id, name) values ($1, 'bench') returning id`,
    [workspace],
  )
  const unique = registryNames(tools)
  const names = new Map(tools.map((tool, at) => [unique[at]!, tool._id]))
  const rows = tools.map((tool, at) => ({
    name: unique[at]!,
    description: tool.description,
    group_name: tool.group,
    input_schema: {
      type: 'object',
      properties: Object.fromEntries(tool.params.map((param) => [param.name, { description: param.description }])),
    },
  }))
  await client.query(
    `insert into public.tools (workspace_id, name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds, code, language)
     select $1, r.name, r.description, r.group_name, r.input_schema, '{}', 'pure', 'sandbox', 60, '', 'node'
     from jsonb_to_recordset($2) r (name text, description text, group_name text, input_schema jsonb)`,
    [workspace, JSON.stringify(rows)],
  )
  return { persona, names }
}

async function insertId(client: pg.Client, sql: string, params: unknown[]): Promise<string> {
  return (await client.query(sql, params)).rows[0].id
}

function ndcg(found: string[], rel: Record<string, number>): number {
  const gain = (grades: number[]) => grades.reduce((sum, grade, at) => sum + grade / Math.log2(at + 2), 0)
  const ideal = Object.values(rel)
    .sort((a, b) => b - a)
    .slice(0, 10)
  return gain(found.slice(0, 10).map((id) => rel[id] ?? 0)) / gain(ideal)
}

function recall(found: string[], rel: Record<string, number>, at: number): number {
  const wanted = Object.keys(rel)
  return found.slice(0, at).filter((id) => wanted.includes(id)).length / wanted.length
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const points = (value: number) => Math.round(value * 1000) / 10

async function measure(client: pg.Client, set: string, tools: Tool[], queries: Query[]) {
  const loading = performance.now()
  const { persona, names } = await loadRegistry(client, tools)
  const indexed = performance.now()
  await client.query('analyze')
  const results: { ndcg: number; r1: number; r5: number; r10: number; ms: number }[] = []
  for (const query of queries) {
    const start = performance.now()
    const { rows } = await client.query('select platform.search_tools($1, $2, 10) as found', [persona, query.text])
    const ms = performance.now() - start
    const found = (rows[0].found as { name: string }[]).map((tool) => names.get(tool.name) ?? '')
    const [r1, r5, r10] = [1, 5, 10].map((at) => recall(found, query.rel, at)) as [number, number, number]
    results.push({ ndcg: ndcg(found, query.rel), r1, r5, r10, ms })
  }
  const times = results.map((result) => result.ms).sort((a, b) => a - b)
  return {
    set,
    tools: tools.length,
    queries: queries.length,
    ndcg10: points(mean(results.map((result) => result.ndcg))),
    reference: reference[set]!,
    recall1: points(mean(results.map((result) => result.r1))),
    recall5: points(mean(results.map((result) => result.r5))),
    recall10: points(mean(results.map((result) => result.r10))),
    ms_p50: Math.round(times[Math.floor(times.length / 2)]! * 10) / 10,
    ms_p95: Math.round(times[Math.floor(times.length * 0.95)]! * 10) / 10,
    index_ms_per_tool: Math.round(((indexed - loading) / tools.length) * 10) / 10,
  }
}

const tools = await readLines<Tool>('tools_corpus.jsonl')
const queries = await readLines<Query>('tools_queries.jsonl')
await withPostgres(async (server) => {
  const database = await createDatabase(server.url)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const results = []
  for (const set of Object.keys(reference)) {
    const ofSet = <T extends { set: string }>(items: T[]) => items.filter((item) => item.set === set)
    results.push(await measure(client, set, ofSet(tools), ofSet(queries)))
  }
  const { rows } = await client.query(`select pg_size_pretty(pg_total_relation_size('platform.tool_terms')) as size`)
  await client.end()
  const average = {
    ndcg10: points(mean(results.map((r) => r.ndcg10)) / 100),
    reference: points(mean(results.map((r) => r.reference)) / 100),
  }
  console.table(results)
  console.log(`average nDCG@10 ${average.ndcg10}, reference ${average.reference}; index ${rows[0].size}`)
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'tool-search', sets: results, average }))
})
