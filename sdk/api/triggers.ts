import {
  type CreateScheduleRequest,
  type CreateWebhookRequest,
  DeliveriesResponse,
  DeliveryResponse,
  PreviewScheduleResponse,
  RunResponse,
  ScheduleResponse,
  SchedulesResponse,
  type UpdateScheduleRequest,
  type UpdateWebhookRequest,
  WebhookResponse,
  WebhookSecretResponse,
  WebhooksResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const scheduleCommands = (api: ApiClient) => ({
  list: async (personaId: string) =>
    (await api.send('GET', `/personas/${personaId}/schedules`, SchedulesResponse)).schedules,
  create: async (personaId: string, request: CreateScheduleRequest) =>
    (await api.send('POST', `/personas/${personaId}/schedules`, ScheduleResponse, request)).schedule,
  update: async (id: string, request: UpdateScheduleRequest) =>
    (await api.send('PATCH', `/schedules/${id}`, ScheduleResponse, request)).schedule,
  remove: (id: string) => api.run('DELETE', `/schedules/${id}`),
  /** Starts a run of the schedule now and returns it. */
  run: async (id: string) => (await api.send('POST', `/schedules/${id}/run`, RunResponse)).run,
  /** The next five times. Rejects with a `Failure` if the expression is wrong. */
  preview: async (cron: string, timeZone: string) =>
    (await api.send('POST', '/schedules/preview', PreviewScheduleResponse, { cron, time_zone: timeZone })).next_times,
})

export const webhookCommands = (api: ApiClient) => ({
  list: async (workspaceId: string) =>
    (await api.send('GET', `/workspaces/${workspaceId}/webhooks`, WebhooksResponse)).webhooks,
  /** Only this answer contains the secret. */
  create: (workspaceId: string, request: CreateWebhookRequest) =>
    api.send('POST', `/workspaces/${workspaceId}/webhooks`, WebhookSecretResponse, request),
  update: async (id: string, request: UpdateWebhookRequest) =>
    (await api.send('PATCH', `/webhooks/${id}`, WebhookResponse, request)).webhook,
  /** Only this answer contains the new secret. The old one stops working at once. */
  rotate: (id: string) => api.send('POST', `/webhooks/${id}/rotate-secret`, WebhookSecretResponse),
  remove: (id: string) => api.run('DELETE', `/webhooks/${id}`),
  /** The deliveries of a webhook, newest first, in pages of twenty. */
  deliveries: (id: string, cursor?: string) =>
    api.send('GET', withQuery(`/webhooks/${id}/deliveries`, { limit: 20, cursor }), DeliveriesResponse),
  redeliver: async (deliveryId: string) =>
    (await api.send('POST', `/deliveries/${deliveryId}/redeliver`, DeliveryResponse)).delivery,
})
