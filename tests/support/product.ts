/** The product as `npm start` starts it, in its own process, with a free port and its own data folder. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import manifest from '../../package.json' with { type: 'json' }
import { runningInstance } from '../../scripts/instance.ts'
import { createApi, sessionToken } from '../../sdk/index.ts'
import { DEMO_PASSWORD } from '../../supabase/embedded/demo.ts'

/** The first start may have to build the web app. */
const START_MS = 300_000
const root = join(import.meta.dirname, '../..')
const [, ...startCommand] = manifest.scripts.start.split(' ')

export interface Product {
  pid: number
  url: string
  publishableKey: string
  /** Ends it as a crash does. Its data stays. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface ProductOptions {
  env?: Record<string, string>
  /** The data folder, which stays when the product stops. Default: a new folder, which is then removed. */
  folder?: string
}

export async function startProduct({ env, folder: kept }: ProductOptions = {}): Promise<Product> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'persona-product-')))
  const { OPENAI_BASE_URL: _url, OPENAI_API_KEY: _key, DATABASE_URL: _database, PORT: _port, ...own } = process.env
  const output: string[] = []
  const child = spawn(process.execPath, startCommand, {
    cwd: root,
    env: { ...own, DATA_DIR: folder, API_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'close')
  }
  const stop = async () => {
    await end('SIGTERM')
    if (!kept) await rm(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + START_MS
  for (;;) {
    const instance = await runningInstance(folder)
    if (instance?.ready && instance.pid === child.pid) {
      const { pid, web_url, publishable_key } = instance
      return { pid, url: web_url ?? '', publishableKey: publishable_key ?? '', kill: () => end('SIGKILL'), stop }
    }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`The product did not start:\n${output.join('')}`)
    }
    await sleep(100)
  }
}

/** A demo account's clients: of Supabase, and of the API. */
export async function signInTo({ url, publishableKey }: Product, email: string) {
  const client = createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } })
  const { error } = await client.auth.signInWithPassword({ email, password: DEMO_PASSWORD })
  if (error) throw error
  return { client, api: createApi({ url, publishableKey, accessToken: sessionToken(client) }) }
}
