/**
 * Preloaded into the runner (`node --import`): what children send to the proxy at 127.0.0.1:8118 is passed on to the
 * Unix socket behind which the executor's egress proxy stands. It decides nothing; the proxy outside does.
 */
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
server.listen(PORT, '127.0.0.1')
server.unref()
