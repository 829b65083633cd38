/** What lists call a run that a webhook started: its event, and what the payload says it is about. */
import type { Json } from '../../contracts/database.ts'
import { ownValue } from '../../contracts/own-value.ts'

const MAX_LENGTH = 200
/** Fields that tell what a message is about, best first. */
const TELLING = ['title', 'subject', 'summary', 'headline', 'text', 'message', 'description', 'name']

/** One line, e.g. "issues.opened: The door does not close". People read it; the model never does. */
export function titleOf(event: string, payload: Json): string {
  const about = aboutOf(payload)
  const title = about === undefined ? event : `${event}: ${about}`
  return title.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH).toWellFormed()
}

/** Looks in the payload, then in the objects that it holds. */
function aboutOf(payload: Json): string | undefined {
  const inner = isObject(payload) ? Object.values(payload).filter(isObject) : []
  for (const level of [[payload].filter(isObject), inner]) {
    for (const name of TELLING) {
      for (const fields of level) {
        const value = ownValue(fields, name)
        if (typeof value === 'string' && value.trim() !== '') return value
      }
    }
  }
  return undefined
}

const isObject = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
