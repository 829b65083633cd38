/** Listens before it has a handler, so that a taken port is noticed at once. Until then, callers are told to wait. */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { startingResponse } from './starting.ts'

type FetchCallback = Parameters<typeof createAdaptorServer>[0]['fetch']
type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface HttpServer {
  url: string
  serve(fetch: FetchCallback, upgrade: UpgradeHandler): void
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export class PortTaken extends Error {
  readonly port: number

  constructor(port: number) {
    super(`port ${port} is in use`)
    this.port = port
  }
}

/** `port` 0 means any free port. */
export async function listen(port: number): Promise<HttpServer> {
  let handle: FetchCallback = startingResponse
  let upgrade: UpgradeHandler = (_request, socket) => socket.destroy()
  const server = createAdaptorServer({ fetch: (request, env) => handle(request, env) }) as Server
  server.on('upgrade', (request, socket, head) => {
    // without a listener, a client that disconnects before the handshake would end the process
    socket.on('error', () => socket.destroy())
    upgrade(request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error),
    )
    server.listen(port, HOST, resolve)
  })
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    serve(fetch, onUpgrade) {
      handle = fetch
      upgrade = onUpgrade
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
