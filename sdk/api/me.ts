import { MeResponse, ProfileResponse, type UpdateMeRequest } from '../../contracts/api.ts'
import type { ApiClient } from './client.ts'

/** The signed-in person. */
export const meCommands = (api: ApiClient) => ({
  /** The profile, and the workspaces with the person's role in each. */
  get: () => api.send('GET', '/me', MeResponse),
  update: async (request: UpdateMeRequest) => (await api.send('PATCH', '/me', ProfileResponse, request)).profile,
})
