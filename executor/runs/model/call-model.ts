/** Makes the model call of a segment: reserves its cost, calls the model, and on failure calls the next model of the persona's list. */
import type { Logger } from 'pino'
import type { Query } from '../../../contracts/database-handle.ts'
import type { Broadcaster } from '../../engine/broadcast.ts'
import { crashPoint } from '../../engine/crash-points.ts'
import type { OpenSecret } from '../../engine/secrets.ts'
import { failModelCall } from '../../platform/fail-model-call.ts'
import { releaseModelCall } from '../../platform/release-model-call.ts'
import type { ClaimedRun, ReservedCall, RunError, Usage } from '../../platform/types.ts'
import type { BegunModelCall, NewModelCall } from '../../platform/write-transitions.ts'
import { fittingFraction } from './context-length.ts'
import type { AnsweredCall, CallModel, ModelAnswer, ModelQuestion, OpenModel } from './model-client.ts'
import { ModelError } from './model-error.ts'
import { type LoadImage, seeImages } from './see-images.ts'
import { type DefaultModel, type ModelTarget, modelTarget } from './targets.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS, maxInputTokens, TOKENS_PER_IMAGE, usageOf } from './tokens.ts'

/** A spending limit did not allow the call, and the run has ended. */
export class RunStopped extends Error {
  override name = 'RunStopped'
}

interface ModelFailure {
  error: ModelError
  /** The model and its address, for people. */
  where: string
}

/** No model of the list answered. Can be retried if one of them may answer later. */
export class NoModelAnswered extends Error {
  override name = 'NoModelAnswered'
  readonly failures: ModelFailure[]

  constructor(failures: ModelFailure[]) {
    super(failures.map(({ error }) => error.message).join(' '))
    this.failures = failures
  }

  get isRetryable(): boolean {
    return this.failures.some(({ error }) => error.isRetryable)
  }

  /** The first failure that may be temporary, else the failure of the primary model, with its address. */
  get reason(): RunError {
    const { error, where } = this.failures.find((failure) => failure.error.isRetryable) ?? this.failures[0]!
    const { code, message, examples } = error
    // the limit of the demo model is no fault of its server
    return examples ? { code, message, examples } : { code, message: `${message} It was ${where}.` }
  }

  get retryAfterSeconds(): number {
    return Math.max(0, ...this.failures.map(({ error }) => error.retryAfterSeconds ?? 0))
  }
}

export interface ModelDependencies {
  query: Query
  beginModelCall(call: NewModelCall): Promise<BegunModelCall>
  openModel: OpenModel
  /** Loads an image that a tool has shown. The path is in the bucket `artifacts`. */
  loadImage: LoadImage
  defaultModel: DefaultModel
  openSecret: OpenSecret
  broadcaster: Broadcaster
  log: Logger
}

/** The call that the claim has reserved, until it is used. */
export class ReservedModelCall {
  #call: ReservedCall | null

  constructor(call: ReservedCall | null) {
    this.#call = call
  }

  take(): ReservedCall | null {
    const call = this.#call
    this.#call = null
    return call
  }
}

/**
 * Makes the `callModel` of a segment. Its first call uses the reservation. It rejects with NoModelAnswered, RunStopped, or
 * the reason of `signal`.
 */
export function modelCaller(
  run: ClaimedRun,
  reserved: ReservedModelCall,
  signal: AbortSignal,
  deps: ModelDependencies,
): CallModel {
  return async (question, notice) => {
    const targets = run.models.map((model) => modelTarget(model, deps.defaultModel, deps.openSecret))
    const failures: ModelFailure[] = []
    for (const [index, target] of targets.entries()) {
      try {
        return await attempt(run, target, reserved, question, signal, deps)
      } catch (error) {
        if (!(error instanceof ModelError)) throw error
        await giveBack(reserved, deps.query) // the reservation was only for this model
        deps.log.warn({ err: error, trace_id: run.trace_id, model: target.model }, 'a model call failed')
        failures.push({ error, where: target.where })
        const next = targets[index + 1]
        if (next) {
          const message = `${target.model}: ${error.message} Going on with ${next.model}.`
          notice({ kind: 'notice', data: { code: 'model_fallback', message } })
        }
      }
    }
    throw new NoModelAnswered(failures)
  }
}

async function attempt(
  run: ClaimedRun,
  target: ModelTarget,
  reserved: ReservedModelCall,
  question: ModelQuestion,
  signal: AbortSignal,
  deps: ModelDependencies,
): Promise<AnsweredCall> {
  const client = deps.openModel(target.endpoint())
  const { images } = await seeImages(question.messages, target.seesImages, deps.loadImage)
  const most: Usage = {
    inputTokens: maxInputTokens(question) + images * TOKENS_PER_IMAGE,
    outputTokens: run.model.max_output_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
  }
  signal.throwIfAborted()
  const llmCallId = (await useReserved(reserved, most, deps)) ?? (await reserve(run, target, most, deps))
  crashPoint('model.reserved')

  const startedAt = performance.now()
  let offset = 0
  const onDelta = (text: string) => {
    deps.broadcaster.tokens(run.run_id, { llm_call_id: llmCallId, offset, text })
    offset += text.length
  }
  let billed = nothing
  const onCut = (part: ModelAnswer) => {
    billed = usageOf(part, most)
  }
  const { model } = target
  const { temperature } = run.model
  try {
    const from = `${target.provider}/${model}`
    const settings = { model, from, temperature, maxOutputTokens: most.outputTokens, traceId: run.trace_id }
    const complete = async ({ messages: asked, tools }: ModelQuestion) => {
      const { messages } = await seeImages(asked, target.seesImages, deps.loadImage)
      return client.complete({ ...settings, messages, tools }, { signal, onDelta, onCut })
    }
    const answer = await completeInWindow(question, from, complete)
    crashPoint('model.answered')
    const latencyMs = performance.now() - startedAt
    return { ...answer, ...usageOf(answer, most), from, llmCallId, latencyMs }
  } catch (error) {
    await settleFailure(deps, llmCallId, error, billed, performance.now() - startedAt)
    throw error
  }
}

/** How often a conversation is made shorter for one call. Once is enough if the server says how long it may be. */
const MAX_COMPACTIONS = 4

/** If the conversation is too long for the model, tries again with a shorter one. */
async function completeInWindow(
  first: ModelQuestion,
  from: string,
  complete: (question: ModelQuestion) => Promise<ModelAnswer>,
): Promise<ModelAnswer> {
  let question = first
  for (let compactions = 0; ; compactions++) {
    try {
      return await complete(question)
    } catch (error) {
      const isTooLong = error instanceof ModelError && error.code === 'model_context_too_long'
      if (!isTooLong || compactions === MAX_COMPACTIONS) throw error
      const shorter = question.shorter?.({ from, fraction: fittingFraction(error.words) })
      if (!shorter) throw error
      question = shorter
    }
  }
}

/** The id of the reserved call, if its reservation is large enough for this call. */
async function useReserved(reserved: ReservedModelCall, most: Usage, deps: ModelDependencies) {
  const call = reserved.take()
  if (!call) return undefined
  if (most.inputTokens <= call.input_tokens && most.outputTokens <= call.max_output_tokens) return call.llm_call_id
  await releaseModelCall(deps.query, call.llm_call_id)
  return undefined
}

async function reserve(run: ClaimedRun, target: ModelTarget, most: Usage, deps: ModelDependencies): Promise<string> {
  const begun = await deps.beginModelCall({
    run_id: run.run_id,
    fence: run.fence,
    provider: target.provider,
    model: target.model,
    input_tokens: most.inputTokens,
    max_output_tokens: most.outputTokens,
  })
  if (begun.stopped !== undefined) throw new RunStopped(begun.stopped)
  return begun.llm_call_id
}

/** Frees the reservation of a call that will not be made. */
export async function giveBack(reserved: ReservedModelCall, query: Query): Promise<void> {
  const unused = reserved.take()
  if (unused) await releaseModelCall(query, unused.llm_call_id)
}

const nothing: Usage = { inputTokens: 0, outputTokens: 0 }

/** Never rejects, because that would hide why the call failed. A call that stays open is settled when the run is claimed or ends. */
async function settleFailure(
  deps: ModelDependencies,
  llmCallId: string,
  error: unknown,
  billed: Usage,
  latencyMs: number,
) {
  const reason = error instanceof ModelError ? error : { code: 'aborted', message: (error as Error).message }
  const { code, message } = reason
  await failModelCall(deps.query, llmCallId, { code, message }, billed, latencyMs).catch((failure) =>
    deps.log.warn({ err: failure, llm_call_id: llmCallId }, 'a failed model call could not be settled'),
  )
}
