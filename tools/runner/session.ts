/** What the runner does with the lines it is sent. Calls overlap; `id` ties replies to requests. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { MAX_LINE_BYTES, type RunnerReply, RunnerRequest } from '../../contracts/runner.ts'
import type { ToolDefinition } from '../../contracts/tool.ts'
import { ToolError, toFailure } from '../kit/errors.ts'
import { type CallRequest, runCall } from './call.ts'
import { readChunk, writeBase64 } from './files.ts'
import { redact } from './redact.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface Tools {
  /** Every tool that may be called; names are enough until one is. */
  names: string[]
  load(name: string): Promise<ToolDefinition>
}

export class Session {
  readonly #tools: Tools
  readonly #workspace: string
  readonly #write: (line: string) => void
  readonly #calls = new Map<string, AbortController>()
  /** Which call a piece of running code belongs to, so that its stray errors fail that call alone. */
  readonly #current = new AsyncLocalStorage<AbortController>()

  constructor(tools: Tools, workspace: string, write: (line: string) => void) {
    this.#tools = tools
    this.#workspace = workspace
    this.#write = write
  }

  /** Never throws: what cannot be answered is told on stderr. */
  handle(line: string): void {
    const message = parseJson(line)
    const request = RunnerRequest.safeParse(message)
    const data = request.data
    if (!data) this.#refuse(message)
    else if (data.type === 'cancel')
      this.#calls.get(data.id)?.abort(new ToolError('cancelled', 'The call was cancelled.'))
    else if (data.type === 'call') void this.#call(data)
    else void this.#transfer(data)
  }

  /** An error that nobody caught: fails the call whose code it came from, which may be none. */
  strayError(error: unknown): void {
    const { message } = toFailure(error)
    console.error(`runner: uncaught in a tool: ${message}`)
    this.#current.getStore()?.abort(new ToolError('tool_failed', message))
  }

  cancelAll(why: string): void {
    for (const call of this.#calls.values()) call.abort(new ToolError('cancelled', why))
  }

  async #call(request: CallRequest): Promise<void> {
    const { id } = request
    if (this.#calls.has(id)) return console.error(`runner: a call ${id} is running already; the second is ignored`)
    const controller = new AbortController()
    this.#calls.set(id, controller)
    const deadline = setTimeout(
      () => controller.abort(new ToolError('timeout', `The call took longer than ${request.deadline_ms / 1000} s.`)),
      Math.min(request.deadline_ms, LONGEST_TIMER_MS),
    )
    const secrets = Object.values(request.secrets)
    let settled = false
    const reply = (message: RunnerReply) => {
      if (!settled) this.#send(redact(message, secrets) as RunnerReply)
    }
    try {
      const { output, files } = await this.#current.run(controller, async () =>
        runCall(await this.#load(request.tool), request, this.#workspace, controller.signal, {
          progress: (message, fraction) => reply({ type: 'progress', id, message: String(message), fraction }),
          log: (message) => reply({ type: 'log', id, message: String(message) }),
        }),
      )
      reply({ type: 'result', id, output, files })
    } catch (error) {
      reply({ type: 'error', id, error: toFailure(error) })
    } finally {
      settled = true
      clearTimeout(deadline)
      this.#calls.delete(id)
    }
  }

  async #load(name: string): Promise<ToolDefinition> {
    if (!this.#tools.names.includes(name))
      throw new ToolError('unknown_tool', `There is no tool named ${JSON.stringify(name)}.`)
    return this.#tools.load(name)
  }

  async #transfer(request: Extract<RunnerRequest, { type: 'read' | 'write' }>): Promise<void> {
    const { id, path } = request
    try {
      if (request.type === 'read') {
        this.#send({ type: 'chunk', id, ...(await readChunk(this.#workspace, path, request.offset)) })
      } else {
        const output = await writeBase64(this.#workspace, path, request.data)
        this.#send({ type: 'result', id, output, files: [] })
      }
    } catch (error) {
      this.#send({ type: 'error', id, error: toFailure(error) })
    }
  }

  #send(reply: RunnerReply): void {
    const line = JSON.stringify(reply)
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
      throw new ToolError('invalid_output', 'The result is too large. Write it to a file and return a summary.')
    }
    this.#write(line)
  }

  #refuse(message: unknown): void {
    const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined
    if (typeof id !== 'string') {
      console.error('runner: ignored a line that is no request')
      return
    }
    this.#send({
      type: 'error',
      id,
      error: { code: 'invalid_input', message: 'The runner does not know this request.' },
    })
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
