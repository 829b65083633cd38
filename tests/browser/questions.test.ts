/** Protects: questions and approvals can be answered on the run's page and in the inbox. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { cancelRun, startRun, waitForStatus, withSignedIn } from './support/pages.ts'

const inboxLink = (page: Page) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /Needs me/ })

/** A persona of its own, so that its policy disturbs no other test. Returns its name. */
async function personaThatAsks(page: Page, tool: string): Promise<string> {
  const name = `Asker ${crypto.randomUUID().slice(0, 8)}`
  await page.goto('/personas/new')
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create persona' }).click()
  await page.waitForURL(/\/personas\/[0-9a-f-]{36}$/)
  await page.goto(`${new URL(page.url()).pathname}/tools`)
  await page.getByRole('combobox', { name: `Policy of ${tool}` }).click()
  const saved = page.waitForResponse((response) => response.request().method() === 'PUT' && response.ok())
  await page.getByRole('option', { name: 'Ask first' }).click()
  await saved
  return name
}

test('a question shows in the menu and the inbox, and its answer moves the run on', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    const menu = inboxLink(page)
    await menu.getByText(/^\d+$/).waitFor()
    await menu.click()
    const card = page.getByRole('listitem').filter({ has: page.locator(`a[href="${path}"]`) })
    await card.getByLabel(/[Aa]nswer/).fill('Our Q3 sales: north 120, south 80')
    await card.getByRole('button', { name: 'Send the answer' }).click()
    await card.waitFor({ state: 'detached' })
    await page.goto(path)
    await page.getByText('Our Q3 sales: north 120, south 80').first().waitFor()
    await waitForStatus(page, 'Done')
  }))

test('an answer that somebody is typing in the inbox stays if the inbox cannot be reloaded', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    await inboxLink(page).click()
    const card = page.getByRole('listitem').filter({ has: page.locator(`a[href="${path}"]`) })
    const answer = card.getByLabel(/[Aa]nswer/)
    await answer.fill('Only half of the ans')

    const reads = '**/functions/v1/api/workspaces/*/waiting'
    await page.route(reads, (route) => route.abort())
    const other = await page.context().newPage()
    await startRun(other, 'make a presentation')
    await waitForStatus(other, 'Needs you')
    await cancelRun(other)
    await page.getByText('This could not be loaded').waitFor()
    expect(await answer.inputValue()).toBe('Only half of the ans')

    await page.unroute(reads)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('This could not be loaded').waitFor({ state: 'detached' })
    expect(await answer.inputValue()).toBe('Only half of the ans')
    await page.goto(path)
    await cancelRun(page)
  }))

test('two questions of a persona are answered in the inbox, opened from one of their runs', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const waiting = []
    for (const _ of ['first', 'second']) {
      waiting.push(await startRun(page, 'make a presentation'))
      await waitForStatus(page, 'Needs you')
    }
    await inboxLink(page).click()
    const cards = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'See the run' }) })
    for (const path of waiting)
      await cards
        .filter({ has: page.locator(`a[href="${path}"]`) })
        .getByRole('button', { name: 'Send the answer' })
        .waitFor()
    for (const path of waiting) {
      await page.goto(path)
      await cancelRun(page)
    }
  }))

test('an approval is given on the page, which shows the arguments', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await personaThatAsks(page, 'Generate spreadsheet')
    await startRun(page, 'make a spreadsheet: apples 3, pears 4', name)
    await waitForStatus(page, 'Needs you')
    await page
      .getByRole('region', { name: 'What you approve' })
      .getByText(/apples/i)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await waitForStatus(page, 'Done')
    await page.getByText('Approved').waitFor()
    await expect.poll(() => page.getByTestId('artifact').count()).toBe(1)
  }))

test('the persona gets the reason of a denial', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await personaThatAsks(page, 'Generate spreadsheet')
    await startRun(page, 'make a spreadsheet: apples 3, pears 4', name)
    await waitForStatus(page, 'Needs you')
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByLabel('Why not?').fill('We have one already.')
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('We have one already.').first().waitFor()
    await page.locator('[data-kind="tool"]').getByText('Not allowed').waitFor()
    await expect
      .poll(() => page.getByTestId('run-status').textContent(), { timeout: 60_000 })
      .not.toMatch(/Needs|Working|Running/)
    expect(await page.getByTestId('artifact').count()).toBe(0)
  }))

test('arguments are edited before they are approved; invalid JSON is refused', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await personaThatAsks(page, 'Generate spreadsheet')
    await startRun(page, 'make a spreadsheet: apples 3, pears 4', name)
    await waitForStatus(page, 'Needs you')
    await page.getByRole('button', { name: 'Edit' }).click()
    const field = page.getByLabel('Details (JSON)')
    const proposed = await field.inputValue()
    await field.fill('not json')
    await page.getByRole('button', { name: 'Approve as edited' }).click()
    await page.getByText(/This is not JSON/).waitFor()
    await field.fill(JSON.stringify({ ...JSON.parse(proposed), filename: 'edited-by-hand' }))
    await page.getByRole('button', { name: 'Approve as edited' }).click()
    await page.getByTestId('artifact').getByText('edited-by-hand.xlsx').waitFor()
  }))

test.each([
  ['Generate powerpoint', 'make a presentation on Q3 sales: north 120, south 80', /^Slide 2$/],
  ['Generate spreadsheet', 'make a spreadsheet: apples 3, pears 4', /^Apples$/],
  ['Generate pdf', 'write a PDF report on Q3 sales: north 120, south 80', /## /],
  ['Write file', 'write a note.txt saying hello from the test', /hello from the test/i],
])('%s shows what it would make', (tool, task, content) =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await personaThatAsks(page, tool)
    await startRun(page, task, name)
    await waitForStatus(page, 'Needs you')
    const shown = page.getByRole('region', { name: 'What you approve' })
    await shown.getByRole('article').getByText(content).first().waitFor()
    await cancelRun(page)
  }),
)

test('a viewer sees the question, but cannot answer it', async () => {
  const path = await withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    return path
  })
  await withSignedIn('Viewer of Acme', async (page) => {
    await page.goto(path)
    await page.getByText('Waiting for somebody who can decide this.').waitFor()
    expect(await page.getByRole('button', { name: 'Send the answer' }).count()).toBe(0)
  })
  await withSignedIn('Owner of Acme', async (page) => {
    await page.goto(path)
    await cancelRun(page)
  })
})
