import type { Delivery } from '#contracts/api'

const PAGE = 20

/** What came or went over a webhook, newest first; `more` shows the next page. */
export function useDeliveries(webhookId: string) {
  const api = useApi()

  async function read(count: number): Promise<Delivery[]> {
    const found: Delivery[] = []
    let cursor: string | undefined
    do {
      const page = await api.webhooks.deliveries(webhookId, cursor)
      found.push(...page.deliveries)
      cursor = page.next_cursor ?? undefined
    } while (cursor && found.length < count)
    return found
  }
  const { rows, isLoading, hasMore, error, more, refresh } = useList(() => `deliveries:${webhookId}`, read, {
    pageSize: PAGE,
  })
  return { deliveries: rows, isLoading, hasMore, error, more, refresh }
}
