import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { productUrl, signIn, withPage } from './support/pages.ts'

test('a demo button signs in, and signing out ends it', () =>
  withPage(async (page) => {
    await signIn(page)
    await page.getByRole('heading', { name: 'What should be done at Acme?' }).waitFor()
    expect(await page.title()).toBe('Dashboard · Persona Platform')
    await page.getByRole('button', { name: /account menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL('/sign-in')
    await page.goto('/personas')
    await page.waitForURL(/sign-in\?next=\/personas/)
  }))

test('a wrong password is reported in plain words', () =>
  withPage(async (page) => {
    await page.goto('/sign-in')
    await page.getByLabel('Email').fill('owner@acme.test')
    await page.getByLabel('Password', { exact: true }).fill('not the password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('That email and password do not fit.').waitFor()
  }))

test('after the sign-in, people get to the page that they wanted, and never to another site', () =>
  withPage(async (page) => {
    await signIn(page, 'Owner of Acme', '/settings/members')
    await page.getByText('viewer@acme.test').waitFor()
    await page.evaluate(() => localStorage.clear())
    await page.goto('/sign-in?next=//example.com')
    await page.getByRole('button', { name: 'Owner of Acme' }).click()
    await page.waitForURL('/')
    expect(new URL(page.url()).origin).toBe(productUrl)
  }))

test('a newcomer signs up, makes the first workspace, and can give work to an assistant at once', () =>
  withPage(async (page) => {
    await page.goto('/sign-up')
    await page.getByLabel('Your name').fill('Nora New')
    await page.getByLabel('Email').fill(`${randomUUID()}@example.test`)
    await page.getByLabel('Password', { exact: true }).fill('a-long-password')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('heading', { name: /first workspace/ }).waitFor()
    await page.getByLabel('Name').fill('Nora’s shop')
    await page.getByRole('button', { name: 'Create workspace' }).click()
    await page.getByRole('textbox', { name: 'What should Assistant do?' }).waitFor()
    await page
      .getByRole('main')
      .getByRole('link', { name: /Assistant/ })
      .waitFor()
  }))
