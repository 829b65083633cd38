/** Events from the database: messages from SQL and changed rows, on PGlite and on a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../../../tests/support/database.ts'
import {
  Inbox,
  keys,
  startTestServer,
  subscribe,
  type TestServer,
  userToken,
} from '../../../tests/support/embedded/realtime-server.ts'

type Message = { event: string; payload: Record<string, unknown>; meta?: { id: string; replayed?: boolean } }
// biome-ignore lint/suspicious/noExplicitAny: the client's own type of a change
type Change = any

describe.each(['PGlite', 'PostgreSQL'])('on %s', (kind) => {
  let server: TestServer
  let empty: TestDatabase | undefined
  beforeAll(async () => {
    if (kind === 'PostgreSQL') empty = await createDatabase(inject('postgresUrl'), { template: 'template0' })
    server = await startTestServer(empty?.url)
  })
  afterAll(async () => {
    await server.close()
    await empty?.drop()
  })

  const follow = async (topic: string, claims: Record<string, unknown>) => {
    const inbox = new Inbox<Message>()
    const channel = (await server.client({ token: await userToken(claims) }))
      .channel(topic, { config: { private: true } })
      .on('broadcast', { event: '*' }, inbox.add)
    expect(await subscribe(channel)).toEqual({ status: 'SUBSCRIBED' })
    return inbox
  }
  const feedSize = async () => {
    const [row] = await server.database.handle.query<{ size: number }>('select count(*) as size from realtime.feed')
    return row!.size
  }

  test('messages from SQL arrive once and in order, but never those of a transaction that was rolled back', async () => {
    const inbox = await follow('tenant:order', { tenant: 'order' })
    const { transaction, query } = server.database.handle
    await transaction(async (inside) => {
      for (let n = 0; n < 5; n++) {
        await inside('select realtime.send($1::jsonb, $2, $3)', [JSON.stringify({ n }), 'gone', 'tenant:order'])
      }
      throw new Error('roll back')
    }).catch(() => {})
    await transaction(async (inside) => {
      for (let n = 0; n < 5; n++) {
        await inside('select realtime.send($1::jsonb, $2, $3)', [JSON.stringify({ n }), 'kept', 'tenant:order'])
      }
    })
    for (let n = 5; n < 1_005; n += 50) {
      await query(
        `select realtime.send(jsonb_build_object('n', n), 'kept', 'tenant:order') from generate_series($1::int, $2::int) n`,
        [n, n + 49],
      )
    }
    const messages = await inbox.until(1_005)
    expect(messages.map(({ payload }) => payload.n)).toEqual(Array.from({ length: 1_005 }, (_, n) => n))
    expect(new Set(messages.map(({ event }) => event))).toEqual(new Set(['kept']))
    expect(messages[0]!.payload.id).toBe(messages[0]!.meta!.id)
    await query(`select realtime.send('{}', 'last', 'tenant:order')`)
    expect((await inbox.until(1_006)).at(-1)?.event, 'nothing came twice').toBe('last')
  })

  test('a message of any size arrives unchanged', async () => {
    const inbox = await follow('tenant:size', { tenant: 'size' })
    const payload = { id: 'mine', text: 'ä"\\\n'.repeat(20_000), precise: 1.5 }
    await server.database.handle.query('select realtime.send($1::jsonb, $2, $3)', [
      JSON.stringify(payload),
      'big',
      'tenant:size',
    ])
    expect((await inbox.until(1))[0]!.payload).toEqual(payload)
  })

  test('broadcast_changes sends the same shape as Supabase', async () => {
    const inbox = await follow('tenant:shape', { tenant: 'shape' })
    await server.database.exec(`
      insert into public.notes (tenant, title) values ('shape', 'one');
      update public.notes set title = 'two' where tenant = 'shape'`)
    const [inserted, updated] = await inbox.until(2)
    expect(inserted).toMatchObject({
      type: 'broadcast',
      event: 'INSERT',
      payload: {
        id: expect.any(String),
        schema: 'public',
        table: 'notes',
        operation: 'INSERT',
        record: { tenant: 'shape', title: 'one' },
        old_record: null,
      },
      meta: { id: expect.any(String) },
    })
    expect(updated!.payload).toMatchObject({ record: { title: 'two' }, old_record: { title: 'one' } })
  })

  test('without listeners, nothing is written to the feed', async () => {
    const before = await feedSize()
    await server.database.exec(`
      select realtime.send('{}', 'unheard', 'tenant:nobody');
      insert into public.notes (tenant, title) values ('nobody', 'unheard')`)
    expect(await feedSize()).toBe(before)
  })

  test('a sender that RLS refuses gets a warning, and its transaction goes on', async () => {
    const count = await server.database.handle.transaction(async (inside) => {
      await inside(`select set_config('role', 'authenticated', true)`)
      await inside(`select realtime.send('{}', 'refused', 'tenant:warn')`)
      await inside(`select set_config('role', 'none', true)`)
      return inside(`select from realtime.messages where topic = 'tenant:warn'`)
    })
    expect(count).toEqual([])
  })

  test('replay sends the old messages, then the new ones, without duplicates', async () => {
    const since = Date.now() - 60_000
    for (let n = 0; n < 4; n++) {
      await server.database.exec(`select realtime.send('{"n": ${n}}', 'replay', 'tenant:replay')`)
    }
    const inbox = new Inbox<Message>()
    const channel = (await server.client({ token: await userToken({ tenant: 'replay' }) }))
      .channel('tenant:replay', { config: { private: true, broadcast: { replay: { since, limit: 3 } } } })
      .on('broadcast', { event: '*' }, inbox.add)
    expect(await subscribe(channel)).toEqual({ status: 'SUBSCRIBED' })
    await server.database.exec(`select realtime.send('{"n": 4}', 'live', 'tenant:replay')`)
    const messages = await inbox.until(4)
    expect(messages.map(({ payload }) => payload.n)).toEqual([1, 2, 3, 4])
    expect(messages.map(({ meta }) => meta?.replayed ?? false)).toEqual([true, true, true, false])
  })

  const watch = async (filter: Record<string, unknown>, claims: Record<string, unknown> | null) => {
    const inbox = new Inbox<Change>()
    const system = new Inbox<{ status: string; message: string }>()
    const client = await server.client(claims ? { token: await userToken(claims) } : {})
    const channel = client
      .channel(`changes ${crypto.randomUUID()}`)
      // biome-ignore lint/suspicious/noExplicitAny: filters under test are not all of the client's type
      .on('postgres_changes', { event: '*', schema: 'public', table: 'notes', ...filter } as any, inbox.add)
      .on('system', {}, system.add)
    const outcome = await subscribe(channel)
    return { inbox, system, outcome, channel }
  }

  test('changed rows reach those who may see them', async () => {
    const mine = await watch({}, { tenant: 'red', sub: '1' })
    const again = await watch({ event: 'UPDATE' }, { tenant: 'red', sub: '1' })
    const theirs = await watch({}, { tenant: 'blue', sub: '2' })
    const anonymous = await watch({}, null)
    expect((await mine.system.until(1))[0]).toMatchObject({ status: 'ok', message: 'Subscribed to PostgreSQL' })

    const { exec } = server.database
    await exec(`
      insert into public.notes (tenant, title, amount, tags, body)
      values ('red', 'one', 12.50, '{a,"b c"}', '{"deep": {"n": 1}}')`)
    await mine.inbox.until(1)
    await exec(`update public.notes set done = true where tenant = 'red'`)
    await mine.inbox.until(2)
    await exec(`insert into public.notes (tenant, title) values ('blue', 'other')`)
    await theirs.inbox.until(1)
    await exec(`delete from public.notes where tenant = 'red'`)
    const [inserted, updated, deleted] = await mine.inbox.until(3)
    const row = { id: inserted.new.id, tenant: 'red', title: 'one', amount: 12.5, tags: ['a', 'b c'] }
    expect(inserted).toEqual({
      eventType: 'INSERT',
      schema: 'public',
      table: 'notes',
      commit_timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      errors: null,
      new: { ...row, done: false, at: '2026-01-02T03:04:05+00:00', body: { deep: { n: 1 } } },
      old: {},
    })
    expect([inserted.eventType, updated?.eventType, deleted?.eventType]).toEqual(['INSERT', 'UPDATE', 'DELETE'])
    expect(updated.old).toEqual({ id: row.id })
    expect(deleted).toMatchObject({ new: {}, old: { id: row.id } })
    expect((await again.inbox.until(1)).map(({ eventType }) => eventType)).toEqual(['UPDATE'])
    expect((await theirs.inbox.until(2)).map(({ eventType }) => eventType)).toEqual(['INSERT', 'DELETE'])
    expect((await anonymous.inbox.until(1)).map(({ eventType }) => eventType)).toEqual(['DELETE'])
  })

  test.each([
    ['title=eq.a', ['a']],
    ['title=neq.a', ['b', 'c,d', 'E']],
    ['amount=gt.9', ['b', 'c,d']],
    ['amount=lte.9.5', ['a']],
    ['title=in.(b,"c,d")', ['b', 'c,d']],
    ['title=not.in.(b)', ['a', 'c,d', 'E']],
    ['title=like.c%', ['c,d']],
    ['title=ilike.e', ['E']],
    ['title=match.^[ab]$', ['a', 'b']],
    ['amount=is.null', ['E']],
    ['amount=not.is.null,amount=lt.11', ['a', 'b']],
    ['amount=isdistinct.10', ['a', 'c,d', 'E']],
    ['title=eq."c,d"', ['c,d']],
  ])('filter %s', async (filter, titles) => {
    const tenant = `filter ${filter}`
    const { inbox } = await watch({ event: 'INSERT', filter }, { tenant })
    await server.database.handle.query(
      `insert into public.notes (tenant, title, amount) values ($1, 'a', 9), ($1, 'b', 10), ($1, 'c,d', 11), ($1, 'E', null)`,
      [tenant],
    )
    const end = await watch({ event: 'INSERT', filter: 'title=eq.end' }, { tenant })
    await server.database.handle.query(`insert into public.notes (tenant, title) values ($1, 'end')`, [tenant])
    await end.inbox.until(1)
    expect(inbox.items.map((change) => change.new.title).filter((title) => title !== 'end')).toEqual(titles)
  })

  test('a filter on a deleted row can use only its key', async () => {
    const byTenant = await watch({ event: 'DELETE', filter: 'tenant=eq.gone' }, { tenant: 'gone' })
    const byKey = await watch({ event: 'DELETE', filter: 'id=gt.0' }, { tenant: 'gone' })
    await server.database.exec(`
      insert into public.notes (tenant) values ('gone'); delete from public.notes where tenant = 'gone'`)
    await byKey.inbox.until(1)
    expect(byTenant.inbox.items).toEqual([])
  })

  test('without RLS, column rights and the replica identity decide', async () => {
    const { inbox } = await watch({ table: 'open_notes' }, {})
    const service = new Inbox<Change>()
    await server.database.exec('grant select on public.open_notes to service_role')
    const all = (await server.client({ key: keys.secret }))
      .channel('all')
      .on('postgres_changes', { event: '*', schema: 'public' }, service.add)
    await subscribe(all)
    await server.database.exec(`
      revoke select on public.open_notes from service_role;
      insert into public.open_notes values (1, 'one', 'hidden');
      update public.open_notes set title = 'two';
      delete from public.open_notes`)
    expect((await inbox.until(3)).map((change) => [change.new, change.old])).toEqual([
      [{ id: 1, title: 'one' }, {}],
      [
        { id: 1, title: 'two' },
        { id: 1, title: 'one' },
      ],
      [{}, { id: 1, title: 'two' }],
    ])
    expect((await service.until(3)).map(({ errors }) => errors)).toEqual(Array(3).fill(['Error 401: Unauthorized']))
  })

  test('selected columns only', async () => {
    const { inbox, outcome } = await watch({ select: ['id', 'title'] }, { tenant: 'select' })
    expect(outcome).toEqual({ status: 'SUBSCRIBED' })
    await server.database.exec(`insert into public.notes (tenant, title) values ('select', 'x')`)
    expect((await inbox.until(1))[0].new).toEqual({ id: expect.any(Number), title: 'x' })
  })

  test.each([
    [{ table: 'unpublished' }, /^Unable to subscribe to changes .* Please check Realtime is enabled/],
    [{ table: 'nothing' }, /Please check Realtime is enabled/],
    [{ filter: 'nope=eq.1' }, /invalid column for filter nope/],
    [{ filter: 'amount=eq.many' }, /invalid input syntax for type numeric/],
    [{ filter: 'title=match.[a' }, /invalid regular expression/],
    [{ filter: 'title=not.imatch.(' }, /invalid regular expression/],
    [{ filter: 'title=like.a\\' }, /must not end with escape character/],
    [{ filter: 'title=match.(a)\\1' }, /back references/],
    [{ filter: Array(21).fill('id=gt.0').join() }, /more than 20 conditions/],
    [{ table: 'open_notes', filter: 'secret=eq.x' }, /invalid column for filter secret/],
    [{ table: 'hidden_notes' }, /Please check Realtime is enabled/],
    [{ filter: 'amount=almost.1' }, /^Error parsing `filter` params: /],
    [{ filter: `title=eq.x' or true --` }, null],
  ])('%j', async (filter, message) => {
    const { outcome, system } = await watch(filter, { tenant: 'bad' })
    expect(outcome).toEqual({ status: 'SUBSCRIBED' })
    const [first] = await system.until(1)
    if (message)
      expect(first).toMatchObject({
        extension: 'postgres_changes',
        status: 'error',
        message: expect.stringMatching(message),
      })
    else expect(first).toMatchObject({ status: 'ok' })
  })

  test('a condition that raises an error for a row ends only its own subscription', async () => {
    // comparing with a value of this type fails for a row whose mood is 0
    const broken = await watch({ table: 'moody_notes', filter: 'mood=eq.(1)' }, { tenant: 'broken' })
    const other = await watch({ table: 'moody_notes', filter: 'id=gt.0' }, { tenant: 'other' })
    await server.database.exec('insert into public.moody_notes values (1, row(0))')
    expect((await other.inbox.until(1))[0].new).toMatchObject({ id: 1 })
    const [, failure] = await broken.system.until(2)
    expect(failure).toMatchObject({ extension: 'postgres_changes', status: 'error' })
    await server.database.exec('insert into public.moody_notes values (2, row(1))')
    expect((await other.inbox.until(2))[1].new).toMatchObject({ id: 2 })
    expect(broken.inbox.items).toEqual([])
  })

  test('a client that waits for its subscription is refused if that is not possible', async () => {
    const channel = (await server.client())
      .channel('waiting', { config: { postgres_changes_options: { wait: true } } })
      .on('postgres_changes', { event: '*', schema: 'public', table: 'unpublished' }, () => {})
    expect(await subscribe(channel)).toMatchObject({
      status: 'CHANNEL_ERROR',
      error: expect.stringMatching(/^RealtimeDisabledForConfiguration: Unable to subscribe/),
    })
  })

  test('listeners are forgotten when their clients have gone', async () => {
    const client = await server.client({ key: keys.secret })
    await subscribe(
      client.channel('short-lived').on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, () => {}),
    )
    const held = () => server.database.handle.query(`select from realtime.listeners where key = 'public:short-lived'`)
    expect(await held()).toHaveLength(1)
    await client.realtime.disconnect()
    await expect.poll(held).toHaveLength(0)
  })
})
