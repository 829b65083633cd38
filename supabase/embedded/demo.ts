/** The demo accounts and the data of seed.sql. Only the embedded stack has them, because nobody else can reach it. */
import { createUser, findUser } from './auth/users.ts'
import type { ScriptConnection } from './database/embedded-database.ts'
import { applySeed, isSeeded } from './prepare.ts'

export const DEMO_PASSWORD = 'demo-password'

/** seed.sql uses these ids. */
export const demoAccounts = [
  { email: 'owner@acme.test', id: '00000000-0000-4000-8000-000000000001', name: 'Olive Owner', role: 'owner of Acme' },
  { email: 'admin@acme.test', id: '00000000-0000-4000-8000-000000000002', name: 'Adam Admin', role: 'admin of Acme' },
  { email: 'member@acme.test', id: '00000000-0000-4000-8000-000000000003', name: 'Mia Member', role: 'member of Acme' },
  { email: 'viewer@acme.test', id: '00000000-0000-4000-8000-000000000004', name: 'Vic Viewer', role: 'viewer of Acme' },
  {
    email: 'owner@globex.test',
    id: '00000000-0000-4000-8000-000000000005',
    name: 'Gus Globex',
    role: 'owner of Globex',
  },
  {
    email: 'admin@platform.test',
    id: '00000000-0000-4000-8000-000000000006',
    name: 'Pat Platform',
    role: 'platform admin',
  },
] as const

/** Creates the accounts and the data once in the life of a database. Returns true if it created something. */
export async function seedDemo(connection: ScriptConnection): Promise<boolean> {
  if (await isSeeded(connection)) return false
  for (const { id, email, name } of demoAccounts) {
    if (await findUser(connection.query, { id })) continue
    const account = { id, email, password: DEMO_PASSWORD, email_confirm: true, user_metadata: { display_name: name } }
    await connection.transaction((query) => createUser(query, account))
  }
  return applySeed(connection)
}
