/** The audit log as CSV, for spreadsheets. */
import type { ActivityEvent } from '#contracts/api'
import { actionText, actorText } from './words'

const columns: [string, (event: ActivityEvent) => string | number][] = [
  ['number', ({ seq }) => seq],
  ['time', ({ at }) => at],
  ['who', actorText],
  ['what', actionText],
  ['action', ({ action }) => action],
  ['persona', ({ persona_name }) => persona_name ?? ''],
  ['run', ({ run_id }) => run_id ?? ''],
  ['trace', ({ trace_id }) => trace_id ?? ''],
  ['content', ({ data }) => JSON.stringify(data)],
]

export const csvOf = (events: ActivityEvent[]) =>
  [columns.map(([name]) => name), ...events.map((event) => columns.map(([, read]) => read(event)))]
    .map((line) => `${line.map(cell).join(',')}\r\n`)
    .join('')

/** Text that a spreadsheet would compute gets an apostrophe before it. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
