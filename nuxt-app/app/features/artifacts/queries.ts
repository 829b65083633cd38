import type { Artifact } from '#contracts/api'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const artifactColumns = 'id, run_id, name, content_type, size, sha256, created_at'

export type ArtifactRow = Pick<Artifact, ColumnsOf<typeof artifactColumns>>

export const listArtifacts = (db: Db, runId: string) =>
  rows<ArtifactRow>(db.from('artifacts').select(artifactColumns).eq('run_id', runId).order('created_at'))

/** So that the address of a request does not become too long. */
const RUNS_A_READ = 100

export async function listArtifactsOfRuns(db: Db, runIds: string[]): Promise<ArtifactRow[]> {
  const found: ArtifactRow[] = []
  for (let first = 0; first < runIds.length; first += RUNS_A_READ) {
    const some = runIds.slice(first, first + RUNS_A_READ)
    found.push(
      ...(await rows<ArtifactRow>(db.from('artifacts').select(artifactColumns).in('run_id', some).order('created_at'))),
    )
  }
  return found
}
