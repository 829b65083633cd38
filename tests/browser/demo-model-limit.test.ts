/** What the demo model cannot do is shown as not done, with what it can do instead. */
import { expect, test } from 'vitest'
import { startRun, withSignedIn } from './support/pages.ts'

test('a request beyond the demo model ends as failed, and its examples work at once', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await startRun(page, 'translate this to French: good morning')
    const limit = page.getByTestId('demo-model-limit')
    await limit.getByText('I cannot translate').waitFor()
    await page.getByText('Failed', { exact: true }).first().waitFor()
    expect(await limit.getByRole('link', { name: 'Connect a model' }).getAttribute('href')).toBe('/settings/models')
    await limit.getByRole('button', { name: 'What is 17% of 340?' }).click()
    await page.getByText('57.8').first().waitFor()
  }))
