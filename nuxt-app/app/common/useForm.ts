import { messageOf } from '@persona/sdk'

/** A form's sending: `pending` while it runs, `error` to show above the fields when it was refused. */
export function useForm() {
  const pending = ref(false)
  const error = ref<string | null>(null)
  async function submit(work: () => Promise<unknown>): Promise<boolean> {
    if (pending.value) return false
    pending.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (cause) {
      error.value = messageOf(cause)
      return false
    } finally {
      pending.value = false
    }
  }
  return { pending, error, submit }
}
