import type { Artifact } from '#contracts/api'
import type { ColumnsOf, Db } from '../../common/db'
import { rows } from '../../common/rows'

const artifactColumns = 'id, run_id, name, content_type, size, sha256, created_at'

export type ArtifactRow = Pick<Artifact, ColumnsOf<typeof artifactColumns>>

export const listArtifacts = (db: Db, runId: string) =>
  rows<ArtifactRow>(db.from('artifacts').select(artifactColumns).eq('run_id', runId).order('created_at'))
