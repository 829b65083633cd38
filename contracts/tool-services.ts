/**
 * Services that tools may use. A tool lists a service in `needs`, and then finds it in its context. To add a service, add a
 * line to one of these maps and the code that starts it: a builder in `executor/tools/services.ts` for the executor, or a
 * `defineService` in the list of `tools/registry.ts` for the sandbox.
 */

/** Services that run in the executor, because they use data or credentials that must never be in a sandbox. */
export interface ExecutorServices {
  mail: MailService
}

/** Services for tools in the sandbox that the executor provides through the runner's protocol. */
export interface RelayedServices {
  programs: Programs
}

/** Services that run in the persona's sandbox and outlive a call. Their types are the handles of `tools/kit/service.ts`. */
// biome-ignore lint/suspicious/noEmptyInterface: tools with services add theirs here
export interface SandboxServices {}

export interface ToolServices extends ExecutorServices, RelayedServices, SandboxServices {}

export type ServiceName = keyof ToolServices

/** `program:soffice` is a program that must be on the PATH where the tool runs. */
export type Need = ServiceName | `program:${string}`

/**
 * Runs programs that a model or a person wrote. Each has a room and a user of its own, shares only /workspace and the way out
 * with the persona's sandbox, and everything that it started has ended when the promise settles.
 */
export interface Programs {
  /** Rejects when the call is cancelled or the room cannot be made. A program that fails is a result. One at a time per call. */
  run(program: Program): Promise<ProgramResult>
}

export interface Program {
  /** The program and its arguments. It starts in /workspace. */
  command: string[]
  stdin: string
  timeoutMs: number
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  exitCode: number | null
  /** The name of the signal that ended it, e.g. "SIGSEGV". */
  signal: string | null
  /** Why it was ended from outside. Null when it ended by itself. */
  endedFor: 'time' | 'output' | null
  /** Long output is cut in the middle. */
  stdout: string
  stderr: string
}

export interface MailService {
  /** Sends a mail as the persona, through the mail server of the installation. Without one it may go to the outbox. */
  send(mail: OutgoingMail): Promise<SentMail>
}

/** It has no sender: the platform sets it. */
export interface OutgoingMail {
  to: string[]
  cc: string[]
  subject: string
  /** Plain text. */
  text: string
}

export interface SentMail {
  messageId: string
  /** `outbox`: the installation has no mail server, so the mail stays in its outbox and was not sent. */
  delivery: 'sent' | 'outbox'
  /** The address that the mail came from. */
  from: string
  /** Addresses that the mail server accepted. */
  accepted: string[]
  /** Addresses that it refused. */
  rejected: string[]
}
