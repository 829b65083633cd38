/** The environment of the worker's process. Sandboxes read theirs in sandbox/select-driver.ts. */
import { z } from 'zod'
import { parseInternalHosts } from '../contracts/outgoing.ts'

const Environment = z.object({
  DATABASE_URL: z.url(),
  SUPABASE_URL: z.url(),
  SUPABASE_SECRET_KEY: z.string().min(1),
  ENCRYPTION_KEY: z.base64(),
  /** Any OpenAI-compatible endpoint. */
  OPENAI_BASE_URL: z.url().default('https://api.openai.com/v1'),
  OPENAI_API_KEY: z.string().default(''),
  OPENAI_MODEL: z.string().default('gpt-4.1-mini'),
  /** That model takes images. Without it, it gets the words that stand for them. */
  OPENAI_MODEL_SEES_IMAGES: z.stringbool().default(false),
  /** True when OPENAI_BASE_URL is the address of the scripted demo model. */
  MODEL_IS_DEMO: z.stringbool().default(false),
  /** Hosts inside that providers, webhooks and personas' lists may name, as `host:port`; else the public internet only. */
  INTERNAL_HOSTS: z
    .string()
    .default('')
    .transform((list, context) => {
      try {
        return parseInternalHosts(list)
      } catch (error) {
        context.addIssue((error as Error).message)
        return z.NEVER
      }
    }),
  /** A file to which signed heads of the audit log are appended, one JSON a line; keep it where the database's owner cannot write. */
  AUDIT_HEADS_FILE: z.string().optional(),
  /** An address to which signed heads of the audit log are posted as JSON. */
  AUDIT_HEADS_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** smtp(s)://user:password@host:port; without it people are not asked by mail, and personas cannot send mail. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The sender of mails. */
  MAIL_FROM: z.string().default('Persona Platform <no-reply@localhost>'),
  /** Where people open the web app. Links in mails lead there. */
  WEB_URL: z.url().default('http://localhost:3000'),
  /** Folder for personas' workspaces and the files of sandboxes. */
  DATA_DIR: z.string().default('.data'),
  EXECUTOR_RUNS: z.coerce.number().int().positive().default(32),
  EXECUTOR_TOOLS: z.coerce.number().int().positive().default(8),
  EXECUTOR_LEASE_SECONDS: z.coerce.number().int().min(3).default(30),
  /** Connections to the database, besides the one that listens. */
  EXECUTOR_CONNECTIONS: z.coerce.number().int().positive().default(10),
  /** Port of GET /health. Without it there is no health server. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})
export type Settings = z.infer<typeof Environment>

/** Throws an error that names every variable that is missing or wrong. An empty variable counts as not set. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const settings = Environment.safeParse(set)
  if (settings.success) return settings.data
  const problems = settings.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The environment of the executor is not complete:\n${problems.join('\n')}`)
}
