/** The product as `npm start` starts it: a process of its own, on a free port and a data folder of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import manifest from '../../package.json' with { type: 'json' }
import { runningInstance } from '../../scripts/instance.ts'

/** The first start may have to build the web app. */
const START_MS = 300_000
const root = join(import.meta.dirname, '../..')
const [, ...startCommand] = manifest.scripts.start.split(' ')

export interface Product {
  pid: number
  url: string
  publishableKey: string
  stop(): Promise<void>
}

export async function startProduct(env: Record<string, string> = {}): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'persona-product-'))
  const { OPENAI_BASE_URL: _url, OPENAI_API_KEY: _key, DATABASE_URL: _database, PORT: _port, ...own } = process.env
  const output: string[] = []
  const child = spawn(process.execPath, startCommand, {
    cwd: root,
    env: { ...own, DATA_DIR: folder, API_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_MS
  for (;;) {
    const instance = await runningInstance(folder)
    if (instance?.ready) {
      return { pid: instance.pid, url: instance.web_url ?? '', publishableKey: instance.publishable_key ?? '', stop }
    }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`The product did not start:\n${output.join('')}`)
    }
    await sleep(100)
  }
}
