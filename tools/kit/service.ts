/**
 * A service outlives a call: a browser, an MCP server. The runner starts it when the first call needs it, shares it among
 * the calls of its sandbox, and ends it when no call has used it for `idleSeconds` (tools/runner/services.ts).
 */

export interface ServiceContext {
  /** The persona's folder. */
  workspace: string
  /** Aborted when the start takes too long. Then give up, and leave nothing running. */
  signal: AbortSignal
}

export interface RunningService<H = unknown> {
  /** The object that tools get, for example a client of the process. */
  handle: H
  /** Resolves when the service is gone, whoever ended it. The value says why, as for a process. */
  ended: Promise<string>
  /** Rejects when the service cannot be used. Called before each call that needs the service. */
  health(signal: AbortSignal): Promise<void>
  /** Ends the service with all its processes. */
  stop(): Promise<void>
}

export interface ServiceDefinition<H = unknown> {
  /** Unique in a sandbox. Calls that name the same service share it. */
  name: string
  idleSeconds: number
  /** The longest time from the start until `health` first succeeds. */
  startSeconds: number
  /** Resolves when `health` can be called. */
  start(context: ServiceContext): Promise<RunningService<H>>
}

export function defineService<H>(
  options: Omit<ServiceDefinition<H>, 'startSeconds'> & { startSeconds?: number },
): ServiceDefinition<H> {
  return { startSeconds: 30, ...options }
}
