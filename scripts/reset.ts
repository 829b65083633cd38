import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { confirm } from './confirm.ts'
import { AlreadyRunning, runningInstance } from './instance.ts'

/** A refusal that the person at the keyboard can resolve; shown without a stack. */
export class Refusal extends Error {}

/** Deletes the data folder after asking (or with `yes`). Throws a `Refusal` if that is unsafe, or the answer is no. */
export async function resetData(folder: string, yes: boolean): Promise<void> {
  const running = await runningInstance(folder)
  if (running) throw new AlreadyRunning(folder, running)
  if (!existsSync(folder)) return
  const names = await readdir(folder)
  if (names.length > 0 && !names.includes('keys.json'))
    throw new Refusal(`${folder} does not look like a data folder of the platform: nothing was deleted.`)
  if (process.env.DATABASE_URL)
    throw new Refusal(
      `Nothing was deleted: ${folder} holds the key that the secrets in the database of DATABASE_URL are encrypted with, ` +
        'and the files that this database names. Without them, secrets and files are lost. To start over, make a new database and set ' +
        'DATA_DIR to a new folder.',
    )
  if (!yes && !(await confirm(`Delete everything in ${folder}, including the key of its secrets?`)))
    throw new Refusal('Nothing was deleted.')
  await rm(folder, { recursive: true })
}
