/** Protects: tool calls go through the effect ledger, with results, failures, retries and lost workers. */
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { attachmentPaths } from '../../contracts/workspace.ts'
import type { Turn } from '../../demo-model/scripts.ts'
import type { Executor } from '../../executor/executor.ts'
import type { BareRunners } from './support/bare-runner.ts'
import { acme, owner, type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let executor: Executor & { runners: BareRunners }
beforeAll(async () => {
  platform = await startPlatform(inject('postgresUrl'))
  executor = await platform.startExecutor()
})
afterAll(() => platform?.close())

const code = (text: string) => ({ name: 'run_code', arguments: { language: 'javascript', code: text } })
const fine: Turn = { text: 'Done.' }

interface CallRow {
  id: string
  status: string
  attempt: number
  // biome-ignore lint/suspicious/noExplicitAny: outputs of several tools
  output: any
  output_path: string | null
  error: { code: string; message: string } | null
}

const calls = (runId: string) =>
  platform.query<CallRow>('select * from tool_runs where run_id = $1 order by created_at, position', [runId])

async function resultsSeen(model: string): Promise<string[]> {
  const last = (await platform.requests(model)).at(-1)
  return (last?.messages ?? []).filter((message) => message.role === 'tool').map((message) => message.content)
}

it("runs calls in a sandbox with the persona's limits", async () => {
  const limits = { sandbox_memory_mb: 256, sandbox_cpus: 0.5 }
  const persona = await platform.persona([{ tool_calls: [code('console.log(1)')] }, fine], { limits })
  await platform.ended(await platform.createRun(persona.id))
  expect(executor.runners.specs.get(persona.id)?.limits).toEqual({
    memoryMb: 256,
    cpus: 0.5,
    processes: 256,
    diskMb: 2048,
  })
})

it('runs the calls of one answer at the same time, and reports their failures to the model', async () => {
  const persona = await platform.persona([
    {
      tool_calls: [
        code('console.log(6 * 7)'),
        code('process.exit(3)'),
        { name: 'write_file', arguments: { path: '../up', content: '' } },
        { name: 'read_file', arguments: { path: 7 } },
      ],
    },
    fine,
  ])
  const runId = await platform.createRun(persona.id)
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed', segment: 2 })
  const rows = await calls(runId)
  expect(rows.map((row) => [row.status, row.error?.code])).toEqual([
    ['succeeded', undefined],
    ['succeeded', undefined],
    ['failed', 'invalid_input'],
    ['failed', 'not_found'],
  ])
  expect(rows[0]?.output.stdout).toBe('42\n')
  expect(rows[1]?.output.exit_code).toBe(3)
  const seen = await resultsSeen(persona.model)
  expect(JSON.parse(seen[2] ?? '')).toMatchObject({ error: { code: 'invalid_input' } })
})

/** Prints so much that the output exceeds the executor's limit, although the tool shortens each stream. */
const twoLongStreams =
  'for (let line = 1; line <= 600; line++) for (const out of [console.log, console.error]) out("line " + line + "ä".repeat(60))'

it('gives the model the beginning of a large output, and a way to read the rest', async () => {
  const persona = await platform.persona([{ tool_calls: [code(twoLongStreams)] }, fine])
  const runId = await platform.createRun(persona.id)
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
  const [row] = await calls(runId)
  expect(row?.output).toMatchObject({ truncated: true })
  expect(Buffer.byteLength(JSON.stringify(row?.output))).toBeLessThan(40_000)
  const file = /the file (\S+) in the workspace/.exec(row?.output.hint)?.[1] ?? ''
  const inWorkspace = JSON.parse(await readFile(join(platform.folder, 'workspaces', persona.id, file), 'utf8'))
  expect(inWorkspace.stdout).toContain('line 600')
  const { data } = await stored('artifacts', row?.output_path ?? '')
  expect(JSON.parse(data.toString())).toEqual(inWorkspace)
})

describe('files that come with the task', () => {
  /** Uploads a file for the persona, and returns it in the form of a run's attachment. */
  async function attach(personaId: string, name: string, body: string | Buffer) {
    const path = `${acme}/${personaId}/${randomUUID()}/file`
    const { apiUrl, keys } = platform.embedded
    const headers = { apikey: keys.secret, authorization: `Bearer ${keys.secret}`, 'content-type': 'text/csv' }
    const url = `${apiUrl}/storage/v1/object/attachments/${path}`
    const uploaded = await fetch(url, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) })
    expect(uploaded.status).toBe(200)
    return { name, path, content_type: 'text/csv', size: body.length }
  }

  const hashes = `
import glob, hashlib, json
files = sorted(glob.glob('attachments/*/*'))
print(json.dumps({file: hashlib.sha256(open(file, 'rb').read()).hexdigest() for file in files}))`
  const look = { tool_calls: [{ name: 'run_code', arguments: { language: 'python', code: hashes } }] }
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const seenBy = async (runId: string) => JSON.parse((await calls(runId))[0]?.output.stdout) as Record<string, string>

  it('are complete in the workspace, with any size and name', async () => {
    const persona = await platform.persona([look, fine])
    const files: [name: string, data: string | Buffer][] = [
      ['figures.csv', 'north,120\n'],
      ['figures.csv', 'south,80\n'],
      ['big.bin', Buffer.alloc(20 * 1024 * 1024, 'twenty megabytes ')],
      [`${'long '.repeat(60)}.csv`.slice(-300), 'long'],
      ['📊 Umsätze 漢字.csv', 'emoji'],
      ['../../a/b\\c.csv', 'slashes'],
      ['empty.csv', ''],
    ]
    const attached = await Promise.all(files.map(([name, data]) => attach(persona.id, name, data)))
    const runId = await platform.createRun(persona.id, 'Sum up.', attached)
    expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
    const paths = attachmentPaths(
      runId,
      files.map(([name]) => name),
    )
    expect(await seenBy(runId)).toEqual(Object.fromEntries(files.map(([, data], i) => [paths[i], sha256(data)])))
    const [first] = await platform.requests(persona.model)
    expect(JSON.stringify(first)).toContain(`attachments/${runId}/figures.csv (text/csv, 10 bytes)`)
    expect(JSON.stringify(first)).toContain(`attachments/${runId}/figures (2).csv (text/csv, 9 bytes)`)
  })

  it('belong to this run, even if another run has a file with the same name', async () => {
    const persona = await platform.persona([look, fine, look, fine])
    const runs: string[] = []
    for (const content of ['of january\n', 'of february\n']) {
      const runId = await platform.createRun(persona.id, 'Read.', [await attach(persona.id, 'report.csv', content)])
      expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
      expect((await seenBy(runId))[`attachments/${runId}/report.csv`]).toBe(sha256(content))
      runs.push(runId)
    }
    expect((await seenBy(runs[1]!))[`attachments/${runs[0]}/report.csv`]).toBe(sha256('of january\n'))
  })
})

it('stores files of the same content once', async () => {
  const file = { name: 'write_file', arguments: { path: 'Bericht für Ämter.txt', content: 'same' } }
  const persona = await platform.persona([{ tool_calls: [file] }, { tool_calls: [file] }, fine])
  const runId = await platform.createRun(persona.id)
  expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
  const artifacts = await platform.query<{ name: string; path: string; sha256: string }>(
    'select name, path, sha256 from artifacts where run_id = $1',
    [runId],
  )
  expect(artifacts).toHaveLength(1)
  const [artifact] = artifacts
  expect(artifact?.name).toBe('Bericht für Ämter.txt')
  expect(artifact?.sha256).toBe(createHash('sha256').update('same').digest('hex'))
  expect((await stored('artifacts', artifact?.path ?? '')).data.toString()).toBe('same')
})

describe('when the sandbox dies during a call', () => {
  const waiting = code(
    "require('node:fs').appendFileSync('times.txt', 'x'); setTimeout(() => {}, require('node:fs').readFileSync('times.txt').length > 1 ? 0 : 60_000)",
  )

  async function startAndKill(turns: Turn[]) {
    const persona = await platform.persona(turns)
    const runId = await platform.createRun(persona.id)
    const times = join(platform.folder, 'workspaces', persona.id, 'times.txt')
    await vi.waitUntil(() => readFile(times, 'utf8').catch(() => ''), { timeout: 20_000 })
    executor.runners.kill(persona.id)
    return { runId, persona }
  }

  it('an idempotent one runs again', async () => {
    const { runId } = await startAndKill([{ tool_calls: [waiting] }, fine])
    expect(await platform.ended(runId, 30)).toMatchObject({ status: 'completed' })
    expect(await calls(runId)).toMatchObject([{ status: 'succeeded', attempt: 2 }])
  })

  it('an effect is not run again: a person is asked', async () => {
    await platform.query("update tools set effect = 'effect' where name = 'run_code'")
    try {
      const persona = await platform.persona([{ tool_calls: [waiting] }, fine])
      await platform.asUser(owner, "set_persona_tool(persona_id => $1, tool_name => 'run_code', settings => $2)", [
        persona.id,
        JSON.stringify({ policy: 'allow' }),
      ])
      const runId = await platform.createRun(persona.id)
      const times = join(platform.folder, 'workspaces', persona.id, 'times.txt')
      await vi.waitUntil(() => readFile(times, 'utf8').catch(() => ''), { timeout: 20_000 })
      executor.runners.kill(persona.id)
      await platform.until(runId, (run) => run.waiting_for === 'human')
      const [question] = await platform.query<{ id: string; kind: string }>(
        'select id, kind from approvals where run_id = $1',
        [runId],
      )
      expect(question?.kind).toBe('unknown_effect')
      expect(await readFile(times, 'utf8')).toBe('x')
      await platform.asUser(owner, "decide(approval_id => $1, decision => 'done')", [question?.id])
      expect(await platform.ended(runId)).toMatchObject({ status: 'completed' })
      expect((await resultsSeen(persona.model))[0]).toContain('confirmed')
    } finally {
      await platform.query("update tools set effect = 'idempotent' where name = 'run_code'")
    }
  })
})

async function stored(bucket: string, path: string) {
  const { apiUrl, keys } = platform.embedded
  const response = await fetch(`${apiUrl}/storage/v1/object/${bucket}/${path}`, {
    headers: { apikey: keys.secret, authorization: `Bearer ${keys.secret}` },
  })
  expect(response.status).toBe(200)
  return { data: Buffer.from(await response.arrayBuffer()) }
}
