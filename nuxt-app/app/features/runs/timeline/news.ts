/** What a screen reader is told while somebody follows a run. Pure. */
import { isTerminal } from '#contracts/runs'
import { reasonText, runLook, toolLook, toolTitle } from '../words'
import { foldPlumbing, plumbingText, type TimelineRow } from './plumbing'
import type { TimelineEntry } from './timeline'

export interface News {
  key: string
  text: string
  /** Said at once: a question, an error, the end. */
  isUrgent: boolean
  /** An open question: news also for who comes later. */
  isQuestion?: boolean
}

/** One sentence for the state of each row of the timeline. A row whose state has changed has another key. */
export const newsOf = (entries: TimelineEntry[]): News[] =>
  foldPlumbing(entries).flatMap((row) => {
    const said = sentence(row)
    return said ? [{ key: `${row.seq} ${said.text}`, ...said }] : []
  })

function sentence(row: TimelineRow): Omit<News, 'key'> | null {
  switch (row.kind) {
    case 'plumbing':
      return calm(`${plumbingText(row)}.`)
    case 'tool': {
      const text = `${toolTitle(row.tool)}: ${toolLook(row.status).label}.`
      return row.status === 'failed' ? urgent(`${text} ${row.error?.message ?? ''}`) : calm(text)
    }
    case 'asked':
      return row.decision ? null : { ...urgent(`Question: ${row.question}`), isQuestion: true }
    case 'message':
      return calm('Read your message.')
    case 'artifact':
      return calm(`Made the file ${row.data.name}.`)
    case 'notice':
      return urgent(row.data.message)
    case 'status': {
      const { to, reason } = row.data
      if (!isTerminal(to)) return calm('Accepted.')
      return urgent(`The run has ended: ${runLook(to).label}. ${to === 'failed' && reason ? reasonText(reason) : ''}`)
    }
    default:
      return null
  }
}

const calm = (text: string) => ({ text: text.trim(), isUrgent: false })
const urgent = (text: string) => ({ text: text.trim(), isUrgent: true })
