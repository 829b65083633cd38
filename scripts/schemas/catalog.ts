/** Lists the objects of a database made from the schemas, and of one made from the migrations. Both must be equal. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScriptConnection } from '../../supabase/embedded/database/embedded-database.ts'
import { openPglite } from '../../supabase/embedded/database/pglite.ts'
import { migrate, prepareServices } from '../../supabase/embedded/prepare.ts'

/** The folder with `schemas/` and `migrations/`. */
export const SUPABASE = join(import.meta.dirname, '../../supabase')

export interface CatalogObject {
  step: number
  object: string
  definition: string
  /** The statement that creates it; null if a person has to write one. */
  make: string | null
  undo: string | null
}

/** An object that differs. A side without the object is undefined. */
export interface Difference {
  object: string
  wanted: CatalogObject | undefined
  given: CatalogObject | undefined
}

/** The schemas as one script, in the order of `supabase/schemas/order.txt`. */
export async function schemasScript(supabase = SUPABASE): Promise<string> {
  const folder = join(supabase, 'schemas')
  const order = await readFile(join(folder, 'order.txt'), 'utf8')
  const files = order.split('\n').filter((line) => line && !line.startsWith('#'))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return `set check_function_bodies = off;\n\n${texts.join('\n')}`
}

/** Objects that differ between the schemas (wanted) and the migrations (given), in the order of a migration. */
export async function differences(supabase = SUPABASE): Promise<Difference[]> {
  const script = await schemasScript(supabase)
  const wanted = await catalogAfter((database) => database.exec(script))
  const given = await catalogAfter((database) => migrate(database, undefined, join(supabase, 'migrations')))
  const byStep = [...wanted.values(), ...given.values()].sort((one, other) => one.step - other.step)
  return [...new Set(byStep.map(({ object }) => object))]
    .map((object) => ({ object, wanted: wanted.get(object), given: given.get(object) }))
    .filter((pair) => pair.wanted?.definition !== pair.given?.definition)
}

async function catalogAfter(apply: (database: ScriptConnection) => Promise<void>): Promise<Map<string, CatalogObject>> {
  const database = await openPglite()
  const connection = { ...database.handle, exec: database.exec }
  try {
    await prepareServices(connection)
    await apply(connection)
    await connection.exec("set search_path = ''") // PostgreSQL then writes every name with its schema
    const query = await readFile(join(import.meta.dirname, 'catalog.sql'), 'utf8')
    const objects = await connection.query<CatalogObject>(query)
    return new Map(objects.map((row) => [row.object, row]))
  } finally {
    await database.close()
  }
}
