/** The payload of `phx_join`. Booleans may be strings; missing or invalid ones are false. */
import { isObject } from './protocol.ts'

export interface ChangesBinding {
  event: string
  schema: string
  table: string
  filter: string
  select: string[] | null
  /** As the client sent it. The answer to the join returns it with an id. */
  echo: Record<string, unknown>
}

export interface JoinConfig {
  private: boolean
  ack: boolean
  self: boolean
  replicationReady: boolean
  replay: { since: number; limit: number } | null
  presenceEnabled: boolean
  presenceKey: string
  changes: ChangesBinding[]
  /** Refuse the join if a subscription to a table is not possible, instead of reporting it later. */
  waitForChanges: boolean
}

const REPLAY_LIMIT = 25

export function parseJoin(payload: Record<string, unknown>): JoinConfig {
  const config = object(payload.config)
  const broadcast = object(config.broadcast)
  const presence = object(config.presence)
  const bindings = Array.isArray(config.postgres_changes) ? config.postgres_changes.filter(isObject) : []
  return {
    private: boolean(config.private),
    ack: boolean(broadcast.ack),
    self: boolean(broadcast.self),
    replicationReady: boolean(broadcast.replication_ready),
    replay: parseReplay(broadcast.replay),
    presenceEnabled: boolean(presence.enabled),
    presenceKey: typeof presence.key === 'string' && presence.key !== '' ? presence.key : crypto.randomUUID(),
    changes: bindings.map(parseBinding),
    waitForChanges: boolean(object(config.postgres_changes_options).wait),
  }
}

function parseBinding(echo: Record<string, unknown>): ChangesBinding {
  const event = String(echo.event ?? '*').toUpperCase()
  const select = Array.isArray(echo.select) ? echo.select.filter((column) => typeof column === 'string') : []
  return {
    event: ['INSERT', 'UPDATE', 'DELETE'].includes(event) ? event : '*',
    schema: typeof echo.schema === 'string' ? echo.schema : 'public',
    table: typeof echo.table === 'string' ? echo.table : '*',
    filter: typeof echo.filter === 'string' ? echo.filter : '',
    select: select.length > 0 ? select : null,
    echo,
  }
}

function parseReplay(value: unknown): JoinConfig['replay'] {
  if (!isObject(value)) return null
  const limit = Number(value.limit ?? REPLAY_LIMIT)
  return {
    since: Number(value.since) || 0,
    limit: Number.isFinite(limit) ? Math.min(Math.max(1, Math.floor(limit)), REPLAY_LIMIT) : REPLAY_LIMIT,
  }
}

function boolean(value: unknown): boolean {
  return value === true || value === 'true'
}

function object(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {}
}
