/** Personas and their versions. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  CreatePersonaRequest,
  Id,
  Persona,
  PersonaResponse,
  PersonasQuery,
  PersonasResponse,
  PersonaVersion,
  PersonaVersionsResponse,
  UpdatePersonaRequest,
} from '../../../contracts/api.ts'
import { columnsOf } from '../../../contracts/columns.ts'
import { ask, type Db, find, tell } from '../../_shared/data/database.ts'
import { body, created, createRouter, noContent, ok } from '../../_shared/http/router.ts'
import { Problem } from '../../_shared/problem.ts'

const tags = ['personas']
const params = z.object({ id: Id })
const personaColumns = columnsOf('personas', Persona)
const versionColumns = columnsOf('persona_versions', PersonaVersion)

/** The persona with its current version and the caller's role. */
async function readPersona(db: Db, id: string): Promise<PersonaResponse> {
  const [persona, role] = await Promise.all([
    find(
      db
        .from('personas')
        .select(`${personaColumns}, version:persona_versions!personas_current_version_fk(${versionColumns})`)
        .eq('id', id)
        .maybeSingle(),
    ),
    find(db.rpc('persona_role', { persona_id: id })),
  ])
  if (!persona) throw new Problem('persona_not_found')
  return PersonaResponse.parse({ persona, version: persona.version, role })
}

export const personas = createRouter()
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas',
      tags,
      summary: 'List the personas that I may see',
      request: { query: PersonasQuery },
      ...ok(PersonasResponse),
    }),
    async (c) => {
      const { workspace_id } = c.req.valid('query')
      const all = c.get('db').from('personas').select(personaColumns).order('created_at').order('id')
      const personas = await ask(workspace_id ? all.eq('workspace_id', workspace_id) : all)
      return c.json(PersonasResponse.parse({ personas }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/personas',
      tags,
      summary: 'Create a persona (members)',
      request: body(CreatePersonaRequest),
      ...created(PersonaResponse),
    }),
    async (c) => {
      const { workspace_id, ...definition } = c.req.valid('json')
      const persona = await ask(c.get('db').rpc('create_persona', { workspace_id, definition }))
      return c.json(await readPersona(c.get('db'), persona.id), 201)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}',
      tags,
      summary: 'Read a persona with its current version and my role on it',
      request: { params },
      ...ok(PersonaResponse),
    }),
    async (c) => {
      return c.json(await readPersona(c.get('db'), c.req.valid('param').id), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'patch',
      path: '/personas/{id}',
      tags,
      summary: 'Change a persona (editors); a change of the configuration creates a new version',
      request: { params, ...body(UpdatePersonaRequest) },
      ...ok(PersonaResponse),
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      await tell(c.get('db').rpc('update_persona', { persona_id: id, changes: c.req.valid('json') }))
      return c.json(await readPersona(c.get('db'), id), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'delete',
      path: '/personas/{id}',
      tags,
      summary: 'Delete a persona with its runs and memory (owners)',
      request: { params },
      ...noContent,
    }),
    async (c) => {
      await tell(c.get('db').rpc('delete_persona', { persona_id: c.req.valid('param').id }))
      return c.body(null, 204)
    },
  )
  .openapi(
    createRoute({
      method: 'get',
      path: '/personas/{id}/versions',
      tags,
      summary: 'List the versions of a persona, newest first',
      request: { params },
      ...ok(PersonaVersionsResponse),
    }),
    async (c) => {
      const versions = await ask(
        c
          .get('db')
          .from('persona_versions')
          .select(versionColumns)
          .eq('persona_id', c.req.valid('param').id)
          .order('number', { ascending: false }),
      )
      // a persona always has a version, so the caller may not see this one
      if (versions.length === 0) throw new Problem('persona_not_found')
      return c.json(PersonaVersionsResponse.parse({ versions }), 200)
    },
  )
  .openapi(
    createRoute({
      method: 'post',
      path: '/personas/{id}/versions/{number}/restore',
      tags,
      summary: 'Restore an old version as a new version (editors)',
      request: { params: params.extend({ number: z.coerce.number().int().min(1).max(2_147_483_647) }) },
      ...created(PersonaResponse),
    }),
    async (c) => {
      const { id, number } = c.req.valid('param')
      await tell(c.get('db').rpc('restore_persona_version', { persona_id: id, number }))
      return c.json(await readPersona(c.get('db'), id), 201)
    },
  )
