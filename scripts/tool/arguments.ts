/** Reads the command line. */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AllowedHost } from '../../contracts/api/personas.ts'
import { CommandError } from './answer.ts'

export const HELP = `Runs one tool in a sandbox of its own and prints one JSON line {ok, output, files, error, ms}.

  npm run -s tool -- NAME 'JSON' [options]

  --workspace DIR   DIR is /workspace in the sandbox; files that the tool makes stand there
  --allow HOST      a host that the tool may reach, e.g. example.com or *.example.com; may be given several times
  --session S       keep the sandbox for the next call with this session
  --idle SECONDS    end the session after this idle time (default 600; counts when the session starts)
  --session S --end end the session
  --list            print all tools with group, effect and place, in the same JSON line
  --help            print this

Exits with 0 when the tool ran ("ok": true), else with 1. "ms" is the time of the call alone. The environment variable
SANDBOX (docker, bubblewrap, namespaces) chooses the kind of sandbox. Tools that run in the executor run in this process;
what they need of the platform (a mail server, the database) is missing here, and they say so.`

export interface Place {
  /** Absolute; undefined for an empty folder that is removed at the end. */
  workspace: string | undefined
  allowedHosts: string[]
}

export type Command =
  | { kind: 'help' }
  | { kind: 'list' }
  | { kind: 'end'; session: string }
  | { kind: 'call'; tool: string; input: unknown; place: Place; session: string | undefined; idleSeconds: number }

/** Throws a `CommandError`. */
export function readCommand(args: string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { kind: 'help' }
  if (values.list) return { kind: 'list' }
  const session = values.session === undefined ? undefined : sessionName(values.session)
  if (values.end) {
    if (session === undefined) throw misused('--end needs --session.')
    return { kind: 'end', session }
  }
  const [tool, json = '{}', ...more] = positionals
  if (tool === undefined) throw misused('The name of a tool is missing. See --help.')
  if (more.length > 0) throw misused('Give the input as one argument: quote the JSON.')
  return {
    kind: 'call',
    tool,
    input: parseInput(json),
    place: { workspace: values.workspace && folder(values.workspace), allowedHosts: (values.allow ?? []).map(host) },
    session,
    idleSeconds: seconds(values.idle ?? '600'),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        workspace: { type: 'string' },
        allow: { type: 'string', multiple: true },
        session: { type: 'string' },
        idle: { type: 'string' },
        end: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw misused((error as Error).message)
  }
}

const misused = (message: string) => new CommandError('invalid_arguments', message)

function parseInput(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new CommandError('invalid_json', `The input is not JSON: ${(error as Error).message}`)
  }
}

function sessionName(name: string): string {
  if (!/^[\w-]{1,40}$/.test(name)) throw misused('A session is named by up to 40 letters, digits, "-" and "_".')
  return name
}

function folder(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) throw misused(`There is no folder ${path}.`)
  const real = realpathSync(path)
  if (real === '/') throw misused('The root of this machine cannot be a workspace.')
  return real
}

function host(name: string): string {
  if (!AllowedHost.safeParse(name).success)
    throw misused(`${name} is not a host, such as example.com or *.example.com.`)
  return name
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86_400)) throw misused('--idle takes seconds, at most 86400.')
  return value
}
