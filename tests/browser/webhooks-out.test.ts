/** Protects: outbound events. The log of deliveries, sending one again, and changing a webhook. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const port = await freePort()
const here = `127.0.0.1:${port}`
const stage = useStage({ INTERNAL_HOSTS: here })
/** The requests that came in, and the answers to give, by path. Each test has its own path. */
const received: { path: string; headers: IncomingHttpHeaders; body: string }[] = []
const answers = new Map<string, number>()
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const path = request.url ?? ''
  received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() })
  response.writeHead(answers.get(path) ?? 200).end()
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await stage.platform.startExecutor({ internalHosts: new Set([here]) })
})
afterAll(() => server.close())

const addressOf = (path: string) => `http://${here}${path}`
const arrivals = (path: string) => received.filter((request) => request.path === path)

const asAdmin = (work: (page: Page) => Promise<void>) => withSignedIn('Admin of Acme', work, stage.page)

/** Makes a webhook for finished runs, and opens its log of deliveries. */
async function webhookTo(page: Page, path: string) {
  const name = `Out ${randomUUID().slice(0, 8)}`
  await page.goto('/settings/webhooks')
  await page.getByRole('button', { name: 'New webhook' }).click()
  await page.getByRole('radio', { name: /^Outgoing/ }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('URL').fill(addressOf(path))
  await page.getByRole('checkbox', { name: 'A run is done' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  const secret = await page.getByRole('textbox', { name: 'Secret', exact: true }).inputValue()
  await page.getByRole('button', { name: 'I have saved it' }).click()
  return { name, secret, row: rowOf(page, name) }
}
// the item with the button, because the deliveries inside are list items as well
const rowOf = (page: Page, name: string) =>
  page
    .getByRole('list', { name: 'Webhooks' })
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: `Deliveries of ${name}` }) })

async function runOnce(turns: Parameters<typeof stage.platform.persona>[0]): Promise<string> {
  const persona = await stage.platform.persona(turns)
  const run = await stage.platform.createRun(persona.id)
  await stage.platform.ended(run)
  return run
}
const done = [{ text: 'Done.' }]

/** Reloads the log until the newest delivery is as expected. */
const newest = (row: ReturnType<typeof rowOf>) => row.getByRole('list', { name: 'Deliveries' }).getByRole('listitem')
async function expectNewest(row: ReturnType<typeof rowOf>, text: string | RegExp) {
  await expect
    .poll(
      async () => {
        await row.getByRole('button', { name: 'Refresh' }).click()
        return newest(row).first().textContent()
      },
      { interval: 500 },
    )
    .toMatch(text)
}

test('a delivery is in the log, and is sent again with the same id', () =>
  asAdmin(async (page) => {
    const path = `/${randomUUID()}`
    const { row, name, secret } = await webhookTo(page, path)
    const run = await runOnce(done)
    await expect.poll(() => arrivals(path).length).toBe(1)
    await row.getByRole('button', { name: `Deliveries of ${name}` }).click()
    await expectNewest(row, /^Delivered.*A run is done.*HTTP 200/)
    await row.getByRole('button', { name: 'Send again' }).click()
    await page
      .getByRole('region', { name: /Notifications/ })
      .getByText('It is being sent again')
      .waitFor()
    await expect.poll(() => arrivals(path).length).toBe(2)
    await expectNewest(row, /^Delivered/)
    expect(await newest(row).count(), 'the same delivery, not a new one').toBe(1)

    const [first, second] = arrivals(path)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.body).toBe(first?.body)
    for (const { body, headers } of arrivals(path)) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
        data: { run_id: run },
      })
    }
  }))

test('a failure is shown, and a webhook that was switched off for it can be switched on and send again', () =>
  asAdmin(async (page) => {
    const path = `/${randomUUID()}`
    answers.set(path, 503)
    const { row, name } = await webhookTo(page, path)
    // its last good answer was days ago
    await stage.platform.query(
      "update webhook_endpoints set failing_since = now() - interval '4 days' where name = $1",
      [name],
    )
    await runOnce(done)
    await expect.poll(() => arrivals(path).length).toBe(1)
    await row.getByRole('button', { name: `Deliveries of ${name}` }).click()
    await expectNewest(row, /HTTP 503.*The endpoint answered 503\./)
    await page.reload()
    await row.getByText('It has not answered for three days.').waitFor()
    expect(await row.getByRole('switch').isChecked()).toBe(false)
    await row.getByRole('button', { name: `Deliveries of ${name}` }).click()
    // the next attempt finds the webhook switched off
    await expectNewest(row, /^Failed.*switched off/)
    await row.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('This webhook is switched off. Switch it on first.').first().waitFor()
    expect(arrivals(path).length).toBe(1)

    answers.set(path, 200)
    await row.getByRole('switch').click()
    await row.getByText('It has not answered for three days.').waitFor({ state: 'detached' })
    await row.getByRole('button', { name: 'Send again' }).click()
    await expectNewest(row, /^Delivered/)
    expect(arrivals(path).length).toBe(2)
  }))

test('a changed webhook sends other events to another address, signed as before', () =>
  asAdmin(async (page) => {
    const [before, after] = [`/${randomUUID()}`, `/${randomUUID()}`]
    const { row, name, secret } = await webhookTo(page, before)
    await row.getByRole('button', { name: `Edit ${name}` }).click()
    await page.getByRole('heading', { name: `Edit ${name}` }).waitFor()
    expect(await page.getByLabel('URL').inputValue()).toBe(addressOf(before))
    await page.getByLabel('Name').fill(`${name} II`)
    await page.getByLabel('URL').fill(addressOf(after))
    await page.getByRole('checkbox', { name: 'A run is done' }).click()
    await page.getByRole('checkbox', { name: 'A run has failed' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: `Edit ${name}` }).waitFor({ state: 'detached' })
    const changed = rowOf(page, `${name} II`)
    await changed.getByText('All personas · A run has failed').waitFor()
    await page.reload()
    await changed.getByText(addressOf(after)).waitFor()

    await runOnce(done)
    const failed = await runOnce([{ error: { status: 401, message: 'No.' } }])
    await expect.poll(() => arrivals(after).length).toBe(1)
    const [{ body, headers }] = arrivals(after) as [(typeof received)[number]]
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'run.failed',
      data: { run_id: failed },
    })
    expect(arrivals(before)).toEqual([])
  }))
