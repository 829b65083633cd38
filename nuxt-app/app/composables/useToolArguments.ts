import { comparableArguments } from '../personas/conditions'
import { readInputSchema } from '../queries/personas'

/** A tool's arguments that conditions can look at. */
export function useToolArguments(toolId: MaybeRefOrGetter<string>) {
  const db = useSupabase()
  return useAsyncData(
    () => `tool-arguments:${toValue(toolId)}`,
    async () => (toValue(toolId) ? comparableArguments(await readInputSchema(db, toValue(toolId))) : []),
    { default: () => [] },
  )
}
