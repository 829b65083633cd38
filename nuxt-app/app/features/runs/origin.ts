/** Who or what started a run, as lists show it. */
import type { RunOrigin } from '#contracts/api'
import { ownValue } from '#contracts/own-value'

interface OriginLook {
  label: string
  icon: string
}

const looks: Record<RunOrigin, OriginLook> = {
  person: { label: 'Person', icon: 'i-lucide-user-round' },
  schedule: { label: 'Schedule', icon: 'i-lucide-calendar-clock' },
  webhook: { label: 'Webhook', icon: 'i-lucide-webhook' },
  fork: { label: 'Fork', icon: 'i-lucide-git-fork' },
  repetition: { label: 'Repetition', icon: 'i-lucide-repeat' },
}

export const originLook = (origin: string): OriginLook =>
  ownValue(looks, origin) ?? { label: origin, icon: 'i-lucide-play' }

/** A repetition is a person's run that names the run which it repeats. */
export const originOf = (run: { source: string; parent_run_id: string | null }) =>
  run.source === 'person' && run.parent_run_id ? 'repetition' : run.source

/** What a run is called, on one line. */
export const titleOf = (run: { title: string | null; input: string }) => run.title ?? run.input
