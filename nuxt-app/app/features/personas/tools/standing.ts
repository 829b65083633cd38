import type { StandingApproval } from '#contracts/api'

/** Whether a rule allows no further call. */
export const isOver = (rule: Pick<StandingApproval, 'uses' | 'max_uses' | 'expires_at' | 'revoked_at'>, now: number) =>
  rule.revoked_at !== null || rule.uses >= rule.max_uses || Date.parse(rule.expires_at) <= now
