/** For tests and benchmarks: a Realtime server on its own database with tables of two tenants, and clients for it. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import type { EmbeddedDatabase } from '../../../supabase/embedded/database/embedded-database.ts'
import { openPglite } from '../../../supabase/embedded/database/pglite.ts'
import { openPostgresDatabase } from '../../../supabase/embedded/database/postgres.ts'
import { createRealtime } from '../../../supabase/embedded/realtime/index.ts'

export const keys = { publishable: 'sb_publishable_test', secret: 'sb_secret_test' }
export const jwtSecret = 'a-secret-that-only-tests-know-0123456789'

/** What Supabase's image and a migration would make. Members of a tenant see its notes and its topic. */
const SETUP = `
do $$
declare
  role record;
begin
  for role in select * from (values ('anon', ''), ('authenticated', ''), ('service_role', 'bypassrls')) as r (name, extra)
    where not exists (select from pg_roles where rolname = r.name)
  loop
    begin
      execute format('create role %I nologin noinherit %s', role.name, role.extra);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;
create schema if not exists auth;
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
grant usage on schema auth to anon, authenticated, service_role;
`
const TABLES = `
create table public.notes (
  id bigint generated always as identity primary key,
  tenant text not null,
  title text,
  amount numeric,
  tags text[] not null default '{}',
  done boolean not null default false,
  at timestamptz not null default '2026-01-02 03:04:05+00',
  body jsonb
);
alter table public.notes enable row level security;
create policy members on public.notes to authenticated using (tenant = auth.jwt() ->> 'tenant');
create table public.unpublished (id int primary key);
create table public.open_notes (id int primary key, title text, secret text);
alter table public.open_notes replica identity full;
create table public.hidden_notes (id int primary key);
-- a type whose comparison fails for a mood of 0
create type public.mood as (value int);
create function public.same_mood(a public.mood, b public.mood) returns boolean language sql strict immutable as $$
  select 1 / a.value = 1 / b.value
$$;
create operator public.= (function = public.same_mood, leftarg = public.mood, rightarg = public.mood);
create table public.moody_notes (id int primary key, mood public.mood);
grant select on public.moody_notes to anon, authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant all on public.notes to anon, authenticated, service_role;
grant select (id, title) on public.open_notes to anon, authenticated;
alter publication supabase_realtime add table public.notes, public.open_notes, public.hidden_notes, public.moody_notes;

create policy readers on realtime.messages for select to authenticated
  using (realtime.topic() = 'tenant:' || (auth.jwt() ->> 'tenant'));
create policy writers on realtime.messages for insert to authenticated
  with check (realtime.topic() = 'tenant:' || (auth.jwt() ->> 'tenant') and auth.jwt() ->> 'writes' = 'true');
create policy broken on realtime.messages for select to authenticated
  using (realtime.topic() = 'broken' and 1 / (length(topic) - length('broken')) = 1);
create function public.notes_changed() returns trigger language plpgsql as $$
begin
  perform realtime.broadcast_changes('tenant:' || new.tenant, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
  return null;
end
$$;
create trigger notes_changed after insert or update on public.notes for each row execute function public.notes_changed();
`

export interface TestServer {
  database: EmbeddedDatabase
  url: string
  /** Everything that was logged, parsed. */
  logs: Record<string, unknown>[]
  /** A supabase-js client, signed in with `token` if there is one. */
  client(options?: { token?: string; vsn?: string; key?: string }): Promise<TestClient>
  close(): Promise<void>
}

export type TestClient = SupabaseClient & {
  /** Does what a refreshed session does. */
  refresh(token: string): Promise<void>
}

/** `postgresUrl` names an empty database; without it the server runs on PGlite in memory. */
export async function startTestServer(postgresUrl?: string): Promise<TestServer> {
  const database = postgresUrl ? await openPostgresDatabase(postgresUrl) : await openPglite()
  const schema = await readFile(join(import.meta.dirname, '../../../supabase/embedded/realtime/schema.sql'), 'utf8')
  await database.exec(SETUP)
  await database.exec(schema)
  await database.exec(schema) // the script must be repeatable
  await database.exec(TABLES)

  const logs: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(JSON.parse(line)) })
  const realtime = await createRealtime({ database: database.handle, jwtSecret, keys, log })
  const http = createServer(async (incoming, outgoing) => {
    const body = ['GET', 'HEAD'].includes(incoming.method!) ? undefined : incoming
    const response = await realtime.fetch(
      new Request(`http://localhost${incoming.url}`, {
        method: incoming.method!,
        headers: new Headers(incoming.headers as Record<string, string>),
        ...(body ? { body: body as unknown as ReadableStream, duplex: 'half' as const } : {}),
      }),
    )
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
  http.on('upgrade', (request, socket, head) => realtime.handleUpgrade(request, socket, head))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`

  const clients: SupabaseClient[] = []
  return {
    database,
    url,
    logs,
    async client({ token, vsn, key = keys.publishable } = {}) {
      let current = token
      const client = createClient(url, key, {
        realtime: { ...(vsn ? { vsn } : {}) },
        accessToken: async () => current ?? key,
      })
      clients.push(client)
      await client.realtime.setAuth()
      return Object.assign(client, {
        refresh(next: string) {
          current = next
          return client.realtime.setAuth()
        },
      })
    },
    async close() {
      await Promise.all(clients.map((client) => client.realtime.disconnect()))
      http.closeAllConnections()
      http.close()
      await realtime.close()
      await database.close()
    },
  }
}

/** A signed user token; expires in an hour unless `seconds` says otherwise. */
export function userToken(claims: Record<string, unknown>, seconds = 3600, secret = jwtSecret): Promise<string> {
  return new SignJWT({ role: 'authenticated', ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(secret))
}

export interface Outcome {
  status: string
  error?: string
}

/** Subscribes, and resolves to the first reported status. */
export function subscribe(channel: RealtimeChannel): Promise<Outcome> {
  return new Promise((resolve) => {
    channel.subscribe((status, error) => resolve(error ? { status, error: error.message } : { status }))
  })
}

/** Collects what arrives; `until(n)` resolves to the first `n`, or rejects after fifteen seconds. */
export class Inbox<T> {
  readonly items: T[] = []
  readonly #waiting: { count: number; resolve: (items: T[]) => void }[] = []

  readonly add = (item: T): void => {
    this.items.push(item)
    for (const waiting of this.#waiting) if (this.items.length >= waiting.count) waiting.resolve([...this.items])
  }

  until(count: number): Promise<T[]> {
    if (this.items.length >= count) return Promise.resolve([...this.items])
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.items.length} of ${count} arrived: ${JSON.stringify(this.items)}`)),
        15_000,
      )
      this.#waiting.push({
        count,
        resolve: (items) => {
          clearTimeout(timer)
          resolve(items)
        },
      })
    })
  }
}
