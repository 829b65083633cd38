/** Protects: data of earlier versions. Data of the baseline is upgraded to the newest migration, and still works. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { addScript } from '../../demo-model/client.ts'
import { startDemoModel } from '../../demo-model/server.ts'
import { verifyChains } from '../../scripts/audit/verify-chains.ts'
import { backUp } from '../../supabase/embedded/backup.ts'
import { openPglite } from '../../supabase/embedded/database/pglite.ts'
import { type Embedded, startEmbedded } from '../../supabase/embedded/main.ts'
import { migrate } from '../../supabase/embedded/prepare.ts'
import { log, owner, Platform } from '../runs/support/platform.ts'
import { auditLogBySql } from '../support/audit-log.ts'
import { databases } from '../support/embedded/instance.ts'
import {
  allRows,
  BASELINE,
  baselineData,
  connectionTo,
  emptyDatabase,
  migrationsFolder,
  type OldData,
  type Row,
  using,
} from './support.ts'

const persona = '20000000-0000-4000-8000-000000000001'
const SEALED_EVENTS = 2
const queuedRun = '60000000-0000-4000-8000-000000000002'
/** It takes long to make a PGlite while other tests run. */
const TEST_MS = 120_000

const undo: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function oldData(kind: (typeof databases)[number]): Promise<OldData> {
  const old = await baselineData(kind)
  undo.push(old.remove)
  return old
}

async function start(
  old: Pick<OldData, 'folder' | 'databaseUrl'>,
  onUpgrade: (message: string) => void,
): Promise<Embedded> {
  const embedded = await startEmbedded({
    dataDir: old.folder,
    databaseUrl: old.databaseUrl,
    apiPort: 0,
    functionsDir: join(old.folder, 'no-functions'),
    onUpgrade,
    log,
  })
  undo.push(embedded.close)
  return embedded
}

/** The rows as they were before, with the columns of that time. */
const asBefore = (now: Row[], before: Row[]) =>
  now
    .map((row) => Object.fromEntries(Object.keys(before[0] ?? {}).map((column) => [column, row[column]])))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))

describe.each(databases)('data of the baseline on %s', { timeout: TEST_MS }, (kind) => {
  it('is complete after the start, its audit chain is intact, and its persona still works', async () => {
    const old = await oldData(kind)
    const before = await using(old.open, allRows)
    const messages: string[] = []
    const embedded = await start(old, (message) => messages.push(message))
    expect(messages).toEqual([
      expect.stringMatching(kind === 'PGlite' ? /A copy of the old data is in / : /makes no backup of a PostgreSQL/),
    ])

    const after = await allRows({ handle: embedded.database })
    for (const [table, rows] of before) {
      if (table.startsWith('public.')) expect(rows, table).not.toEqual([])
      expect(asBefore(after.get(table) ?? [], rows), table).toEqual(asBefore(rows, rows))
    }
    const chains = await verifyChains(auditLogBySql(embedded.database.query))
    expect(chains.map(({ events }) => events)).toContain(SEALED_EVENTS + 1) // one event was waiting to be sealed
    expect(chains.filter(({ broken }) => broken)).toEqual([])

    const model = await startDemoModel()
    const platform = new Platform({
      ...old,
      dropDatabase: undefined,
      modelUrl: model.url,
      closeModel: model.close,
      embedded,
    })
    undo.push(() => platform.close())
    const defaultModel = await addScript(model.url, [{ text: 'Hello.' }])
    await platform.startExecutor({
      defaultModel: { baseUrl: model.url, apiKey: '', model: defaultModel, isDemo: true },
    })
    expect(await platform.ended(queuedRun)).toMatchObject({ status: 'completed', reason: 'done' })

    const said = await embedded.database.query(
      'select m.input = r.input as is_its_input, r.turn from runs r join conversation_messages m on m.conversation_id = r.conversation_id',
    )
    expect(said.length).toBeGreaterThan(1)
    for (const message of said) expect(message).toEqual({ is_its_input: true, turn: 1 })
    const { run_id } = await platform.asUser<{ run_id: string }>(owner, 'send_message($1, $2)', [queuedRun, 'And now?'])
    expect(await platform.ended(run_id)).toMatchObject({ status: 'completed', output: 'Hello.' })
    await platform.asUser(owner, 'update_persona(persona_id => $1, changes => $2)', [
      persona,
      JSON.stringify({ model: { primary: defaultModel } }),
    ])
    expect(await platform.ended(await platform.createRun(persona, 'Say hello.'))).toMatchObject({ status: 'completed' })
  })

  it('stays unchanged, with its schema and its versions, if a migration fails in the middle', async () => {
    const old = await oldData(kind)
    const migrations = await migrationsFolder(old.folder, {
      '20990101000000_first.sql': 'alter table public.workspaces add column motto text;\n',
      '20990102000000_second.sql': `
        update public.workspaces set name = 'Changed';
        drop table public.alerts cascade;
        create table public.half_done (id int primary key, wrong no_such_type);`,
    })
    await using(old.open, async (database) => {
      const state = async () => ({
        rows: await allRows(database),
        columns: await database.handle.query(
          `select table_schema, table_name, column_name, data_type from information_schema.columns order by 1, 2, 3`,
        ),
        versions: await database.handle.query('select * from supabase_migrations.schema_migrations'),
      })
      const before = await state()
      const applied: string[] = []
      await expect(migrate(connectionTo(database), (file) => applied.push(file), migrations)).rejects.toThrow(
        /^20990102000000_second\.sql, line 4: .*no_such_type/,
      )
      expect(applied).toEqual([])
      expect(await state()).toEqual(before)
    })
  })
})

describe('a migration', () => {
  it.each(databases)(
    'that fails at a statement without a position is named (%s)',
    { timeout: TEST_MS },
    async (kind) => {
      const old = await oldData(kind)
      const migrations = await migrationsFolder(old.folder, {
        '20990101000000_first.sql': 'create table public.fine (id int);',
        '20990102000000_second.sql':
          "insert into public.workspace_members values (gen_random_uuid(), gen_random_uuid(), 'owner');",
        '20990103000000_third.sql': 'create table public.never (id int);',
      })
      await using(old.open, async (database) => {
        await expect(migrate(connectionTo(database), undefined, migrations)).rejects.toThrow(
          /^20990102000000_second\.sql: .*foreign key/,
        )
        const made = await database.handle.query("select to_regclass('public.fine') as fine")
        expect(made).toEqual([{ fine: null }])
      })
    },
  )

  it('turns negative costs, which the baseline allowed, into zero', async () => {
    const old = await oldData('PostgreSQL')
    await using(old.open, async (database) => {
      await database.exec('update public.llm_calls set cost = -5, input_tokens = -1; update public.runs set cost = -5')
      await migrate(connectionTo(database))
      const calls = await database.handle.query('select distinct cost::text, input_tokens from public.llm_calls')
      expect(calls).toEqual([{ cost: '0.000000', input_tokens: 0 }])
    })
  })
})

describe('a copy of the data folder', { timeout: TEST_MS }, () => {
  const backups = (folder: string) => readdir(join(folder, 'backups')).catch(() => [])

  it('is made before an upgrade, holds the old state, and is reported; later starts make none', async () => {
    const old = await oldData('PGlite')
    const before = await using(old.open, allRows)
    await writeFile(join(old.folder, 'keys-of-a-friend.json'), '{}')
    const messages: string[] = []
    const embedded = await start(old, (message) => messages.push(message))
    const [copy = '', ...others] = await backups(old.folder)
    expect(others).toEqual([])
    expect(messages).toEqual([expect.stringContaining(join(old.folder, 'backups', copy))])
    const copied = (...path: string[]) => join(old.folder, 'backups', copy, ...path)
    expect(await readFile(copied('keys-of-a-friend.json'), 'utf8')).toBe('{}')
    expect(await using(() => openPglite(copied('pgdata')), allRows)).toEqual(before)

    await embedded.close()
    await start(old, (message) => messages.push(message))
    expect(messages).toHaveLength(1)
    expect(await backups(old.folder)).toEqual([copy])
  })

  it('is not made of a new database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'persona-new-'))
    undo.push(() => rm(folder, { recursive: true }))
    const messages: string[] = []
    await start({ folder, databaseUrl: undefined }, (message) => messages.push(message))
    expect(messages).toEqual([])
    expect(await backups(folder)).toEqual([])
  })

  it('replaces the oldest of three', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'persona-copies-'))
    undo.push(() => rm(folder, { recursive: true }))
    const made: string[] = []
    for (const version of ['1', '2', '3', '4', '5']) {
      await writeFile(join(folder, 'version'), version)
      made.push(basename(await backUp(folder)))
    }
    expect((await backups(folder)).sort()).toEqual(made.slice(2))
    const kept = made.slice(2).map((copy) => readFile(join(folder, 'backups', copy, 'version'), 'utf8'))
    expect(await Promise.all(kept)).toEqual(['3', '4', '5'])
  })
})

describe('npm run migrate', () => {
  const runMigrate = async ({ databaseUrl }: OldData) => {
    const script = join(import.meta.dirname, '../../scripts/migrate.ts')
    const env = { ...process.env, DATABASE_URL: databaseUrl }
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env })
    return stdout
  }

  it('reminds once of a backup if there is data', async () => {
    const old = await oldData('PostgreSQL')
    expect(await runMigrate(old)).toMatch(
      /contains data.*backup[\s\S]*applied \d+_tool_contract\.sql[\s\S]*\d+ migrations? applied/,
    )
    expect(await runMigrate(old)).toBe('Nothing to do: every migration is applied.\n')
  })

  it('says nothing about backups if there is no data', async () => {
    const empty = await emptyDatabase('PostgreSQL')
    undo.push(empty.remove)
    const said = await runMigrate(empty)
    expect(said).toContain(`applied ${BASELINE}`)
    expect(said).not.toMatch(/backup/)
  })
})
