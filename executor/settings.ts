/** The environment variables of the worker's process. sandbox/select-driver.ts reads those of sandboxes. */
import { z } from 'zod'
import { parseLeaveOut } from '../contracts/api.ts'
import { parseInternalHosts } from '../contracts/outgoing.ts'
import { parsedSetting } from '../contracts/setting.ts'

const Environment = z.object({
  DATABASE_URL: z.url(),
  SUPABASE_URL: z.url(),
  SUPABASE_SECRET_KEY: z.string().min(1),
  ENCRYPTION_KEY: z.base64(),
  /** Any OpenAI-compatible endpoint. */
  OPENAI_BASE_URL: z.url().default('https://api.openai.com/v1'),
  OPENAI_API_KEY: z.string().default(''),
  OPENAI_MODEL: z.string().default('gpt-4.1-mini'),
  /** True when that model accepts images. Otherwise it gets a text in place of each image. */
  OPENAI_MODEL_SEES_IMAGES: z.stringbool().default(false),
  /** What that server refuses, e.g. `temperature, schema.format`: requests are made without it from the start. Default: nothing. */
  OPENAI_LEAVE_OUT: parsedSetting(parseLeaveOut),
  /** True when OPENAI_BASE_URL is the address of the scripted demo model. */
  MODEL_IS_DEMO: z.stringbool().default(false),
  /** Hosts of the internal network that providers, webhooks and personas may use, as `host:port`. Default: none. */
  INTERNAL_HOSTS: parsedSetting(parseInternalHosts),
  /** File to which signed heads of the audit log are appended, one JSON per line. The database's owner must not be able to write it. */
  AUDIT_HEADS_FILE: z.string().optional(),
  /** URL to which signed heads of the audit log are posted as JSON. */
  AUDIT_HEADS_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** smtp(s)://user:password@host:port. Without it, nobody is asked by mail, and personas cannot send mail. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The sender of mails. */
  MAIL_FROM: z.string().default('Persona Platform <no-reply@localhost>'),
  /** Address of the web app, for links in mails. */
  WEB_URL: z.url().default('http://localhost:3000'),
  /** Folder for the workspaces of personas and the files of sandboxes. */
  DATA_DIR: z.string().default('.data'),
  EXECUTOR_RUNS: z.coerce.number().int().positive().default(32),
  EXECUTOR_TOOLS: z.coerce.number().int().positive().default(8),
  EXECUTOR_LEASE_SECONDS: z.coerce.number().int().min(3).default(30),
  /** Number of database connections, not counting the one that listens. */
  EXECUTOR_CONNECTIONS: z.coerce.number().int().positive().default(10),
  /** Port of `GET /health`. Without it, no health server starts. */
  HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})
export type Settings = z.infer<typeof Environment>

/** Throws an error that names each missing or wrong variable. An empty variable counts as not set. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const settings = Environment.safeParse(set)
  if (settings.success) return settings.data
  const problems = settings.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The environment of the executor is not complete:\n${problems.join('\n')}`)
}
