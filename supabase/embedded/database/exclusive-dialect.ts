/**
 * A Kysely dialect for PGlite that uses PGlite's own transactions.
 *
 * PGlite has one session. lite's dialect sends BEGIN and COMMIT as plain statements, so two simultaneous requests would share
 * one transaction with its `SET LOCAL ROLE` and JWT claims: the query of one user would run as another user.
 * Here a transaction holds PGlite's lock from BEGIN to COMMIT, and all other queries wait.
 * Inside a transaction, lite sometimes asks its root connection for metadata. Such a query would wait for itself, so we
 * recognise it by its async context and run it in the open transaction instead.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { PGlite, Transaction as PgliteTransaction } from '@electric-sql/pglite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type Transaction,
  type TransactionBuilder,
} from 'kysely'
import { assertNesting } from './nesting.ts'
import { withoutValues } from './without-values.ts'

type Session = Pick<PGlite, 'query' | 'transaction'>

interface OpenTransaction {
  statements: PgliteTransaction
  /** Ends the transaction. Resolves when PGlite has ended it. */
  end(outcome: 'commit' | 'rollback'): Promise<void>
}

/** Set while the work of one Kysely transaction runs. */
const current = new AsyncLocalStorage<{ open?: OpenTransaction }>()

class Rollback extends Error {}

function begin(pglite: Session): Promise<OpenTransaction> {
  return new Promise((resolve, reject) => {
    const finished = Promise.withResolvers<void>()
    const done = pglite.transaction(async (statements) => {
      resolve({
        statements,
        end: async (outcome) => {
          if (outcome === 'commit') finished.resolve()
          else finished.reject(new Rollback())
          await done.catch((error) => {
            if (!(error instanceof Rollback)) throw error
          })
        },
      })
      await finished.promise
    })
    done.catch(reject)
  })
}

class Connection implements DatabaseConnection {
  readonly #pglite: Session

  constructor(pglite: Session) {
    this.#pglite = pglite
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    assertNesting(query.parameters)
    const open = current.getStore()?.open
    const target = open?.statements ?? this.#pglite
    const result = await target.query<R>(query.sql, [...query.parameters]).catch((error) => {
      // lite prints errors to the console, and a stack of the wasm module helps nobody
      throw Object.assign(withoutValues(error), { stack: undefined })
    })
    return {
      rows: result.rows,
      numAffectedRows: result.affectedRows === undefined ? undefined : BigInt(result.affectedRows),
    }
  }

  // biome-ignore lint/correctness/useYield: PGlite has no cursors, and lite does not stream
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported on PGlite')
  }
}

function driver(pglite: Session): Driver {
  return {
    init: async () => {},
    acquireConnection: async () => new Connection(pglite),
    async beginTransaction(_connection, settings) {
      const store = current.getStore()
      if (!store) throw new Error('transactions start with kysely.transaction()')
      store.open = await begin(pglite)
      if (settings.isolationLevel)
        await store.open.statements.query(`set transaction isolation level ${settings.isolationLevel}`)
    },
    commitTransaction: () => end('commit'),
    rollbackTransaction: () => end('rollback'),
    releaseConnection: async () => {},
    destroy: async () => {},
  }
}

async function end(outcome: 'commit' | 'rollback') {
  const store = current.getStore()
  const open = store?.open
  if (!store || !open) return
  store.open = undefined
  await open.end(outcome)
}

// biome-ignore lint/suspicious/noExplicitAny: lite's own type of its database
type Schema = any

class ExclusiveKysely extends Kysely<Schema> {
  override transaction(): TransactionBuilder<Schema> {
    const builder = super.transaction()
    const execute = builder.execute.bind(builder)
    builder.execute = <T>(work: (transaction: Transaction<Schema>) => Promise<T>) =>
      current.run({}, () => execute(work))
    return builder
  }
}

export function exclusiveKysely(pglite: Session): Kysely<Schema> {
  return new ExclusiveKysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver(pglite),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}
