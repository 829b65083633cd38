/** Conversations: messages to runs, and the runs that continue each other. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  ConversationResponse,
  ConversationSummary,
  ConversationsQuery,
  ConversationsResponse,
  Id,
  IdempotencyKey,
  MessageReceipt,
  RetryRunRequest,
  RunResponse,
  SendMessageRequest,
  UpdateConversationRequest,
  UpdatedConversationResponse,
} from '../../../contracts/api.ts'
import { readCursor, writeCursor } from '../../_shared/data/cursor.ts'
import { ask } from '../../_shared/data/database.ts'
import { accepted, body, created, createRouter, ok, security } from '../../_shared/http/router.ts'
import { readConversation } from '../../commands/read-conversation.ts'
import { retryTurn, sendMessage } from '../../commands/send-message.ts'

const tags = ['conversations']
const params = z.object({ id: Id })
const headers = z.object({ 'idempotency-key': IdempotencyKey.optional() })

export const conversations = createRouter()
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs/{id}/messages',
      tags,
      summary:
        'Send a message: the run under way takes it before its next model call, or a new run continues the conversation',
      request: { params, headers, ...body(SendMessageRequest) },
      ...accepted(MessageReceipt),
    }),
    async (c) => {
      const key = c.req.valid('header')['idempotency-key']
      return c.json(await sendMessage(c.get('db'), c.req.valid('param').id, c.req.valid('json'), key), 202)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/runs/{id}/retry',
      tags,
      summary: 'Replace the last run of a conversation by a new one, with the same messages or a rewritten last one',
      request: { params, headers, ...body(RetryRunRequest) },
      security,
      responses: { ...created(RunResponse).responses, ...ok(RunResponse).responses },
    }),
    async (c) => {
      const key = c.req.valid('header')['idempotency-key']
      const { input } = c.req.valid('json')
      const { run, created } = await retryTurn(c.get('db'), c.req.valid('param').id, input, key)
      return c.json({ run }, created ? 201 : 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/conversations',
      tags,
      summary: 'List the conversations with the personas that I may see, the last active ones first',
      request: { query: ConversationsQuery },
      ...ok(ConversationsResponse),
    }),
    async (c) => {
      const { cursor, limit, archived, ...filter } = c.req.valid('query')
      const place = cursor === undefined ? undefined : readCursor(cursor)
      const found = await ask(
        c.get('db').rpc('find_conversations', {
          ...filter,
          archived: archived === 'true',
          before: place?.created_at,
          before_id: place?.id,
          most: limit + 1,
        }),
      )
      const rows = z.array(ConversationSummary).parse(found)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const next_cursor = last ? writeCursor({ created_at: last.last_activity_at, id: last.id }) : null
      return c.json({ conversations: rows.slice(0, limit), next_cursor }, 200)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/conversations/{id}',
      tags,
      summary: 'Read a conversation with its runs and messages, in order',
      request: { params },
      ...ok(ConversationResponse),
    }),
    async (c) => c.json({ conversation: await readConversation(c.get('db'), c.req.valid('param').id) }, 200),
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/conversations/{id}',
      tags,
      summary: 'Rename a conversation, or move it into the archive or out of it',
      request: { params, ...body(UpdateConversationRequest) },
      ...ok(UpdatedConversationResponse),
    }),
    async (c) => {
      const changes = c.req.valid('json')
      const conversation_id = c.req.valid('param').id
      const conversation = await ask(c.get('db').rpc('update_conversation', { conversation_id, changes }))
      return c.json(UpdatedConversationResponse.parse({ conversation }), 200)
    },
  )
