/** What must not compile. `vue-tsc` reads this file; nothing runs it. */
import type { ColumnsOf, Db } from './db'
import { row, rows } from './rows'

interface Named {
  id: string
  name: string
}

export const queries = (db: Db) => [
  rows<Named>(db.from('personas').select('id, name').order('id')),
  row<Named>(db.from('personas').select('id, name').eq('id', '')),

  // @ts-expect-error a misspelt column in a select
  rows<Named>(db.from('personas').select('id, nmae').order('id')),
  // @ts-expect-error the same in a query for one row
  row<Named>(db.from('personas').select('id, nmae').eq('id', '')),
  // @ts-expect-error a column that the row has and the query does not select
  rows<Named>(db.from('personas').select('id').order('id')),
  // @ts-expect-error a misspelt table
  db.from('personae'),
  // @ts-expect-error a misspelt column in a filter
  db.from('personas').select('id').eq('workspace', ''),
  // @ts-expect-error an argument that the function does not have
  db.rpc('persona_role', { persona: '' }),
  // @ts-expect-error a column that can be null, in a row where it cannot
  rows<{ current_version_id: string }>(db.from('personas').select('current_version_id').order('id')),
  // @ts-expect-error a text column, in a row where it is a number
  row<{ name: number }>(db.from('personas').select('name').eq('id', '')),
]

const columns = 'id, nmae'
// @ts-expect-error a misspelt column in the list that makes a row's type
export type Misspelt = Pick<Named, ColumnsOf<typeof columns>>
