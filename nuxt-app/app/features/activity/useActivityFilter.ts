import { startOfDay } from '../../common/format/times'
import type { ActivityFilter } from './useActivity'

/** What the activity is narrowed to. It stands in the address, so that it survives a reload and can be shared. */
export function useActivityFilter() {
  const fields = {
    words: useQueryChoice('words'),
    kind: useQueryChoice('kind'),
    who: useQueryChoice('who'),
    persona: useQueryChoice('persona'),
    from: useQueryChoice('from'),
    to: useQueryChoice('to'),
  }
  const chosen = (field: keyof typeof fields) => {
    const { value } = fields[field]
    return value === 'all' ? undefined : value
  }
  const day = (field: 'from' | 'to', later: number) => {
    const value = chosen(field)
    return value && /^\d{4}-\d\d-\d\d$/.test(value) ? startOfDay(value, later) : undefined
  }
  const filter = computed<ActivityFilter>(() => ({
    words: chosen('words')?.slice(0, 200),
    kind: chosen('kind'),
    actor_id: chosen('who'),
    persona_id: chosen('persona'),
    since: day('from', 0),
    until: day('to', 1),
  }))
  return {
    fields,
    filter,
    isFiltered: computed(() => Object.values(filter.value).some((value) => value !== undefined)),
  }
}
