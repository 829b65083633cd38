import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { withSignedIn } from './support/pages.ts'

async function createPersona(page: Page): Promise<string> {
  const name = `Persona ${randomUUID().slice(0, 8)}`
  await page.goto('/personas/new')
  await page.getByText('Writer', { exact: true }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create persona' }).click()
  await page.waitForURL(/\/personas\/[0-9a-f-]{36}$/)
  await page.getByText(name).first().waitFor()
  return name
}
/** Presses Save and waits until the change is saved. */
async function save(page: Page) {
  const saved = page.waitForResponse((response) => response.request().method() === 'PATCH' && response.ok())
  await page.getByRole('button', { name: 'Save' }).click()
  await saved
}
const openTab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Pages of this persona' }).getByRole('link', { name }).click()

test('a persona is created from a template and appears in the list', () =>
  withSignedIn('Member of Acme', async (page) => {
    const name = await createPersona(page)
    await page.goto('/personas')
    await page.getByRole('link', { name }).getByText('Drafts letters, summaries').waitFor()
  }))

test('a changed instruction makes a new version, which shows the difference, and the old version can be restored', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await createPersona(page)
    await openTab(page, 'Configuration')
    await page.getByLabel('Instructions').fill('Write in rhymes.')
    await page.getByLabel('What did you change?').fill('Rhymes')
    await save(page)
    await page.getByText('Runs that start from now on use it.').first().waitFor()

    await openTab(page, 'Versions')
    const second = page.getByRole('listitem').filter({ hasText: 'Version 2' })
    await second.getByText('In use').waitFor()
    await second.getByText('Rhymes').waitFor()
    await second.getByRole('button', { name: 'Changes of the instructions' }).click()
    await second.getByText('Write in rhymes.').waitFor()

    await page.getByRole('listitem').filter({ hasText: 'Version 1' }).getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('listitem').filter({ hasText: 'Version 3' }).getByText('In use').waitFor()
    await openTab(page, 'Configuration')
    await expect.poll(() => page.getByLabel('Instructions').inputValue()).toMatch(/^You write letters/)
  }))

test('a changed name makes no version; limits and hosts do', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await createPersona(page)
    await openTab(page, 'Configuration')
    await page.getByLabel('Name').fill(`${name} II`)
    await save(page)
    await page.getByText('Runs that start from now on use it.').first().waitFor()
    await page.getByLabel('Cost per run').fill('0.5')
    await page.getByLabel('Allowed hosts').fill('*.example.com')
    await page.getByLabel('Allowed hosts').press('Enter')
    await save(page)
    await openTab(page, 'Versions')
    const second = page.getByRole('listitem').filter({ hasText: 'Version 2' })
    await second.getByText('Limits').waitFor()
    await second.getByText('Allowed hosts').waitFor()
    await page.reload()
    await openTab(page, 'Configuration')
    await expect.poll(() => page.getByLabel('Cost per run').inputValue()).toBe('0.5')
  }))

test('it is paused, activated, and deleted after its name was typed', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = await createPersona(page)
    const menu = page.getByRole('button', { name: 'Pause, archive or delete' })
    await menu.click()
    await page.getByRole('menuitem', { name: 'Pause' }).click()
    await page.getByText('This persona is paused').waitFor()
    await menu.click()
    await page.getByRole('menuitem', { name: 'Activate' }).click()
    await page.getByRole('textbox', { name: `What should ${name} do?` }).waitFor()
    await menu.click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const confirm = page.getByRole('button', { name: 'Delete for good' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel(/to confirm/).fill(name)
    await confirm.click()
    await page.waitForURL('/personas')
    await page.getByRole('link', { name: /^Olivia/ }).waitFor()
    expect(await page.getByRole('link', { name }).count()).toBe(0)
  }))

test('a private persona is visible to the people it is shared with', async () => {
  const path = await withSignedIn('Member of Acme', async (page) => {
    await createPersona(page)
    await openTab(page, 'Sharing')
    await page.getByRole('switch', { name: 'Private' }).click()
    await page.getByText('Only those below and the workspace’s admins see it.').waitFor()
    return new URL(page.url()).pathname.replace('/sharing', '')
  })
  await withSignedIn('Viewer of Acme', async (page) => {
    await page.goto(path)
    await page.getByText('There is no such persona').waitFor()
  })
  await withSignedIn('Member of Acme', async (page) => {
    await page.goto(`${path}/sharing`)
    await page.getByRole('button', { name: 'Share with' }).click()
    await page.getByRole('option', { name: 'viewer@acme.test' }).click()
    await page.getByRole('button', { name: 'Share', exact: true }).click()
    await page.getByRole('listitem').filter({ hasText: 'viewer@acme.test' }).getByRole('combobox').waitFor()
  })
  await withSignedIn('Viewer of Acme', async (page) => {
    await page.goto(path)
    await page.getByRole('textbox', { name: /What should .* do/ }).waitFor()
  })
})

test('a viewer may look at a persona, but not change it or give it work', () =>
  withSignedIn('Viewer of Acme', async (page) => {
    await page.getByRole('link', { name: /^Olivia/ }).click()
    await page.getByText('How it works').waitFor()
    expect(await page.getByRole('button', { name: 'Start' }).count()).toBe(0)
    await openTab(page, 'Configuration')
    await page.getByText('You can see this, but you cannot change it.').waitFor()
    expect(await page.getByLabel('Instructions').isDisabled()).toBe(true)
  }))
