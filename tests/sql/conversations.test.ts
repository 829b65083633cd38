/** Protects: a message of a person reaches exactly one run, exactly once, whatever the run does at that moment. */
import pg from 'pg'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { committed, DEFAULT_MODEL } from '../support/transition.ts'
import { ownDatabase } from './own-database.ts'
import { idOf, personas, populate } from './people.ts'

const { client, url } = await ownDatabase()
const me = idOf('workspaceMember')

beforeAll(async () => {
  await populate(client)
  await client.query('delete from approvals; delete from runs; delete from conversations')
})
afterEach(() =>
  client.query(`
    delete from runs; delete from conversations;
    select pgmq.purge_queue(q) from unnest(array['runs_interactive', 'tools_interactive']) q`),
)

async function one(sql: string, params: unknown[] = [], from: pg.Client = client) {
  return (await from.query(sql, params)).rows[0]
}

/** As the signed-in member; resolves with the function's answer. */
async function asMe(call: string, params: unknown[] = [], from: pg.Client = client) {
  await from.query(`select set_config('request.jwt.claims', $1, false)`, [
    JSON.stringify({ sub: me, role: 'authenticated' }),
  ])
  return (await one(`select to_jsonb(public.${call}) as answer`, params, from)).answer
}

const start = async (input = 'work'): Promise<string> =>
  (await asMe('create_run($1, $2)', [personas.open, input])).run.id
const send = (runId: string, input: string, key?: string) =>
  asMe('send_message($1, $2, idempotency_key => $3)', [runId, input, key])
const runOf = (id: string) => one('select * from runs where id = $1', [id])

interface Claim {
  run_id: string
  fence: number
  segment: number
  messages: { id: string; input: string }[]
  checkpoint: { checkpoint_id: string } | null
  reserved: { llm_call_id: string }
}
const claimAll = async (): Promise<Claim[]> =>
  (await one(`select platform.claim_runs('w', 10, 60, $1) as claims`, [DEFAULT_MODEL])).claims
async function claim(): Promise<Claim> {
  const [first] = await claimAll()
  if (!first) throw new Error('There is no run to claim.')
  return first
}
const inputs = ({ messages }: Pick<Claim, 'messages'>) => messages.map(({ input }) => input)

/** The statement that ends the segment of a claim. */
async function commit(
  { run_id, fence, segment, reserved }: Claim,
  next: 'continue' | 'finish',
  callId = reserved.llm_call_id,
  from: pg.Client = client,
) {
  const model_call = { id: callId, text: 'ok', tool_calls: [], input_tokens: 1, output_tokens: 1, latency_ms: 1 }
  const outcome = { next, model_call, ...(next === 'finish' && { output: 'ok' }) }
  const [transition] = committed(run_id, fence, outcome, `k${segment}`)
  const sql = `select platform.write_transitions($1, 'w', 60, $2) -> 0 as answer`
  return (await one(sql, [transition, DEFAULT_MODEL], from)).answer
}
const finish = async () => commit(await claim(), 'finish')
const steps = async (runId: string, kind: string) =>
  (await client.query('select data from run_steps where run_id = $1 and kind = $2 order by seq', [runId, kind])).rows
const loseWorker = () => client.query(`update pgmq.q_runs_interactive set vt = now() - interval '1 s'`)

test('a run that a person starts begins a conversation; one of a schedule begins none until somebody answers it', async () => {
  const run = await runOf(await start('  Plan the week.\nIn detail. '))
  expect(await one('select title, created_by from conversations where id = $1', [run.conversation_id])).toEqual({
    title: 'Plan the week.',
    created_by: me,
  })
  expect(run).toMatchObject({ turn: 1, previous_run_id: null })

  const { id } = await one(`select (platform.start_run($1, null, 'schedule', 'Mornings')).id`, [personas.open])
  expect(await runOf(id)).toMatchObject({ conversation_id: null, turn: null })
  const { conversation_id, delivery } = await send(id, 'And?')
  expect(delivery).toBe('joins')
  expect(await runOf(id)).toMatchObject({ conversation_id, turn: 1 })
  const said = await client.query(
    'select input from conversation_messages where conversation_id = $1 order by position',
    [conversation_id],
  )
  expect(said.rows).toEqual([{ input: 'Mornings' }, { input: 'And?' }])
})

describe('a run that has ended', () => {
  test('is continued by a new run of the same conversation, from its checkpoint', async () => {
    const first = await start('One')
    await finish()
    const receipt = await send(first, 'Two')
    expect(receipt).toMatchObject({ delivery: 'continues', message_id: receipt.run_id })
    expect(receipt.run_id).not.toBe(first)
    const { conversation_id } = await runOf(first)
    expect(await runOf(receipt.run_id)).toMatchObject({ conversation_id, turn: 2, previous_run_id: first, segment: 0 })
    const next = await claim()
    expect(next).toMatchObject({ run_id: receipt.run_id, segment: 0, checkpoint: { checkpoint_id: 'k0' } })
    expect(inputs(next)).toEqual(['Two'])
  })

  test('passes on what it was told and could not save, because it failed first', async () => {
    const first = await start('One')
    const failing = await claim()
    await client.query(`select platform.fail_run($1, $2, '{"code": "model_error"}')`, [first, failing.fence])
    const { run_id } = await send(first, 'Try again.')
    const again = await claim()
    expect(again).toMatchObject({ run_id, checkpoint: null })
    expect(inputs(again)).toEqual(['One', 'Try again.'])
  })

  test('and has been continued: the message goes to the last run, from any page of the conversation', async () => {
    const first = await start('One')
    await finish()
    const { run_id } = await send(first, 'Two')
    expect(await send(first, 'Three')).toMatchObject({ run_id, delivery: 'joins' })
    expect(inputs(await claim())).toEqual(['Two', 'Three'])
  })
})

describe('a run under way', () => {
  test('takes the message before its next model call, and says so once, also when the worker is lost', async () => {
    const id = await start('One')
    const first = await claim()
    const { message_id, delivery } = await send(id, 'Also this.')
    expect(delivery).toBe('joins')
    const state = await commit(first, 'continue')
    expect(inputs(state)).toEqual(['Also this.'])

    await loseWorker()
    const again = await claim()
    expect(again).toMatchObject({ run_id: id, segment: 1 })
    expect(inputs(again), 'the segment is repeated with it').toEqual(['Also this.'])
    const later = await commit(again, 'continue')
    expect(later.messages).toEqual([])
    await loseWorker()
    expect((await claim()).messages, 'the checkpoint has it').toEqual([])
    expect(await steps(id, 'message')).toMatchObject([{ data: { message_id, input: 'Also this.', created_by: me } }])
  })

  test.each(['finish', 'cancel', 'fail'] as const)(
    'that ends first (%s) leaves the message to the next run',
    async (end) => {
      const id = await start('One')
      const held = await claim()
      const { message_id } = await send(id, 'Two')
      await send(id, 'Three')
      if (end === 'finish') await commit(held, 'finish')
      else if (end === 'cancel') await asMe('cancel_run($1)', [id])
      else await client.query(`select platform.fail_run($1, $2, '{"code": "model_error"}')`, [id, held.fence])
      const next = await runOf(message_id)
      expect(next).toMatchObject({ status: 'queued', turn: 2, previous_run_id: id, created_by: me })
      const claimed = await claim()
      expect(claimed.run_id).toBe(message_id)
      expect(inputs(claimed)).toEqual(end === 'finish' ? ['Two', 'Three'] : ['One', 'Two', 'Three'])
      expect(await claimAll()).toEqual([])
    },
  )

  test('and a message at the same moment as its end: one of the two is first, and nothing is lost', async () => {
    const other = new pg.Client({ connectionString: url })
    await other.connect()
    try {
      for (const endsFirst of [true, false]) {
        const id = await start('One')
        const held = await claim()
        const [first, second] = endsFirst ? [client, other] : [other, client]
        await first.query('begin')
        const one = () => commit(held, 'finish', held.reserved.llm_call_id, client)
        const two = () => asMe('send_message($1, $2)', [id, 'Two'], other)
        await (endsFirst ? one() : two())
        const later = endsFirst ? two() : one()
        await first.query('commit')
        await later
        const { rows } = await client.query(
          `select r.id, r.status, r.turn from runs r where r.conversation_id = (select conversation_id from runs where id = $1) order by turn`,
          [id],
        )
        expect(rows, endsFirst ? 'ended first' : 'sent first').toMatchObject([
          { id, status: 'completed' },
          { status: 'queued', turn: 2 },
        ])
        expect(inputs(await claim())).toEqual(['Two'])
        expect(second).toBeDefined()
      }
    } finally {
      await other.end()
    }
  })

  test('has at most twenty messages waiting', async () => {
    const id = await start('One')
    for (let n = 0; n < 20; n++) await send(id, `${n}`)
    await expect(send(id, 'one more')).rejects.toMatchObject({ code: 'PT429', hint: 'too_many_messages' })
  })
})

describe('an Idempotency-Key', () => {
  test('adds one message, and later says where it is', async () => {
    const id = await start('One')
    const held = await claim()
    const joined = await send(id, 'Two', 'key')
    expect(await send(id, 'Two', 'key')).toEqual(joined)
    await commit(held, 'finish')
    expect(await send(id, 'Two', 'key')).toEqual({ ...joined, run_id: joined.message_id, delivery: 'continues' })
    await expect(send(id, 'Other', 'key')).rejects.toMatchObject({ hint: 'idempotency_key_reused' })
  })

  test('of requests at the same moment makes one run', async () => {
    const id = await start('One')
    await finish()
    const others = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const other = new pg.Client({ connectionString: url })
        await other.connect()
        return other
      }),
    )
    const answers = await Promise.all(
      others.map((other) => asMe('send_message($1, $2, idempotency_key => $3)', [id, 'Two', 'storm'], other)),
    )
    await Promise.all(others.map((other) => other.end()))
    expect(new Set(answers.map(({ run_id }) => run_id)).size).toBe(1)
    expect(answers[0]).toMatchObject({ delivery: 'continues' })
    expect((await client.query('select from runs')).rows).toHaveLength(2)
  })
})

describe('the last turn, tried again', () => {
  test('starts from the state before it, with the rewritten message, and is shown as replaced', async () => {
    const first = await start('One')
    await finish()
    const { run_id } = await send(first, 'Two')
    await finish()
    const { run, created } = await asMe('retry_turn($1, $2)', [run_id, 'Two, but better'])
    expect(created).toBe(true)
    expect(run).toMatchObject({ turn: 3, previous_run_id: first, input: 'Two, but better', status: 'queued' })
    expect(await runOf(run_id)).toMatchObject({ status: 'completed', replaced_by: run.id })
    const claimed = await claim()
    expect(claimed).toMatchObject({ run_id: run.id, checkpoint: { checkpoint_id: 'k0' } })
    expect(inputs(claimed)).toEqual(['Two, but better'])
  })

  test('cancels a run under way, and gives its messages to the new one only', async () => {
    const first = await start('One')
    await claim()
    await send(first, 'Two')
    const { run } = await asMe('retry_turn($1, null, $2)', [first, 'again'])
    expect(await runOf(first)).toMatchObject({ status: 'cancelled', reason: 'replaced', replaced_by: run.id })
    expect((await asMe('retry_turn($1, null, $2)', [first, 'again'])).run.id).toBe(run.id)
    const claims = await claimAll()
    expect(claims.map(({ run_id }) => run_id)).toEqual([run.id])
    expect(inputs(claims[0]!)).toEqual(['One', 'Two'])
  })

  test('is the last one only', async () => {
    const first = await start('One')
    await finish()
    await send(first, 'Two')
    await expect(asMe('retry_turn($1)', [first])).rejects.toMatchObject({ code: 'PT409', hint: 'conversation_went_on' })
  })
})

test('a fork takes what the person added as a message of its own conversation', async () => {
  const parent = await start('One')
  await finish()
  const fork = await asMe(`fork_run($1, 0, '{"input": "More"}')`, [parent])
  expect(fork.conversation_id).not.toBe((await runOf(parent)).conversation_id)
  const claimed = await claim()
  expect(claimed).toMatchObject({ run_id: fork.id, segment: 1, checkpoint: { checkpoint_id: 'k0' } })
  expect(inputs(claimed)).toEqual(['More'])
})

test('conversations are found by title and by what was said, renamed and archived', async () => {
  const first = await start('Quarterly figures')
  const { conversation_id } = await runOf(first)
  await start('Something else')
  await send(first, 'Mind the 100 % rule_')
  const found = async (q: string | null, archived = false) => {
    const { rows } = await client.query('select find_conversations(q => $1, archived => $2) as c', [q, archived])
    return rows.map(({ c }) => c)
  }
  expect(await found(null)).toMatchObject([{ id: conversation_id, last_run: { id: first, status: 'queued' } }, {}])
  expect(await found('QUARTERLY')).toMatchObject([{ id: conversation_id }])
  expect(await found('100 % rule_')).toMatchObject([{ id: conversation_id }])
  expect(await found('100 X rule')).toEqual([])

  await asMe(`update_conversation($1, '{"title": "Q3", "archived": true}')`, [conversation_id])
  expect(await found('q3')).toEqual([])
  expect(await found('q3', true)).toMatchObject([{ id: conversation_id, title: 'Q3' }])
  await send(first, 'It goes on.')
  expect(await found('q3'), 'a message takes it out of the archive').toMatchObject([{ id: conversation_id }])
})

describe('read_earlier', () => {
  const read = async (runId: string, args: string) =>
    (await one(`select platform.read_earlier($1, ${args}) as answer`, [runId])).answer
  const texts = async (runId: string) =>
    (await client.query('select who, content from platform.earlier_entries($1) order by entry', [runId])).rows

  test('finds what was said and answered in the turns before, and reads it piece by piece', async () => {
    const long = `Beginning. ${'x'.repeat(5000)} The end is 42 EUR.`
    const first = await start(long)
    await finish()
    const { run_id } = await send(first, 'And now?')
    await finish()
    expect(await texts(run_id)).toMatchObject([
      { who: 'Person' },
      { who: 'You', content: 'ok' },
      { who: 'Person', content: 'And now?' },
      { who: 'You', content: 'ok' },
    ])
    const { found, matches } = await read(run_id, `find => 'THE END is 42'`)
    expect(matches).toBe(1)
    expect(found).toMatchObject([{ entry: 1, who: 'Person', excerpt: expect.stringContaining('The end is 42 EUR.') }])
    const page = await read(run_id, 'entry => 1')
    expect(page).toMatchObject({ text: long.slice(0, 4000), characters: long.length, next_skip: 4000 })
    const next = await read(run_id, 'entry => 1, skip => 4000')
    expect(next).toMatchObject({ text: long.slice(4000), next_skip: null })
    expect((await read(run_id, `find => '42 end'`)).matches, 'all words, if the phrase is nowhere').toBe(1)
    expect(await read(run_id, `find => '100% gone_'`)).toEqual({ found: [], matches: 0 })
    expect(await read(run_id, 'entry => 9')).toMatchObject({ error: { code: 'not_found' } })
  })

  test('has nothing of a turn that was replaced, nor of what came after a fork', async () => {
    const first = await start('One')
    await finish()
    const { run_id } = await send(first, 'Wrong')
    await finish()
    const { run } = await asMe('retry_turn($1, $2)', [run_id, 'Right'])
    const fork = await asMe(`fork_run($1, 0, '{"input": "Forked"}')`, [first])
    for (const claimed of await claimAll()) await commit(claimed, 'finish')
    const said = async (id: string) => (await texts(id)).map(({ content }) => content)
    expect(await said(run.id)).toEqual(['One', 'ok', 'Right', 'ok'])
    expect(await said(fork.id)).toEqual(['One', 'ok', 'Forked', 'ok'])
  })
})

test('what a schedule was allowed in advance no longer counts once a person has told its run something else', async () => {
  const runId = await start()
  const told = async () =>
    (await one('select platform.was_told_more(r) as told from runs r where id = $1', [runId])).told
  expect(await told()).toBe(false)
  await send(runId, 'Instead, write to somebody else.')
  expect(await told(), 'a message that no model call has seen').toBe(false)
  await claim()
  expect(await told()).toBe(true)
})
