/** What the executor asks of a sandbox, whatever stands behind it (Docker, gVisor, bubblewrap). */
import type { ProducedFile } from './tool.ts'

export interface ToolCall {
  tool: string
  input: unknown
  idempotencyKey: string
  traceId: string
  deadlineMs: number
  secrets: Record<string, string>
}

export interface ToolCallEvents {
  onProgress?(message: string, fraction?: number): void
  onLog?(message: string): void
}

/** One persona's sandbox with a live runner in it. Failures reject with a `ToolCallError` that carries a `ToolFailure`. */
export interface Sandbox {
  call(
    call: ToolCall,
    signal: AbortSignal,
    events?: ToolCallEvents,
  ): Promise<{ output: unknown; files: ProducedFile[] }>
  /** Reads a file under /workspace through the runner. */
  readFile(path: string, maxBytes: number): Promise<Buffer>
  writeFile(path: string, data: Buffer): Promise<void>
  /** Stops the container; its /workspace and /cache stay. */
  stop(): Promise<void>
}

export interface SandboxSpec {
  personaId: string
  /** Host names that the persona may reach through the egress proxy, e.g. "example.com", "*.example.com". */
  allowedHosts: string[]
  limits: { memoryMb: number; cpus: number; processes: number; diskMb: number }
}

export interface SandboxDriver {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap": shown to people. */
  readonly name: string
  /** Creates on first use, starts on need; resolves when the runner is ready. */
  start(spec: SandboxSpec): Promise<Sandbox>
  /** Ends everything that this driver started; personas' files stay. */
  close(): Promise<void>
}
