import {
  PersonaSpendingResponse,
  PriceResponse,
  PricesResponse,
  type SavePriceRequest,
  WorkspaceSpendingResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const spendingCommands = (api: ApiClient) => ({
  /** Today and this month, by persona and by model, with the workspace's caps. */
  ofWorkspace: async (id: string) =>
    (await api.send('GET', `/workspaces/${id}/spending`, WorkspaceSpendingResponse)).spending,
  /** Today and this month, by model, with the caps of the persona and of its workspace. */
  ofPersona: async (id: string) =>
    (await api.send('GET', `/personas/${id}/spending`, PersonaSpendingResponse)).spending,

  /** The prices of the workspace and the operator's. */
  prices: async (workspaceId: string) =>
    (await api.send('GET', `/workspaces/${workspaceId}/prices`, PricesResponse)).prices,
  savePrice: async (workspaceId: string, request: SavePriceRequest) =>
    (await api.send('PUT', `/workspaces/${workspaceId}/prices`, PriceResponse, request)).price,
  removePrice: (workspaceId: string, model: string) =>
    api.run('DELETE', withQuery(`/workspaces/${workspaceId}/prices`, { model })),
  /** For all workspaces. Only platform admins may change the operator's prices. */
  saveOperatorPrice: async (request: SavePriceRequest) =>
    (await api.send('PUT', '/prices', PriceResponse, request)).price,
  removeOperatorPrice: (model: string) => api.run('DELETE', withQuery('/prices', { model })),
})
