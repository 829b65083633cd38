/** Before a tool starts, collects the services that it needs and checks that its programs are installed. */
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { ToolError } from '../../contracts/tool-errors.ts'
import type { Need, ServiceName, ToolServices } from '../../contracts/tool-services.ts'

const PROGRAM = 'program:'

export type ProvideService = (name: ServiceName) => Promise<ToolServices[ServiceName]>

/** Rejects with a `ToolError` that says what is missing. */
export async function provide(needs: readonly Need[], service: ProvideService): Promise<Partial<ToolServices>> {
  const services: [string, unknown][] = []
  for (const need of needs) {
    if (isProgram(need)) await requireProgram(need.slice(PROGRAM.length))
    else services.push([need, await service(need)])
  }
  return Object.fromEntries(services)
}

const isProgram = (need: Need): need is `program:${string}` => need.startsWith(PROGRAM)

async function requireProgram(name: string): Promise<void> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder && (await isExecutable(join(folder, name)))) return
  }
  throw new ToolError(
    'need_missing',
    `The program ${name} is not installed where this tool runs. Use another tool, or tell the person what is missing.`,
  )
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
