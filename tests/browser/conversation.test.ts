/** A conversation with a persona, as a person has it: from the first task to a message that is tried again. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import type { Turn } from '../../demo-model/scripts.ts'
import { newcomer, waitForStatus, withPage, withSignedIn } from './support/pages.ts'
import { useStage } from './support/stage.ts'

const stage = useStage()
beforeAll(() => stage.platform.startExecutor())

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
const SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(50)"

const write = (name: string): Turn => ({
  tool_calls: [{ name: 'write_file', arguments: { path: name, content: 'Rome, 7' } }],
})
const program: Turn = { tool_calls: [{ name: 'run_code', arguments: { language: 'python', code: SLOW } }] }
/** Runs until the test lets it go on. */
const UNTIL_GO = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.05)"
const wait: Turn = { tool_calls: [{ name: 'run_code', arguments: { language: 'python', code: UNTIL_GO } }] }

const composer = (page: Page) => page.getByRole('textbox', { name: /^Message to/ })
const turn = (page: Page, number: number) => page.getByTestId('turn').nth(number - 1)
const say = async (page: Page, text: string) => {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

/** A persona of its own whose model follows `turns` after each message. */
const personaThat = async (turns: Turn[]) => (await stage.platform.persona(turns)).id

/** From now on the model follows `turns`. */
async function follow(personaId: string, turns: Turn[]) {
  const next = await stage.platform.persona(turns)
  await stage.platform.query(
    `update personas set current_version_id = (select current_version_id from personas where id = $2) where id = $1`,
    [personaId, next.id],
  )
}

/** Gives the persona its first work on its page, and returns once the conversation shows. */
async function begin(page: Page, personaId: string, task: string) {
  await page.goto(`/personas/${personaId}`)
  const box = page.getByRole('textbox', { name: /^What should/ })
  await box.fill(task)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForURL(/\/conversations\/[0-9a-f-]{36}$/)
}

/** Gives the composer a file as the browser does when somebody pastes or drops it. */
const give = (page: Page, how: 'paste' | 'drop', name: string, content: string) =>
  composer(page).evaluate(
    (field, { how, name, content }) => {
      const { DataTransfer, ClipboardEvent, DragEvent } = globalThis as unknown as Record<
        string,
        new (
          ...args: unknown[]
          // biome-ignore lint/suspicious/noExplicitAny: the browser's own classes, which Node's types do not have
        ) => any
      >
      const data = new DataTransfer!()
      data.items.add(new File([content], name, { type: 'text/csv' }))
      const init = { bubbles: true, cancelable: true }
      if (how === 'paste') field.dispatchEvent(new ClipboardEvent!('paste', { ...init, clipboardData: data }))
      else
        for (const type of ['dragenter', 'dragover', 'drop'])
          field.dispatchEvent(new DragEvent!(type, { ...init, dataTransfer: data }))
    },
    { how, name, content },
  )

test('work, a follow-up with files, a message while under way, stop, and the last message rewritten', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const persona = await personaThat([write('cities.csv'), { text: 'The file is **there**.' }])
      await begin(page, persona, 'Make a file of cities.')
      const first = turn(page, 1)
      await first.getByTestId('output').getByText('The file is there.').waitFor()
      await first.getByTestId('message').getByText('Make a file of cities.').waitFor()

      // the work is folded under the answer
      expect(await first.getByTestId('timeline').count()).toBe(0)
      await first.getByRole('button', { name: 'Show the work' }).click()
      await first.locator('[data-kind="tool"]').getByText('Write file').waitFor()
      await first.getByRole('button', { name: 'Hide the work' }).click()

      // a follow-up with a pasted and a dropped file
      await follow(persona, [{ text: 'I have read both files.' }])
      await give(page, 'paste', 'pasted.csv', 'city,sales\nBerlin,12\n')
      await page.getByRole('button', { name: 'Remove pasted.csv' }).waitFor()
      await give(page, 'drop', 'dropped.csv', 'city,sales\nOslo,3\n')
      await page.getByRole('button', { name: 'Remove dropped.csv' }).waitFor()
      await say(page, 'And what is in these?')
      const second = turn(page, 2)
      await second.getByTestId('output').getByText('I have read both files.').waitFor()
      expect(await composer(page).inputValue()).toBe('')
      await second.getByRole('button', { name: 'Open dropped.csv' }).click()
      await page.getByTestId('preview').getByRole('cell', { name: 'Oslo' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByTestId('preview').waitFor({ state: 'detached' })

      // a message while the run is under way
      await follow(persona, [wait, { text: 'Blue it is.' }])
      await say(page, 'Paint it.')
      const third = turn(page, 3)
      await third.locator('[data-kind="tool"]').getByText('Working').waitFor()
      await say(page, 'In blue, please.')
      await third.getByTestId('message-waits').getByText('will be read before the next step').waitFor()
      await writeFile(join(stage.platform.folder, 'workspaces', persona, 'go'), '')
      await third.getByTestId('message-waits').waitFor({ state: 'detached' })
      await third.getByTestId('output').waitFor()
      expect(await page.getByTestId('turn').count(), 'it reached the run under way').toBe(3)

      // stop
      await follow(persona, [program])
      await say(page, 'Count for a long time.')
      const fourth = turn(page, 4)
      await fourth.getByTestId('printed').getByText('begun').waitFor()
      await page.getByRole('button', { name: 'Stop' }).click()
      await fourth.getByTestId('run-status').getByText('Cancelled').waitFor()

      // the last message rewritten replaces the turn
      await follow(persona, [{ text: 'One, two, three.' }])
      await fourth.getByRole('button', { name: 'Rewrite this message' }).click()
      await page.getByRole('textbox', { name: 'Your message' }).fill('Count to three.')
      await page.getByRole('button', { name: 'Send again' }).click()
      await turn(page, 4).getByTestId('output').getByText('One, two, three.').waitFor()
      await turn(page, 4).getByTestId('message').getByText('Count to three.').waitFor()
      expect(await page.getByText('Count for a long time.').count()).toBe(0)
      expect(await page.getByTestId('turn').count()).toBe(4)

      // a reload shows the same, and the run page leads back
      await page.reload()
      await turn(page, 4).getByTestId('output').getByText('One, two, three.').waitFor()
      expect(await page.getByTestId('turn').count()).toBe(4)
      const path = new URL(page.url()).pathname
      await page.getByRole('button', { name: 'More about turn 1' }).click()
      await page.getByRole('menuitem', { name: 'All about this run' }).click()
      await page.getByRole('main').getByRole('link', { name: 'Conversation', exact: true }).click()
      await page.waitForURL(path)
    },
    stage.page,
  ))

test('a question is asked and answered in place', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const ask: Turn = { tool_calls: [{ name: 'ask_human', arguments: { question: 'Which colour?' } }] }
      await begin(page, await personaThat([ask, { text: 'Blue it is.' }]), 'Paint it.')
      await waitForStatus(page, 'Needs you')
      await page.getByTestId('urgent-news').getByText('Question: Which colour?').waitFor({ state: 'attached' })
      await page.getByLabel('Your answer').fill('Blue')
      await page.getByRole('button', { name: 'Send the answer' }).click()
      await page.getByTestId('output').getByText('Blue it is.').waitFor()
    },
    stage.page,
  ))

test('it is found, renamed, archived and taken back', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      const task = `Paint house number ${Math.floor(Math.random() * 1e9)}`
      await begin(page, await personaThat([{ text: 'Painted.' }]), task)
      await page.getByTestId('output').waitFor()
      const path = new URL(page.url()).pathname
      const title = `${task}, renamed`
      await page.getByRole('button', { name: 'Change the title' }).click()
      await page.getByRole('textbox', { name: 'Title' }).fill(title)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1 }).getByText(title).waitFor()

      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Conversations' }).click()
      const line = page.getByRole('main').getByRole('link', { name: title })
      await page.getByRole('searchbox', { name: 'Search in conversations' }).fill(task)
      await line.getByText('Done').waitFor()
      await page.getByRole('searchbox').fill('nothing is called this')
      await page.getByText('No conversation fits').waitFor()
      await page.getByRole('searchbox').fill(task)
      await line.click()
      await page.waitForURL(path)

      const choose = async (item: string) => {
        await page.getByRole('button', { name: 'More about this conversation' }).click()
        await page.getByRole('menuitem', { name: item }).click()
      }
      const archived = page.getByText('This conversation is in the archive')
      await choose('Archive')
      await archived.waitFor()
      await page.getByRole('button', { name: 'Undo' }).click()
      await archived.waitFor({ state: 'detached' })
      await choose('Archive')
      await archived.waitFor()
      await page.goto('/conversations?shelf=archive')
      await line.click()
      await choose('Take out of the archive')
      await archived.waitFor({ state: 'detached' })
    },
    stage.page,
  ))

test('on a phone: a message is sent by the button, and nothing is wider than the screen', () =>
  withSignedIn(
    'Owner of Acme',
    async (page) => {
      await begin(page, await personaThat([{ text: `A long word: ${'w'.repeat(300)}` }]), 'Say a long word.')
      await page.getByTestId('output').waitFor()
      await composer(page).fill('Again, please.')
      await composer(page).press('Enter')
      expect(await composer(page).inputValue(), 'Enter is a new line where people type on the screen').toMatch(/\n/)
      await page.getByRole('button', { name: 'Send' }).tap()
      await turn(page, 2).getByTestId('output').waitFor()
      const overflow = () => page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)
      expect(await overflow()).toBe(0)
      await page.goto('/conversations')
      await page.getByRole('main').getByRole('link', { name: 'Say a long word.' }).first().waitFor()
      expect(await overflow()).toBe(0)
    },
    { ...stage.page, ...PHONE },
  ))

test('a viewer reads it and cannot write, and somebody else finds no such conversation', async () => {
  const path = await withSignedIn(
    'Owner of Acme',
    async (page) => {
      await begin(page, await personaThat([{ text: 'Only to be read.' }]), 'Say something.')
      await page.getByTestId('output').waitFor()
      return new URL(page.url()).pathname
    },
    stage.page,
  )
  await withSignedIn(
    'Viewer of Acme',
    async (page) => {
      await page.goto(path)
      await page.getByTestId('output').getByText('Only to be read.').waitFor()
      expect(await composer(page).count()).toBe(0)
    },
    stage.page,
  )
  await withPage(async (page) => {
    await newcomer(page)
    await page.goto(path)
    await page.getByText('There is no such conversation').waitFor()
  }, stage.page)
})
