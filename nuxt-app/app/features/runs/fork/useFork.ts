import { readSteps } from '@persona/sdk'
import type { RunStep } from '#contracts/runs'
import { readRun } from '../queries'
import { FROM_START, forkPoints } from './fork-points'
import { compareRuns, sharedUntil } from './run-diff'

/** The steps of a run that a fork can start after: segment by `seq`. Read anew when the run has a new model step. */
export function useForkPoints(runId: string, steps: MaybeRefOrGetter<RunStep[]>) {
  const api = useApi()
  const models = computed(() => toValue(steps).filter((step) => step.kind === 'model').length)
  const { rows: checkpoints } = useList(
    () => `checkpoints:${runId}`,
    () => api.forks.checkpoints(runId),
    { live: (changed) => watch(models, changed) },
  )
  return computed(() => forkPoints(toValue(steps), checkpoints.value))
}

/** The run that a fork comes from, and the two side by side after the step where they part: grows with the fork's `steps`. */
export function useRunDiff(parentId: string, forkedSegment: number | null, steps: MaybeRefOrGetter<RunStep[]>) {
  const api = useApi()
  const db = useSupabase()
  const { data, error, refresh } = useAsyncData(`run-diff:${parentId}:${forkedSegment}`, async () => {
    const [parent, left, checkpoints] = await Promise.all([
      readRun(db, parentId),
      readSteps(db, parentId),
      api.forks.checkpoints(parentId),
    ])
    const points = [...forkPoints(left, checkpoints)]
    return { parent, left, forkedAt: points.find(([, segment]) => segment === forkedSegment)?.[0] }
  })
  const pairs = computed(() => {
    if (!data.value) return null
    const { left, forkedAt } = data.value
    const right = toValue(steps)
    const startsOver = forkedSegment === FROM_START || forkedAt === undefined
    return compareRuns(left, right, startsOver ? 0 : sharedUntil(left, right, forkedAt))
  })
  const parent = computed(() => data.value?.parent ?? null)
  return { parent, pairs, error, refresh }
}
