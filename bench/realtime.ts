/**
 * Measures how long a commit takes to reach a supabase-js subscriber, and what `realtime.send` costs a transaction when
 * nobody listens. Run it with `node bench/realtime.ts`; the last line is one JSON object, in milliseconds.
 */

import { createDatabase } from '../tests/support/database.ts'
import { startTestServer, subscribe, type TestServer, userToken } from '../tests/support/embedded/realtime-server.ts'
import { withPostgres } from '../tests/support/postgres.ts'

const SAMPLES = 300
const SENDS = 2_000

async function measure(server: TestServer) {
  const { query } = server.database.handle
  const client = await server.client({ token: await userToken({ tenant: 'm' }) })
  const arrived = { broadcast: () => {}, change: () => {} }
  const broadcasts = client
    .channel('tenant:m', { config: { private: true } })
    .on('broadcast', { event: '*' }, () => arrived.broadcast())
  const changes = client
    .channel('changes')
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes', filter: 'tenant=eq.m' }, () =>
      arrived.change(),
    )

  const sample = async (event: 'broadcast' | 'change') => {
    const times: number[] = []
    for (let n = 0; n < SAMPLES; n++) {
      const arrival = new Promise<number>((resolve) => {
        arrived[event] = () => resolve(performance.now())
      })
      await query(`insert into public.notes (tenant, title) values ('m', 'x')`)
      const committed = performance.now()
      times.push(Math.max(0, (await arrival) - committed))
    }
    return percentiles(times)
  }
  await subscribe(broadcasts)
  const broadcast = await sample('broadcast')
  await client.removeChannel(broadcasts)
  await subscribe(changes)
  const change = await sample('change')

  const started = performance.now()
  await query(`select realtime.send('{"text": "unheard"}', 'e', 'nobody') from generate_series(1, ${SENDS})`)
  const unheardSend = (performance.now() - started) / SENDS
  return { broadcast, change, unheardSend: round(unheardSend) }
}

function percentiles(times: number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!)
  return { p50: at(0.5), p95: at(0.95), max: round(sorted.at(-1)!) }
}

const round = (value: number) => Math.round(value * 1_000) / 1_000

async function withServer(url?: string) {
  const server = await startTestServer(url)
  try {
    return await measure(server)
  } finally {
    await server.close()
  }
}

const result = {
  pglite: await withServer(),
  postgres: await withPostgres(async ({ url }) =>
    withServer((await createDatabase(url, { template: 'template0' })).url),
  ),
}
console.log(JSON.stringify(result))
