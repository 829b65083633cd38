/** Protects: a persona's setting selects the right models, and a claim never reserves too little for them. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { ClaimedRun } from '../../executor/platform/types.ts'
import { builtinTools } from '../../executor/runs/graph/builtin-tools.ts'
import { promptBytes, systemMessage, userMessage } from '../../executor/runs/graph/prompt.ts'
import { resultMessage } from '../../executor/runs/graph/tool-message.ts'
import { maxInputTokens } from '../../executor/runs/model/tokens.ts'
import { committed, finished, WRITE_ONE } from '../support/transition.ts'
import { ownDatabase } from './own-database.ts'
import { acme, idOf, personas, populate } from './people.ts'

const { client } = await ownDatabase()
beforeAll(() => populate(client))
beforeEach(() => client.query('delete from llm_providers'))

const lab = { name: 'lab', models: ['small', 'large'], isDefault: false }
const house = { name: 'house', models: ['own'], isDefault: true }

async function provide(providers: (typeof lab)[]) {
  for (const { name, models, isDefault } of providers) {
    await client.query(
      `insert into llm_providers (workspace_id, name, base_url, models, is_default) values ($1, $2, $3, $4, $5)`,
      [acme, name, `http://${name}/v1`, models, isDefault],
    )
  }
}

async function modelsOf(setting: object): Promise<{ provider: string; model: string; base_url?: string }[]> {
  const { rows } = await client.query(
    `select platform.models_of($1, $2, '{"provider": "env", "model": "env-model"}') as models`,
    [JSON.stringify(setting), acme],
  )
  return rows[0].models
}

test.each([
  ['default', [], ['env', 'env-model', undefined]],
  ['default', [lab, house], ['house', 'own', 'http://house/v1']],
  ['large', [lab], ['lab', 'large', 'http://lab/v1']],
  ['large', [lab, house], ['lab', 'large', 'http://lab/v1']],
  ['elsewhere', [lab, house], ['house', 'elsewhere', 'http://house/v1']],
  ['elsewhere', [lab], ['env', 'elsewhere', undefined]],
  ['lab/unlisted', [lab], ['lab', 'unlisted', 'http://lab/v1']],
  ['lab/a/b', [lab], ['lab', 'a/b', 'http://lab/v1']],
  ['vendor/model', [lab], ['env', 'vendor/model', undefined]],
])('%s among its providers', async (primary, providers, expected) => {
  await provide(providers)
  const models = await modelsOf({ primary })
  expect(models.map(({ provider, model, base_url }) => [provider, model, base_url])).toEqual([expected])
})

test('each model of the list once, in order', async () => {
  await provide([lab])
  const models = await modelsOf({ primary: 'small', fallbacks: ['default', 'small', 'large'] })
  expect(models.map(({ model }) => model)).toEqual(['small', 'env-model', 'large'])
})

test('a setting without a model means the default model', async () => {
  expect(await modelsOf({})).toEqual([{ provider: 'env', model: 'env-model' }])
})

/** Text that grows the most when it is written as JSON, and as JSON within JSON. */
const nasty = '"\\\n\u0001\t„ü€😀'.repeat(200)

test('the reservation covers the prompt, even if every character must be escaped', async () => {
  await client.query(`insert into tools (name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds)
    values ('peek', '', 'tests', '{}', '{}', 'pure', 'sandbox', 10)`)
  await client.query('update personas set description = $1 where id = $2', [nasty, personas.open])
  await client.query('update persona_versions set instructions = $1 where persona_id = $2', [nasty, personas.open])
  await client.query(`select platform.start_run($1, $2, 'person', $3)`, [personas.open, idOf('workspaceOwner'), nasty])
  const own = JSON.stringify({ provider: 'p', model: 'm', max_output_tokens: 100, prompt_bytes: promptBytes })
  const { rows } = await client.query(`select platform.claim_runs('w', 1, 60, $1) as claims`, [own])
  const first: ClaimedRun = rows[0].claims[0]
  const messages = [systemMessage(first), ...first.messages.map(userMessage)]
  expect(maxInputTokens({ messages, tools: builtinTools })).toBeLessThanOrEqual(first.reserved!.input_tokens)

  const call = { id: 'a', type: 'function' as const, function: { name: 'peek', arguments: JSON.stringify({ nasty }) } }
  const conversation = [
    ...first.messages.map(userMessage),
    { role: 'assistant' as const, content: nasty, tool_calls: [call] },
  ]
  const outcome = { next: 'tools', calls: [{ call_id: 'a', tool: 'peek', arguments: { nasty } }] }
  const [segment] = JSON.parse(committed(first.run_id, first.fence, outcome, 'k1', 1)[0]!)
  segment.checkpoint = JSON.stringify({ messages: conversation })
  const waiting = (await client.query(WRITE_ONE, [JSON.stringify([segment])])).rows[0].answer
  const result = { status: 'succeeded', output: { nasty: { nasty, numbers: [1e-7, 1e21, 0.1] } } }
  const [transition] = finished(first.run_id, waiting.calls[0].tool_run_id, 1, result, true)
  const answers = await client.query(`select platform.write_transitions($1, 'w', 60, $2) as answers`, [transition, own])
  const second: ClaimedRun = answers.rows[0].answers[0].run
  const grown = [systemMessage(second), ...conversation, ...second.tool_results!.map(resultMessage)]
  expect(maxInputTokens({ messages: grown, tools: builtinTools })).toBeLessThanOrEqual(second.reserved!.input_tokens)
})

test.each([
  ['http://lab:8000/v2', 'save_provider', null],
  ['http://lab:8001/v1', 'save_provider', 'invalid_input'],
  ['http://lab@evil.test:8000/v1', 'save_provider', 'invalid_input'],
  ['https://evil.test/v1', 'test_provider', 'invalid_input'],
  ['http://LAB:8000/v1', 'test_provider', null],
])('a stored key goes to its own server only: %s, %s', async (base_url, command, refusal) => {
  await client.query('begin')
  try {
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({ sub: idOf('workspaceOwner'), role: 'authenticated' }),
    ])
    const api_key = { ciphertext: 'AA==', nonce: 'AA==', key_id: 'k' }
    const definition = { name: 'lab', base_url: 'http://lab:8000/v1', models: ['m'], api_key }
    await client.query('select public.save_provider($1, $2)', [acme, JSON.stringify(definition)])
    const changed = { name: 'lab', base_url, ...(command === 'save_provider' ? { models: ['m'] } : { model: 'm' }) }
    const code = await client.query(`select public.${command}($1, $2)`, [acme, JSON.stringify(changed)]).then(
      () => null,
      ({ hint }: { hint: string }) => hint,
    )
    expect(code).toBe(refusal)
  } finally {
    await client.query('rollback')
  }
})
