/** The same executor as `executor/main.ts`, but with the tools of the chaos test. */
import { runWorker } from '../../executor/worker.ts'
import { ChaosTools } from './tools.ts'

const { CHAOS_HTTP_URL = '', CHAOS_SMTP_URL = '' } = process.env

await runWorker(process.env, {
  toolExecutors: { executor: new ChaosTools(CHAOS_HTTP_URL, CHAOS_SMTP_URL) },
})
