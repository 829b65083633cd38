/** The final answer: what was made, what came out, what did not work. It reports only what the tools returned. */
import type { Say } from './language/language.ts'
import type { Outcome } from './talk.ts'
import type { Progress } from './work.ts'

const MAX_QUOTED = 3000

export function resultText(progress: Progress[], remark: string, say: Say): string {
  const done = progress.filter((item) => item.state === 'done')
  const files = done.filter((item) => item.step.tool.startsWith('generate_') || item.step.tool === 'write_file')
  const intro = {
    en: 'Done. I made:',
    de: 'Fertig. Ich habe erstellt:',
    fr: 'C’est fait. J’ai créé :',
    es: 'Listo. He creado:',
  }
  const made = files.length > 0 ? [`${say(intro)}\n${files.map((file) => fileLine(file, say)).join('\n')}`] : []
  const shown = done.filter((item) => !files.includes(item)).map((item) => shownText(item, say))
  return [...made, ...shown, ...(done.length > 0 && remark ? [remark] : []), ...failureTexts(progress, say)].join(
    '\n\n',
  )
}

function fileLine({ step, outcome }: Progress, say: Say): string {
  const output = (outcome?.data ?? {}) as { path?: unknown; slides?: unknown; pages?: unknown }
  const path = String(output.path ?? step.arguments.path ?? step.arguments.filename ?? step.title)
  const { slides, pages } = output
  if (typeof slides === 'number') {
    const word = say({ en: 'slides', de: 'Folien', fr: 'diapositives', es: 'diapositivas' })
    return `- **${path}** (${slides} ${word})`
  }
  return `- **${path}**${typeof pages === 'number' ? ` (${pages} p.)` : ''}`
}

function shownText({ step, outcome }: Progress, say: Say): string {
  const data = (outcome?.data ?? {}) as Record<string, unknown>
  switch (step.tool) {
    case 'list_files':
      return listing(data, say)
    case 'send_email':
      return sentText(data, say)
    case 'read_file':
      return fileText(String(data.path ?? step.arguments.path), String(data.content ?? ''), say)
    case 'run_code':
      return codeText(data, say)
  }
  return quoted(typeof outcome?.data === 'string' ? outcome.data : JSON.stringify(data, null, 2))
}

function fileText(path: string, content: string, say: Say): string {
  const intro = { en: `${path} says:`, de: `In ${path} steht:`, fr: `${path} contient :`, es: `${path} dice:` }
  return `${say(intro)}\n\n${quoted(content)}`
}

function codeText(data: Record<string, unknown>, say: Say): string {
  const output = String(data.stdout ?? '').trim()
  const errors = String(data.stderr ?? '').trim()
  if (data.exit_code === 0 && output) {
    const intro = { en: 'The result:', de: 'Das Ergebnis:', fr: 'Le résultat :', es: 'El resultado:' }
    return `${say(intro)}\n\n${quoted(output)}`
  }
  if (data.exit_code === 0) {
    return say({
      en: 'The code ran and printed nothing.',
      de: 'Der Code lief und gab nichts aus.',
      fr: 'Le code a tourné et n’a rien affiché.',
      es: 'El código se ejecutó y no mostró nada.',
    })
  }
  const code = data.exit_code
  const how =
    data.timed_out === true
      ? {
          en: 'The code took too long and was stopped.',
          de: 'Der Code dauerte zu lange und wurde beendet.',
          fr: 'Le code a pris trop de temps et a été arrêté.',
          es: 'El código tardó demasiado y se detuvo.',
        }
      : {
          en: `The code ended with exit code ${code}.`,
          de: `Der Code endete mit Code ${code}.`,
          fr: `Le code s’est terminé avec le code ${code}.`,
          es: `El código terminó con el código ${code}.`,
        }
  return `${say(how)}\n\n${quoted([output, errors].filter(Boolean).join('\n'))}`
}

function sentText(data: Record<string, unknown>, say: Say): string {
  if (data.delivery === 'outbox') {
    return say({
      en: 'The mail is written, but it was not sent: this installation has no mail server. You can read it in the outbox.',
      de: 'Die Mail ist geschrieben, aber nicht gesendet: Diese Installation hat keinen Mailserver. Sie steht im Postausgang.',
      fr: 'Le courriel est écrit, mais pas envoyé : cette installation n’a pas de serveur de courriel. Il est dans la boîte d’envoi.',
      es: 'El correo está escrito, pero no enviado: esta instalación no tiene servidor de correo. Está en la bandeja de salida.',
    })
  }
  const list = (value: unknown) => (Array.isArray(value) ? value.join(', ') : '')
  const accepted = list(data.accepted)
  const refused = list(data.rejected)
  const sent = say({
    en: `Sent to ${accepted}.`,
    de: `Gesendet an ${accepted}.`,
    fr: `Envoyé à ${accepted}.`,
    es: `Enviado a ${accepted}.`,
  })
  return refused
    ? `${sent} ${say({ en: 'Refused', de: 'Abgelehnt', fr: 'Refusé', es: 'Rechazado' })}: ${refused}.`
    : sent
}

function listing(data: Record<string, unknown>, say: Say): string {
  const entries = (Array.isArray(data.entries) ? data.entries : []) as { path: string; type: string; bytes?: number }[]
  if (entries.length === 0) {
    return say({
      en: 'There are no files yet.',
      de: 'Es gibt noch keine Dateien.',
      fr: 'Il n’y a pas encore de fichiers.',
      es: 'Todavía no hay archivos.',
    })
  }
  const lines = entries
    .slice(0, 100)
    .map((entry) => `- ${entry.path}${entry.type === 'folder' ? '/' : ` (${entry.bytes ?? 0} bytes)`}`)
  return [say({ en: 'Your files:', de: 'Deine Dateien:', fr: 'Vos fichiers :', es: 'Tus archivos:' }), ...lines].join(
    '\n',
  )
}

/** True if a person did not allow the call, so that it is nobody's failure. */
export const isRefusal = (outcome: Outcome | undefined) => /denied|expired/i.test(outcome?.code ?? '')

/** One sentence for each step that came to nothing. */
export const failureTexts = (progress: Progress[], say: Say) => progress.flatMap((item) => failureText(item, say) ?? [])

function failureText({ state, step, outcome }: Progress, say: Say): string | null {
  const { title, tool } = step
  if (state === 'unavailable') {
    return say({
      en: `I could not do "${title}": the tool ${tool} is not available to this persona.`,
      de: `„${title}“ ging nicht: Das Werkzeug ${tool} steht dieser Persona nicht zur Verfügung.`,
      fr: `« ${title} » n’était pas possible : l’outil ${tool} n’est pas disponible pour cette persona.`,
      es: `«${title}» no fue posible: la herramienta ${tool} no está disponible para esta persona.`,
    })
  }
  if (state !== 'failed') return null
  const reason = outcome?.message ? `: ${outcome.message.slice(0, 500)}` : '.'
  if (isRefusal(outcome)) {
    return say({
      en: `"${title}" was not allowed${reason}`,
      de: `„${title}“ wurde nicht erlaubt${reason}`,
      fr: `« ${title} » n’a pas été autorisé${reason}`,
      es: `«${title}» no se permitió${reason}`,
    })
  }
  return say({
    en: `"${title}" did not work (${outcome?.code})${reason}`,
    de: `„${title}“ ist fehlgeschlagen (${outcome?.code})${reason}`,
    fr: `« ${title} » a échoué (${outcome?.code})${reason}`,
    es: `«${title}» falló (${outcome?.code})${reason}`,
  })
}

function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}\n…` : text
  const fence = /`{3,}/.test(shown) ? '~~~~' : '```'
  return `${fence}\n${shown}\n${fence}`
}
