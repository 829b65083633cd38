import { statusOf } from '@persona/sdk'
import { listApprovalsOfRun } from '../approvals/queries'
import { listArtifacts } from '../artifacts/queries'
import { readRun } from './queries'
import { timelineOf } from './timeline/timeline'

/** One run with all that its page shows; the steps tell when row, files or questions must be read again. */
export function useRun(id: string) {
  const db = useSupabase()
  const { data: run, status, error, refresh } = useAsyncData(`run:${id}`, () => readRun(db, id))
  const { data: artifacts, refresh: readArtifacts } = useAsyncData(`artifacts:${id}`, () => listArtifacts(db, id), {
    default: () => [],
  })
  const { data: approvals, refresh: readApprovals } = useAsyncData(
    `approvals:${id}`,
    () => listApprovalsOfRun(db, id),
    {
      default: () => [],
    },
  )
  const { feed, connection, error: feedError } = useRunFeed(id)
  const timeline = computed(() => timelineOf(feed.value.steps))

  const count = (kind: string) => feed.value.steps.filter((step) => step.kind === kind).length
  watch(
    () => `${statusOf(feed.value)} ${count('status')}`,
    () => void refresh(),
  )
  watch(
    () => count('artifact'),
    () => void readArtifacts(),
  )
  watch(
    () => count('asked') + count('answered'),
    () => void readApprovals(),
  )

  return { run, artifacts, approvals, timeline, feed, connection, feedError, status, error, refresh }
}
