/** Handles the lines that the runner receives. Calls run at the same time; `id` connects replies with requests. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { redact } from '../../contracts/redact.ts'
import { MAX_LINE_BYTES, type RunnerReply, RunnerRequest } from '../../contracts/runner.ts'
import type { ToolDefinition } from '../../contracts/tool.ts'
import { ToolError, toFailure } from '../../contracts/tool-errors.ts'
import type { Program, Programs, ServiceName, ToolServices } from '../../contracts/tool-services.ts'
import type { ServiceDefinition } from '../kit/service.ts'
import { type CallRequest, runCall } from './call.ts'
import { readChunk, Uploads } from './files.ts'
import { ProgramRequests } from './programs.ts'
import { type Lease, Services } from './services.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface Tools {
  /** The names of all tools that may be called. Each is loaded at its first call. */
  names: string[]
  load(name: string): Promise<ToolDefinition>
  /** Undefined when there is no service of that name. */
  loadService(name: string): Promise<ServiceDefinition | undefined>
}

export class Session {
  readonly #tools: Tools
  readonly #workspace: string
  readonly #write: (line: string) => void
  readonly #calls = new Map<string, AbortController>()
  readonly #services: Services
  readonly #uploads: Uploads
  readonly #programs: ProgramRequests
  /** Knows to which call running code belongs, so that uncaught errors fail only that call. */
  readonly #current = new AsyncLocalStorage<AbortController>()

  constructor(tools: Tools, workspace: string, write: (line: string) => void) {
    this.#tools = tools
    this.#workspace = workspace
    this.#write = write
    this.#uploads = new Uploads(workspace)
    this.#programs = new ProgramRequests(workspace, (request) => this.#send(request))
    this.#services = new Services(workspace, (event) => this.#send({ type: 'service', ...event }))
  }

  /** Never throws. A line that cannot be answered is reported on stderr. */
  handle(line: string): void {
    const message = parseJson(line)
    const request = RunnerRequest.safeParse(message)
    const data = request.data
    if (!data) this.#refuse(message)
    else if (data.type === 'cancel')
      this.#calls.get(data.id)?.abort(new ToolError('cancelled', 'The call was cancelled.'))
    else if (data.type === 'call') void this.#call(data)
    else if (data.type === 'read' || data.type === 'write') void this.#transfer(data)
    else this.#programs.answer(data)
  }

  /** Handles an uncaught error: fails the call whose code threw it, if there is one. */
  strayError(error: unknown): void {
    const { message } = toFailure(error)
    console.error(`runner: uncaught in a tool: ${message}`)
    this.#current.getStore()?.abort(new ToolError('tool_failed', message))
  }

  /** Cancels all calls, removes unfinished files and ends all services. */
  async close(why: string): Promise<void> {
    for (const call of this.#calls.values()) call.abort(new ToolError('cancelled', why))
    await Promise.all([this.#uploads.discardAll(), this.#services.stopAll()])
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
    const leases: Lease[] = []
    let settled = false
    const reply = (message: RunnerReply) => {
      if (!settled) this.#send(redact(message, secrets))
    }
    try {
      const { output, files, parts } = await this.#current.run(controller, async () =>
        runCall(await this.#load(request.tool), request, this.#workspace, controller.signal, {
          progress: (message, fraction) => reply({ type: 'progress', id, message: String(message), fraction }),
          print: (text) => reply({ type: 'printed', id, text: String(text) }),
          log: (message) => reply({ type: 'log', id, message: String(message) }),
          service: async (name) => (name === 'programs' ? this.#programsOf(id) : this.#use(name, controller, leases)),
        }),
      )
      reply({ type: 'result', id, output, files, ...(parts.length > 0 && { parts }) })
    } catch (error) {
      const loss = controller.signal.aborted ? undefined : await firstLoss(leases)
      reply({ type: 'error', id, error: toFailure(loss ?? error) })
    } finally {
      settled = true
      for (const lease of leases) lease.release()
      clearTimeout(deadline)
      this.#calls.delete(id)
    }
  }

  async #load(name: string): Promise<ToolDefinition> {
    if (!this.#tools.names.includes(name))
      throw new ToolError('unknown_tool', `There is no tool named ${JSON.stringify(name)}.`)
    return this.#tools.load(name)
  }

  /** A cancelled call does not wait for its program, which the executor ends. */
  #programsOf(id: string): Programs {
    return { run: (program: Program) => this.#programs.run(id, program) }
  }

  /** Its loss fails the call. */
  async #use(name: ServiceName, call: AbortController, leases: Lease[]): Promise<ToolServices[ServiceName]> {
    const definition = await this.#tools.loadService(name)
    if (!definition) throw new ToolError('service_unavailable', `This sandbox has no service ${JSON.stringify(name)}.`)
    // a service outlives the call, so its uncaught errors must not fail the call
    const lease = await this.#current.exit(() => this.#services.use(definition, (error) => call.abort(error)))
    leases.push(lease)
    if (call.signal.aborted) lease.release()
    return lease.handle as ToolServices[ServiceName]
  }

  async #transfer(request: Extract<RunnerRequest, { type: 'read' | 'write' }>): Promise<void> {
    const { id } = request
    try {
      if (request.type === 'read') {
        this.#send({ type: 'chunk', id, ...(await readChunk(this.#workspace, request.path, request.offset)) })
      } else {
        const output = await this.#uploads.write(request)
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

/** A tool often sees a broken pipe before the loss of its service is known. The loss is the better error. */
async function firstLoss(leases: Lease[]): Promise<ToolError | undefined> {
  const losses = await Promise.all(leases.map((lease) => lease.loss()))
  return losses.find((loss) => loss !== undefined)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
