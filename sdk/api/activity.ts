import type { z } from 'zod'
import {
  type ActivityQuery,
  ActivityResponse,
  AuditChainResponse,
  type CheckAuditChainRequest,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

/** For admins of the workspace. */
export const activityCommands = (api: ApiClient) => ({
  /** Newest first, in pages: send `next_cursor` as `cursor` to get the next one. */
  list: (workspaceId: string, query: z.input<typeof ActivityQuery> = {}) =>
    api.send('GET', withQuery(`/workspaces/${workspaceId}/activity`, query), ActivityResponse),
  /** How long the chain is, how far it is signed, and what the last check found. */
  chain: async (workspaceId: string) =>
    (await api.send('GET', `/workspaces/${workspaceId}/audit-chain`, AuditChainResponse)).chain,
  /** Checks the next part of the chain. Repeat it with `restart: false` until `check.is_complete`. */
  checkChain: async (workspaceId: string, request: CheckAuditChainRequest = {}) =>
    (await api.send('POST', `/workspaces/${workspaceId}/audit-chain/check`, AuditChainResponse, request)).chain,
})
