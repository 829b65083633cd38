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
  /** Newest first, a page at a time: send `next_cursor` as `cursor`. */
  list: (query: z.input<typeof RunsQuery> = {}) => api.send('GET', withQuery('/runs', query), RunsResponse),
  /** The run with its files, and its steps. */
  get: (id: string) => api.send('GET', `/runs/${id}`, RunDetailsResponse),
  /** Gives a persona work. A repeated request with the same `key` returns the first run and starts nothing. */
  create: async (request: CreateRunRequest, key: string = crypto.randomUUID()) =>
    (await api.send('POST', '/runs', RunResponse, request, { 'Idempotency-Key': key })).run,
  /** Starts the same work once more, as a new run. */
  again: async (id: string, key: string = crypto.randomUUID()) =>
    (await api.send('POST', `/runs/${id}/again`, RunResponse, undefined, { 'Idempotency-Key': key })).run,
  cancel: (id: string) => api.run('POST', `/runs/${id}/cancel`),
  /** A file that a run made, with a fresh signed link. */
  artifact: async (id: string) => (await api.send('GET', `/artifacts/${id}`, ArtifactResponse)).artifact,
})
