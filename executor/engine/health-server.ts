/** Answers `GET /health`: 200 while the database answers, otherwise 503. `failing` names the queues whose claims fail. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Query } from '../../contracts/database-handle.ts'

const TIMEOUT_MS = 3_000

export async function startHealthServer(port: number, query: Query, describe: () => object) {
  const server = createServer(async (request, response) => {
    if (request.url?.split('?')[0] !== '/health') {
      response.writeHead(404).end()
      return
    }
    const isUp = await answersInTime(query)
    response.writeHead(isUp ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ok: isUp, database: isUp ? 'up' : 'down', ...describe() }))
  }).listen(port)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answersInTime(query: Query): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, TIMEOUT_MS, false).unref())
  const answered = query('select 1').then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late])
}
