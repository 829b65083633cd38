/**
 * A product for one test file, in its process and on PGlite. Tests use it if they need the database, a model that
 * follows a script, or webhooks to this machine. All other tests use the one product that `npm start` starts.
 */
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { buildWeb } from '../../../scripts/build-web.ts'
import { type Platform, startPlatform } from '../../runs/support/platform.ts'

const functionsDir = join(import.meta.dirname, '../../../functions')

export interface Stage {
  platform: Platform
  /** For `withSignedIn` and `withPage`: their pages are those of this product. */
  page: { baseURL: string }
}

/**
 * Starts it before the file's tests and ends it after them. No worker runs yet: `platform.startExecutor()`.
 * `functionsEnv`: settings of the functions. */
export function useStage(functionsEnv: Record<string, string> = {}): Stage {
  const stage = {} as Stage
  beforeAll(async () => {
    stage.platform = await startPlatform(undefined, { webDir: await buildWeb(), functionsDir, functionsEnv })
    stage.page = { baseURL: stage.platform.embedded.webUrl }
  })
  afterAll(() => stage.platform?.close())
  return stage
}
