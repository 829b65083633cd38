/** `npm run executor`: the worker as a process of its own, beside a Supabase. */
import { runWorker } from './worker.ts'

await runWorker(process.env)
