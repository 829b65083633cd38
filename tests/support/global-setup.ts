/**
 * Starts one PostgreSQL for the whole vitest run and prepares the template that each test file's database is cloned
 * from. Tests read the address with `inject('postgresUrl')`, or simply call `createDatabase()`.
 */
import type { TestProject } from 'vitest/node'
import { prepareTemplate } from './database.ts'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser connection string to the database `postgres` of the run's server. */
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: false })
  try {
    await prepareTemplate(server.url)
  } catch (error) {
    await server.stop()
    throw error
  }
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}
