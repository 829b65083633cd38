/** `npm run -s tool -- NAME 'JSON'`: runs one tool in a sandbox of its own. All of its options are in `HELP`. */
import './require-node.ts'
import { manifests, toolNames } from '../tools/registry.ts'
import { type Answer, CommandError, succeeded } from './tool/answer.ts'
import { type Command, HELP, readCommand } from './tool/arguments.ts'
import { callInSession, endSession } from './tool/session.ts'

const stop = new AbortController()
process.on('SIGINT', () => stop.abort()).on('SIGTERM', () => stop.abort())

const answer = await run().catch((error: unknown) => {
  if (error instanceof CommandError) return error.answer
  throw error
})
if (answer) {
  console.log(JSON.stringify(answer))
  process.exitCode = answer.ok ? 0 : 1
}

/** Undefined if only the help was wanted. */
async function run(): Promise<Answer | undefined> {
  const command = readCommand(process.argv.slice(2))
  switch (command.kind) {
    case 'help':
      console.log(HELP)
      return undefined
    case 'list':
      return succeeded(
        (await manifests()).map(({ name, group, effect, runs }) => ({ name, group, effect, place: runs })),
      )
    case 'end':
      return endSession(command.session)
    case 'call':
      return call(command)
  }
}

async function call({ tool, input, place, session, idleSeconds }: Extract<Command, { kind: 'call' }>): Promise<Answer> {
  if (!toolNames.includes(tool)) {
    throw new CommandError('unknown_tool', `There is no tool ${JSON.stringify(tool)}. See --list.`)
  }
  if (session !== undefined)
    return callInSession(session, { type: 'call', tool, input, place }, idleSeconds, stop.signal)
  // loaded here, because it is heavy and a call in a session does not need it
  const { openToolPlace } = await import('./tool/run-tool.ts')
  const tools = openToolPlace(place)
  try {
    return await tools.call(tool, input, stop.signal)
  } finally {
    await tools.close()
  }
}
