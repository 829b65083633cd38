/** Transitions of runs that a test has claimed itself, written as a worker does (`platform.write_transitions`). */

/** Parameters for `WRITE_ONE`: a segment that ends with `outcome`. */
export const committed = (
  runId: string,
  fence: number | undefined,
  outcome: object,
  checkpointId = 'k1',
  maxCalls = 0,
) =>
  one({
    kind: 'commit_segment',
    run_id: runId,
    fence,
    outcome,
    checkpoint_id: checkpointId,
    parent_id: null,
    checkpoint: '{}',
    max_calls: maxCalls,
  })

/** Parameters for `WRITE_ONE`: the result of a call. */
export const finished = (
  runId: string,
  toolRunId: string | undefined,
  attempt: number | undefined,
  result: object,
  claimsRun = false,
  known?: object,
) => one({ kind: 'finish_tool', run_id: runId, tool_run_id: toolRunId, attempt, result, claims_run: claimsRun, known })

/** Parameters for `WRITE_ONE`: a model call's worst case. */
export const begun = (runId: string, fence: number, model: string, inputTokens: number, maxOutputTokens: number) =>
  one({
    kind: 'begin_model_call',
    run_id: runId,
    fence,
    provider: 'p',
    model,
    input_tokens: inputTokens,
    max_output_tokens: maxOutputTokens,
  })

const one = (transition: object) => [JSON.stringify([transition])]

/** Writes one transition. `answer` is the result of its function. */
export const WRITE_ONE = "select platform.write_transitions($1, 'test', 60) -> 0 as answer"

/** As a worker tells the database of its model (`platform.models_of`). */
export const DEFAULT_MODEL = JSON.stringify({
  provider: 'demo',
  model: 'demo',
  max_output_tokens: 100,
  prompt_bytes: 100,
})
