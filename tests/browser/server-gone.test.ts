/** Protects: pages that are open while the server goes away and comes back. */
import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { signIn, withPage } from './support/pages.ts'

/** Cuts the connection as when the server ends: requests fail, and open connections close. */
async function cut(context: BrowserContext) {
  await context.setOffline(true)
  return () => context.setOffline(false)
}
const bar = (page: Page) => page.getByRole('alert').getByText('The server cannot be reached. Trying again …')

test('a bar on every page says so, people stay where they are, and it disappears by itself', () =>
  withPage(async (page) => {
    await signIn(page)
    const restore = await cut(page.context())
    await bar(page).waitFor()
    await page.getByRole('link', { name: 'Needs me' }).click()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await bar(page).waitFor()
    expect(await bar(page).count()).toBe(1)
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await restore()
    await bar(page).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.waitForURL('/runs')
    await page.getByRole('heading', { name: 'Runs' }).waitFor()
  }))

test('also before the sign-in', () =>
  withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Owner of Acme' }).waitFor()
    const restore = await cut(page.context())
    await bar(page).waitFor()
    await restore()
    await bar(page).waitFor({ state: 'detached' })
  }))
