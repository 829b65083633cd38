/** `instance.json` in the data folder: which process uses it, and where it listens. One process at a time. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface InstanceStatus {
  api_url: string | null
  web_url: string | null
  publishable_key: string | null
  secret_key: string | null
  /** What the instance uses, as a text for people. */
  database: string | null
  sandbox: string | null
  model: string | null
  ready: boolean
}
interface Instance extends InstanceStatus {
  pid: number
  /** When that process started; a later process with the same pid would have another value. */
  began: string | undefined
}

const starting: InstanceStatus = {
  api_url: null,
  web_url: null,
  publishable_key: null,
  secret_key: null,
  database: null,
  sandbox: null,
  model: null,
  ready: false,
}

export const dataFolder = () => process.env.DATA_DIR || '.data'
/** In the data folder: the signed heads of the audit log, one JSON a line. */
export const AUDIT_HEADS = 'audit-heads.jsonl'
const fileIn = (folder: string) => join(folder, 'instance.json')

/** The running instance of `folder`; a file that a crash left behind does not count. */
export async function runningInstance(folder: string): Promise<Instance | undefined> {
  try {
    const instance: Instance = JSON.parse(await readFile(fileIn(folder), 'utf8'))
    return isAlive(instance.pid) && processBegan(instance.pid) === instance.began ? instance : undefined
  } catch {
    return undefined
  }
}

/** Claims `folder` for this process. Rejects if another process has it. */
export async function claimInstance(folder: string): Promise<void> {
  const running = await runningInstance(folder)
  if (running) throw new AlreadyRunning(folder, running)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await rm(fileIn(folder), { force: true })
  try {
    await writeFile(fileIn(folder), contents(starting), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // somebody else has claimed it since we checked
    const other = await runningInstance(folder)
    throw other ? new AlreadyRunning(folder, other) : error
  }
}

export async function publishInstance(folder: string, status: InstanceStatus): Promise<void> {
  await writeFile(`${fileIn(folder)}.new`, contents(status), { mode: 0o600 })
  await rename(`${fileIn(folder)}.new`, fileIn(folder))
}

export const releaseInstance = (folder: string) => rm(fileIn(folder), { force: true })

export class AlreadyRunning extends Error {
  constructor(folder: string, instance: Instance) {
    const where = instance.web_url ? ` at ${instance.web_url}` : ' and is still starting'
    super(
      `The platform is already running on ${folder} (process ${instance.pid}${where}). Stop it first, or set DATA_DIR.`,
    )
  }
}

const contents = (status: InstanceStatus) =>
  `${JSON.stringify({ pid: process.pid, began: processBegan(process.pid), ...status } satisfies Instance, null, 2)}\n`

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function processBegan(pid: number): string | undefined {
  try {
    // "starttime" is the 20th field after the name in parentheses, which may contain spaces.
    if (existsSync('/proc/self/stat'))
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ')[19]
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
