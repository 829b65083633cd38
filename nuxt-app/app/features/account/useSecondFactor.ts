import type { Session } from '@supabase/supabase-js'

/** True for a session whose account has a second factor, and whose sign-in has not given its code. */
export function lacksSecondFactor(session: Session | null): boolean {
  if (!session?.user.factors?.some((factor) => factor.status === 'verified')) return false
  return levelOf(session.access_token) !== 'aal2'
}

function levelOf(token: string): unknown {
  try {
    const [, claims = ''] = token.split('.')
    return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).aal
  } catch {
    return undefined
  }
}

/** What Auth says about a code, in words for people. */
export const wordsOfFactor = (error: { code?: string; message: string }) =>
  error.code === 'mfa_verification_failed' || error.code === 'mfa_challenge_expired'
    ? 'That code does not fit. Codes change every 30 seconds, and each works once.'
    : error.message
