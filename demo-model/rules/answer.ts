/** The final answer: what was made, what came out, what did not work. It reports only what the tools returned. */
import type { Say } from './goal.ts'
import type { Progress } from './work.ts'

const MAX_QUOTED = 3000

export function resultText(progress: Progress[], remark: string, say: Say): string {
  const done = progress.filter((item) => item.state === 'done')
  const files = done.filter((item) => item.step.tool.startsWith('generate_') || item.step.tool === 'write_file')
  const made =
    files.length > 0 ? [`${say('Done. I made:', 'Fertig. Ich habe erstellt:')}\n${files.map(fileLine).join('\n')}`] : []
  const shown = done.filter((item) => !files.includes(item)).map((item) => shownText(item, say))
  const failed = progress.flatMap((item) => failureText(item, say) ?? [])
  return [...made, ...shown, ...(files.length > 0 && remark ? [remark] : []), ...failed].join('\n\n')
}

function fileLine({ step, outcome }: Progress): string {
  const output = (outcome?.data ?? {}) as { path?: unknown; slides?: unknown; pages?: unknown }
  const path = String(output.path ?? step.arguments.path ?? step.arguments.filename ?? step.title)
  const size =
    typeof output.slides === 'number'
      ? ` (${output.slides} slides)`
      : typeof output.pages === 'number'
        ? ` (${output.pages} p.)`
        : ''
  return `- **${path}**${size}`
}

function shownText({ step, outcome }: Progress, say: Say): string {
  const data = (outcome?.data ?? {}) as Record<string, unknown>
  if (step.tool === 'list_files') return listing(data, say)
  if (step.tool === 'send_email') return sentText(data, say)
  if (step.tool === 'read_file')
    return `${say(`${data.path ?? step.arguments.path} says:`, `In ${data.path ?? step.arguments.path} steht:`)}\n\n${quoted(String(data.content ?? ''))}`
  const output = String(data.stdout ?? '').trim()
  const errors = String(data.stderr ?? '').trim()
  if (data.exit_code === 0 && output) return `${say('The result:', 'Das Ergebnis:')}\n\n${quoted(output)}`
  if (data.exit_code === 0) return say('The code ran and printed nothing.', 'Der Code lief und gab nichts aus.')
  const how =
    data.timed_out === true
      ? say('took too long and was stopped', 'dauerte zu lange und wurde beendet')
      : say(`ended with exit code ${data.exit_code}`, `endete mit Code ${data.exit_code}`)
  return `${say('The code', 'Der Code')} ${how}.\n\n${quoted([output, errors].filter(Boolean).join('\n'))}`
}

function sentText(data: Record<string, unknown>, say: Say): string {
  if (data.delivery === 'outbox') {
    return say(
      'The mail is written, but it was not sent: this installation has no mail server. You can read it in the outbox.',
      'Die Mail ist geschrieben, aber nicht gesendet: Diese Installation hat keinen Mailserver. Sie steht im Postausgang.',
    )
  }
  const list = (value: unknown) => (Array.isArray(value) ? value.join(', ') : '')
  const refused = list(data.rejected)
  const sent = say(`Sent to ${list(data.accepted)}.`, `Gesendet an ${list(data.accepted)}.`)
  return refused ? `${sent} ${say('Refused', 'Abgelehnt')}: ${refused}.` : sent
}

function listing(data: Record<string, unknown>, say: Say): string {
  const entries = (Array.isArray(data.entries) ? data.entries : []) as { path: string; type: string; bytes?: number }[]
  if (entries.length === 0) return say('There are no files yet.', 'Es gibt noch keine Dateien.')
  const lines = entries
    .slice(0, 100)
    .map((entry) => `- ${entry.path}${entry.type === 'folder' ? '/' : ` (${entry.bytes ?? 0} bytes)`}`)
  return [say('Your files:', 'Deine Dateien:'), ...lines].join('\n')
}

function failureText({ state, step, outcome }: Progress, say: Say): string | null {
  if (state === 'unavailable') {
    return say(
      `I could not do "${step.title}": I looked for a tool (“${step.query}”), but ${step.tool} is not available to this persona.`,
      `„${step.title}“ ging nicht: Ich habe ein Werkzeug gesucht („${step.query}“), aber ${step.tool} steht dieser Persona nicht zur Verfügung.`,
    )
  }
  if (state !== 'failed') return null
  const reason = outcome?.message ? `: ${outcome.message.slice(0, 500)}` : '.'
  if (/denied|expired/i.test(outcome?.code ?? '')) {
    return say(`"${step.title}" was not allowed${reason}`, `„${step.title}“ wurde nicht erlaubt${reason}`)
  }
  return say(
    `"${step.title}" did not work (${outcome?.code})${reason}`,
    `„${step.title}“ ist fehlgeschlagen (${outcome?.code})${reason}`,
  )
}

function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}\n…` : text
  const fence = /`{3,}/.test(shown) ? '~~~~' : '```'
  return `${fence}\n${shown}\n${fence}`
}
