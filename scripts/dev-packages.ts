/** Build and test tools, which `npm install` leaves out (.npmrc). */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Installs them if they are missing. Ends the process if that fails. */
export function installDevPackages(): void {
  if (existsSync(join(root, 'node_modules/vitest'))) return
  console.log('installing the build and test tools (npm install --include=dev) …')
  const { status } = spawnSync('npm', ['install', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
