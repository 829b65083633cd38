/** The settings of the functions, from environment variables. */
import { z } from 'zod'
import { parsedSetting } from '../../contracts/setting.ts'
import { type IsTrustedProxy, parseTrustedProxies } from '../../contracts/trusted-proxies.ts'

const Environment = z.object({
  SUPABASE_URL: z.url(),
  /** The address of Supabase for browsers, if it is not SUPABASE_URL. Signed links start with it. */
  SUPABASE_PUBLIC_URL: z.url().optional(),
  SUPABASE_ANON_KEY: z.string().min(1),
  /** For requests without a session: signed webhooks and links in mails. */
  SUPABASE_SERVICE_ROLE_KEY: z.string().min(1),
  /** Signs the tokens that API keys act with. Supabase gives it to its edge functions. */
  JWT_SECRET: z.string().min(32).optional(),
  /** Encrypts secrets: 32 bytes in base64. The executor has the same key. */
  ENCRYPTION_KEY: z
    .base64()
    .refine((key) => atob(key).length === 32, 'must be 32 bytes')
    .optional(),
  /** `host:port` of the internal hosts that model providers and webhooks may use. The executor has the same list. */
  INTERNAL_HOSTS: z.string().optional(),
  /** Addresses and ranges of the proxies in front of the gateway; see contracts/trusted-proxies.ts. */
  TRUSTED_PROXIES: parsedSetting(parseTrustedProxies),
})

export interface Config {
  supabaseUrl: string
  publicUrl: string
  publishableKey: string
  serviceKey: string
  /** If it is undefined, API keys cannot be used. */
  jwtSecret?: string | undefined
  /** If it is undefined, secrets cannot be saved. */
  encryptionKey: string | undefined
  /** The list as a text. */
  internalHosts?: string | undefined
  isTrustedProxy?: IsTrustedProxy
}

/** Throws an error with the names of the variables that are missing or wrong, but never with their values. */
export function configFrom(environment: Record<string, string | undefined>): Config {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} (${issue.message})`)
    throw new Error(`Environment variables are missing or wrong: ${wrong.join(', ')}`)
  }
  const {
    SUPABASE_URL,
    SUPABASE_PUBLIC_URL,
    SUPABASE_ANON_KEY,
    SUPABASE_SERVICE_ROLE_KEY,
    JWT_SECRET,
    ENCRYPTION_KEY,
    INTERNAL_HOSTS,
    TRUSTED_PROXIES,
  } = parsed.data
  return {
    supabaseUrl: SUPABASE_URL,
    publicUrl: SUPABASE_PUBLIC_URL ?? SUPABASE_URL,
    publishableKey: SUPABASE_ANON_KEY,
    serviceKey: SUPABASE_SERVICE_ROLE_KEY,
    jwtSecret: JWT_SECRET,
    encryptionKey: ENCRYPTION_KEY,
    internalHosts: INTERNAL_HOSTS,
    isTrustedProxy: TRUSTED_PROXIES,
  }
}

/** The key that encrypts secrets. Throws if this installation has none. */
export function encryptionKeyOf({ encryptionKey }: Config): string {
  if (!encryptionKey) throw new Error('ENCRYPTION_KEY is not set, so no secret can be saved or read')
  return encryptionKey
}
