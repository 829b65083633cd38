/** Protects: a second factor, sessions and the end of an account work from the pages, as a person uses them. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { stepAt, totpCode } from '../../supabase/embedded/auth/totp.ts'
import { newcomer, withPage } from './support/pages.ts'

const codeNow = (secret: string, away = 0) => totpCode(secret, stepAt(Date.now()) + away)

test('a second factor is set up, asked for at the next sign-in, and removed with the account', () =>
  withPage(async (page) => {
    const email = `${randomUUID()}@example.test`
    await newcomer(page, email)
    await page.goto('/settings/account')
    await page.getByRole('list', { name: 'Sessions' }).getByText('this one').waitFor()
    await page.getByLabel('Name of the device').fill('My phone')
    await page.getByRole('button', { name: 'Set up an authenticator' }).click()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    const secret = await page.getByTestId('totp-secret').innerText()
    await page.getByLabel('Code').fill(codeNow(secret, -1))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('list', { name: 'Authenticators' }).getByText('My phone').waitFor()

    await page.getByRole('button', { name: /account menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL('/sign-in')
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('a-long-password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await page.goto('/personas')
    await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
    await page.getByLabel('Code').fill('000000')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('That code does not fit.').waitFor()
    await page.getByLabel('Code').fill(codeNow(secret))
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForURL('/personas')

    await page.goto('/settings/account')
    await page.getByRole('button', { name: 'Delete …' }).click()
    await page.getByLabel(`Type “${email}” to confirm`).fill(email)
    await page.getByRole('button', { name: 'Delete my account' }).click()
    await page.waitForURL('/sign-in')
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('a-long-password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('That email and password do not fit.').waitFor()
  }))

test('without a mail server, a new password is not promised by mail', () =>
  withPage(async (page) => {
    await page.goto('/forgot-password')
    await page.getByLabel('Email').fill('owner@acme.test')
    await page.getByRole('button', { name: 'Make the link' }).click()
    await page.getByText('No mail was sent').waitFor()
    expect(await page.getByText('Check your mail').count()).toBe(0)
  }))
