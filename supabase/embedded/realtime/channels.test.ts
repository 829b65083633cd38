/** Broadcast, presence, authorisation and tokens, with the real client in both versions of the protocol. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  Inbox,
  jwtSecret,
  keys,
  startTestServer,
  subscribe,
  type TestServer,
  userToken,
} from '../../../tests/support/embedded/realtime-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

type Message = { event: string; payload: unknown; meta?: { id: string; replayed?: boolean } }

describe.each(['1.0.0', '2.0.0'])('vsn %s', (vsn) => {
  test('a broadcast reaches the others, not its sender, and is acknowledged', async () => {
    const [one, two] = [await server.client({ vsn }), await server.client({ vsn })]
    const [own, others] = [new Inbox<Message>(), new Inbox<Message>()]
    const topic = `room ${vsn} ü`
    const sender = one.channel(topic, { config: { broadcast: { ack: true } } }).on('broadcast', { event: '*' }, own.add)
    const receiver = two.channel(topic).on('broadcast', { event: 'hello' }, others.add)
    expect(await subscribe(sender)).toEqual({ status: 'SUBSCRIBED' })
    expect(await subscribe(receiver)).toEqual({ status: 'SUBSCRIBED' })

    expect(await sender.send({ type: 'broadcast', event: 'other', payload: {} })).toBe('ok')
    expect(await sender.send({ type: 'broadcast', event: 'hello', payload: { text: 'grüß dich' } })).toBe('ok')
    expect(await others.until(1)).toEqual([{ type: 'broadcast', event: 'hello', payload: { text: 'grüß dich' } }])
    expect(own.items).toEqual([])
  })

  test('with `self` the sender gets its own broadcasts', async () => {
    const inbox = new Inbox<Message>()
    const channel = (await server.client({ vsn }))
      .channel(`self ${vsn}`, { config: { broadcast: { self: true } } })
      .on('broadcast', { event: 'hello' }, inbox.add)
    await subscribe(channel)
    await channel.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } })
    expect((await inbox.until(1))[0]).toMatchObject({ event: 'hello', payload: { n: 1 } })
  })

  test('presence: state, join, change, untrack, and leaving by disconnect', async () => {
    const [one, two] = [await server.client({ vsn }), await server.client({ vsn })]
    const events = new Inbox<{ event: string; key: string }>()
    const first = one
      .channel(`presence ${vsn}`, { config: { presence: { key: 'ann' } } })
      .on('presence', { event: 'join' }, ({ event, key }) => events.add({ event, key }))
      .on('presence', { event: 'leave' }, ({ event, key }) => events.add({ event, key }))
    await subscribe(first)
    expect(await first.track({ mood: 'calm' })).toBe('ok')
    await events.until(1)

    const synced = new Inbox<unknown>()
    const second = two
      .channel(`presence ${vsn}`, { config: { presence: { key: 'bob' } } })
      .on('presence', { event: 'sync' }, () => synced.add(second.presenceState()))
    await subscribe(second)
    expect(await synced.until(1)).toEqual([{ ann: [{ mood: 'calm', presence_ref: expect.any(String) }] }])

    await second.track({ n: 1 })
    await second.track({ n: 2 })
    await events.until(4)
    expect(first.presenceState()).toEqual({
      ann: [{ mood: 'calm', presence_ref: expect.any(String) }],
      bob: [{ n: 2, presence_ref: expect.any(String) }],
    })
    await first.untrack()
    await two.realtime.disconnect()
    await events.until(6)
    expect(events.items).toEqual([
      { event: 'join', key: 'ann' },
      { event: 'join', key: 'bob' },
      { event: 'join', key: 'bob' },
      { event: 'leave', key: 'bob' },
      { event: 'leave', key: 'ann' },
      { event: 'leave', key: 'bob' },
    ])
    expect(first.presenceState()).toEqual({})
  })

  test('a client that tracks itself, without having asked for presence, then sees the others', async () => {
    const [one, two] = [await server.client({ vsn }), await server.client({ vsn })]
    const first = one.channel(`late ${vsn}`, { config: { presence: { key: 'ann', enabled: true } } })
    await subscribe(first)
    await first.track({})
    const second = two.channel(`late ${vsn}`, { config: { presence: { key: 'bob' } } })
    await subscribe(second)
    await second.track({})
    expect(Object.keys(second.presenceState()).sort()).toEqual(['ann', 'bob'])
  })

  test('policies decide who may join a private topic', async () => {
    const config = { private: true, broadcast: { ack: true } }
    const [reader, writer, stranger] = await Promise.all(
      [{ tenant: vsn }, { tenant: vsn, writes: 'true' }, { tenant: 'other', writes: 'true' }].map((claims) =>
        userToken(claims),
      ),
    )
    const inbox = new Inbox<Message>()
    const listening = (await server.client({ vsn, token: reader! }))
      .channel(`tenant:${vsn}`, { config })
      .on('broadcast', { event: '*' }, inbox.add)
    const speaking = (await server.client({ vsn, token: writer! })).channel(`tenant:${vsn}`, { config })
    const outside = (await server.client({ vsn, token: stranger! })).channel(`tenant:${vsn}`, { config })
    const anonymous = (await server.client({ vsn })).channel(`tenant:${vsn}`, { config })
    const failing = (await server.client({ vsn, token: reader! })).channel('broken', { config })

    expect(await subscribe(listening)).toEqual({ status: 'SUBSCRIBED' })
    expect(await subscribe(speaking)).toEqual({ status: 'SUBSCRIBED' })
    const denied = {
      status: 'CHANNEL_ERROR',
      error: `Unauthorized: You do not have permissions to read from this Channel topic: tenant:${vsn}`,
    }
    expect(await subscribe(outside)).toEqual(denied)
    expect(await subscribe(anonymous)).toEqual(denied)
    expect(await subscribe(failing)).toMatchObject({ status: 'CHANNEL_ERROR' })

    expect(await listening.send({ type: 'broadcast', event: 'no', payload: {} })).toBe('error')
    expect(await listening.track({})).toBe('error')
    expect(await speaking.send({ type: 'broadcast', event: 'yes', payload: { n: 1 } })).toBe('ok')
    expect((await inbox.until(1)).map(({ event }) => event)).toEqual(['yes'])
    const left = await server.database.handle.query('select from realtime.messages where topic = $1', [`tenant:${vsn}`])
    expect(left).toEqual([]) // asking the policies leaves nothing behind
  })

  test('a public channel of the same name is another topic', async () => {
    const token = await userToken({ tenant: `${vsn}-both`, writes: 'true' })
    const inbox = new Inbox<Message>()
    const open = (await server.client({ vsn })).channel(`tenant:${vsn}-both`).on('broadcast', { event: '*' }, inbox.add)
    const closed = (await server.client({ vsn, token })).channel(`tenant:${vsn}-both`, {
      config: { private: true, broadcast: { ack: true } },
    })
    await Promise.all([subscribe(open), subscribe(closed)])
    await closed.send({ type: 'broadcast', event: 'secret', payload: {} })
    await server.database.exec(`select realtime.send('{}', 'open', 'tenant:${vsn}-both', false)`)
    expect((await inbox.until(1)).map(({ event }) => event)).toEqual(['open'])
  })

  test('bad tokens are refused with a message', async () => {
    const now = Math.floor(Date.now() / 1000)
    const [header, payload] = (await userToken({})).split('.')
    const joins = {
      'not a token': 'MalformedJWT: The token provided is not a valid JWT',
      [`${header}.${payload}.c2lnbmF0dXJl`]: 'JwtSignatureError: Failed to validate JWT signature',
      [await userToken({}, -5)]: /^InvalidJWTToken: Token has expired [567] seconds ago$/,
      [await userToken({ role: undefined })]: 'InvalidJWTToken: Fields `role` and `exp` are required in JWT',
    }
    for (const [token, error] of Object.entries(joins)) {
      const outcome = await subscribe((await server.client({ vsn, token })).channel(`bad ${now}`))
      expect(outcome).toEqual({
        status: 'CHANNEL_ERROR',
        error: typeof error === 'string' ? error : expect.stringMatching(error),
      })
    }
  })

  test('a subscription ends with its token, and goes on with a new one', async () => {
    const system = new Inbox<{ status: string; message: string }>()
    const statuses = new Inbox<string>()
    const refreshed = await server.client({ vsn, token: await userToken({ tenant: 'b' }, 2) })
    // this token is younger: when it has expired, the other one has too
    const dying = (await server.client({ vsn, token: await userToken({ tenant: 'a' }, 2) }))
      .channel(`tenant:a`, { config: { private: true } })
      .on('system', {}, system.add)
      .subscribe((status) => statuses.add(status))
    const inbox = new Inbox<Message>()
    const living = refreshed
      .channel('tenant:b', { config: { private: true } })
      .on('broadcast', { event: '*' }, inbox.add)
    expect(await subscribe(living)).toEqual({ status: 'SUBSCRIBED' })
    await refreshed.refresh(await userToken({ tenant: 'b' }))

    expect(await statuses.until(2)).toEqual(['SUBSCRIBED', 'CLOSED'])
    expect(system.items).toEqual([
      { extension: 'system', status: 'error', message: 'Token has expired 0 seconds ago', channel: 'tenant:a' },
    ])
    expect(dying.state).toBe('closed')
    await server.database.exec(`select realtime.send('{"n": 1}', 'still', 'tenant:b')`)
    expect((await inbox.until(1))[0]).toMatchObject({ event: 'still' })
  })

  test('a new token without the right to the topic ends the subscription', async () => {
    const client = await server.client({ vsn, token: await userToken({ tenant: 'c' }) })
    const system = new Inbox<{ message: string }>()
    const statuses = new Inbox<string>()
    client
      .channel('tenant:c', { config: { private: true } })
      .on('system', {}, system.add)
      .subscribe((status) => statuses.add(status))
    await statuses.until(1)
    await client.refresh(await userToken({ tenant: 'd' }))
    expect(await statuses.until(2)).toEqual(['SUBSCRIBED', 'CLOSED'])
    expect(system.items[0]?.message).toBe('You do not have permissions to read from this Channel topic: tenant:c')
  })

  test('leaving and joining again', async () => {
    const client = await server.client({ vsn })
    const [inbox, other] = [new Inbox<Message>(), new Inbox<Message>()]
    await subscribe(client.channel(`other ${vsn}`).on('broadcast', { event: '*' }, other.add))
    for (const round of [1, 2]) {
      const channel = client.channel(`again ${vsn}`).on('broadcast', { event: '*' }, inbox.add)
      expect(await subscribe(channel)).toEqual({ status: 'SUBSCRIBED' })
      await server.database.exec(`select realtime.send('{}', 'round ${round}', 'again ${vsn}', false)`)
      await inbox.until(round)
      expect(await client.removeChannel(channel)).toBe('ok')
    }
    await server.database.exec(`select realtime.send('{}', 'too late', 'again ${vsn}', false)`)
    await server.database.exec(`select realtime.send('{}', 'after it', 'other ${vsn}', false)`)
    await other.until(1)
    expect(inbox.items.map(({ event }) => event)).toEqual(['round 1', 'round 2'])
  })
})

test('versions of the protocol understand each other', async () => {
  const [one, two] = [await server.client({ vsn: '1.0.0' }), await server.client({ vsn: '2.0.0' })]
  const inboxes = [new Inbox<Message>(), new Inbox<Message>()] as const
  const old = one.channel('mixed').on('broadcast', { event: '*' }, inboxes[0].add)
  const current = two.channel('mixed').on('broadcast', { event: '*' }, inboxes[1].add)
  await Promise.all([subscribe(old), subscribe(current)])
  await old.send({ type: 'broadcast', event: 'from old', payload: { n: 1 } })
  await current.send({ type: 'broadcast', event: 'from new', payload: { n: 2 } })
  await current.send({ type: 'broadcast', event: 'bytes', payload: new Uint8Array([1, 2]).buffer })
  await current.send({ type: 'broadcast', event: 'after', payload: {} })
  expect(await inboxes[0].until(2)).toMatchObject([{ event: 'from new', payload: { n: 2 } }, { event: 'after' }])
  expect(await inboxes[1].until(1)).toMatchObject([{ event: 'from old', payload: { n: 1 } }])
})

test('the secret key passes every policy', async () => {
  const channel = (await server.client({ key: keys.secret })).channel('tenant:any', {
    config: { private: true, broadcast: { ack: true } },
  })
  expect(await subscribe(channel)).toEqual({ status: 'SUBSCRIBED' })
  expect(await channel.send({ type: 'broadcast', event: 'x', payload: {} })).toBe('ok')
})

test('a presence key may be any string', async () => {
  const keys = new Inbox<string>()
  const channel = (await server.client())
    .channel('traps', { config: { presence: { key: '__proto__' } } })
    .on('presence', { event: 'join' }, ({ key }) => keys.add(key))
  await subscribe(channel)
  expect(await channel.track({ n: 1 })).toBe('ok')
  expect(await keys.until(1)).toEqual(['__proto__'])
})

test('tokens of another secret open no connection', async () => {
  const response = await fetch(`${server.url}/realtime/v1/api/broadcast`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await userToken({}, 3600, `another ${jwtSecret}`)}` },
  })
  expect(response.status).toBe(401)
})
