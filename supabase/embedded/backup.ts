/** Copies the data folder before its database is upgraded. */
import { constants } from 'node:fs'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = 'backups'
const KEPT = 3
/** Not copied, because it can be created again. */
const LEFT_OUT = [FOLDER, 'deno', 'platform.log', 'platform.log.1', 'instance.json']

/** Copies the folder to `backups/<time>` in it, and keeps only the three newest copies. Nothing may be running in the folder. */
export async function backUp(dataDir: string): Promise<string> {
  const backups = join(dataDir, FOLDER)
  const copy = join(backups, new Date().toISOString().replace(/[:.]/g, '-'))
  await mkdir(copy, { recursive: true, mode: 0o700 })
  for (const name of await readdir(dataDir)) {
    if (LEFT_OUT.includes(name)) continue
    await cp(join(dataDir, name), join(copy, name), { recursive: true, mode: constants.COPYFILE_FICLONE })
  }
  const older = (await readdir(backups)).sort().slice(0, -KEPT)
  for (const name of older) await rm(join(backups, name), { recursive: true })
  return copy
}
