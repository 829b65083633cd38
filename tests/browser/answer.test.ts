/** The page behind the link of a mail: signed out, decides once, and nothing by being opened. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect, inject, test } from 'vitest'
import { ANSWER_AUDIENCE, answerLinkKey } from '../../contracts/answer-link.ts'
import { meOn } from './support/api.ts'
import { startRun, waitForStatus, withPage, withSignedIn } from './support/pages.ts'

async function linkFor(approvalId: string, userId: string): Promise<string> {
  const keys = JSON.parse(await readFile(join(inject('dataDir'), 'keys.json'), 'utf8'))
  const token = await new SignJWT({ user_id: userId })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(approvalId)
    .setAudience(ANSWER_AUDIENCE)
    .setExpirationTime('1h')
    .sign(await answerLinkKey(keys.encryptionKey))
  return `/answer#${token}`
}

test('the link of a mail shows the question, answers it once, and decides nothing by being opened', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const run = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    const me = await meOn(page)
    const { approvals } = await me.call<{ approvals: { id: string }[] }>(
      'GET',
      `/approvals?run_id=${run.split('/').pop()}`,
    )
    const asked = approvals[0]?.id ?? ''
    const link = await linkFor(asked, me.userId)
    await withPage(async (mail) => {
      await mail.goto(link)
      await mail.getByText('Olivia asks').waitFor()
      await mail.reload()
      await mail.getByText('Olivia asks').waitFor()
      const { approval } = await me.call<{ approval: { status: string } }>('GET', `/approvals/${asked}`)
      expect(approval.status).toBe('pending')
      await mail.getByLabel(/[Aa]nswer/).fill('Our Q3 sales: north 120, south 80')
      await mail.getByRole('button', { name: 'Send the answer' }).click()
      await mail.getByText('Thank you').waitFor()
      await mail.reload()
      await mail.getByText('This is answered already').waitFor()
    })
    await page.goto(run)
    await waitForStatus(page, 'Done')
  }))

test('a wrong link says so, and asks nobody to sign in', () =>
  withPage(async (page) => {
    await page.goto('/answer#not-a-token')
    await page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/answer')
  }))
