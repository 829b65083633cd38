import { RunOrigin } from '#contracts/api'
import { RunStatus } from '#contracts/runs'
import type { RunChoice } from './useRuns'

/** What the list of runs is narrowed to. It stands in the address, so that it survives a reload and can be shared. */
export function useRunFilter() {
  const fields = {
    words: useQueryChoice('words'),
    status: useQueryChoice('status'),
    persona: useQueryChoice('persona'),
    origin: useQueryChoice('origin'),
    person: useQueryChoice('person'),
    from: useQueryChoice('from'),
    to: useQueryChoice('to'),
    cost: useQueryChoice('cost'),
  }
  const chosen = (field: keyof typeof fields) => {
    const { value } = fields[field]
    return value === 'all' ? undefined : value
  }
  const choice = computed<RunChoice>(() => ({
    words: chosen('words')?.slice(0, 200),
    status: RunStatus.safeParse(chosen('status')).data,
    personaId: chosen('persona'),
    origin: RunOrigin.safeParse(chosen('origin')).data,
    createdBy: chosen('person'),
    from: dayOf(chosen('from')),
    to: dayOf(chosen('to')),
    minCost: Number(chosen('cost')) || undefined,
  }))
  return {
    fields,
    choice,
    isFiltered: computed(() => Object.values(choice.value).some((value) => value !== undefined)),
  }
}

const dayOf = (text: string | undefined) =>
  text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
