/**
 * The runner's life: sends `ready`, then handles requests until stdin closes. It sends `ready` before it loads schemas and
 * tools, so that a sandbox starts fast. Requests that arrive in the meantime wait in the pipe.
 */
import { readLines } from './lines.ts'
import type { Tools } from './session.ts'
import { reserveStdout } from './stdout.ts'

/** Time that cancelled tools and services get to clean up when the executor hangs up. */
const FAREWELL_MS = 500

export async function serve(tools: Tools, workspace: string): Promise<void> {
  process.umask(0o002) // programs have another user and the same group
  const write = reserveStdout()
  write(JSON.stringify({ type: 'ready', tools: tools.names, node: process.version }))
  const [{ Session }, { MAX_LINE_BYTES }] = await Promise.all([
    import('./session.ts'),
    import('../../contracts/runner.ts'),
  ])
  const session = new Session(tools, workspace, write)
  process.on('unhandledRejection', (error) => session.strayError(error))
  process.on('uncaughtException', (error) => session.strayError(error))
  // nobody reads the pipe any more, so the runner ends
  process.stdout.on('error', () => process.exit(1))
  try {
    for await (const line of readLines(process.stdin, MAX_LINE_BYTES)) if (line.trim() !== '') session.handle(line)
  } catch (error) {
    console.error(`runner: ${error instanceof Error ? error.message : error}; giving up`)
    process.exitCode = 1
  }
  setTimeout(() => process.exit(), FAREWELL_MS).unref()
  await session.close('The runner was stopped.')
}
