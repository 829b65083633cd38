/** Which Debian packages a machine lacks for some test projects. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { TestProject } from './projects.ts'

/** Names of packages, sorted, each once. */
export function missingPackages(projects: TestProject[]): string[] {
  const wanted = projects.flatMap(({ packages = {} }) => Object.entries(packages))
  const missing = wanted.filter(([, mark]) => !isThere(mark)).map(([name]) => name)
  return [...new Set(missing)].sort()
}

/** Whether there is a file of this absolute path, or a program of this name in PATH. */
export function isThere(mark: string): boolean {
  if (isAbsolute(mark)) return may(mark, constants.R_OK)
  // Debian keeps what only root runs out of the PATH of others
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
