import type { z } from 'zod'
import {
  ConversationResponse,
  type ConversationsQuery,
  ConversationsResponse,
  MessageReceipt,
  RunResponse,
  type SendMessageRequest,
  type UpdateConversationRequest,
  UpdatedConversationResponse,
} from '../../contracts/api.ts'
import { type ApiClient, withQuery } from './client.ts'

export const conversationCommands = (api: ApiClient) => ({
  /** The last active ones first, in pages: send `next_cursor` as `cursor` to get the next one. */
  list: (query: z.input<typeof ConversationsQuery> = {}) =>
    api.send('GET', withQuery('/conversations', query), ConversationsResponse),
  /** With its runs and messages. */
  get: async (id: string) => (await api.send('GET', `/conversations/${id}`, ConversationResponse)).conversation,
  update: async (id: string, changes: UpdateConversationRequest) =>
    (await api.send('PATCH', `/conversations/${id}`, UpdatedConversationResponse, changes)).conversation,
  /**
   * Gives a run a message. A run under way takes it before its next model call; a run that has ended is continued by a new
   * run, whose id the receipt has. A repeated request with the same `key` adds no second message.
   */
  send: (runId: string, message: SendMessageRequest, key: string = crypto.randomUUID()) =>
    api.send('POST', `/runs/${runId}/messages`, MessageReceipt, message, { 'Idempotency-Key': key }),
  /** Replaces the last run of a conversation by a new one. `input` is the last message, rewritten. */
  retry: async (runId: string, input?: string, key: string = crypto.randomUUID()) =>
    (await api.send('POST', `/runs/${runId}/retry`, RunResponse, { input }, { 'Idempotency-Key': key })).run,
})
