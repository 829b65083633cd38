/** For tests: a whole embedded stack on free ports with its own folder, and clients for it. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js'
import { pino } from 'pino'
import { inject } from 'vitest'
import { type Embedded, type EmbeddedOptions, startEmbedded } from '../../../supabase/embedded/main.ts'
import { createDatabase } from '../database.ts'
import { copyTemplate } from './template.ts'

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
  if (!options.dataDir && !options.databaseUrl) await copyTemplate(join(folder, 'pgdata'))
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

/** The databases on which the stack runs. What is true on one must be true on the other. */
export const databases = ['PGlite', 'PostgreSQL'] as const

/** A stack on the named database. On PostgreSQL, it uses its own clone on the server of the whole test run. */
export async function startInstanceOn(kind: (typeof databases)[number], options?: InstanceOptions): Promise<Instance> {
  if (kind === 'PGlite') return startInstance(options)
  const database = await createDatabase(inject('postgresUrl'))
  const instance = await startInstance({ ...options, databaseUrl: database.url })
  const close = async () => {
    await instance.close()
    await database.drop()
  }
  return { ...instance, close }
}
