import type { Query } from '../../contracts/database-handle.ts'
import { call } from './call.ts'

/** The name under which a persona's mails go out. */
export function mailSender(query: Query, personaId: string): Promise<string> {
  return call(query, 'select platform.mail_sender(persona_id => $1) as result', [personaId])
}
