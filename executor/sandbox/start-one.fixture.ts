/** An executor that starts one persona's sandbox in the data folder it is given, by the driver of its environment, tells when, and waits. */
import { pino } from 'pino'
import { openSandboxes } from './index.ts'

const [, , dataDir, personaId] = process.argv as [string, string, string, string]
const sandboxes = await openSandboxes({ dataDir, log: pino({ level: 'silent' }), env: process.env })
await sandboxes.sandboxFor({
  personaId,
  allowedHosts: [],
  limits: { memoryMb: 512, cpus: 1, processes: 64, diskMb: 64 },
})
process.send?.('ready')
