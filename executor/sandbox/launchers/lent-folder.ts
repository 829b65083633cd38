/** Lets a sandbox work in a folder that belongs to another user. */
import { lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes `user` the owner of the folder and of everything in it. The returned function undoes that: it gives old files back
 * to their owners, and new files to the owner of the folder. Without `user` nothing happens, since only root may do it.
 * Links are not followed.
 */
export async function lendFolder(folder: string, user: number | undefined): Promise<() => Promise<void>> {
  if (user === undefined) return async () => {}
  const owners = new Map<number, { uid: number; gid: number }>()
  for (const path of await allOf(folder)) {
    const { ino, uid, gid } = await lstat(path)
    owners.set(ino, { uid, gid })
    await lchown(path, user, user)
  }
  const owner = owners.get((await lstat(folder)).ino)!
  return async () => {
    for (const path of await allOf(folder)) {
      const { uid, gid } = owners.get((await lstat(path)).ino) ?? owner
      await lchown(path, uid, gid)
    }
  }
}

async function allOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return [folder, ...entries.map(({ parentPath, name }) => join(parentPath, name))]
}
