/** Finds runs for a list, newest first. */
import type { z } from 'zod'
import { type RunOrigin, RunSummary, type RunsQuery } from '../../contracts/api.ts'
import { columnsOf } from '../../contracts/columns.ts'
import { readCursor, rowsAfter } from '../_shared/data/cursor.ts'
import type { Db } from '../_shared/data/database.ts'

const columns = columnsOf('runs', RunSummary)

export function filteredRuns(db: Db, filter: Omit<z.output<typeof RunsQuery>, 'limit'>) {
  let query = runsOf(db, filter.origin).order('created_at', { ascending: false }).order('id', { ascending: false })
  if (filter.workspace_id) query = query.eq('workspace_id', filter.workspace_id)
  if (filter.persona_id) query = query.eq('persona_id', filter.persona_id)
  if (filter.status) query = query.eq('status', filter.status)
  if (filter.created_by) query = query.eq('created_by', filter.created_by)
  if (filter.since) query = query.gte('created_at', filter.since)
  if (filter.until) query = query.lt('created_at', filter.until)
  if (filter.min_cost !== undefined) query = query.gte('cost', filter.min_cost)
  if (filter.words) query = query.ilike('input', containing(filter.words))
  if (filter.cursor) {
    const place = readCursor(filter.cursor)
    query = query.lte('created_at', place.created_at).or(rowsAfter(place))
  }
  return query
}

/** A repetition is a person's run that names the run which it repeats. */
function runsOf(db: Db, origin: RunOrigin | undefined) {
  const runs = db.from('runs').select(columns)
  if (origin === undefined) return runs
  if (origin === 'repetition') return runs.eq('source', 'person').not('parent_run_id', 'is', null)
  if (origin === 'person') return runs.eq('source', 'person').is('parent_run_id', null)
  return runs.eq('source', origin)
}

/** A pattern for ILIKE in which the words stand for themselves. */
const containing = (words: string) => `%${words.replaceAll(/[\\%_]/g, '\\$&')}%`
