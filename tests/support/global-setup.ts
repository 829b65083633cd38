/** Starts one PostgreSQL for the whole vitest run; tests read its address with `inject('postgresUrl')`. */
import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser connection string to the database `postgres` of the run's server. */
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false })
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}
