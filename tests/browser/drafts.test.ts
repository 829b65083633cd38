/** Protects: what somebody has typed but not sent is kept when they leave the page. */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { cancelRun, newcomer, startRun, waitForStatus, withPage, withSignedIn } from './support/pages.ts'

const composer = (page: Page) => page.getByRole('textbox', { name: 'What should be done?' })
const away = async (page: Page) => {
  await page.getByRole('link', { name: 'Settings', exact: true }).click()
  await page.waitForURL('/settings/workspace')
}

test('typed work is kept when the page is left or reloaded, and gone when it is given', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await composer(page).fill('make a spreadsheet: apples 3, pears 4')
    await away(page)
    await page.getByRole('link', { name: 'Dashboard' }).click()
    expect(await composer(page).inputValue()).toBe('make a spreadsheet: apples 3, pears 4')
    await page.reload()
    await expect.poll(() => composer(page).inputValue()).toBe('make a spreadsheet: apples 3, pears 4')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.waitForURL(/\/conversations\//)
    await page.goto('/')
    expect(await composer(page).inputValue()).toBe('')
  }))

test('an answer that was not sent is kept on the run’s page and in the inbox, for its own question', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    const answer = page.getByLabel('Your answer')
    const text = `Apples ${randomUUID()}`
    await answer.fill(text)
    await page.goto('/needs-me')
    const answers = () => answer.evaluateAll((fields) => fields.map((field) => Reflect.get(field, 'value') as string))
    await expect.poll(async () => (await answers()).filter((value) => value === text)).toHaveLength(1)
    await page.goto(path)
    expect(await answer.inputValue()).toBe(text)
    await cancelRun(page)
  }))

test('a half described persona is kept until it is cancelled; signing out deletes all drafts', () =>
  withPage(async (page) => {
    await newcomer(page)
    const name = page.getByLabel('Name', { exact: true })
    const begin = async () => {
      await page.goto('/personas/new')
      await name.waitFor()
    }
    await begin()
    await name.fill('Paula')
    await page.getByRole('radio', { name: /^Writer/ }).check({ force: true })
    await away(page)
    await begin()
    expect(await name.inputValue()).toBe('Paula')
    expect(await page.getByRole('radio', { name: /^Writer/ }).isChecked()).toBe(true)
    await page.getByRole('link', { name: 'Cancel' }).click()
    await begin()
    expect(await name.inputValue()).toBe('')
    await name.fill('Petra')
    const drafts = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('persona.draft')))
    expect(await drafts()).toHaveLength(1)
    await page.getByRole('button', { name: /account menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL('/sign-in')
    expect(await drafts()).toEqual([])
  }))
