/** Functions that the tests of `separate.ts` run in another process. */
import { writeFileSync } from 'node:fs'
import { ToolError } from '../../contracts/tool-errors.ts'

export async function echo(value: unknown): Promise<unknown> {
  return value
}

export async function refuse(): Promise<never> {
  throw new ToolError('not_found', 'gone')
}

export async function fail(): Promise<never> {
  throw new Error('a mistake in the code')
}

export async function crash(): Promise<void> {
  setTimeout(() => {
    throw new Error('thrown in a timer')
  }, 5)
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}

/** Creates the file `started`, and then never ends. */
export async function loop(started: string): Promise<void> {
  writeFileSync(started, '')
  for (;;);
}

export async function hoard(): Promise<never> {
  const kept: number[][] = []
  for (;;) kept.push(new Array(25_000_000).fill(kept.length))
}

export async function pid(): Promise<number> {
  return process.pid
}
