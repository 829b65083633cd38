/** The first hour of a new user, as one story: from an empty installation to work that they trust. */
import type { Page } from 'playwright-core'
import { inject, test } from 'vitest'
import type { WebConfig } from '../../contracts/web-config.ts'
import { addScript } from '../../demo-model/client.ts'
import { createApi } from '../../sdk/index.ts'
import { newcomer, productUrl, withPage } from './support/pages.ts'

const MINUTES_5 = 300_000

const turn = (page: Page, number: number) => page.getByTestId('turn').nth(number - 1)
const answerOf = (page: Page, number: number) => turn(page, number).getByTestId('output')
const ended = (page: Page, number: number, status: string) =>
  turn(page, number).getByTestId('run-status').filter({ hasText: status }).waitFor({ timeout: 60_000 })

async function say(page: Page, text: string) {
  const box = page.getByRole('textbox', { name: /^Message to/ })
  await box.fill(text)
  await box.press('Enter')
}

const regions = {
  name: 'regions.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from('region,2024,2025\nNorth,100,150\nSouth,80,60\n'),
}

test(
  'the first hour',
  () =>
    withPage(async (page) => {
      await newcomer(page)

      // first work, by a chip
      const chips = page.getByRole('list', { name: 'Examples' }).getByRole('button')
      await chips.first().click()
      await page.getByRole('button', { name: 'Start' }).click()
      await page.waitForURL(/\/conversations\//)
      await ended(page, 1, 'Done')
      await answerOf(page, 1).waitFor()

      // a follow-up with an attachment
      await page.locator('input[type=file]').setInputFiles(regions)
      await say(page, 'Compare the years in this file: which region grew most?')
      await ended(page, 2, 'Done')
      await answerOf(page, 2).getByText(/North/).first().waitFor()
      await answerOf(page, 2).getByText(/50/).first().waitFor()

      // a request that the demo model refuses, and says so
      await say(page, 'Translate it into French.')
      await ended(page, 3, 'Failed')
      await turn(page, 3).getByRole('heading', { name: 'Not done' }).waitFor()
      await turn(page, 3).getByRole('link', { name: 'Connect a model' }).waitFor()

      // a mail, approved by a person, in the outbox
      await say(page, 'Write a mail to anna@example.com that the meeting moves to 3 pm')
      await turn(page, 4).getByRole('button', { name: 'Approve', exact: true }).click()
      await ended(page, 4, 'Done')
      await page.getByRole('link', { name: 'Outbox' }).click()
      await page.getByRole('list', { name: 'Mails in the outbox' }).getByRole('link').first().click()
      await page.getByRole('article', { name: 'Mail' }).getByText('anna@example.com').waitFor()
      await page.getByText('This mail was not sent.').waitFor()

      // a provider
      const model = await addScript(inject('modelUrl'), [{ text: 'Here speaks the connected model.' }])
      await page.goto('/settings/models')
      await page.getByRole('button', { name: 'Add a provider' }).click()
      await page.getByLabel('Name').fill('office')
      await page.getByLabel('Base URL').fill(inject('modelUrl'))
      await page.getByLabel('API key').fill('sk-test')
      await page.getByLabel('Models', { exact: true }).fill(model)
      await page.getByLabel('Models', { exact: true }).press('Enter')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'Your default provider is in use' }).waitFor()

      // a key, used by a script
      await page.goto('/settings/keys')
      await page.getByRole('button', { name: 'New API key' }).click()
      await page.getByLabel('Name').fill('Nightly report')
      await page.getByRole('checkbox', { name: 'Read', exact: true }).click()
      await page.getByRole('button', { name: 'Make the key' }).click()
      const key = await page.getByRole('textbox', { name: 'API key' }).inputValue()
      await workByScript(key)
      await page.goto('/runs')
      await page.getByRole('link', { name: /Say who you are/ }).click()
      await page.getByText('Here speaks the connected model.').waitFor()

      // what it cost, and what happened
      await page.getByRole('link', { name: 'Spending' }).click()
      await page.getByRole('region', { name: 'Spending by model' }).getByText(model).first().waitFor()
      await page.getByRole('link', { name: 'Activity' }).click()
      await page
        .getByText(/Nightly report/)
        .first()
        .waitFor()
    }),
  MINUTES_5,
)

/** As a script does it: with a key, without a browser. */
async function workByScript(key: string): Promise<void> {
  const { publishable_key: publishableKey } = (await (await fetch(`${productUrl}/config.json`)).json()) as WebConfig
  const api = createApi({ url: productUrl, publishableKey, accessToken: async () => key })
  const [persona] = await api.personas.list()
  await api.runs.create({ persona_id: persona?.id ?? '', input: 'Say who you are.' })
}
