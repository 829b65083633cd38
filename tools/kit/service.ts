/**
 * A service outlives a call: a browser, an MCP server. The runner starts it when the first call needs it, shares it among
 * the calls of its sandbox, and ends it when no call has used it for `idleSeconds` (tools/runner/services.ts).
 */

export interface ServiceContext {
  /** The persona's folder. */
  workspace: string
  /** Aborted when the start takes too long: give up, and leave nothing running. */
  signal: AbortSignal
}

export interface RunningService<H = unknown> {
  /** What a tool that needs the service gets, e.g. a client that speaks with the process. */
  handle: H
  /** Resolves, with half a sentence that says why, when the service is gone, whoever ended it. */
  ended: Promise<string>
  /** Rejects when the service cannot be used. Asked before each call that needs it. */
  health(signal: AbortSignal): Promise<void>
  /** Ends the service with all its processes. */
  stop(): Promise<void>
}

export interface ServiceDefinition<H = unknown> {
  /** Unique in a sandbox. Calls that name the same service share it. */
  name: string
  idleSeconds: number
  /** Longest time from the start to the first good answer of `health`. */
  startSeconds: number
  /** Resolves once `health` may be asked. */
  start(context: ServiceContext): Promise<RunningService<H>>
}

export function defineService<H>(
  options: Omit<ServiceDefinition<H>, 'startSeconds'> & { startSeconds?: number },
): ServiceDefinition<H> {
  return { startSeconds: 30, ...options }
}
