/** Protects: `npm run migration` and `npm run check:schemas`, on a copy of the schemas and migrations. */
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SUPABASE } from './catalog.ts'
import { changedMigrations } from './landed.ts'
import { schemaProblems } from './problems.ts'
import { sealMigrations, writeMigration } from './write-migration.ts'

/** Each comparison makes two PGlites, which takes long while other tests run. */
const TEST_MS = 240_000

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'persona-schemas-'))
  for (const name of ['schemas', 'migrations']) await cp(join(SUPABASE, name), join(folder, name), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

const ALERTS = 'schemas/alerts/tables.sql'
const NOTES = `
create table public.alert_notes (id uuid primary key, text text not null default '' check (length(text) < 100));
alter table public.alert_notes enable row level security;
create policy "members see notes" on public.alert_notes for select to authenticated using (true);
grant select on public.alert_notes to authenticated;
grant usage on sequence platform.audit_queue_queue_id_seq to service_role;
comment on column public.alert_notes.text is 'What a person wrote.';
comment on function platform.now() is 'The clock.';
`

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(from)
  await writeFile(path, text.replace(from, to))
}

async function newMigration(file = ''): Promise<string> {
  return readFile(join(folder, 'migrations', file), 'utf8')
}

test('writes a migration for what has changed, and seals it', { timeout: TEST_MS }, async () => {
  await change('schemas/foundation/clock.sql', 'clock_timestamp());', "clock_timestamp() + interval '0 s');")
  await change(ALERTS, '  details jsonb', "  seen_by uuid[] not null default '{}',\n  details jsonb")
  await change(ALERTS, 'create index on public.alerts (resolved_by);', '')
  await change('schemas/alerts/policies.sql', 'or public.is_platform_admin()', '')
  await change('schemas/audit/policies.sql', /create policy [^;]*;/, '')
  await writeFile(join(folder, 'schemas/alerts/notes.sql'), NOTES)
  await appendFile(join(folder, 'schemas/order.txt'), 'alerts/notes.sql\n')

  const written = await writeMigration('try_it', folder)
  expect(written?.file).toMatch(/^\d{14}_try_it\.sql$/)
  expect(await sealMigrations(folder)).toEqual([])
  expect(await changedMigrations(folder)).toEqual([])
  const sql = await newMigration(written?.file)
  for (const part of [
    /CREATE OR REPLACE FUNCTION platform\.now\(\)/,
    /alter table public\.alerts add column seen_by uuid\[\] default '\{\}'::uuid\[\] not null;/,
    /drop index public\.alerts_resolved_by_idx;/,
    /drop policy "members and platform admins see alerts" on public\.alerts;/,
    /drop policy .* on public\.audit_events;/,
    /create table public\.alert_notes \(\);\nalter table public\.alert_notes enable row level security;/,
    /create policy "members see notes" on public\.alert_notes/,
    /grant SELECT on table public\.alert_notes to authenticated;/,
    /grant USAGE on sequence platform\.audit_queue_queue_id_seq to service_role;/,
    /comment on column public\.alert_notes\.text is 'What a person wrote\.';/,
    /comment on function platform\.now\(\) is 'The clock\.';/,
  ]) {
    expect(sql).toMatch(part)
  }
})

test('names a change that would lose data, writes nothing for it, and seals nothing', {
  timeout: TEST_MS,
}, async () => {
  await change(ALERTS, "  details jsonb not null default '{}',\n", '')
  await change(ALERTS, '  message text not null,', '  message varchar(500) not null,')
  await change('schemas/money/tables.sql', 'with (fillfactor = 50)', 'with (fillfactor = 60)')
  const written = await writeMigration('lose_data', folder)
  expect(await sealMigrations(folder)).toEqual([
    expect.stringMatching(/table public\.llm_calls:.*fillfactor=50.* -> .*fillfactor=60/),
    expect.stringMatching(/column public\.alerts\.message: text not null -> character varying\(500\) not null/),
    expect.stringMatching(/column public\.alerts\.details: .* -> has to be removed/),
  ])
  expect(await newMigration(written?.file)).not.toMatch(/alter table|drop/)
  expect(await changedMigrations(folder)).toEqual([written?.file])
})

test('the check names a changed migration, a file that is not in the order, and what differs', {
  timeout: TEST_MS,
}, async () => {
  const [newest = ''] = (await readdir(join(folder, 'migrations'))).filter((file) => file.endsWith('.sql')).slice(-1)
  await appendFile(join(folder, 'migrations', newest), '\ncreate table public.from_nowhere ();\n')
  await writeFile(join(folder, 'schemas/alerts/notes.sql'), NOTES)
  expect(await schemaProblems(folder)).toEqual([
    'supabase/schemas/alerts/notes.sql has no line in order.txt.',
    expect.stringContaining(`supabase/migrations/${newest} was changed after it landed.`),
    'table public.from_nowhere is only in the migrations.',
  ])
})
