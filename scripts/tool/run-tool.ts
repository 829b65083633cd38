/** Runs tools by name: tools of the sandbox in a new sandbox, and tools of the executor in this process. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { DEFAULT_SANDBOX_LIMITS, type Sandbox } from '../../contracts/sandbox.ts'
import type { ToolDefinition } from '../../contracts/tool.ts'
import { ToolError, toFailure } from '../../contracts/tool-errors.ts'
import { openSandboxes, type Sandboxes, ToolCallError } from '../../executor/sandbox/index.ts'
import { loadTool } from '../../tools/registry.ts'
import { runCall } from '../../tools/runner/call.ts'
import { type Answer, CommandError, failed, succeeded } from './answer.ts'
import type { Place } from './arguments.ts'

export interface ToolPlace {
  /** Never rejects. */
  call(tool: string, input: unknown, signal: AbortSignal): Promise<Answer>
  /** Ends the sandbox and removes all temporary files. */
  close(): Promise<void>
}

const NEVER_IDLE_MS = 2 ** 31 - 1

/** Nothing is started before the first call that needs it. */
export function openToolPlace(place: Place): ToolPlace {
  let opened: Promise<OpenSandbox> | undefined
  return {
    async call(name, input, signal) {
      try {
        const tool = await loadTool(name)
        if (tool.runs === 'executor') return await callHere(tool, input, signal)
        opened ??= openSandbox(place)
        return await callInside(await (await opened).sandbox(), tool, input, signal)
      } catch (error) {
        return answerOf(error)
      }
    },
    async close() {
      await opened?.then(
        (sandbox) => sandbox.close(),
        () => {},
      )
    },
  }
}

interface OpenSandbox {
  sandbox(): Promise<Sandbox>
  close(): Promise<void>
}

async function openSandbox({ workspace, allowedHosts }: Place): Promise<OpenSandbox> {
  const dataDir = await mkdtemp(join(tmpdir(), 'persona-tool-'))
  let sandboxes: Sandboxes | undefined
  const close = async () => {
    await sandboxes?.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const own = join(dataDir, 'own-workspace')
    await mkdir(own, { mode: 0o700 })
    sandboxes = await openSandboxes({
      dataDir,
      env: process.env,
      log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }, pino.destination(2)),
      idleMs: NEVER_IDLE_MS,
    })
    if (sandboxes.name === 'none') throw new Error(`there is ${sandboxes.describe}`)
    const personaId = `tool-${randomBytes(8).toString('hex')}`
    const spec = { personaId, allowedHosts, limits: DEFAULT_SANDBOX_LIMITS, workspace: workspace ?? own }
    const { sandboxFor } = sandboxes
    return { sandbox: () => sandboxFor(spec), close }
  } catch (error) {
    await close()
    throw new CommandError('sandbox_unavailable', `No sandbox can be started here: ${(error as Error).message}`)
  }
}

async function callInside(
  sandbox: Sandbox,
  tool: ToolDefinition,
  input: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  const began = performance.now()
  const ms = () => Math.round((performance.now() - began) * 10) / 10
  const { idempotency_key, trace_id, deadline_ms } = requestOf(tool, input)
  const call = { tool: tool.name, input, idempotencyKey: idempotency_key, traceId: trace_id, deadlineMs: deadline_ms }
  const events = { onProgress: tell, onLog: tell }
  return sandbox.call({ ...call, secrets: {} }, signal, events).then(
    ({ output, files }) => succeeded(output, files, ms()),
    (error) => ({ ...answerOf(error), ms: ms() }),
  )
}

/** Progress goes to stderr for people; stdout is only for the answer. */
const tell = (message: string) => console.error(message)

async function isMissing(name: string): Promise<never> {
  throw new ToolError('need_missing', `This tool needs the service ${name}, which only the platform has.`)
}

/** Services of the platform are missing here. */
async function callHere(tool: ToolDefinition, input: unknown, signal: AbortSignal): Promise<Answer> {
  const began = performance.now()
  const request = requestOf(tool, input)
  const until = AbortSignal.any([signal, AbortSignal.timeout(request.deadline_ms)])
  const { output, files } = await runCall(tool, request, '/nonexistent', until, {
    progress: tell,
    print: tell,
    log: tell,
    service: isMissing,
  })
  return succeeded(output, files, Math.round((performance.now() - began) * 10) / 10)
}

function requestOf(tool: ToolDefinition, input: unknown) {
  const id = randomBytes(16).toString('hex')
  return {
    type: 'call' as const,
    id,
    tool: tool.name,
    input,
    idempotency_key: id,
    trace_id: `run-${id}`,
    deadline_ms: tool.timeoutSeconds * 1000,
    secrets: {},
  }
}

function answerOf(error: unknown): Answer {
  if (error instanceof CommandError) return error.answer
  const { code, message } = error instanceof ToolCallError ? error.failure : toFailure(error)
  return failed(code, message)
}
