import type { z } from 'zod'
import {
  ArtifactResponse,
  type CreateRunRequest,
  RunDetailsResponse,
  RunResponse,
  type RunsQuery,
  RunsResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const runCommands = (api: ApiClient) => ({
  /** Newest first, in pages: send `next_cursor` as `cursor` to get the next one. */
  list: (query: z.input<typeof RunsQuery> = {}) => api.send('GET', withQuery('/runs', query), RunsResponse),
  /** The run with its files, and its steps. */
  get: (id: string) => api.send('GET', `/runs/${id}`, RunDetailsResponse),
  /** Starts a run. A repeated request with the same `key` returns the first run and starts no other. */
  create: async (request: CreateRunRequest, key: string = crypto.randomUUID()) =>
    (await api.send('POST', '/runs', RunResponse, request, { 'Idempotency-Key': key })).run,
  /** Starts the work of a run again, as a new run. */
  again: async (id: string, key: string = crypto.randomUUID()) =>
    (await api.send('POST', `/runs/${id}/again`, RunResponse, undefined, { 'Idempotency-Key': key })).run,
  cancel: (id: string) => api.run('POST', `/runs/${id}/cancel`),
  /** A file that a run made, with a fresh signed link. */
  artifact: async (id: string) => (await api.send('GET', `/artifacts/${id}`, ArtifactResponse)).artifact,
})
