import type { ProviderTestResult, TestProviderRequest } from '#contracts/api'

const ASK_EVERY_MS = 700
/** A worker ends a test well before. After this there is probably no worker. */
const PATIENCE_MS = 150_000

/** Tests a provider, saved or not, and waits for the result. Ends when its component is gone. */
export function useProviderTest() {
  const api = useApi()
  const { id } = useWorkspace()
  const { pending, error, submit } = useForm()
  const result = ref<ProviderTestResult | null>(null)
  let isGone = false
  onScopeDispose(() => {
    isGone = true
  })

  async function finished(testId: string): Promise<ProviderTestResult | null> {
    const giveUpAt = Date.now() + PATIENCE_MS
    while (!isGone && Date.now() < giveUpAt) {
      const test = await api.workspaces.providerTest(testId)
      if (test.result) return test.result
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
    }
    if (isGone) return null
    throw new Error('No worker has made this test yet. Check that the platform’s worker runs, then test again.')
  }
  const test = (name: string, request: TestProviderRequest) =>
    submit(async () => {
      result.value = null
      result.value = await finished((await api.workspaces.testProvider(id.value, name, request)).id)
    })
  return { test, result, pending, error }
}
