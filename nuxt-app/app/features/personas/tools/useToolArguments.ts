import { readInputSchema } from '../queries'
import { comparableArguments } from './conditions'

/** A tool's arguments that conditions can look at; none while `toolId` is empty. Shared by all who ask. */
export function useToolArguments(toolId: string) {
  const db = useSupabase()
  const { rows } = useList(
    () => `tool-arguments:${toolId}`,
    async () => (toolId ? comparableArguments(await readInputSchema(db, toolId)) : []),
  )
  return { args: rows }
}
