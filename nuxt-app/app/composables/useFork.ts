import type { RunStep } from '../../../contracts/runs'
import { listSteps, readRun } from '../queries/runs'
import { FROM_START, forkPoints } from '../runs/fork-points'
import { compareRuns, sharedUntil } from '../runs/run-diff'

/** The steps of a run that a fork can start after: segment by `seq`. Read anew when the run has a new model step. */
export function useForkPoints(runId: string, steps: MaybeRefOrGetter<RunStep[]>) {
  const api = useApi()
  const models = computed(() => toValue(steps).filter((step) => step.kind === 'model').length)
  const { data: checkpoints } = useAsyncData(`checkpoints:${runId}`, () => api.forks.checkpoints(runId), {
    default: () => [],
    watch: [models],
  })
  return computed(() => forkPoints(toValue(steps), checkpoints.value))
}

/** A fork beside the run that it comes from, after the step where they part. */
export function useRunDiff(run: { id: string; parent_run_id: string | null; forked_segment: number | null }) {
  const api = useApi()
  const db = useSupabase()
  return useAsyncData(`run-diff:${run.id}`, async () => {
    if (!run.parent_run_id) return null
    const [parent, left, right, checkpoints] = await Promise.all([
      readRun(db, run.parent_run_id),
      listSteps(db, run.parent_run_id, 0),
      listSteps(db, run.id, 0),
      api.forks.checkpoints(run.parent_run_id),
    ])
    if (run.forked_segment === FROM_START) return { parent, pairs: compareRuns(left, right) }
    const points = [...forkPoints(left, checkpoints)]
    const forkedAt = points.find(([, segment]) => segment === run.forked_segment)?.[0]
    const after = forkedAt && sharedUntil(left, right, forkedAt)
    return { parent, pairs: compareRuns(left, right, after) }
  })
}
