import { messageOf } from '@persona/sdk'

/**
 * Runs a command for a button: `pending` while it runs, a toast when it fails. `run` resolves to true when it worked.
 * A second click while the first still runs does nothing.
 */
export function useAction() {
  const toast = useToast()
  const pending = ref(false)
  async function run(work: () => Promise<unknown>, done?: string): Promise<boolean> {
    if (pending.value) return false
    pending.value = true
    try {
      await work()
      if (done) toast.add({ title: done, icon: 'i-lucide-check', color: 'success' })
      return true
    } catch (error) {
      toast.add({ title: messageOf(error), icon: 'i-lucide-circle-alert', color: 'error' })
      return false
    } finally {
      pending.value = false
    }
  }
  return { pending, run }
}
