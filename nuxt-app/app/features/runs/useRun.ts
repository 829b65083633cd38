import { statusOf } from '@persona/sdk'
import { readRun } from './queries'
import { timelineOf } from './timeline/timeline'

/** One run and its steps as they happen; the steps tell when its row must be read again. */
export function useRun(id: string) {
  const db = useSupabase()
  const { data, status, error, refresh } = useAsyncData(`run:${id}`, () => readRun(db, id))
  // a reading that fails takes nothing off the page
  const run = shallowRef(data.value)
  watch(data, (row) => {
    run.value = row ?? run.value
  })
  const { feed, connection, error: feedError } = useRunFeed(id)
  const timeline = computed(() => timelineOf(feed.value.steps))
  const statusSteps = () => feed.value.steps.filter((step) => step.kind === 'status').length
  watch(
    () => `${statusOf(feed.value)} ${statusSteps()}`,
    () => void refresh(),
  )
  return { run, timeline, feed, connection, feedError, status, error, refresh }
}
