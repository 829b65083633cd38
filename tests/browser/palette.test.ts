/** Protects: pages, personas and actions are found by keyboard, and the list of shortcuts tells them. */
import { test } from 'vitest'
import { withSignedIn } from './support/pages.ts'

test('Ctrl+K finds a persona, letters lead to pages, and ? lists the shortcuts', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Find a page, a persona, a run …').fill('Olivia')
    await page.getByRole('option', { name: 'Olivia' }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/personas\/[0-9a-f-]{36}/)
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.waitForURL('/runs')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Find a page, a persona').waitFor()
    await page.keyboard.press('Escape')
  }))
