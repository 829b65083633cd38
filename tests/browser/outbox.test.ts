/** The outbox of an installation without a mail server: people see the whole way of a mail, and that it was not sent. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { waitForStatus, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()
beforeAll(async () => {
  await stage.platform.startExecutor({ outboxSender: 'office@test.invalid' })
})

const draft = { to: ['ada@acme.test'], cc: ['bob@acme.test'], body: 'Dear Ada,\n\non Friday.\n\nOlivia' }

/** A run that has asked whether it may send this mail. Returns its path. */
async function askedRun(subject: string): Promise<string> {
  const mail = { ...draft, subject }
  const persona = await stage.platform.persona([
    { tool_calls: [{ name: 'send_email', arguments: mail }] },
    { text: 'It is in the outbox.' },
  ])
  const run = await stage.platform.createRun(persona.id)
  await stage.platform.until(run, ({ waiting_for }) => waiting_for === 'approval')
  return `/runs/${run}`
}

/** Approves the mail on the run's page with another text, and opens it in the outbox. */
async function approveEdited(page: Page, subject: string, text: string) {
  await page.goto(await askedRun(subject))
  await page.getByText(/^Mails stay in the outbox and are not sent/).waitFor()
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill(text)
  await page.getByRole('button', { name: 'Approve as edited' }).click()
  await waitForStatus(page, 'Done')
  await page.goto('/outbox')
  const line = page
    .getByRole('list', { name: 'Mails in the outbox' })
    .getByRole('listitem')
    .filter({ has: page.getByText(subject, { exact: true }) })
  await line.getByText('Not sent').waitFor()
  await line.getByRole('link').click()
  await page.getByRole('article', { name: 'Mail' }).waitFor()
}

test('a mail is approved as always, and then stands in the outbox as its recipients would see it', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const text = 'Dear Ada,\n\non <b>Monday</b>: https://evil.test\n\nOlivia'
      await approveEdited(page, 'Our meeting', text)
      const mail = page.getByRole('article', { name: 'Mail' })
      await mail.getByRole('heading', { name: 'Our meeting' }).waitFor()
      for (const part of ['ada@acme.test', 'bob@acme.test', /^Persona \w{8} <office@test\.invalid>$/]) {
        await mail.getByText(part).waitFor()
      }
      expect(await mail.locator('p').innerText(), 'the text as it is, and no markup').toBe(text)
      expect(await mail.getByRole('link').count()).toBe(0)
      await page.getByRole('status').getByText('This mail was not sent.').waitFor()
      await page.getByRole('link', { name: 'See the run' }).click()
      await page.waitForURL(/\/runs\//)
    },
    stage.page,
  ))

test('it fits a phone, in both colours, with a long subject and a long word', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await approveEdited(page, `Long ${'subject '.repeat(20)}`.trim(), 'w'.repeat(500))
      for (const path of [new URL(page.url()).pathname, '/outbox']) {
        await page.goto(path)
        await page.getByText('Not sent').first().waitFor()
        expect(await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth), path).toBe(0)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          const { violations } = await new AxeBuilder({ page }).analyze()
          expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])
        }
      }
    },
    { ...stage.page, viewport: { width: 390, height: 844 } },
  ))

test('who may only look at a persona does not read its mail', async () => {
  await withSignedIn('Owner of Acme', (page) => approveEdited(page, 'Between us', 'Dear Ada'), stage.page)
  await withSignedIn(
    'Viewer of Acme',
    async (page) => {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Outbox' }).click()
      await page.getByText('No mail yet').waitFor()
    },
    stage.page,
  )
})
