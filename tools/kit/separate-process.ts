/** The process that `separate.ts` starts. It does one piece of work after another until its parent is gone. */
import { ownValue } from '../../contracts/own-value.ts'
import { ToolError, toFailure } from '../../contracts/tool-errors.ts'
import type { Outcome, Work } from './separate.ts'

process.on('disconnect', () => process.exit())
process.on('message', async (work) => process.send!(await outcomeOf(work as Work)))
// an uncaught error fails the current work, and the process cannot be trusted any more
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => process.send!({ ...toFailure(error), isSpent: true }, () => process.exit(1)))
}

async function outcomeOf({ module, function: name, args }: Work): Promise<Outcome> {
  try {
    const loaded: Record<string, (...args: unknown[]) => Promise<unknown>> = await import(module)
    return { value: await ownValue(loaded, name)!(...args) }
  } catch (error) {
    return { ...toFailure(error), isSpent: !(error instanceof ToolError) }
  }
}
