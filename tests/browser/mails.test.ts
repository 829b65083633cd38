/** Protects: people read a persona's mails before they are sent, and decide which mails need no approval. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailSettings } from '../../executor/engine/mail-server.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { cancelRun, startRun, waitForStatus, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()
let server: MailServer
beforeAll(async () => {
  server = await startMailServer()
  await stage.platform.startExecutor({
    mail: mailSettings({
      SMTP_URL: server.url,
      MAIL_FROM: 'Personas <office@test.invalid>',
      WEB_URL: stage.platform.embedded.webUrl,
    }),
  })
  // no built-in tool needs a secret
  await stage.platform.query("update tools set secrets = '{WEATHER_API_KEY,MAP_KEY}' where name = 'read_file'")
})
afterAll(() => server?.stop())

const asOwner = (work: (page: Page) => Promise<void>) => withSignedIn('Owner of Acme', work, stage.page)
const sent = (subject: string) => server.mails.filter(({ headers }) => headers.subject === subject)

/** Makes a persona and opens its tools. Returns its name. */
async function openTools(page: Page): Promise<string> {
  const name = `Writer ${crypto.randomUUID().slice(0, 8)}`
  await page.goto('/personas/new')
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create persona' }).click()
  await page.waitForURL(/\/personas\/[0-9a-f-]{36}$/)
  await page.goto(`${new URL(page.url()).pathname}/tools`)
  return name
}
const openRules = async (page: Page, tool: string) => {
  await page.getByRole('button', { name: `Rules for ${tool}` }).click()
  return page.getByRole('dialog')
}
async function choose(page: Page, box: ReturnType<Page['getByRole']>, option: string) {
  await box.click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

test('a mail is shown as a mail, edited in its fields, and sent once as edited', () =>
  asOwner(async (page) => {
    await startRun(page, 'Send a mail to ada@acme.test about lunch today: Noon? <b>Say yes</b>')
    await waitForStatus(page, 'Needs you')
    const mail = page.getByRole('article', { name: 'Mail' })
    await mail.getByText('Olivia, from this installation’s address').waitFor()
    await mail.getByText('ada@acme.test').waitFor()
    await mail.getByText('Noon? <b>Say yes</b>').waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('To', { exact: true }).fill('ada')
    await page.getByRole('button', { name: 'Approve as edited' }).click()
    await page.getByText('Not an address: ada').waitFor()
    await page.getByLabel('To', { exact: true }).fill('eve@globex.test')
    await page.getByLabel('Text').fill('One o’clock?')
    expect(sent('Lunch today'), 'nothing is sent before it is approved').toEqual([])
    await page.getByRole('button', { name: 'Approve as edited' }).click()
    await waitForStatus(page, 'Done')
    await page.getByText('Sent to eve@globex.test.').first().waitFor()
    const [mailed, ...more] = sent('Lunch today')
    expect(more).toEqual([])
    expect(mailed).toMatchObject({ to: ['eve@globex.test'], body: 'One o’clock?' })
  }))

test('if a run is cancelled while a mail is being sent, the page says that the outcome is unknown until the result arrives', () =>
  asOwner(async (page) => {
    server.mood = 'hold'
    try {
      await startRun(page, 'Send a mail to ada@acme.test about a slow server: Hello.')
      await waitForStatus(page, 'Needs you')
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await expect.poll(() => sent('A slow server')).toHaveLength(1)
      await cancelRun(page)
      const warning = page.getByText('It is not known whether this happened')
      await warning.waitFor()
      await page.getByText('The run ended while this was under way: Send email.').waitFor()
      server.release()
      await page.getByTestId('timeline').getByText('Its result arrived later.').waitFor()
      await warning.waitFor({ state: 'detached' })
      expect(sent('A slow server')).toHaveLength(1)
    } finally {
      server.mood = 'take'
      server.release()
    }
  }))

test('a mail to a known domain is sent, and any other mail needs approval', () =>
  asOwner(async (page) => {
    const name = await openTools(page)
    const rules = await openRules(page, 'Send email')
    await rules.getByRole('button', { name: 'Add a condition' }).click()
    const condition = rules.getByRole('group', { name: 'Condition 1' })
    const argument = condition.getByRole('combobox', { name: 'Field' })
    await argument.getByText('recipients (to, cc, bcc)', { exact: true }).waitFor()
    await choose(page, condition.getByRole('combobox', { name: 'Comparison' }), 'has an address outside')
    await condition.getByLabel('Domains').fill('acme.test, globex.test')
    const warning = rules.getByText('Addresses can also be in cc')
    expect(await warning.count()).toBe(0)
    await choose(page, argument, 'to')
    await warning.waitFor()
    await choose(page, argument, 'recipients (to, cc, bcc)')
    await choose(page, rules.getByRole('combobox', { name: 'Otherwise' }), 'Allow')
    await rules.getByRole('button', { name: 'Save' }).click()
    await rules.waitFor({ state: 'detached' })
    await page.reload()
    await page.getByText('Ask first when recipients has an address outside acme.test, globex.test').waitFor()

    await startRun(page, 'Send a mail to ada@acme.test about rule one: Hello.', name)
    await waitForStatus(page, 'Done')
    expect(sent('Rule one')).toHaveLength(1)
    await startRun(page, 'Send a mail to ada@acme.test and eve@else.test about rule two: Hello.', name)
    await waitForStatus(page, 'Needs you')
    expect(sent('Rule two')).toEqual([])
  }))

test('the first matching condition decides, and the order can be changed', () =>
  asOwner(async (page) => {
    const name = await openTools(page)
    let rules = await openRules(page, 'Send email')
    for (const [number, word, decision] of [
      [1, 'urgent', 'Allow'],
      [2, 'offer', 'Deny'],
    ] as const) {
      await rules.getByRole('button', { name: 'Add a condition' }).click()
      const condition = rules.getByRole('group', { name: `Condition ${number}` })
      await choose(page, condition.getByRole('combobox', { name: 'Field' }), 'subject')
      await choose(page, condition.getByRole('combobox', { name: 'Comparison' }), 'contains')
      await condition.getByLabel('Value').fill(word)
      await choose(page, condition.getByRole('combobox', { name: 'Then' }), decision)
    }
    await rules.getByRole('button', { name: 'Save' }).click()
    await rules.waitFor({ state: 'detached' })
    await startRun(page, 'Send a mail to ada@acme.test about urgent offer A: Hello.', name)
    await waitForStatus(page, 'Done')
    expect(sent('Urgent offer A')).toHaveLength(1)

    await page.goto('/personas')
    await page.getByRole('link', { name }).click()
    await page.getByRole('navigation', { name: 'Pages of this persona' }).getByRole('link', { name: 'Tools' }).click()
    rules = await openRules(page, 'Send email')
    await rules.getByRole('group', { name: 'Condition 2' }).getByRole('button', { name: 'Move up' }).click()
    await rules.getByRole('button', { name: 'Save' }).click()
    await rules.waitFor({ state: 'detached' })
    await startRun(page, 'Send a mail to ada@acme.test about urgent offer B: Hello.', name)
    await waitForStatus(page, 'Done')
    await page
      .getByText(/was not allowed/)
      .first()
      .waitFor()
    expect(sent('Urgent offer B')).toEqual([])
  }))

test('an admin grants the secrets that a tool needs, and sees which are not saved', () =>
  asOwner(async (page) => {
    await openTools(page)
    const rules = await openRules(page, 'Read file')
    await rules.getByText('There is no value yet').first().waitFor()
    await rules.getByRole('checkbox', { name: 'WEATHER_API_KEY' }).check()
    await rules.getByRole('button', { name: 'Save' }).click()
    await rules.waitFor({ state: 'detached' })
    await page.reload()
    await page.getByText('May use the secrets WEATHER_API_KEY').waitFor()
    await openRules(page, 'Read file')
    expect(await rules.getByRole('checkbox', { name: 'WEATHER_API_KEY' }).isChecked()).toBe(true)
    expect(await rules.getByRole('checkbox', { name: 'MAP_KEY' }).isChecked()).toBe(false)
    await rules.getByRole('checkbox', { name: 'WEATHER_API_KEY' }).uncheck()
    await rules.getByRole('button', { name: 'Save' }).click()
    await page.getByText('May use the secrets WEATHER_API_KEY').waitFor({ state: 'detached' })
  }))
