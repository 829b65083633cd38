/**
 * Speaks the runner's protocol (contracts/runner.ts) over a process's stdio. Calls may overlap. Whatever comes out of
 * the sandbox is untrusted: each line is validated, lines and files have a size limit, secrets are cut out of messages.
 */
import type { Logger } from 'pino'
import { redact } from '../../contracts/redact.ts'
import { CHUNK_BYTES, MAX_LINE_BYTES, RunnerReply, type RunnerRequest } from '../../contracts/runner.ts'
import type { Sandbox, ToolCallEvents } from '../../contracts/sandbox.ts'
import type { ToolErrorCode, ToolFailure } from '../../contracts/tool-errors.ts'
import type { Program, ProgramResult } from '../../contracts/tool-services.ts'
import { readLines } from '../../tools/runner/lines.ts'
import { ToolCallError } from '../failures.ts'
import type { RunnerProcess } from './launchers/launcher.ts'

/** A runner that does not answer a cancel within this time is killed. */
const CANCEL_GRACE_MS = 2_000
/** The runner enforces deadlines itself. The client steps in this much later. */
const DEADLINE_GRACE_MS = 1_000
const FILE_TIMEOUT_MS = 60_000
/** Secrets that are remembered for a runner; more than a persona has, even after many changes. */
const MAX_SECRETS = 1_000

type FinalReply = Extract<RunnerReply, { type: 'result' | 'chunk' }>
type ReadyReply = Extract<RunnerReply, { type: 'ready' }>
type ProgramReply = Extract<RunnerReply, { type: 'program' }>
type ServiceReply = Extract<RunnerReply, { type: 'service' }>

/** Runs a program of a call until the signal aborts. Rejects with a `ToolCallError`. Settles when nothing of it runs any more. */
export type RunProgram = (
  program: Program,
  signal: AbortSignal,
  print: (text: string) => void,
) => Promise<ProgramResult>

interface PendingRequest {
  resolve(reply: FinalReply): void
  reject(error: ToolCallError): void
  events: ToolCallEvents
  secrets: string[]
  /** Aborted when the request is over. */
  over: AbortController
  /** The program that runs for it. Settles when its room is gone; never rejects. */
  program?: Promise<void>
}

interface RequestOptions {
  timeoutMs: number
  signal?: AbortSignal
  events?: ToolCallEvents
  secrets?: string[]
}

export class RunnerClient implements Pick<Sandbox, 'call' | 'readFile' | 'writeFile'> {
  /** The runner's first message. Rejects with `sandbox_lost` if it dies before. */
  readonly ready: Promise<ReadyReply>
  /** Resolves when the runner is gone. */
  readonly ended: Promise<void>

  readonly #process: RunnerProcess
  readonly #log: Logger
  readonly #runProgram: RunProgram
  readonly #pending = new Map<string, PendingRequest>()
  /** All that the runner was given: what it writes to stderr may be read after its call has ended. */
  readonly #secrets = new Set<string>()
  readonly #ready = Promise.withResolvers<ReadyReply>()
  #lastId = 0
  #lastErrorLine = ''
  #endedBecause: ToolFailure | undefined
  #lost: ToolCallError | undefined

  constructor(process: RunnerProcess, log: Logger, runProgram: RunProgram) {
    this.#process = process
    this.#log = log
    this.#runProgram = runProgram
    this.ready = this.#ready.promise
    this.ready.catch(() => {}) // callers that wait see the rejection; it must not be unhandled if nobody waits
    process.stdin.on('error', () => {}) // `ended` reports a broken pipe
    const outputRead = Promise.all([this.#readReplies(), this.#readErrors()])
    this.ended = Promise.all([process.ended, outputRead]).then(([reason]) => this.#lose(reason))
  }

  /** True as soon as the runner is known to be gone. */
  get lost(): boolean {
    return this.#lost !== undefined
  }

  /** Why it was ended or is gone. The message is half a sentence. */
  get endedBecause(): ToolFailure {
    return this.#endedBecause ?? { code: 'sandbox_lost', message: 'it is gone' }
  }

  async call(...[call, signal, events]: Parameters<Sandbox['call']>): ReturnType<Sandbox['call']> {
    const reply = await this.#request(
      {
        type: 'call',
        id: this.#newId(),
        tool: call.tool,
        input: call.input,
        idempotency_key: call.idempotencyKey,
        trace_id: call.traceId,
        deadline_ms: call.deadlineMs,
        secrets: call.secrets,
        reconcile: call.reconcile,
      },
      { timeoutMs: call.deadlineMs + DEADLINE_GRACE_MS, signal, events, secrets: Object.values(call.secrets) },
    )
    if (reply.type !== 'result') throw new ToolCallError('invalid_output', 'The runner answered a call with a file.')
    return { output: reply.output, files: reply.files, ...(reply.parts && { parts: reply.parts }) }
  }

  async readFile(path: string, maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let offset = 0; ; ) {
      const request: RunnerRequest = { type: 'read', id: this.#newId(), path, offset }
      const reply = await this.#request(request, { timeoutMs: FILE_TIMEOUT_MS })
      if (reply.type !== 'chunk') throw new ToolCallError('invalid_output', 'The runner answered a read with a result.')
      const piece = Buffer.from(reply.data, 'base64')
      pieces.push(piece)
      offset += piece.length
      if (Math.max(offset, reply.size) > maxBytes) {
        throw new ToolCallError('tool_failed', `${path} is larger than the limit of ${maxBytes} bytes.`)
      }
      if (reply.eof) return Buffer.concat(pieces)
      if (piece.length === 0) throw new ToolCallError('invalid_output', `The runner sends no more of ${path}.`)
    }
  }

  async writeFile(path: string, data: Buffer): Promise<void> {
    const upload = this.#newId()
    for (let offset = 0, last = false; !last; offset += CHUNK_BYTES) {
      const piece = data.subarray(offset, offset + CHUNK_BYTES).toString('base64')
      last = offset + CHUNK_BYTES >= data.length
      const request: RunnerRequest = { type: 'write', id: this.#newId(), upload, path, offset, data: piece, last }
      await this.#request(request, { timeoutMs: FILE_TIMEOUT_MS })
    }
  }

  /** Ends the runner. Its calls fail with `code` and the reason, which is half a sentence. */
  end(code: ToolErrorCode, reason: string): void {
    this.#endedBecause ??= { code, message: reason }
    this.#process.kill()
  }

  async #request(request: RunnerRequest, options: RequestOptions): Promise<FinalReply> {
    const { signal, timeoutMs, events = {}, secrets = [] } = options
    if (this.#lost) throw this.#lost
    if (signal?.aborted) throw new ToolCallError('cancelled', 'Cancelled before it began.')
    const line = `${JSON.stringify(request)}\n`
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
      throw new ToolCallError('invalid_input', 'The input is too large to be sent to the sandbox.')
    }

    const { promise, resolve, reject } = Promise.withResolvers<FinalReply>()
    let givenUp: ToolFailure | undefined
    let killTimer: NodeJS.Timeout | undefined
    const giveUp = (failure: ToolFailure) => {
      if (givenUp) return
      givenUp = failure
      this.#send(`${JSON.stringify({ type: 'cancel', id: request.id } satisfies RunnerRequest)}\n`)
      killTimer = setTimeout(() => {
        reject(new ToolCallError(failure.code, failure.message))
        this.end('sandbox_lost', 'it did not answer a cancel')
      }, CANCEL_GRACE_MS)
    }
    const onAbort = () => giveUp({ code: 'cancelled', message: 'Cancelled.' })
    const deadline = setTimeout(
      () => giveUp({ code: 'timeout', message: `No answer in ${timeoutMs / 1000} s.` }),
      timeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    const pending: PendingRequest = {
      resolve,
      reject: (error) => {
        if (error.failure.code !== 'cancelled') return reject(error)
        // a runner whose stdin closes cancels its calls; unless we asked for that, the call is lost, not cancelled
        reject(givenUp ? new ToolCallError(givenUp.code, givenUp.message) : this.#loss('the runner was stopped'))
      },
      events,
      secrets,
      over: new AbortController(),
    }
    this.#pending.set(request.id, pending)
    this.#remember(secrets)
    this.#send(line)
    try {
      return await promise
    } finally {
      this.#pending.delete(request.id)
      pending.over.abort()
      signal?.removeEventListener('abort', onAbort)
      clearTimeout(deadline)
      clearTimeout(killTimer)
      if (!signal?.aborted) await pending.program
    }
  }

  async #readReplies(): Promise<void> {
    try {
      for await (const line of readLines(this.#process.stdout, MAX_LINE_BYTES)) this.#receive(line)
    } catch (error) {
      this.end('sandbox_lost', `its output could not be read: ${(error as Error).message}`)
    }
  }

  /** Drops a line that does not belong to the protocol. Tools may print, which must not end other calls. */
  #receive(line: string): void {
    const reply = RunnerReply.safeParse(parseJson(line))
    if (!reply.success) {
      this.#log.warn({ line: this.#redact(line).slice(0, 200) }, 'the runner sent a line that is not of its protocol')
      return
    }
    if (reply.data.type === 'ready') {
      this.#ready.resolve(reply.data)
      return
    }
    if (reply.data.type === 'service') {
      this.#logService(reply.data)
      return
    }
    const pending = this.#pending.get(reply.data.id)
    if (!pending) return // the client has already given up this call
    if (reply.data.type === 'program') {
      // the runner has one program at a time, and is not trusted to keep to that
      pending.program ??= this.#program(reply.data, pending)
      return
    }
    this.#deliver(reply.data, pending)
  }

  #deliver(...delivery: Parameters<typeof deliver>): void {
    try {
      deliver(...delivery)
    } catch (error) {
      this.#log.error({ err: error }, 'a listener of a tool call failed')
    }
  }

  async #program({ id, command, stdin, timeout_ms }: ProgramReply, pending: PendingRequest): Promise<void> {
    const print = (text: string) => this.#deliver({ type: 'printed', id, text }, pending)
    const program = { command, stdin, timeoutMs: timeout_ms }
    const answer = await this.#runProgram(program, pending.over.signal, print).then(
      ({ exitCode, signal, endedFor, stdout, stderr }): RunnerRequest => {
        return { type: 'program_ended', id, exit_code: exitCode, signal, ended_for: endedFor, stdout, stderr }
      },
      (error: ToolCallError): RunnerRequest => ({ type: 'program_failed', id, error: error.failure }),
    )
    delete pending.program
    this.#send(`${JSON.stringify(answer)}\n`)
  }

  #logService({ name, state, message }: ServiceReply): void {
    const words = { service: name.slice(0, 100), state, reason: message && this.#redact(message).slice(0, 500) }
    this.#log.info(words, `a service of the sandbox: ${state}`)
  }

  async #readErrors(): Promise<void> {
    try {
      for await (const line of readLines(this.#process.stderr, MAX_LINE_BYTES)) {
        if (line.trim() === '') continue
        this.#lastErrorLine = this.#redact(line).slice(0, 2_000)
        this.#log.debug({ line: this.#lastErrorLine }, 'the runner wrote to stderr')
      }
    } catch (error) {
      this.end('sandbox_lost', `its stderr could not be read: ${(error as Error).message}`)
    }
  }

  #send(line: string): void {
    if (this.#process.stdin.writable) this.#process.stdin.write(line)
  }

  /** The last lines on stderr say why a runner did not start. Later they may come from any tool. */
  #lose(reason: string): void {
    this.#endedBecause ??= { code: 'sandbox_lost', message: reason }
    this.#lost = this.#loss(reason)
    const { code, message } = this.#lost.failure
    this.#ready.reject(new ToolCallError(code, `${message} ${this.#lastErrorLine}`.trim()))
    for (const pending of this.#pending.values()) pending.reject(this.#lost)
  }

  #loss(reason: string): ToolCallError {
    const { code, message } = this.#endedBecause ?? { code: 'sandbox_lost', message: reason }
    return new ToolCallError(code, `The sandbox ended: ${message}.`)
  }

  #redact(text: string): string {
    return redact(text, [...this.#secrets])
  }

  #remember(secrets: string[]): void {
    for (const secret of secrets) this.#secrets.add(secret)
    for (const oldest of this.#secrets) {
      if (this.#secrets.size <= MAX_SECRETS) return
      this.#secrets.delete(oldest)
    }
  }

  #newId(): string {
    this.#lastId += 1
    return String(this.#lastId)
  }
}

function deliver(
  reply: Exclude<RunnerReply, ReadyReply | ServiceReply | ProgramReply>,
  { events, secrets, resolve, reject }: PendingRequest,
): void {
  switch (reply.type) {
    case 'progress':
      events.onProgress?.(redact(reply.message, secrets), reply.fraction)
      break
    case 'printed':
      events.onPrinted?.(redact(reply.text, secrets))
      break
    case 'log':
      events.onLog?.(redact(reply.message, secrets))
      break
    case 'error':
      reject(new ToolCallError(reply.error.code, redact(reply.error.message, secrets)))
      break
    default:
      resolve(reply)
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
