/** The server goes away and comes back while pages are open. */
import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { signIn, withPage } from './support/pages.ts'

/** Cuts the connection as it breaks when the server ends: what is asked fails, and what is open closes. */
async function cut(context: BrowserContext) {
  await context.setOffline(true)
  return () => context.setOffline(false)
}
const bar = (page: Page) => page.getByRole('alert').getByText('The server cannot be reached. Trying again …')

test('one bar says so on every page, people stay where they are, and it goes by itself', () =>
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

test('before the sign-in as well', () =>
  withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Owner of Acme' }).waitFor()
    const restore = await cut(page.context())
    await bar(page).waitFor()
    await restore()
    await bar(page).waitFor({ state: 'detached' })
  }))
