/** Tests a model provider as a run would use it: reaches it, lists its models, and makes one call with a tool. */
import { randomUUID } from 'node:crypto'
import type { LeaveOut, ProviderTestStep } from '../../../contracts/api.ts'
import type { TestedProvider } from '../../platform/finish-provider-test.ts'
import type { ModelAnswer, OpenModel, ToolSpec } from '../../runs/model/model-client.ts'
import { ModelError } from '../../runs/model/model-error.ts'
import { listModels } from './list-models.ts'

/** Enough for a model that thinks before it calls. */
const MAX_OUTPUT_TOKENS = 1_000
const CALL_TIMEOUT_MS = 60_000

export interface TestedEndpoint {
  baseUrl: string
  apiKey: string
  model: string | null
  leaveOut: LeaveOut[]
}

interface Outside {
  /** The guarded client for addresses that people enter. */
  send: typeof fetch
  openModel: OpenModel
}

/** Never rejects: what goes wrong is a step of the result. */
export async function testProvider(endpoint: TestedEndpoint, outside: Outside): Promise<TestedProvider> {
  const { models, unreachable, noList } = await listModels(endpoint.baseUrl, endpoint.apiKey, outside.send)
  const host = new URL(endpoint.baseUrl).host
  const look = [
    step('reach', unreachable, `${host} answers.`),
    unreachable ? skipped('models') : step('models', noList, countOf(models)),
  ]
  const model = endpoint.model ?? models[0] ?? null
  const nothing = { models, model, input_tokens: 0, output_tokens: 0 }
  if (unreachable) return { ...nothing, steps: [...look, skipped('answer'), skipped('tool')] }
  if (!model) {
    const message = 'There is no model to call. Name one, then test again.'
    return { ...nothing, steps: [...look, { name: 'answer', state: 'failed', message }, skipped('tool')] }
  }
  const called = await callWithTool(endpoint, model, outside.openModel)
  return { ...nothing, ...called.usage, steps: [...look, ...called.steps] }
}

const countOf = (models: string[]) =>
  models.length === 1 ? `1 model: ${models[0]}.` : `${models.length} models, such as ${models.slice(0, 3).join(', ')}.`

type Name = ProviderTestStep['name']
const step = (name: Name, problem: string | undefined, success: string): ProviderTestStep =>
  problem === undefined ? { name, state: 'ok', message: success } : { name, state: 'failed', message: problem }
const skipped = (name: Name): ProviderTestStep => ({ name, state: 'skipped', message: 'Not tried.' })

const addNumbers: ToolSpec = {
  type: 'function',
  function: {
    name: 'add_numbers',
    description: 'Adds two numbers.',
    parameters: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    },
  },
}

async function callWithTool({ baseUrl, apiKey, leaveOut }: TestedEndpoint, model: string, openModel: OpenModel) {
  const request = {
    model,
    from: 'test',
    messages: [{ role: 'user' as const, content: 'Call the tool add_numbers with a = 2 and b = 3. Say nothing else.' }],
    tools: [addNumbers],
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    traceId: `test-${randomUUID()}`,
  }
  const signal = AbortSignal.timeout(CALL_TIMEOUT_MS)
  const began = performance.now()
  try {
    const answer = await openModel({ baseUrl, apiKey, leaveOut }).complete(request, {
      signal,
      onDelta: () => {},
      onCut: () => {},
    })
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const { inputTokens = 0, outputTokens = 0 } = answer.usage ?? {}
    return {
      steps: [step('answer', undefined, `${model} answered in ${seconds} s.`), toolStep(model, answer)],
      usage: { input_tokens: inputTokens, output_tokens: outputTokens },
    }
  } catch (error) {
    return { steps: [step('answer', failureOf(model, error, signal), ''), skipped('tool')], usage: {} }
  }
}

function toolStep(model: string, { toolCalls }: ModelAnswer): ProviderTestStep {
  const called = toolCalls.some(({ name }) => name === addNumbers.function.name)
  const problem = `${model} did not call the tool that it was asked to call. Personas work with tools: choose a model that can call them, or switch that on in the server.`
  return step('tool', called ? undefined : problem, `${model} called the tool.`)
}

function failureOf(model: string, error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `${model} did not answer within ${CALL_TIMEOUT_MS / 1000} s. Try a smaller model.`
  if (error instanceof ModelError) return `${model}: ${error.message}`
  return `${model} could not be called.`
}
