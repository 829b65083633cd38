/**
 * Protects: one item that cannot be processed, for whatever reason, harms nobody else. A trigger simulates the fault:
 * no step can be written for a run with that input.
 */
import { afterEach, beforeAll, expect, test } from 'vitest'
import { committed, WRITE_ONE } from '../support/transition.ts'
import { ownDatabase } from './own-database.ts'
import { idOf, personas, populate } from './people.ts'

const { client } = await ownDatabase()

beforeAll(async () => {
  await populate(client)
  await client.query(`
    delete from approvals; delete from runs;
    create table broken (run_id uuid);
    create function refuse_step() returns trigger language plpgsql as $$
    begin
      if exists (select from public.broken b where b.run_id = new.run_id) then
        raise exception 'there is a fault';
      end if;
      return new;
    end $$;
    create trigger refuse_step before insert on run_steps for each row execute function refuse_step()`)
})
afterEach(() =>
  client.query(
    `delete from runs; delete from platform.dead_letters;
     select pgmq.purge_queue(q) from unnest(array['runs_interactive', 'tools_interactive']) q`,
  ),
)

const one = async (sql: string, params: unknown[] = []) => (await client.query(sql, params)).rows[0]
const spoil = (id: string) => client.query('insert into broken values ($1)', [id])
const runOf = (id: string) => one('select status, waiting_for, reason, msg_id from runs where id = $1', [id])

async function start(): Promise<string> {
  const sql = `select (platform.start_run($1, $2, 'person', 'work')).id`
  return (await one(sql, [personas.open, idOf('workspaceOwner')])).id
}

interface Claim {
  run_id: string
  fence: number
}
const claimRuns = async (lease = 0): Promise<Claim[]> =>
  (await one(`select platform.claim_runs('w', 10, $1) as claims`, [lease])).claims
const claimTools = async (): Promise<Claim[]> => (await one(`select platform.claim_tools('w', 10, 0) as claims`)).claims

/** A run that waits for the result of one call. */
async function waiting(tool: string): Promise<string> {
  const id = await start()
  const { fence } = (await claimRuns(60)).find((claim) => claim.run_id === id)!
  const outcome = { next: 'tools', calls: [{ call_id: 'a', tool, arguments: {} }] }
  await client.query(WRITE_ONE, committed(id, fence, outcome))
  return id
}

test('a run that cannot be claimed does not hold up the others, and becomes a dead letter that names the fault', async () => {
  const [bad, good] = [await start(), await start()]
  await spoil(bad)
  expect((await claimRuns()).map((claim) => claim.run_id)).toEqual([good])
  expect(await one(`select read_ct from pgmq.q_runs_interactive where message ->> 'run_id' = $1`, [bad])).toEqual({
    read_ct: 1,
  })
  for (let n = 0; n < 12; n++) await claimRuns()
  const letter = 'select queue, read_count, error, run_id from platform.dead_letters where run_id = $1'
  expect(await one(letter, [bad])).toMatchObject({ queue: 'runs_interactive', error: 'there is a fault' })
  expect(await runOf(bad)).toMatchObject({ status: 'failed', reason: 'internal', msg_id: null })
  expect(
    (await client.query(`select from pgmq.q_runs_interactive where message ->> 'run_id' = $1`, [bad])).rows,
  ).toEqual([])
  expect(await runOf(good), 'after as many lost workers').toMatchObject({ status: 'failed', reason: 'worker_lost' })
})

const requeue = async (letter: string) => {
  await client.query(`select set_config('request.jwt.claims', $1, false)`, [
    JSON.stringify({ sub: idOf('platformAdmin'), role: 'authenticated' }),
  ])
  await client.query('select requeue_dead_letter($1)', [letter])
}
const letterOf = async (id: string) =>
  (await one('select id from platform.dead_letters where run_id = $1', [id])).id as string

test('a dead letter can be resumed once, while its run is unchanged', async () => {
  const [bad, later] = [await start(), await start()]
  for (let n = 0; n < 11; n++) await claimRuns()
  expect(await runOf(bad)).toMatchObject({ status: 'failed', reason: 'worker_lost' })
  const letter = await letterOf(bad)
  await requeue(letter)
  expect(await runOf(bad)).toMatchObject({ status: 'queued' })
  await expect(requeue(letter)).rejects.toMatchObject({ hint: 'already_requeued' })

  // the other run has ended for another reason meanwhile, and nothing revives it
  await client.query('update runs set fence = fence + 1 where id = $1', [later])
  await expect(requeue(await letterOf(later))).rejects.toMatchObject({ hint: 'run_went_on' })
})

test('the dead letter of a call whose run has continued cannot be resumed, even if that run fails later', async () => {
  const run = await waiting('acme_only')
  for (let n = 0; n < 11; n++) await claimTools()
  expect(await runOf(run), 'it goes on without the call').toMatchObject({ status: 'waiting', waiting_for: 'tools' })
  const letter = await letterOf(run)
  await expect(requeue(letter)).rejects.toMatchObject({ code: 'PT409', hint: 'run_went_on' })
  const { operations } = await one('select operations()')
  expect(operations.dead_letters).toMatchObject([{ id: letter, can_requeue: false, requeued_at: null }])
  const [{ fence }] = (await claimRuns(60)) as [Claim]
  await client.query(`select platform.fail_run($1, $2, '{"code": "model_error"}')`, [run, fence])
  await expect(requeue(letter)).rejects.toMatchObject({ hint: 'run_went_on' })
})

test('messages of runs that have ended do not count towards the size of a claim', async () => {
  for (let n = 0; n < 12; n++) {
    const ended = await start()
    await client.query("update runs set status = 'cancelled', finished_at = now() where id = $1", [ended])
  }
  const good = await start()
  expect((await claimRuns()).map((claim) => claim.run_id)).toEqual([good])
})

test('a message that is none is put aside', async () => {
  await client.query(`select pgmq.send('runs_interactive', '{"run_id": "x"}')`)
  await client.query(`select pgmq.send('tools_interactive', '{"run_id": "x", "tool_run_id": 1}')`)
  const good = await start()
  expect((await claimRuns()).map((claim) => claim.run_id)).toEqual([good])
  for (let n = 0; n < 10; n++) await Promise.all([claimRuns(), claimTools()])
  const { rows } = await client.query('select queue from platform.dead_letters where run_id is null order by 1')
  expect(rows).toEqual([{ queue: 'runs_interactive' }, { queue: 'tools_interactive' }])
})

test('a call that cannot be claimed does not hold up the others, and ends its run', async () => {
  const [bad, good] = [await waiting('acme_only'), await waiting('acme_only')]
  await spoil(bad)
  expect((await claimTools()).map((claim) => claim.run_id)).toEqual([good])
  for (let n = 0; n < 12; n++) await claimTools()
  expect(await runOf(bad)).toMatchObject({ status: 'failed', reason: 'internal' })
  expect(await one('select status from tool_runs where run_id = $1', [bad])).toEqual({ status: 'cancelled' })
  expect(await one('select error from platform.dead_letters where run_id = $1', [bad])).toEqual({
    error: 'there is a fault',
  })
  expect(await one('select status from tool_runs where run_id = $1', [good]), 'as after lost workers').toEqual({
    status: 'failed',
  })
})

test('the sweep ends the other runs whose time is over, and in the end this one', async () => {
  const [bad, good] = [await start(), await start()]
  await spoil(bad)
  await client.query(`update runs set deadline_at = now() - interval '1 s'`)
  await client.query('select platform.sweep()')
  expect(await runOf(good)).toMatchObject({ status: 'failed', reason: 'time_limit' })
  expect(await runOf(bad)).toMatchObject({ status: 'failed', reason: 'time_limit' })
})

test('the sweep sends missing messages of other runs again', async () => {
  const [bad, good] = [await waiting('acme_only'), await waiting('acme_only')]
  await client.query(
    `update tool_runs set status = 'succeeded'; update runs set progress_at = now() - interval '1 hour'`,
  )
  await client.query('create function refuse() returns trigger language plpgsql as $$ begin raise; end $$')
  await client.query(
    `create trigger refuse before update on runs for each row when (old.id = '${bad}') execute function refuse()`,
  )
  await client.query('select platform.sweep()')
  await client.query('drop trigger refuse on runs; drop function refuse()')
  expect((await runOf(good)).msg_id).not.toBeNull()
})

test('a question whose end cannot be written ends its run, and the others expire', async () => {
  const [bad, good] = [await waiting('do_nothing'), await waiting('do_nothing')]
  await spoil(bad)
  await client.query(`update approvals set expires_at = now() - interval '1 s'`)
  await client.query('select platform.sweep()')
  const { rows } = await client.query('select run_id, status from approvals')
  expect(rows).toContainEqual({ run_id: good, status: 'expired' })
  expect(rows).toContainEqual({ run_id: bad, status: 'cancelled' })
  expect(await runOf(bad)).toMatchObject({ status: 'failed', reason: 'internal' })
})
