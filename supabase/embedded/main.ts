/**
 * The parts of Supabase that the platform needs, in one process behind one port: database, REST, Auth, Storage, Realtime,
 * edge functions and the web app. It is for a laptop, a test or a first look; the platform runs unchanged on real Supabase.
 */
import './lite-warnings.ts'
import { join } from 'node:path'
import { getConnInfo } from '@hono/node-server/conninfo'
import { App } from '@supabase/lite'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { DatabaseHandle } from '../../contracts/database-handle.ts'
import { callerAddress, type IsTrustedProxy } from '../../contracts/trusted-proxies.ts'
import { liteMailer, Outbox } from './auth/outbox.ts'
import { authRoutes } from './auth/server.ts'
import { backUp } from './backup.ts'
import type { EmbeddedDatabase, ScriptConnection } from './database/embedded-database.ts'
import { openPglite } from './database/pglite.ts'
import { openPostgresDatabase } from './database/postgres.ts'
import { seedDemo } from './demo.ts'
import { copyFresh } from './fresh-database.ts'
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
  /** The folder for keys, files and, with PGlite, the database. */
  dataDir: string
  /** A folder with a prepared PGlite database without data. A new data folder gets a copy of it, if it exists. */
  freshDatabase?: string
  /** A PostgreSQL to use instead of PGlite. It needs pgvector, and a user who may create roles and extensions. */
  databaseUrl?: string
  /** 0 means any free port. */
  apiPort: number
  /** The built web app. */
  webDir?: string
  /** A second port for the same address, if it is to differ from `apiPort`. */
  webPort?: number
  functionsDir: string
  /** Environment variables for the functions, besides Supabase's own. */
  functionsEnv?: Record<string, string>
  /** Proxies in front whose x-forwarded-for is believed. Default: none, so all who come through one share its address. */
  isTrustedProxy?: IsTrustedProxy
  /** Creates the demo accounts and their data in a new database. */
  demo?: boolean
  /** Called with a message for people when data of an earlier version is upgraded. */
  onUpgrade?(message: string): void
  /** Called whenever the web app starts. Without it, nothing but the stack itself runs. */
  installation?(): Omit<Installation, 'demo_accounts'>
  log: Logger
}

const stackAlone = () => ({ model: { name: 'none', is_demo: false }, sandbox: null })

export interface Embedded {
  apiUrl: string
  webUrl: string
  keys: Keys
  database: DatabaseHandle
  /** The name of the database: "PGlite 18.3" or "PostgreSQL 17.11". */
  describe: { database: string }
  close(): Promise<void>
}

/** Resolves when all services answer. If a port is taken or the database fails, closes everything and rejects. */
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
  const isTrusted = options.isTrustedProxy ?? (() => false)
  const addressOf = (context: Context) =>
    callerAddress(getConnInfo(context).remote.address ?? 'unknown', context.req.header('x-forwarded-for'), isTrusted)
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
  // like PostgREST: the schema is read at the start, and again after a NOTIFY
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

/** Prepares a PostgreSQL on separate connections, so that later connections see its new settings. */
async function openDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, databaseUrl, freshDatabase, demo, log } = options
  const warn = (message: string) => log.warn({ part: 'database' }, message)
  const folder = join(dataDir, 'pgdata')
  if (!databaseUrl && freshDatabase) await copyFresh(freshDatabase, folder)
  const open = () => (databaseUrl ? openPostgresDatabase(databaseUrl, warn) : openPglite(folder, warn))
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

/** Opens the database. First copies a data folder that will be upgraded; a PostgreSQL is not copied. */
async function openBackedUp(
  open: () => Promise<EmbeddedDatabase>,
  { dataDir, databaseUrl, onUpgrade = () => {} }: EmbeddedOptions,
): Promise<EmbeddedDatabase> {
  const database = await open()
  try {
    const { missing, hasData } = await migrationState(database.handle)
    if (missing.length === 0 || !hasData) return database
    if (databaseUrl) {
      onUpgrade(
        `The database is upgraded by ${missing.length} migrations. The platform makes no backup of a PostgreSQL.`,
      )
      return database
    }
  } catch (error) {
    await database.close()
    throw error instanceof OtherVersion ? otherVersion(error, databaseUrl !== undefined) : error
  }
  await database.close()
  onUpgrade(`The data is upgraded to this version. A copy of the old data is in ${await backUp(dataDir)}.`)
  return open()
}

function otherVersion({ message }: OtherVersion, isOwnDatabase: boolean): Error {
  const remedy = isOwnDatabase ? 'use an empty database' : 'start over with `npm start -- --reset`'
  return new Error(`${message} Go back to that version, or ${remedy}.`)
}

/** The variables that Supabase gives each edge function, with the old and new names of keys, and the address for browsers. */
const supabaseEnvironment = (apiUrl: string, webUrl: string, keys: Keys) => ({
  SUPABASE_URL: apiUrl,
  SUPABASE_PUBLIC_URL: webUrl,
  SUPABASE_ANON_KEY: keys.publishable,
  SUPABASE_PUBLISHABLE_KEY: keys.publishable,
  SUPABASE_SERVICE_ROLE_KEY: keys.secret,
  SUPABASE_SECRET_KEY: keys.secret,
  JWT_SECRET: keys.jwtSecret,
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
    /** The longest time in the last seconds in which the event loop was blocked. */
    event_loop_lag_ms: lag.longestMs,
  }
}
