/** What work costs, as people see it: figures with the caps beside them, and prices that admins set. */
import { expect, test } from 'vitest'
import { newcomer, withPage, withSignedIn } from './support/pages.ts'

test('a new workspace has a cap that says so; a price that is set is what the next call costs', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.getByRole('link', { name: 'Spending' }).click()
    await page.getByText('No model calls yet this month').waitFor()
    await page.getByText('Every new workspace begins with these caps').waitFor()
    await page.getByText('Cap: €10.00 · 0 model calls').waitFor()

    await page.getByRole('button', { name: 'Set a price' }).click()
    await page.getByLabel('Model', { exact: true }).fill('demo')
    await page.getByLabel('Input, per million tokens').fill('1000')
    await page.getByLabel('Output, per million tokens').fill('0')
    await page.getByRole('button', { name: 'Save' }).click()
    const own = page.getByRole('listitem').filter({ hasText: 'This workspace' })
    await own.getByText('€1,000.00 in · €0.00 out').waitFor()

    await page.goto('/personas/new')
    await page.getByLabel('Name').fill('Costly')
    await page.getByRole('button', { name: 'Create persona' }).click()
    await page.getByRole('textbox', { name: /What should Costly do/ }).fill('What is the sum of 1 and 2?')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.waitForURL(/conversations/)
    await expect
      .poll(
        async () => {
          await page.goto('/spending')
          await page.getByRole('heading', { name: 'Prices' }).waitFor()
          return page.getByRole('region', { name: 'Spending by persona' }).getByRole('row').allInnerTexts()
        },
        { timeout: 30_000 },
      )
      .toContainEqual(expect.stringMatching(/Costly\s+€[0-9.]*[1-9]/))
    await page.getByRole('link', { name: 'Costly' }).click()
    await page.getByRole('region', { name: 'Spending by model' }).getByText('demo', { exact: true }).first().waitFor()
    await page.getByRole('heading', { name: 'The whole workspace' }).waitFor()
  }))

test('a member sees the spending and cannot set a price', () =>
  withSignedIn('Member of Acme', async (page) => {
    await page.goto('/spending')
    await page.getByRole('list', { name: 'Prices' }).waitFor()
    expect(await page.getByRole('button', { name: /price/ }).count()).toBe(0)
  }))
