import { type ArtifactRow, listArtifactsOfRuns } from '../artifacts/queries'

/** The files that the runs of a conversation made, by run. Live. */
export function useTurnFiles(conversationId: string, runIds: () => string[]) {
  const db = useSupabase()
  const { rows, error, refresh } = useList(
    () => `conversation-files:${conversationId}`,
    () => listArtifactsOfRuns(db, runIds()),
    { live: (changed) => watch(() => runIds().join(), changed) },
  )
  const byRun = computed(() => Map.groupBy(rows.value, ({ run_id }: ArtifactRow) => run_id))
  return { byRun, error, refresh }
}
