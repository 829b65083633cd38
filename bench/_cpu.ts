import { readFileSync, readdirSync } from 'node:fs'
import { openPostgresDatabase } from '../supabase/embedded/database/postgres.ts'
import { seedDemo } from '../supabase/embedded/demo.ts'
import { createDatabase } from '../tests/support/database.ts'
import { startPostgres } from '../tests/support/postgres.ts'
import { startFloor } from './engine/floor.ts'
import { prepare, startPlatformSide } from './engine/platform.ts'
const server = await startPostgres()
const database = await createDatabase(server.url)
const handle = await openPostgresDatabase(database.url)
await seedDemo({ ...handle.handle, exec: handle.exec }); await prepare(handle.handle.query); await handle.close()
function pgCpu() { let total = 0
  for (const pid of readdirSync('/proc')) { if (!/^\d+$/.test(pid)) continue
    try { const st = readFileSync(`/proc/${pid}/stat`, 'utf8'); const f = st.slice(st.lastIndexOf(')') + 2).split(' '); if (Number(f[1]) === server.pid || Number(pid) === server.pid) total += (Number(f[11]) + Number(f[12])) * 10 } catch {} }
  return total }
async function par(side: any, total: number, c: number) { let left = total; await Promise.all(Array.from({ length: c }, async () => { while (left-- > 0) await side.run() })) }
const only = process.argv[2]
for (let round = 0; round < Number(process.env.ROUNDS ?? 2); round++) for (const [name, start] of [['platform', () => startPlatformSide(database.url)], ['floor', () => startFloor(database.url, 'sync')]] as const) {
  if (only && only !== name) continue
  const side = await start()
  await par(side, 60, 10)
  const lat: number[] = []
  const p1 = pgCpu(), c1 = process.cpuUsage()
  for (let i = 0; i < 60; i++) { const t = performance.now(); await side.run(); lat.push(performance.now() - t) }
  const aloneCpu = process.cpuUsage(c1), alonePg = pgCpu() - p1
  await par(side, 50, 50)
  const pg0 = pgCpu(), cpu = process.cpuUsage(), t0 = performance.now()
  await par(side, 300, 50)
  const u = process.cpuUsage(cpu), s = (performance.now() - t0) / 1000
  lat.sort((a, b) => a - b)
  console.log(name.padEnd(10), { p50: +lat[30]!.toFixed(1), p10: +lat[6]!.toFixed(1), pgAlone: alonePg / 60, nodeAlone: +((aloneCpu.user + aloneCpu.system) / 60000).toFixed(1), perSecond: +(300 / s).toFixed(1), pg: +((pgCpu() - pg0) / 300).toFixed(2), node: +((u.user + u.system) / 300000).toFixed(2) })
  await side.close()
}
await database.drop(); await server.stop()
