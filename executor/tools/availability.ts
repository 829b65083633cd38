/** Says which tools this installation can run. What cannot run is not offered to the model, and people read why. */
import type { ToolManifest } from '../../contracts/tool.ts'
import type { ToolReport } from '../platform/report-tools.ts'

/** What tools need, as far as this installation knows it before the first call. */
export interface Provided {
  canSendMail: boolean
  /** Mails are kept in the outbox when they cannot be sent. */
  keepsMail: boolean
  /** Why this machine has no sandbox. Undefined: it has one. */
  noSandbox: string | undefined
}

const NO_MAIL =
  'This installation has no mail server. Its operator sets SMTP_URL and MAIL_FROM (docs/operations.md), and starts it again.'
const KEPT =
  'Mails stay in the outbox and are not sent, because this installation has no mail server. Its operator sets SMTP_URL and MAIL_FROM to send them.'

export const toolReports = (tools: ToolManifest[], provided: Provided): ToolReport[] =>
  tools.map((tool) => ({ name: tool.name, ...judge(tool, provided) }))

function judge({ runs, needs }: ToolManifest, { canSendMail, keepsMail, noSandbox }: Provided) {
  if (runs === 'sandbox' && noSandbox !== undefined) return { works: false, note: sandboxNote(noSandbox) }
  if (!needs.includes('mail') || canSendMail) return { works: true, note: null }
  return keepsMail ? { works: true, note: KEPT } : { works: false, note: NO_MAIL }
}

const sandboxNote = (why: string) =>
  `It runs in a sandbox, and this installation has none. Its operator installs bubblewrap or Docker, and starts it again. What was tried: ${why}`
