/** Files that runs made. */
import { createRoute, z } from '@hono/zod-openapi'
import { ArtifactResponse, Id } from '../../../contracts/api.ts'
import type { Config } from '../../_shared/config.ts'
import type { Db } from '../../_shared/context.ts'
import { ask, tell } from '../../_shared/database.ts'
import { createRouter, ok } from '../../_shared/router.ts'

const LINK_SECONDS = 3600
const columns = 'id, run_id, name, content_type, size, sha256, created_at, path'

const getArtifact = createRoute({
  method: 'get',
  path: '/artifacts/{id}',
  tags: ['runs'],
  summary: 'One file with a link that holds for an hour; noted in the audit log',
  request: { params: z.object({ id: Id }) },
  ...ok(ArtifactResponse),
})

interface Row {
  path: string
}

/** Adds the links. Storage signs as the caller, so it signs only what the caller may read. */
async function withLinks<R extends Row>(db: Db, config: Config, rows: R[]) {
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

/** The files of a run with links, which the audit log notes. */
export async function artifactsOfRun(db: Db, config: Config, runId: string) {
  const rows = await ask(db.from('artifacts').select(columns).eq('run_id', runId).order('id'))
  if (rows.length > 0) await tell(db.rpc('record_run_file_access', { run_id: runId }))
  return withLinks(db, config, rows)
}

export const artifacts = createRouter().openapi(getArtifact, async (c) => {
  const { id } = c.req.valid('param')
  const db = c.get('db')
  await tell(db.rpc('record_file_access', { artifact_id: id }))
  const row = await ask(db.from('artifacts').select(columns).eq('id', id).single())
  const [artifact] = await withLinks(db, c.get('config'), [row])
  return c.json(ArtifactResponse.parse({ artifact }), 200)
})
