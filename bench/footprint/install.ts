/** What the first of the README's two commands costs: `npm install` in a fresh clone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeInMB } from './size.ts'

const root = join(import.meta.dirname, '../..')

export interface Install {
  seconds: number
  node_modules_mb: number
}

/** Installs a clone of the last commit, and removes it again. The npm cache is the machine's. */
export async function measureInstall(): Promise<Install> {
  const folder = await mkdtemp(join(tmpdir(), 'persona-install-'))
  try {
    await command('git', ['clone', '--quiet', root, folder], root)
    const began = performance.now()
    await command('npm', ['install', '--no-audit', '--no-fund'], folder)
    const seconds = (performance.now() - began) / 1000
    return { seconds: Math.round(seconds), node_modules_mb: await sizeInMB(folder, 'node_modules') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function command(program: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
}
