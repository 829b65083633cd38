/** What the functions are told by their environment. */
import { z } from 'zod'

const Environment = z.object({
  SUPABASE_URL: z.url(),
  /** The address that browsers reach Supabase by, where it is not SUPABASE_URL: signed links begin with it. */
  SUPABASE_PUBLIC_URL: z.url().optional(),
  SUPABASE_ANON_KEY: z.string().min(1),
  /** For what comes without a session: signed webhooks and links in mails. */
  SUPABASE_SERVICE_ROLE_KEY: z.string().min(1),
  /** 32 bytes, base64: encrypts secrets. The executor has the same. */
  ENCRYPTION_KEY: z
    .base64()
    .refine((key) => atob(key).length === 32, 'must be 32 bytes')
    .optional(),
  /** `host:port` of the hosts inside that providers and webhooks may name. The executor has the same list. */
  INTERNAL_HOSTS: z.string().optional(),
})

export interface Config {
  supabaseUrl: string
  publicUrl: string
  publishableKey: string
  serviceKey: string
  /** Without it secrets cannot be saved. */
  encryptionKey: string | undefined
  /** The list as the environment has it. */
  internalHosts?: string | undefined
}

/** Throws with the names of the variables that are missing or wrong, never with their values. */
export function configFrom(environment: Record<string, string | undefined>): Config {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.message})`)
    throw new Error(`The environment is not complete: ${wrong.join(', ')}`)
  }
  const {
    SUPABASE_URL,
    SUPABASE_PUBLIC_URL,
    SUPABASE_ANON_KEY,
    SUPABASE_SERVICE_ROLE_KEY,
    ENCRYPTION_KEY,
    INTERNAL_HOSTS,
  } = parsed.data
  return {
    supabaseUrl: SUPABASE_URL,
    publicUrl: SUPABASE_PUBLIC_URL ?? SUPABASE_URL,
    publishableKey: SUPABASE_ANON_KEY,
    serviceKey: SUPABASE_SERVICE_ROLE_KEY,
    encryptionKey: ENCRYPTION_KEY,
    internalHosts: INTERNAL_HOSTS,
  }
}

/** The key that secrets are encrypted with. Throws when this installation has none. */
export function encryptionKeyOf({ encryptionKey }: Config): string {
  if (!encryptionKey) throw new Error('ENCRYPTION_KEY is not set, so no secret can be saved or read')
  return encryptionKey
}
