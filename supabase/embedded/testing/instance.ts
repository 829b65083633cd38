/** For tests: a whole embedded stack on free ports and a folder of its own, and clients of it. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js'
import { pino } from 'pino'
import { type Embedded, type EmbeddedOptions, startEmbedded } from '../main.ts'

export interface Instance extends Embedded {
  folder: string
  /** With the secret key. */
  admin: SupabaseClient
  client(key?: string, options?: SupabaseClientOptions<'public'>): SupabaseClient
  /** A new confirmed user and a client signed in as that user. */
  signedIn(attributes?: { password?: string }): Promise<{ client: SupabaseClient; id: string; email: string }>
}

export interface InstanceOptions extends Partial<EmbeddedOptions> {
  /** Source text of edge functions by name. */
  functions?: Record<string, string>
}

export async function startInstance({ functions = {}, ...options }: InstanceOptions = {}): Promise<Instance> {
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'persona-embedded-')))
  const functionsDir = join(folder, 'functions')
  for (const [name, source] of Object.entries(functions)) {
    await mkdir(join(functionsDir, name), { recursive: true })
    await writeFile(join(functionsDir, name, 'index.ts'), source)
  }
  const embedded = await startEmbedded({
    dataDir: folder,
    apiPort: 0,
    functionsDir,
    log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
    ...options,
  })
  const client: Instance['client'] = (key = embedded.keys.publishable, settings = {}) =>
    createClient(embedded.apiUrl, key, {
      ...settings,
      auth: { persistSession: false, autoRefreshToken: false, ...settings.auth },
    })
  const admin = client(embedded.keys.secret)
  return {
    ...embedded,
    folder,
    admin,
    client,
    async signedIn({ password = 'correct-horse' } = {}) {
      const email = `${randomUUID()}@example.test`
      const { data, error } = await admin.auth.admin.createUser({ email, password, email_confirm: true })
      if (error) throw error
      const signedIn = client()
      const session = await signedIn.auth.signInWithPassword({ email, password })
      if (session.error) throw session.error
      return { client: signedIn, id: data.user.id, email }
    },
    async close() {
      await admin.removeAllChannels()
      await embedded.close()
      if (!options.dataDir) await rm(folder, { recursive: true, force: true })
    },
  }
}
