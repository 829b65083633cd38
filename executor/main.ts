/** `npm run executor`: runs the worker as a separate process next to a Supabase. */
import { runWorker } from './worker.ts'

await runWorker(process.env)
