/** The page of a run follows the work, keeps what is asked in sight, and shows all of what was given. */
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import type { Turn } from '../../demo-model/scripts.ts'
import { cancelRun, waitForStatus, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()
beforeAll(() => stage.platform.startExecutor())

const write = (name: string): Turn => ({
  text: `Now comes ${name}.`,
  tool_calls: [{ name: 'write_file', arguments: { path: name, content: 'x' } }],
})
const files = (count: number) => Array.from({ length: count }, (_, index) => write(`file-${index}.txt`))
const ask: Turn = { tool_calls: [{ name: 'ask_human', arguments: { question: 'Which colour shall it be?' } }] }
const longAnswer: Turn = { text: 'Thank you. '.repeat(300) }

/** A persona that follows `turns`, whose files need nobody's consent, and its run. */
async function startScripted(page: Page, turns: Turn[], task = 'Write the files.'): Promise<string> {
  const { platform } = stage
  const persona = await platform.persona(turns)
  const id = await platform.createRun(persona.id, task)
  await page.goto(`/runs/${id}`)
  return id
}

/** How many pixels are below what the reader sees, and above it. */
const position = (page: Page) =>
  page
    .locator('[data-slot="body"]')
    .filter({ has: page.getByRole('main') })
    .evaluate((pane) => ({ below: pane.scrollHeight - pane.scrollTop - pane.clientHeight, above: pane.scrollTop }))

const scroll = async (page: Page, pixels: number) => {
  await page.getByRole('main').hover()
  await page.mouse.wheel(0, pixels)
}

test('it follows the work from the top, leaves a reader alone who scrolls away, and pins the open question', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await startScripted(page, [...files(12), ask, longAnswer])
      await waitForStatus(page, 'Needs you')
      const form = page.getByLabel('Your answer')
      await form.waitFor()
      await expect.poll(async () => (await position(page)).below).toBeLessThan(5)
      const { above } = await position(page)
      expect(above, 'the page is longer than the screen').toBeGreaterThan(300)
      const pinned = page.getByRole('region', { name: 'Open question' })
      expect(await pinned.count(), 'the question itself is in sight').toBe(0)

      await scroll(page, -5_000)
      await pinned.getByText('Which colour shall it be?').waitFor()
      await pinned.getByRole('button', { name: 'Answer' }).click()
      await pinned.waitFor({ state: 'detached' })
      expect(await form.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true)
      await form.fill('Blue')
      await scroll(page, -5_000)
      await form.press('Tab')
      await scroll(page, -5_000)
      await page
        .getByRole('button', { name: 'Send the answer' })
        .evaluate((button: { click(): void }) => button.click())
      await waitForStatus(page, 'Done')
      expect((await position(page)).above, 'a reader at the top stays there').toBe(0)
    },
    stage.page,
  ))

test('searching, describing and planning are one folded line', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await startScripted(page, [
        { tool_calls: [{ name: 'tool_search', arguments: { query: 'a spreadsheet' } }] },
        { tool_calls: [{ name: 'tool_describe', arguments: { ids: ['generate_spreadsheet'] } }] },
        { tool_calls: [{ name: 'update_plan', arguments: { items: [{ title: 'Make it', status: 'active' }] } }] },
        write('sheet.txt'),
        { text: 'Here it is.' },
      ])
      await waitForStatus(page, 'Done')
      const fold = page.getByRole('button', { name: 'Looked for tools, read about tools, and updated the plan' })
      await fold.waitFor()
      expect(await page.getByText('Looked for a tool').count()).toBe(0)
      await fold.click()
      await page.getByText('Looked for a tool: a spreadsheet').waitFor()
      await page.locator('[data-kind="tool"]').getByText('Write file').waitFor()
    },
    stage.page,
  ))

test('a long task can be read in full', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const lines = Array.from({ length: 40 }, (_, index) => `Line ${index + 1} of what is to be done.`)
      await startScripted(page, [{ text: 'Done.' }], lines.join('\n'))
      const last = page.getByText('Line 40 of what is to be done.')
      const height = () => last.evaluate((text) => text.getBoundingClientRect().height)
      await last.waitFor()
      const cut = await height()
      await page.getByRole('button', { name: 'Show all' }).click()
      await expect.poll(height).toBeGreaterThan(4 * cut)
      await page.getByRole('button', { name: 'Show less' }).click()
      await expect.poll(height).toBe(cut)
    },
    stage.page,
  ))

test('a screen reader hears new steps, questions and errors', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await startScripted(page, [ask, write('heard.txt'), { error: { status: 400, message: 'No.' } }])
      await waitForStatus(page, 'Needs you')
      const urgent = page.getByTestId('urgent-news')
      await page.getByLabel('Your answer').fill('Blue')
      await page.getByRole('button', { name: 'Send the answer' }).click()
      await page.getByRole('log', { name: 'Steps' }).getByText('Write file: Done.').waitFor({ state: 'attached' })
      await urgent.getByText(/The run has ended: Failed\./).waitFor({ state: 'attached' })
    },
    stage.page,
  ))

test('what a program prints streams, and is kept when the run is cancelled', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const code = "import time\nfor n in range(600):\n    print('tick', n, flush=True)\n    time.sleep(0.1)"
      const id = await startScripted(page, [
        { tool_calls: [{ name: 'run_code', arguments: { language: 'python', code } }] },
      ])
      const printed = page.getByTestId('printed')
      await printed.getByText(/tick 5\b/).waitFor()
      await cancelRun(page)
      await page.locator('[data-kind="tool"]').getByText('Cancelled').waitFor()
      await printed.getByText(/^tick 0\n/).waitFor()
      await page.goto(`/runs/${id}`)
      await printed.getByText(/^tick 0\n[\s\S]*tick 5\n/).waitFor()
    },
    stage.page,
  ))
