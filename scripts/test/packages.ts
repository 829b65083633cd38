/** Finds out which Debian packages this machine lacks for some test projects. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { TestProject } from './projects.ts'

/** The names of the missing packages, sorted, without duplicates. */
export function missingPackages(projects: TestProject[]): string[] {
  const wanted = projects.flatMap(({ packages = {} }) => Object.entries(packages))
  const missing = wanted.filter(([, mark]) => !isThere(mark)).map(([name]) => name)
  return [...new Set(missing)].sort()
}

/** Whether the file with this absolute path exists, or a program with this name is in PATH. */
export function isThere(mark: string): boolean {
  if (isAbsolute(mark)) return may(mark, constants.R_OK)
  // on Debian, programs for root are not in the PATH of other users
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => may(join(folder, mark), constants.X_OK))
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
