/**
 * Services that tools may use. A tool lists a service in `needs`, and then finds it in its context. To add a service, add a
 * line to one of these two maps and the code that starts it: a builder in `executor/tools/services.ts` for the executor, or a
 * `defineService` in the list of `tools/registry.ts` for the sandbox.
 */

/** Services that run in the executor, because they use data or credentials that must never be in a sandbox. */
export interface ExecutorServices {
  mail: MailService
}

/** Services that run in the persona's sandbox and outlive a call. Their types are the handles of `tools/kit/service.ts`. */
// biome-ignore lint/suspicious/noEmptyInterface: tools with services add theirs here
export interface SandboxServices {}

export interface ToolServices extends ExecutorServices, SandboxServices {}

export type ServiceName = keyof ToolServices

/** `program:soffice` is a program that must be on the PATH where the tool runs. */
export type Need = ServiceName | `program:${string}`

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
