/**
 * What a tool may need of the world beyond its workspace. A tool names it in `needs`, and its context then has it. To add
 * a service: one line in one of these two maps, and what makes it. A service of the executor is made by a builder in
 * `executor/tools/services.ts`, one of the sandbox by a `defineService` that `tools/registry.ts` lists.
 */

/** They run beside the database, and hold what must never be in a sandbox. */
export interface ExecutorServices {
  mail: MailService
}

/** They run in the persona's sandbox and outlive a call. Their types are the handles of `tools/kit/service.ts`. */
// biome-ignore lint/suspicious/noEmptyInterface: tools with services add theirs here
export interface SandboxServices {}

export interface ToolServices extends ExecutorServices, SandboxServices {}

export type ServiceName = keyof ToolServices

/** `program:soffice` is a program on the PATH of the place where the tool runs. */
export type Need = ServiceName | `program:${string}`

export interface MailService {
  /** Sends a mail as the persona, by the installation's mail server. */
  send(mail: OutgoingMail): Promise<SentMail>
}

/** The platform says who the mail is from. */
export interface OutgoingMail {
  to: string[]
  cc: string[]
  subject: string
  /** Plain text. */
  text: string
}

export interface SentMail {
  messageId: string
  /** The address that the mail came from. */
  from: string
  /** Addresses that the mail server took. */
  accepted: string[]
  /** Addresses that it refused. */
  rejected: string[]
}
