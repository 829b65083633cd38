/** The typed client of the Persona Platform. */
export { type Api, createApi } from './api.ts'
export type { ApiOptions } from './client.ts'
export { Failure, isNotFound, messageOf } from './failure.ts'
