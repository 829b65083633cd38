/**
 * Preloaded into the runner (`node --import`). Forwards connections to 127.0.0.1:8118 to the Unix socket of the executor's
 * egress proxy, which decides what is allowed.
 */
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'

const SOCKET = '/run/egress/door'
const PORT = 8118

const server = createServer({ allowHalfOpen: true }, (client) => {
  const door = connect({ path: SOCKET, allowHalfOpen: true })
  pipeline(client, door, client, () => {
    client.destroy()
    door.destroy()
  })
})
server.on('error', (error) => console.error(`egress-forwarder: ${error.message}`))
if (existsSync(SOCKET)) server.listen(PORT, '127.0.0.1')
server.unref()
