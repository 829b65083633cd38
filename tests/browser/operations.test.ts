import { expect, test } from 'vitest'
import { withPage, withSignedIn } from './support/pages.ts'

test('a platform admin sees queues, runs and dead letters, without a workspace', () =>
  withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Platform admin' }).click()
    await page.getByRole('link', { name: 'To the operations of this installation' }).click()
    await page.waitForURL('/settings/operations')
    await page.getByRole('rowheader', { name: 'runs interactive' }).waitFor()
    await page.getByText('Dead letters', { exact: true }).waitFor()
  }))

test('the operations are closed to who is no platform admin', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.goto('/settings/operations')
    await page.getByText('Only platform admins see this.').waitFor()
    expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0)
  }))
