import { SessionsResponse } from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

/** The account of the signed-in person. All commands need a session, not an API key. */
export const accountCommands = (api: ApiClient) => ({
  /** Where the person is signed in, newest first. */
  sessions: async () => (await api.send('GET', '/me/sessions', SessionsResponse)).sessions,
  endSession: (id: string) => api.run('DELETE', `/me/sessions/${id}`),
  /** Deletes the account and the workspaces in which the person is alone. */
  remove: (confirmEmail: string) => api.run('DELETE', withQuery('/me', { confirm_email: confirmEmail })),
})
