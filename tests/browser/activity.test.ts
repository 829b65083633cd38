/** The audit log as people see it, and the list of runs: who may, filters, where a run comes from. */
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { newcomer, openRunOfConversation, waitForStatus, withPage, withSignedIn } from './support/pages.ts'

test('an admin reads what happened, filters it, checks the chain and exports it', () =>
  withPage(async (page) => {
    await newcomer(page)
    const chip = 'Make a spreadsheet of our costs: rent 1200, power 310, phone 85, and add the total'
    await page.getByRole('list', { name: 'Examples' }).getByRole('button', { name: chip }).click()
    await page.getByRole('button', { name: 'Start' }).click()
    await openRunOfConversation(page)
    await waitForStatus(page, 'Done')
    await page.getByRole('link', { name: 'Activity', exact: true }).click()
    const events = page.getByRole('list', { name: 'Events, newest first' })
    await events.getByText('Nora New created the workspace').waitFor()
    await events.getByText('Assistant started Generate Spreadsheet').waitFor()

    await page.getByRole('combobox', { name: 'What', exact: true }).click()
    await page.getByRole('option', { name: 'Model calls' }).click()
    await page.waitForURL(/kind=model/)
    await events.getByText('Nora New created the workspace').waitFor({ state: 'detached' })
    const call = events.getByRole('listitem').filter({ hasText: 'Assistant called the model demo' }).first()
    await call.getByText('Assistant called the model demo').click()
    await call.getByRole('link', { name: 'See the run' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search the content' }).fill(`no ${randomUUID()}`)
    await page.getByText('No event fits these filters').waitFor()
    await page.getByRole('link', { name: 'Clear the filters' }).click()

    await page.getByRole('button', { name: 'Check the log' }).click()
    await page.getByText('The log is whole').waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const csv = await text(await (await download).createReadStream())
    expect(csv).toMatch(/^number,time,who,what/)
    expect(csv).toContain('Nora New,created the workspace')
  }))

test('a member neither finds the activity in the menu nor sees it', () =>
  withSignedIn('Member of Acme', async (page) => {
    await page.goto('/activity')
    await page.getByText('Only admins and owners see what has happened').waitFor()
    expect(await page.getByRole('link', { name: 'Activity', exact: true }).count()).toBe(0)
  }))

test('runs are searched, and a repetition can be told from the run that it repeats', () =>
  withPage(async (page) => {
    await newcomer(page)
    const word = `figs${randomUUID().slice(0, 6)}`
    await page
      .getByRole('textbox', { name: 'What should Assistant do?' })
      .fill(`make a spreadsheet: ${word} 3, pears 4`)
    await page.getByRole('button', { name: 'Start' }).click()
    await openRunOfConversation(page)
    await waitForStatus(page, 'Done')
    await page.getByRole('button', { name: 'Run again' }).click()
    await waitForStatus(page, 'Done')

    await page.goto('/runs')
    const listed = page.getByRole('main').locator('a[href^="/runs/"]')
    await expect.poll(() => listed.count()).toBe(2)
    expect(await listed.filter({ hasText: 'Repetition' }).count()).toBe(1)
    await page.getByRole('searchbox', { name: 'Search the tasks' }).fill(word)
    await page.waitForURL(new RegExp(`words=${word}`))
    await expect.poll(() => listed.count()).toBe(2)
    await page.getByRole('combobox', { name: 'Source' }).click()
    await page.getByRole('option', { name: 'Repetition' }).click()
    await expect.poll(() => listed.count()).toBe(1)
    await page.getByLabel('To', { exact: true }).fill('2020-01-01')
    await page.getByText('No run fits these filters').waitFor()
    await page.getByRole('link', { name: 'Clear the filters' }).click()
    await expect.poll(() => listed.count()).toBe(2)
  }))
