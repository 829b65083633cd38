/** Logs JSON, one object per line. Callers must not log bodies, headers or tokens. */

export type Log = (
  entry: { level: 'info' | 'error'; message: string; trace_id: string } & Record<string, unknown>,
) => void

export const writeLog: Log = (entry) => console.log(JSON.stringify({ time: new Date().toISOString(), ...entry }))

/** An error and its causes as plain data. It is for the log only. */
export function describeError(error: unknown, depth = 3): unknown {
  if (!(error instanceof Error)) return error
  const cause = error.cause !== undefined && depth > 0 ? describeError(error.cause, depth - 1) : undefined
  return { name: error.name, message: error.message, stack: error.stack, cause }
}
