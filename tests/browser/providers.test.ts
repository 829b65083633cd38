/** A model provider from nothing: a preset, a test that names what is wrong, models that are found, a price, and a run. */
import { createServer } from 'node:http'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { waitForStatus, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const [port, deadPort] = [await freePort(), await freePort()]
const here = `127.0.0.1:${port}`
const dead = `127.0.0.1:${deadPort}`
const stage = useStage({ INTERNAL_HOSTS: `${here} ${dead}` })

const models = { data: [{ id: 'tiny' }, { id: 'grand' }] }
const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`
const delta = (part: object, more: object = {}) => event({ id: 'c', choices: [{ index: 0, delta: part, ...more }] })
const toolCall = { index: 0, id: 'x', type: 'function', function: { name: 'add_numbers', arguments: '{"a":2,"b":3}' } }
const end =
  delta({}, { finish_reason: 'stop' }) +
  event({ choices: [], usage: { prompt_tokens: 1000, completion_tokens: 500 } }) +
  'data: [DONE]\n\n'

/** A model server that wants a key, and calls the tool of the test. */
const server = createServer((request, response) => {
  request.resume()
  if (request.headers.authorization !== 'Bearer right-key') return response.writeHead(401).end('{}')
  if (request.url === '/v1/models') return response.end(JSON.stringify(models))
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(delta({ tool_calls: [toolCall] }) + end)
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await stage.platform.startExecutor({ internalHosts: new Set([here, dead, new URL(stage.platform.modelUrl).host]) })
})
afterAll(() => server.close())

const asAdmin = (work: (page: Page) => Promise<void>) => withSignedIn('Admin of Acme', work, stage.page)
const report = (page: Page) => page.getByRole('region', { name: 'Result of the test' })
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true })

async function newProvider(page: Page, kind: string) {
  await page.goto('/settings/models')
  await page.getByRole('button', { name: 'Add a provider' }).click()
  await page.getByRole('combobox', { name: 'Kind of server' }).click()
  await page.getByRole('option', { name: kind, exact: true }).click()
}

test('a preset, a wrong key, the right key, models to choose, and what the call cost', () =>
  asAdmin(async (page) => {
    await newProvider(page, 'LiteLLM')
    expect(await page.getByLabel('Base URL').inputValue()).toBe('http://localhost:4000/v1')
    await page.getByLabel('Name').fill('found-models')
    await page.getByLabel('Base URL').fill(`http://${here}/v1`)
    await page.getByLabel('API key').fill('wrong-key')
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await report(page)
      .getByText(/refused the API key.*Check the key/)
      .waitFor()

    await page.getByLabel('API key').fill('right-key')
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await report(page).getByText('tiny called the tool.').waitFor()
    await report(page)
      .getByText(/This call cost €\d.*1000 tokens in, 500 out.*tiny has no price yet/)
      .waitFor()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])

    await field(page, 'Models').click()
    await page.getByRole('option', { name: 'grand' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Save' }).click()

    const line = page.getByRole('listitem').filter({ hasText: 'found-models' }).first()
    await line.getByText('grand', { exact: true }).waitFor()
    await line.getByRole('button', { name: 'Test found-models' }).click()
    await report(page).getByText('grand called the tool.').waitFor()
    await report(page)
      .getByText(/grand has no price yet/)
      .waitFor()
    expect(await page.content()).not.toContain('right-key')
    const left = await stage.platform.query('select 1 from provider_tests where api_key is not null')
    expect(left, 'no key stays with a test').toEqual([])
  }))

test('a default that does not answer is named in the run, with a way to mend it', () =>
  asAdmin(async (page) => {
    await newProvider(page, 'Ollama')
    await page.getByLabel('Name').fill('gone')
    await page.getByLabel('Base URL').fill(`http://${dead}/v1`)
    await field(page, 'Models').fill('small')
    await field(page, 'Models').press('Enter')
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await report(page).getByText(`Nothing answers at ${dead}. Start the server there, and check the port.`).waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('listitem').filter({ hasText: dead }).waitFor()

    const persona = await stage.platform.persona([{ text: 'Never.' }], { limits: { max_attempts: 1 } })
    await stage.platform.query(
      `update persona_versions set model = '{"primary": "gone/small"}' where persona_id = $1`,
      [persona.id],
    )
    const run = await stage.platform.createRun(persona.id)
    await page.goto(`/runs/${run}`)
    await waitForStatus(page, 'Failed')
    await page.getByText(`It was small at ${dead} (provider gone).`).first().waitFor()
    await page.getByRole('link', { name: 'See the models' }).click()
    await page.getByRole('button', { name: 'Test gone' }).waitFor()
  }))
