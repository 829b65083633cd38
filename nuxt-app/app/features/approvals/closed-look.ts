/** What a question that can no longer be answered says. */
import type { Approval } from '#contracts/api'

export function closedLook(state: Approval['status'] | 'answered here') {
  switch (state) {
    case 'answered here':
      return { icon: 'i-lucide-check', title: 'Thank you', text: 'Your answer is on its way. You can close this page.' }
    case 'cancelled':
      return { icon: 'i-lucide-ban', title: 'No longer needed', text: 'The run that asked this has ended.' }
    case 'pending':
    case 'expired':
      return {
        icon: 'i-lucide-clock',
        title: 'The time to answer is over',
        text: 'To be asked again, start the work again.',
      }
    default:
      return {
        icon: 'i-lucide-check-check',
        title: 'This has already been answered',
        text: 'A link can be used for one answer only.',
      }
  }
}
