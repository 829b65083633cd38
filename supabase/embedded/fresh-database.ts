/** A new data folder begins as a copy of a prepared database. This saves the seconds in which PGlite creates a cluster. */
import { constants, existsSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Copies `fresh` to `folder`, if there is a fresh database and no folder yet. A copy that is cut short leaves no folder. */
export async function copyFresh(fresh: string, folder: string): Promise<void> {
  if (existsSync(folder) || !existsSync(fresh)) return
  const part = `${folder}.part`
  await rm(part, { recursive: true, force: true })
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  await cp(fresh, part, { recursive: true, mode: constants.COPYFILE_FICLONE })
  await rename(part, folder)
}
