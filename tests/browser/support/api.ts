/** The product's API as the person who is signed in on a page. */
import type { Page } from 'playwright-core'
import { type Api, createApi } from '../../../sdk/index.ts'

export async function apiOn(page: Page): Promise<Api> {
  const token = await page.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => /^sb-.*-auth-token$/.test(name))
    return JSON.parse(localStorage.getItem(key ?? '') ?? '{}').access_token as string
  })
  const origin = new URL(page.url()).origin
  const config = (await (await fetch(`${origin}/config.json`)).json()) as {
    publishable_key: string
    supabase_url?: string
  }
  return createApi({
    url: config.supabase_url ?? origin,
    publishableKey: config.publishable_key,
    accessToken: async () => token,
  })
}
