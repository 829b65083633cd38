/**
 * The protocol between the executor and the runner in a persona's sandbox: newline-delimited JSON, requests on the runner's
 * stdin, replies on its stdout. Requests may overlap; each reply has the `id` of its request. A runner asks back only to have
 * a program run. The executor does not trust what comes out of the sandbox, and validates every line with `RunnerReply`.
 */
import { z } from 'zod'
import { ProducedFile } from './tool.ts'
import { ToolFailure } from './tool-errors.ts'
import { SentParts } from './tool-parts.ts'

/** Bytes. The executor ends a runner that sends a longer line, because it is broken or hostile. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024
/** A program that prints more, in bytes, is ended. */
export const MAX_PROGRAM_OUTPUT_BYTES = 16 * 1024 * 1024
/** Raw bytes in one `read` reply or `write` request. Larger files are sent in several pieces. */
export const CHUNK_BYTES = 1024 * 1024

export const RunnerRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('call'),
    id: z.string(),
    tool: z.string(),
    input: z.unknown(),
    idempotency_key: z.string(),
    trace_id: z.string(),
    /** How long the call may take, in milliseconds. */
    deadline_ms: z.number().int().positive(),
    secrets: z.record(z.string(), z.string()),
    /** Do not run the tool, but look up whether an earlier attempt has happened. The output is then a `Reconciled`. */
    reconcile: z.boolean().optional(),
  }),
  z.object({ type: z.literal('cancel'), id: z.string() }),
  /** Reads a piece of a file under /workspace. The runner reads it, so that the host never follows a link of the sandbox. */
  z.object({
    type: z.literal('read'),
    id: z.string(),
    path: z.string(),
    offset: z.number().int().nonnegative(),
  }),
  /**
   * Writes the next piece of a file under /workspace, in base64. The pieces of one file have the same `upload`; each is sent
   * after the reply to the one before. The file appears, complete, with the reply to the last piece.
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
  /** The answer to `program`, with the `id` of the call. */
  z.object({
    type: z.literal('program_ended'),
    id: z.string(),
    exit_code: z.number().int().nullable(),
    signal: z.string().nullable(),
    ended_for: z.enum(['time', 'output']).nullable(),
    stdout: z.string(),
    stderr: z.string(),
  }),
  z.object({ type: z.literal('program_failed'), id: z.string(), error: ToolFailure }),
])
export type RunnerRequest = z.infer<typeof RunnerRequest>

export const RunnerReply = z.discriminatedUnion('type', [
  /** The first line of a new runner. */
  z.object({
    type: z.literal('ready'),
    tools: z.array(z.string()),
    node: z.string(),
  }),
  z.object({ type: z.literal('progress'), id: z.string(), message: z.string(), fraction: z.number().optional() }),
  /** The next piece of what a program prints. */
  z.object({ type: z.literal('printed'), id: z.string(), text: z.string() }),
  z.object({ type: z.literal('log'), id: z.string(), message: z.string() }),
  z.object({
    type: z.literal('result'),
    id: z.string(),
    output: z.unknown(),
    files: z.array(ProducedFile),
    parts: SentParts.optional(),
  }),
  /**
   * Asks the executor to run a program of the call `id` in a room of its own (`Programs` in contracts/tool-services.ts). A
   * call runs one program at a time. It ends with its call.
   */
  z.object({
    type: z.literal('program'),
    id: z.string(),
    command: z.array(z.string().max(4096)).min(1).max(100),
    stdin: z.string().max(1_000_000),
    timeout_ms: z.number().int().positive().max(3_600_000),
  }),
  z.object({ type: z.literal('chunk'), id: z.string(), data: z.string(), size: z.number(), eof: z.boolean() }),
  z.object({ type: z.literal('error'), id: z.string(), error: ToolFailure }),
  /** Sent without a request: a service of the sandbox has started or ended. `message` says why it was lost. */
  z.object({
    type: z.literal('service'),
    name: z.string(),
    state: z.enum(['started', 'stopped', 'lost']),
    message: z.string().optional(),
  }),
])
export type RunnerReply = z.infer<typeof RunnerReply>
