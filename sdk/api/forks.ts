import type { z } from 'zod'
import { CheckpointsResponse, type ForkRunRequest, RunResponse } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

export const forkCommands = (api: ApiClient) => ({
  checkpoints: async (runId: string) =>
    (await api.send('GET', `/runs/${runId}/checkpoints`, CheckpointsResponse)).checkpoints,
  /** Starts the new run and returns it. */
  fork: async (runId: string, request: z.input<typeof ForkRunRequest>) =>
    (await api.send('POST', `/runs/${runId}/fork`, RunResponse, request)).run,
})
