/** The same executor as `executor/main.ts`, with `book_room` as its only tool. */
import { pino } from 'pino'
import { ExecutorTools } from '../../../executor/tools/executor-tools.ts'
import { runWorker } from '../../../executor/worker.ts'
import { bookRoom } from './ledger-tool.ts'

const deps = { query: () => Promise.reject(new Error('book_room needs no database')), log: pino({ level: 'silent' }) }
const executor = new ExecutorTools(deps, async () => bookRoom)

await runWorker(process.env, { toolExecutors: { executor } })
