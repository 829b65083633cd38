import type { RunStep } from '#contracts/runs'
import { listArtifacts } from './queries'

/** The files of a run, read again when its steps tell of another one. */
export function useArtifacts(runId: string, steps: () => RunStep[]) {
  const db = useSupabase()
  const told = () => steps().filter(({ kind }) => kind === 'artifact').length
  const { rows, isLoading, error, refresh } = useList(
    () => `artifacts:${runId}`,
    () => listArtifacts(db, runId),
    { live: (changed) => watch(told, changed) },
  )
  return { artifacts: rows, isLoading, error, refresh }
}
