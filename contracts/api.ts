/** Requests and responses of the HTTP API (`functions/api`), as its callers and its OpenAPI document see them. */
export * from './api/common.ts'
export * from './api/operations.ts'
export * from './api/people.ts'
export * from './api/personas.ts'
export * from './api/resources.ts'
export * from './api/runs.ts'
export * from './api/spending.ts'
export * from './api/triggers.ts'
