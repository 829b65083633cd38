/** The drivers without a daemon, held to the contract. */
import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { describeSandbox, type World } from './contract.suite.ts'

for (const name of ['bubblewrap', 'namespaces']) {
  describeSandbox(name, async (): Promise<World> => {
    const count = async (personaId: string, dataDir: string) => (await processesOf(personaId, dataDir)).length
    return {
      env: { SANDBOX: name },
      countAlive: count,
      countRemains: count,
      async kill(personaId, dataDir) {
        for (const pid of await processesOf(personaId, dataDir)) kill(pid)
      },
      async inspect(personaId, dataDir) {
        const files = (await processesOf(personaId, dataDir)).flatMap((pid) =>
          ['cmdline', 'environ', 'mountinfo'].map((file) => read(pid, file)),
        )
        return (await Promise.all(files)).join('\n')
      },
      close: async () => {},
    }
  })
}

/** It may be gone already: all end when their first process does. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Those that have the persona's workspace mounted, which the command lines no longer name. */
async function processesOf(personaId: string, dataDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const workspace = `${basename(dataDir)}/personas/${personaId}/workspace /`
  const seen = await Promise.all(
    pids.map(async (pid) => ((await read(pid, 'mountinfo')).includes(workspace) ? [pid] : [])),
  )
  return seen.flat()
}

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
