/** Protects: the look for model servers takes nothing else for one, and holds up no start. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { findLocalServers } from './local-models.ts'

test('offers nothing when what listens there is no model server, or when nothing does', async () => {
  const page = createServer((_request, response) => response.end('<html>Hello</html>')).listen(0, '127.0.0.1')
  await once(page, 'listening')
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const ports = [page, silent].map((server) => (server.address() as AddressInfo).port)
  try {
    expect(await findLocalServers(`llama.cpp:${ports[0]}, vLLM:${ports[1]}`)).toEqual([])
    expect(await findLocalServers('none')).toEqual([])
    await expect(findLocalServers('11434')).rejects.toThrow('LOCAL_MODEL_SERVERS')
  } finally {
    page.close()
    silent.closeAllConnections()
    silent.close()
  }
})
