/**
 * The whole of Supabase that the platform needs, in one process and behind one port: database, REST, Auth, Storage,
 * Realtime, edge functions and the web app. For a laptop, a test, a first look; the same code runs on the real one.
 */
import { join } from 'node:path'
import { getConnInfo } from '@hono/node-server/conninfo'
import { App } from '@supabase/lite'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { DatabaseHandle } from '../../contracts/database-handle.ts'
import { liteMailer, Outbox } from './auth/outbox.ts'
import { authRoutes } from './auth/server.ts'
import { backUp } from './backup.ts'
import type { EmbeddedDatabase, ScriptConnection } from './database/embedded-database.ts'
import { openPglite } from './database/pglite.ts'
import { openPostgresDatabase } from './database/postgres.ts'
import { seedDemo } from './demo.ts'
import { Functions } from './functions/functions.ts'
import { gateway, type Installation } from './gateway/gateway.ts'
import { type HttpServer, listen } from './gateway/http-server.ts'
import { LoopLag } from './gateway/loop-lag.ts'
import { Identities } from './identity/identity.ts'
import { type Keys, loadKeys } from './identity/keys.ts'
import { migrationState, OtherVersion, prepareDatabase } from './prepare.ts'
import { createRealtime } from './realtime/index.ts'
import { Files } from './storage/files.ts'
import { storageRoutes } from './storage/server.ts'
import { SignedUrls } from './storage/signed-url.ts'
import { ObjectStore } from './storage/store.ts'

export interface EmbeddedOptions {
  /** Keys, files and, with PGlite, the database are kept here. */
  dataDir: string
  /** A PostgreSQL instead of PGlite: with pgvector, and a user who may create roles and extensions. */
  databaseUrl?: string
  /** 0 takes a free port. */
  apiPort: number
  /** The built web app. */
  webDir?: string
  /** A second port for the same address, if it is to differ from `apiPort`. */
  webPort?: number
  functionsDir: string
  /** What the functions see of the environment besides Supabase's own variables. */
  functionsEnv?: Record<string, string>
  /** Makes the demo accounts and their data in a new database. */
  demo?: boolean
  /** Told, in words for people, when data of an earlier version is upgraded. */
  onUpgrade?(message: string): void
  /** Asked whenever the web app starts; missing: nothing but the stack itself runs. */
  installation?(): Omit<Installation, 'demo_accounts'>
  log: Logger
}

const stackAlone = () => ({ model: { name: 'none', is_demo: false }, sandbox: null })

export interface Embedded {
  apiUrl: string
  webUrl: string
  keys: Keys
  database: DatabaseHandle
  /** What runs: "PGlite 18.3" or "PostgreSQL 17.11". */
  describe: { database: string }
  close(): Promise<void>
}

/** Resolves when everything answers. Rejects, with all closed again, if a port is taken or the database fails. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return await start(options, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  options: EmbeddedOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Embedded> {
  const { dataDir, log } = options
  const servers: HttpServer[] = []
  const secondPort = options.webPort && options.webPort !== options.apiPort ? [options.webPort] : []
  for (const port of [options.apiPort, ...secondPort]) {
    const server = await listen(port)
    servers.push(server)
    closers.push(server.close)
  }
  const apiUrl = servers[0]?.url ?? ''
  const webUrl = servers.at(-1)?.url ?? ''
  const keys = await loadKeys(dataDir)

  const database = await openDatabase(options)
  closers.push(database.close)

  const identities = new Identities(keys)
  const functions = new Functions({
    folder: options.functionsDir,
    env: { ...supabaseEnvironment(apiUrl, webUrl, keys), ENCRYPTION_KEY: keys.encryptionKey, ...options.functionsEnv },
    cacheFolder: join(dataDir, 'deno'),
    identities,
    log: log.child({ part: 'functions' }),
  })
  closers.push(() => functions.close())
  const functionsStarted = functions.start()
  functionsStarted.catch(() => {})

  const outbox = new Outbox(join(dataDir, 'mail'), log.child({ part: 'auth' }))
  const lite = new App({
    connection: database.lite,
    auth: {
      enabled: true,
      publishable_key: keys.publishable,
      secret_key: keys.secret,
      jwt_secret: keys.jwtSecret,
      site_url: webUrl,
    },
  })
  lite._mailer = liteMailer(outbox, apiUrl)

  const realtime = await createRealtime({
    database: database.handle,
    jwtSecret: keys.jwtSecret,
    keys,
    log: log.child({ part: 'realtime' }),
  })
  closers.push(() => realtime.close())

  const lag = new LoopLag()
  closers.push(async () => lag.close())
  const addressOf = (context: Context) => getConnInfo(context).remote.address ?? 'unknown'
  const files = new Files(join(dataDir, 'storage'))
  const app = gateway({
    auth: authRoutes({
      lite,
      database: database.handle,
      identities,
      jwtSecret: keys.jwtSecret,
      links: { apiUrl, siteUrl: webUrl, outbox },
      addressOf,
    }),
    storage: storageRoutes({
      identities,
      files,
      store: new ObjectStore(database.handle, files),
      signedUrls: new SignedUrls(keys.jwtSecret),
    }),
    lite,
    realtime,
    functions,
    webFolder: options.webDir,
    publishableKey: keys.publishable,
    installation: () => ({ demo_accounts: options.demo === true, ...(options.installation ?? stackAlone)() }),
    health: () => health(database, functions, lag),
    addressOf,
    log: log.child({ part: 'gateway' }),
  })
  // As PostgREST does it: the schema is read at the start, and again when somebody who changed it says so.
  closers.push(await database.handle.listen('pgrst', () => void database.lite.clearSchemaCache()))
  await Promise.all([functionsStarted, database.lite.introspect({ useCache: true })])
  for (const server of servers) {
    server.serve(app.fetch, (request, socket, head) => {
      if (request.url?.startsWith('/realtime/v1/websocket')) realtime.handleUpgrade(request, socket, head)
      else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
    })
  }

  return { apiUrl, webUrl, keys, database: database.handle, describe: { database: database.name }, close }
}

/** A PostgreSQL is prepared on connections of their own: those that stay see the settings that it makes. */
async function openDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, databaseUrl, demo, log } = options
  const warn = (message: string) => log.warn({ part: 'database' }, message)
  const open = () => (databaseUrl ? openPostgresDatabase(databaseUrl, warn) : openPglite(join(dataDir, 'pgdata'), warn))
  const database = await openBackedUp(open, options)
  const connection = connectionTo(database)
  try {
    await prepareDatabase(connection, (file) => log.info({ migration: file }, 'migration applied'))
    if (demo) await seedDemo(connection)
  } catch (error) {
    await database.close()
    throw error
  }
  if (!databaseUrl) return database
  await database.close()
  return open()
}

const connectionTo = (database: EmbeddedDatabase): ScriptConnection => ({ exec: database.exec, ...database.handle })

/** The database, after a copy of data that is about to be upgraded. A PostgreSQL is somebody else's to copy. */
async function openBackedUp(
  open: () => Promise<EmbeddedDatabase>,
  { dataDir, databaseUrl, onUpgrade = () => {} }: EmbeddedOptions,
): Promise<EmbeddedDatabase> {
  const database = await open()
  try {
    const { missing, hasData } = await migrationState(database.handle)
    if (missing.length === 0 || !hasData) return database
    if (databaseUrl) {
      onUpgrade(`The database is upgraded by ${missing.length} migrations. A copy of it is yours to make.`)
      return database
    }
  } catch (error) {
    await database.close()
    throw error instanceof OtherVersion ? otherVersion(error, databaseUrl !== undefined) : error
  }
  await database.close()
  onUpgrade(`The data is upgraded to this version. A copy of what it was is in ${await backUp(dataDir)}.`)
  return open()
}

function otherVersion({ message }: OtherVersion, isOwnDatabase: boolean): Error {
  const remedy = isOwnDatabase ? 'use an empty database' : 'start over with `npm start -- --reset`'
  return new Error(`${message} Go back to that version, or ${remedy}.`)
}

/** What Supabase gives each edge function, the keys by their old and their new names; and where browsers are. */
const supabaseEnvironment = (apiUrl: string, webUrl: string, keys: Keys) => ({
  SUPABASE_URL: apiUrl,
  SUPABASE_PUBLIC_URL: webUrl,
  SUPABASE_ANON_KEY: keys.publishable,
  SUPABASE_PUBLISHABLE_KEY: keys.publishable,
  SUPABASE_SERVICE_ROLE_KEY: keys.secret,
  SUPABASE_SECRET_KEY: keys.secret,
})

async function health(database: EmbeddedDatabase, functions: Functions, lag: LoopLag) {
  const databaseUp = await database.handle.query('select 1').then(
    () => true,
    () => false,
  )
  const states = functions.states
  return {
    ok: databaseUp && Object.values(states).every((state) => state === 'up'),
    database: databaseUp ? 'up' : 'down',
    functions: states,
    /** The longest time of the last seconds in which nobody was answered. */
    event_loop_lag_ms: lag.longestMs,
  }
}
