/**
 * The protocol between the executor and the runner that lives in a persona's sandbox: newline-delimited JSON,
 * requests on the runner's stdin, replies on its stdout. Requests of one runner may overlap; `id` ties replies to them.
 * Whatever comes out of the sandbox is untrusted: the executor validates every line with `RunnerReply`.
 */
import { z } from 'zod'
import { ProducedFile } from './tool.ts'
import { ToolFailure } from './tool-errors.ts'
import { SentParts } from './tool-parts.ts'

/** A line longer than this (in bytes) ends the runner, which is either broken or hostile. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024
/** Raw bytes in one `read` reply or `write` request; files are carried in pieces of this size. */
export const CHUNK_BYTES = 1024 * 1024

export const RunnerRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('call'),
    id: z.string(),
    tool: z.string(),
    input: z.unknown(),
    idempotency_key: z.string(),
    trace_id: z.string(),
    /** Milliseconds that the call may take. */
    deadline_ms: z.number().int().positive(),
    secrets: z.record(z.string(), z.string()),
    /** Do not run it: look up whether an earlier attempt has happened, and answer with a `Reconciled` as the output. */
    reconcile: z.boolean().optional(),
  }),
  z.object({ type: z.literal('cancel'), id: z.string() }),
  /** Reads a piece of a file under /workspace inside the sandbox, so that the host never follows a link made there. */
  z.object({
    type: z.literal('read'),
    id: z.string(),
    path: z.string(),
    offset: z.number().int().nonnegative(),
  }),
  /**
   * Writes the next piece of a file under /workspace, in base64. The pieces of one file have the same `upload` and come
   * in order, each after the answer to the one before. The file is there, whole, when the last has been answered.
   */
  z.object({
    type: z.literal('write'),
    id: z.string(),
    upload: z.string(),
    path: z.string(),
    offset: z.number().int().nonnegative(),
    data: z.string(),
    last: z.boolean(),
  }),
])
export type RunnerRequest = z.infer<typeof RunnerRequest>

export const RunnerReply = z.discriminatedUnion('type', [
  /** First line of a fresh runner. */
  z.object({
    type: z.literal('ready'),
    tools: z.array(z.string()),
    /** Those of them that run the code of others: each call of one goes to a runner of its own, which ends with it. */
    own_room: z.array(z.string()).default([]),
    node: z.string(),
  }),
  z.object({ type: z.literal('progress'), id: z.string(), message: z.string(), fraction: z.number().optional() }),
  z.object({ type: z.literal('log'), id: z.string(), message: z.string() }),
  z.object({
    type: z.literal('result'),
    id: z.string(),
    output: z.unknown(),
    files: z.array(ProducedFile),
    parts: SentParts.optional(),
  }),
  z.object({ type: z.literal('chunk'), id: z.string(), data: z.string(), size: z.number(), eof: z.boolean() }),
  z.object({ type: z.literal('error'), id: z.string(), error: ToolFailure }),
  /** A service of the sandbox has started or ended; `message` says why it was lost. No request asks for it. */
  z.object({
    type: z.literal('service'),
    name: z.string(),
    state: z.enum(['started', 'stopped', 'lost']),
    message: z.string().optional(),
  }),
])
export type RunnerReply = z.infer<typeof RunnerReply>
