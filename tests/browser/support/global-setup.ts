/** One running product (`npm start`) and one Chromium for all browser tests. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { buildWeb } from '../../../scripts/build-web.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the product answers. */
    productUrl: string
    /** Where tests connect to the browser. */
    browserEndpoint: string
  }
}

const START_MS = 180_000
const root = join(import.meta.dirname, '../../..')
const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildWeb((line) => console.log(line))
  const product = await startProduct()
  const browser = await chromium.launchServer({ executablePath: '/usr/bin/chromium', args: chromiumFlags })
  project.provide('productUrl', product.url)
  project.provide('browserEndpoint', browser.wsEndpoint())
  return async () => {
    await browser.close()
    await product.stop()
  }
}

async function startProduct() {
  const folder = await mkdtemp(join(tmpdir(), 'persona-browser-'))
  const { OPENAI_BASE_URL: _url, OPENAI_API_KEY: _key, DATABASE_URL: _database, PORT: _port, ...env } = process.env
  const output: string[] = []
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    cwd: root,
    env: { ...env, DATA_DIR: folder, API_PORT: '0', INTERNAL_HOSTS: 'localhost:4000' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  async function stop() {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_MS
  for (;;) {
    // not there yet, or half written
    const instance = await readFile(join(folder, 'instance.json'), 'utf8')
      .then(JSON.parse)
      .catch(() => null)
    if (instance?.ready) return { url: instance.web_url as string, stop }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`The product did not start:\n${output.join('')}`)
    }
    await sleep(100)
  }
}
