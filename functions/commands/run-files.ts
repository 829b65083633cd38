/** The files of runs, with links. */
import { Artifact } from '../../contracts/api.ts'
import { columnsOf } from '../../contracts/columns.ts'
import type { Config } from '../_shared/config.ts'
import { ask, type Db, tell } from '../_shared/data/database.ts'

const LINK_SECONDS = 3600
export const artifactColumns = `${columnsOf('artifacts', Artifact.omit({ url: true }))}, path` as const

/** Replaces `path` by a signed `url`. Storage signs with the caller's rights, so only for files that they may read. */
export async function withLinks<R extends { path: string }>(db: Db, config: Config, rows: R[]) {
  if (rows.length === 0) return []
  const { data, error } = await db.storage.from('artifacts').createSignedUrls(
    rows.map((row) => row.path),
    LINK_SECONDS,
  )
  if (error) throw new Error('Storage did not sign the links', { cause: error })
  const linkOf = new Map(data.map(({ path, signedUrl }) => [path, signedUrl]))
  return rows.map(({ path, ...row }) => {
    const link = linkOf.get(path)
    return { ...row, url: link ? link.replace(config.supabaseUrl, config.publicUrl) : null }
  })
}

/** The files of a run with links. The audit log records the access. */
export async function artifactsOfRun(db: Db, config: Config, runId: string) {
  const rows = await ask(db.from('artifacts').select(artifactColumns).eq('run_id', runId).order('id'))
  if (rows.length > 0) await tell(db.rpc('record_run_file_access', { run_id: runId }))
  return withLinks(db, config, rows)
}
