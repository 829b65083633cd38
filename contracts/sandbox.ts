/** The interface of a sandbox for the executor. Docker, gVisor, bubblewrap and namespaces implement it. */
import { z } from 'zod'
import type { ProducedFile } from './tool.ts'
import type { SentPart } from './tool-parts.ts'

export interface ToolCall {
  tool: string
  input: unknown
  idempotencyKey: string
  traceId: string
  deadlineMs: number
  secrets: Record<string, string>
  /** Do not run the tool, but look up whether an earlier attempt has happened. The output is then a `Reconciled`. */
  reconcile?: boolean
}

export interface ToolCallEvents {
  onProgress?(message: string, fraction?: number): void
  /** The next piece of what a program prints. */
  onPrinted?(text: string): void
  onLog?(message: string): void
}

/** A persona's sandbox with a live runner. Failures reject with a `ToolCallError` that contains a `ToolFailure`. */
export interface Sandbox {
  call(
    call: ToolCall,
    signal: AbortSignal,
    events?: ToolCallEvents,
  ): Promise<{ output: unknown; files: ProducedFile[]; parts?: SentPart[] }>
  /** Reads a file under /workspace through the runner. */
  readFile(path: string, maxBytes: number): Promise<Buffer>
  writeFile(path: string, data: Buffer): Promise<void>
  /** Stops the container; its /workspace and /cache are kept. */
  stop(): Promise<void>
}

export interface SandboxSpec {
  personaId: string
  /** Host names that the persona may reach through the egress proxy, e.g. "example.com", "*.example.com". */
  allowedHosts: string[]
  limits: SandboxLimits
  /**
   * An existing folder of this machine to use as /workspace instead of the persona's own. The /cache of such a sandbox is
   * deleted when it stops.
   */
  workspace?: string
}

export interface SandboxLimits {
  memoryMb: number
  /** May be a fraction: 0.5 is half a CPU. */
  cpus: number
  processes: number
  /** What the persona may keep in /workspace and /cache together. */
  diskMb: number
}

export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = { memoryMb: 1024, cpus: 1, processes: 256, diskMb: 2048 }

/** The same limits in the limits of a persona. Missing or null is the default. A change applies when the sandbox next starts. */
export const sandboxLimitFields = {
  sandbox_memory_mb: z.int().min(128).max(65_536).nullish(),
  sandbox_cpus: z.number().min(0.1).max(64).nullish(),
  sandbox_processes: z.int().min(32).max(8192).nullish(),
  sandbox_disk_mb: z.int().min(16).max(1_000_000).nullish(),
}

/** Reads the limits of the sandbox from the limits of a persona. A value out of bounds counts as missing. */
export function sandboxLimitsOf(personaLimits: Record<string, unknown>): SandboxLimits {
  const read = (name: keyof typeof sandboxLimitFields) =>
    sandboxLimitFields[name].safeParse(personaLimits[name]).data ?? undefined
  return {
    memoryMb: read('sandbox_memory_mb') ?? DEFAULT_SANDBOX_LIMITS.memoryMb,
    cpus: read('sandbox_cpus') ?? DEFAULT_SANDBOX_LIMITS.cpus,
    processes: read('sandbox_processes') ?? DEFAULT_SANDBOX_LIMITS.processes,
    diskMb: read('sandbox_disk_mb') ?? DEFAULT_SANDBOX_LIMITS.diskMb,
  }
}

export interface SandboxDriver {
  /** "docker (runc)", "docker (gVisor)", "bubblewrap": shown to people. */
  readonly name: string
  /** Creates the sandbox on first use and starts it if needed. Resolves when the runner is ready. */
  start(spec: SandboxSpec): Promise<Sandbox>
  /** Ends everything that this driver started, but keeps the personas' files. */
  close(): Promise<void>
}
