/** The drivers without a daemon, held to the contract. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describeSandbox, type World } from './contract.suite.ts'

const programs = { bubblewrap: 'bwrap', namespaces: 'unshare' }

for (const [name, program] of Object.entries(programs)) {
  describeSandbox(name, async (): Promise<World> => {
    const commands = async (personaId: string, dataDir: string) => {
      const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'])
      return stdout.split('\n').filter((line) => line.includes(`${dataDir}/personas/${personaId}/workspace`))
    }
    const count = async (personaId: string, dataDir: string) => (await commands(personaId, dataDir)).length
    return {
      env: { SANDBOX: name },
      countAlive: count,
      countRemains: count,
      async kill(personaId, dataDir) {
        await promisify(execFile)('pkill', ['-KILL', '-f', `^${program} .*${dataDir}/personas/${personaId}/`])
      },
      inspect: async (personaId, dataDir) => (await commands(personaId, dataDir)).join('\n'),
      close: async () => {},
    }
  })
}
