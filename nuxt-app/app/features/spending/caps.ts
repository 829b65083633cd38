/** How much of a cap is used, in words and as a share. */
import type { UseOfCap } from '#contracts/api'
import { formatCost, formatCount } from '../../common/format/amounts'

/** From 0 to 1, by the cap that is closest to its end; null: no cap. */
export function shareOf(use: UseOfCap): number | null {
  const shares = [
    use.max_cost === null ? null : part(use.cost + use.reserved, use.max_cost),
    use.max_calls === null ? null : part(use.calls, use.max_calls),
  ].filter((share) => share !== null)
  return shares.length ? Math.min(1, Math.max(...shares)) : null
}

/** A cap of zero is used up from the start. */
const part = (used: number, cap: number) => (cap === 0 ? 1 : used / cap)

export function capWords(use: UseOfCap, currency: string): string {
  const caps = [
    use.max_cost === null ? null : formatCost(use.max_cost, currency),
    use.max_calls === null ? null : formatCount(use.max_calls, 'call'),
  ].filter((cap) => cap !== null)
  return caps.length ? `Cap: ${caps.join(' and ')}` : 'No cap'
}

/** Amber from where the alert comes (80 %), red where runs stop. */
export function capColor(share: number): 'primary' | 'warning' | 'error' {
  if (share >= 1) return 'error'
  return share >= 0.8 ? 'warning' : 'primary'
}
