import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { newcomer, withPage, withSignedIn } from './support/pages.ts'

test('the link of an invitation lets the invited person in, with the given role', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.goto('/settings/members')
    const guest = `${randomUUID()}@example.test`
    await page.getByLabel('Email').fill(guest)
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue()
    await page.getByRole('listitem').filter({ hasText: guest }).getByText('member').waitFor()

    await withPage(async (theirs) => {
      await newcomer(theirs, guest)
      await theirs.goto(link)
      await theirs.getByRole('heading', { name: 'You are invited to Nora’s shop' }).waitFor()
      await theirs.getByText('Nora New invites').getByText('member').waitFor()
      await theirs.getByRole('button', { name: 'Join Nora’s shop' }).click()
      await theirs.waitForURL('/')
      await theirs.goto('/settings/members')
      await theirs.getByText(guest).waitFor()
    })
    await withSignedIn('Owner of Globex', async (stranger) => {
      await stranger.goto(link)
      await stranger
        .getByRole('alert')
        .getByText(/invitation/i)
        .waitFor()
    })

    await page.reload()
    await page.getByRole('button', { name: 'Remove Nora New' }).click()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await expect.poll(() => page.getByText(guest).count()).toBe(0)
  }))

test('a default provider replaces the demo model, and its key is never shown again', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.getByRole('note').getByRole('link', { name: 'connect a real one' }).click()
    await page.getByRole('heading', { name: 'The scripted demo model is in use' }).waitFor()
    await page.getByRole('button', { name: 'Add a provider' }).click()
    await page.getByLabel('Name').fill('litellm')
    await page.getByLabel('Base URL').fill('http://localhost:4000/v1')
    await page.getByLabel('API key').fill('sk-very-secret')
    await page.getByLabel('Models').fill('small-model')
    await page.getByLabel('Models').press('Enter')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Your default provider is in use' }).waitFor()
    await page.getByRole('note').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Edit litellm' }).click()
    expect(await page.getByLabel('API key').inputValue()).toBe('')

    await page.goto('/settings/secrets')
    await page.getByText('provider.litellm').waitFor()
    expect(await page.content()).not.toContain('sk-very-secret')
  }))

test('name and caps of a workspace are saved; to delete it, one has to type its name', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.goto('/settings/workspace')
    await page.getByLabel('Name').fill('Nora’s bakery')
    await page.getByLabel('Cost per day').fill('2.5')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').first().waitFor()
    await page.reload()
    await expect.poll(() => page.getByLabel('Cost per day').inputValue()).toBe('2.5')
    await page.getByRole('button', { name: /Workspace Nora’s bakery/ }).waitFor()
    await page.getByRole('button', { name: 'Delete …' }).click()
    await page.getByLabel(/to confirm/).fill('Nora’s bakery')
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.waitForURL('/welcome')
  }))

test('only the name of a secret is shown', () =>
  withPage(async (page) => {
    await newcomer(page)
    await page.goto('/settings/secrets')
    await page.getByLabel('Name').fill('smtp.password')
    await page.getByLabel('Value').fill('hush-hush')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('list', { name: 'Secrets' }).getByText('smtp.password').waitFor()
    await page.reload()
    await page.getByRole('list', { name: 'Secrets' }).waitFor()
    expect(await page.content()).not.toContain('hush-hush')
    await page.getByRole('button', { name: 'Delete smtp.password' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('No secrets yet').waitFor()
  }))
