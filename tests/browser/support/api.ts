/** The product's API as the person who is signed in on a page. */
import type { Page } from 'playwright-core'

export interface Me {
  userId: string
  /** Sends a request and gives the answer's JSON; rejects when it is refused. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
}

export async function meOn(page: Page): Promise<Me> {
  const session = await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => /^sb-.*-auth-token$/.test(name))
    return JSON.parse(localStorage.getItem(key ?? '') ?? '{}')
  })
  const origin = new URL(page.url()).origin
  const config = (await (await fetch(`${origin}/config.json`)).json()) as {
    publishable_key: string
    supabase_url?: string
  }
  return {
    userId: session.user.id,
    async call(method, path, body) {
      const response = await fetch(`${config.supabase_url ?? origin}/functions/v1/api${path}`, {
        method,
        headers: {
          apikey: config.publishable_key,
          Authorization: `Bearer ${session.access_token}`,
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        body: body ? JSON.stringify(body) : undefined,
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return text ? JSON.parse(text) : null
    },
  }
}
