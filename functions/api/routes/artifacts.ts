/** Files that runs made. */
import { createRoute, z } from '@hono/zod-openapi'
import { ArtifactResponse, Id } from '../../../contracts/api.ts'
import { ask, tell } from '../../_shared/data/database.ts'
import { createRouter, ok } from '../../_shared/http/router.ts'
import { artifactColumns, withLinks } from '../../commands/run-files.ts'

export const artifacts = createRouter().openapi(
  createRoute({
    method: 'get',
    path: '/artifacts/{id}',
    tags: ['runs'],
    summary: 'Read a file, with a link that is valid for one hour; the audit log records it',
    request: { params: z.object({ id: Id }) },
    ...ok(ArtifactResponse),
  }),
  async (c) => {
    const { id } = c.req.valid('param')
    const db = c.get('db')
    await tell(db.rpc('record_file_access', { artifact_id: id }))
    const row = await ask(db.from('artifacts').select(artifactColumns).eq('id', id).single())
    const [artifact] = await withLinks(db, c.get('config'), [row])
    return c.json(ArtifactResponse.parse({ artifact }), 200)
  },
)
