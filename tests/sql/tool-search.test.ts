/** Protects: `platform.search_tools` finds the right tools, never forbidden ones, and its index follows the registry. */
import { beforeAll, expect, it } from 'vitest'
import { ownDatabase } from './own-database.ts'

const { client } = await ownDatabase()
let persona: string
let stranger: string

beforeAll(async () => {
  ;[persona, stranger] = [await newPersona('acme'), await newPersona('globex')] as [string, string]
  await addTool('acme', 'generate_slides', 'Makes a PowerPoint presentation', {
    slideCount: 'How many slides',
    themeColor: 'Colour',
  })
  await addTool('acme', 'send_mail', 'Sends an e-mail', { recipient: 'To whom it goes' })
  await addTool('acme', 'convert_currency', 'Converts an amount of money', { targetCurrency: 'Into which' }, [
    'How many dollars are 20 euros?',
  ])
})

async function newPersona(workspace: string): Promise<string> {
  const { rows } = await client.query(
    `with w as (insert into public.workspaces (name) values ($1) returning id)
     insert into public.personas (workspace_id, name) select id, $1 from w returning id`,
    [workspace],
  )
  return rows[0].id
}

async function addTool(
  workspace: string,
  name: string,
  description: string,
  fields: Record<string, string>,
  requests: string[] = [],
) {
  const properties = Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, { description: text }]))
  await client.query(
    `insert into public.tools
       (workspace_id, name, description, group_name, input_schema, output_schema, examples, effect, runs, timeout_seconds, code, language)
     select id, $2, $3, 'office', $4, '{}', $5, 'pure', 'sandbox', 60, '', 'node' from public.workspaces where name = $1`,
    [
      workspace,
      name,
      description,
      { type: 'object', properties },
      JSON.stringify(requests.map((request) => ({ request }))),
    ],
  )
}

async function search(query: string, who = persona, ...more: unknown[]): Promise<string[]> {
  const places = ['$1', '$2', '5', ...more.map((_, at) => `$${at + 3}`)].join(', ')
  const { rows } = await client.query(`select platform.search_tools(${places}) as found`, [who, query, ...more])
  return rows[0].found.map((tool: { name: string }) => tool.name)
}

it('finds tools by any form of any word in name, description, parameters or examples', async () => {
  expect((await search('please make me some nice slides for tomorrow'))[0]).toBe('generate_slides')
  expect(await search('mailing')).toEqual(['send_mail'])
  expect(await search('TARGET CURRENCIES')).toEqual(['convert_currency'])
  expect((await search('dollars for euros'))[0]).toBe('convert_currency')
  expect(await search('zebra')).toEqual([])
  expect(await search('the of a')).toEqual([])
  expect(await search("';--")).toEqual([])
})

it('shows a persona only what it may use', async () => {
  expect(await search('slides', stranger)).toEqual([])
  await client.query(
    `insert into public.persona_tools (persona_id, tool_id, workspace_id, policy)
     select $1, id, workspace_id, 'deny' from public.tools where name = 'send_mail'`,
    [persona],
  )
  expect(await search('mail')).toEqual([])
  await client.query(`update public.persona_tools set policy = 'ask' where persona_id = $1`, [persona])
  expect(await search('mail')).toEqual(['send_mail'])
  await client.query(`update public.tools set is_enabled = false where name = 'send_mail'`)
  expect(await search('mail')).toEqual([])
  await client.query(`update public.tools set is_enabled = true where name = 'send_mail'`)
})

it('follows changes of a tool', async () => {
  await addTool('acme', 'book_room', 'Reserves a meeting room', {})
  expect(await search('reserve a room')).toEqual(['book_room'])
  await client.query(
    `update public.tools set description = 'Orders lunch', name = 'order_lunch' where name = 'book_room'`,
  )
  expect(await search('reserve a room')).toEqual([])
  expect(await search('lunch')).toEqual(['order_lunch'])
  await client.query(`delete from public.tools where name = 'order_lunch'`)
  expect(await search('lunch')).toEqual([])
  expect((await client.query(`select from platform.tool_terms where term = 'lunch'`)).rowCount).toBe(0)
})

it('combines the result with embeddings of the same model, if there are any', async () => {
  await client.query(
    `update public.tools set embedding = '[1,0,0]', embedding_model = 'm' where name = 'convert_currency'`,
  )
  await client.query(
    `update public.tools set embedding = '[0,1,0]', embedding_model = 'm' where name = 'generate_slides'`,
  )
  await client.query(`update public.tools set embedding = '[1,0]', embedding_model = 'other' where name = 'send_mail'`)
  expect(await search('zebra', persona, '[0.9,0.1,0]', 'm')).toEqual(['convert_currency', 'generate_slides'])
  expect((await search('slides', persona, '[0.1,0.9,0]', 'm'))[0]).toBe('generate_slides')
})

it('may be called by the executor only', async () => {
  const { rows } = await client.query(
    `select role, has_function_privilege(role, 'platform.search_tools(uuid,text,int,extensions.vector,text)', 'execute') as may
     from unnest(array['anon', 'authenticated', 'platform_executor']) role order by role`,
  )
  expect(rows).toEqual([
    { role: 'anon', may: false },
    { role: 'authenticated', may: false },
    { role: 'platform_executor', may: true },
  ])
})
