import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { openPostgres } from '../executor/database.ts'
import { seedDemo } from '../supabase/embedded/demo.ts'
import { createDatabase } from '../tests/support/database.ts'
import { startPostgres } from '../tests/support/postgres.ts'
import { prepare, startPlatformSide } from './engine/platform.ts'
const server = await startPostgres()
const root = openPostgres(server.url)
await root.query("alter system set shared_preload_libraries = 'pg_stat_statements'")
await root.query("alter system set pg_stat_statements.track = 'all'")
await root.close()
await server.restart()
const database = await createDatabase(server.url)
const handle = await openPostgresDatabase(database.url)
await seedDemo({ ...handle.handle, exec: handle.exec }); await prepare(handle.handle.query); 
await handle.handle.query('create extension pg_stat_statements schema public')
async function par(side: any, total: number, c: number) { let left = total; await Promise.all(Array.from({ length: c }, async () => { while (left-- > 0) await side.run() })) }
const side = await startPlatformSide(database.url)
await par(side, 100, 10)
await handle.handle.query('select public.pg_stat_statements_reset()')
await par(side, 200, 4)
console.log((await handle.handle.query<any>(`select toplevel, round((total_exec_time/200)::numeric,3) ms, calls/200.0 n, round((total_plan_time/200)::numeric,3) plan, wal_bytes/200 wal, regexp_replace(left(query, 110), '\\s+', ' ', 'g') q from public.pg_stat_statements order by total_exec_time desc limit 70`)).map((r: any) => `${r.toplevel ? 'T' : ' '} ${String(r.ms).padStart(7)} ${String(Number(r.n).toFixed(2)).padStart(6)} wal ${String(Math.round(r.wal)).padStart(6)} ${r.q}`).join('\n'))
await side.close(); await handle.close(); await database.drop(); await server.stop()
