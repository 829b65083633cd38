import { startDocker } from '../../tests/support/docker.ts'
import { describeSandbox, type World } from './contract.suite.ts'

describeSandbox('docker (runc)', () => dockerWorld({ gvisor: false }))
describeSandbox('docker (gVisor)', () => dockerWorld({ gvisor: true }))

async function dockerWorld(options: { gvisor: boolean }): Promise<World> {
  const daemon = await startDocker(options)
  const find = (personaId: string, all: boolean) =>
    daemon.docker.listContainers({ all, filters: { name: [`persona-${personaId}`] } })
  const container = (personaId: string) => daemon.docker.getContainer(`persona-${personaId}`)
  const killAll = async (personaId: string) => {
    const found = await find(personaId, false)
    await Promise.all(found.map(({ Id }) => daemon.docker.getContainer(Id).kill({ signal: 'SIGKILL' })))
  }
  return {
    env: { SANDBOX: 'docker', DOCKER_HOST: daemon.host },
    countAlive: async (personaId) => (await find(personaId, false)).length,
    countRemains: async (personaId) => (await find(personaId, true)).length,
    kill: killAll,
    inspect: async (personaId) => JSON.stringify(await container(personaId).inspect()),
    close: () => daemon.stop(),
  }
}
