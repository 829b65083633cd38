/** The inbox: what a question is for, calls that are always allowed, the badge of who may decide, and notices. */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startRun, waitForStatus, withSignedIn } from './support/pages.ts'

const TASK = 'Write a one-page PDF about remote work'
const card = (page: Page, path: string) => page.getByRole('listitem').filter({ has: page.locator(`a[href="${path}"]`) })
const menu = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /Needs me/ })

/** A persona of its own that asks before it makes a PDF. Returns its name and the path of its page. */
async function personaThatAsks(page: Page) {
  const name = `Careful ${randomUUID().slice(0, 8)}`
  await page.goto('/personas/new')
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create persona' }).click()
  await page.waitForURL(/\/personas\/[0-9a-f-]{36}$/)
  const path = new URL(page.url()).pathname
  await page.goto(`${path}/tools`)
  await page.getByRole('combobox', { name: 'Policy of Generate PDF' }).click()
  const saved = page.waitForResponse((response) => response.request().method() === 'PUT' && response.ok())
  await page.getByRole('option', { name: 'Ask first' }).click()
  await saved
  return { name, path }
}

test('a card says what it is for; a call that is always allowed runs without asking, until that is revoked', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const persona = await personaThatAsks(page)
    const first = await startRun(page, TASK, persona.name)
    await waitForStatus(page, 'Needs you')
    await page.goto('/needs-me')
    const question = card(page, first)
    await question.getByText(TASK).first().waitFor()
    await question.getByText('Olive Owner asked for this').waitFor()

    await withSignedIn('Viewer of Acme', async (viewer) => {
      await viewer.goto('/needs-me')
      await card(viewer, first).getByText('somebody else has to decide').waitFor()
      expect(await menu(viewer).innerText(), 'what others decide is not in my badge').toBe('Needs me')
    })

    await question.getByRole('button', { name: 'Always allow …' }).click()
    await question.getByLabel('At most').fill('2')
    await question.getByRole('button', { name: 'Approve and always allow' }).click()
    await question.waitFor({ state: 'detached' })
    await page.goto(first)
    await waitForStatus(page, 'Done')

    await startRun(page, TASK, persona.name)
    await waitForStatus(page, 'Done')
    await page.goto(`${persona.path}/tools`)
    const rules = page.getByRole('list', { name: 'Always allowed' })
    await rules.getByText('Used 1 of 2 times').waitFor()
    await rules.getByRole('button', { name: 'Revoke: Generate PDF' }).click()
    await rules.waitFor({ state: 'detached' })

    await startRun(page, TASK, persona.name)
    await waitForStatus(page, 'Needs you')
  }))

test('a notice is shown for a new question only after a click has asked for it', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.addInitScript(() => {
      const seen = { asked: 0, shown: [] as string[] }
      class FakeNotification {
        static permission = sessionStorage.getItem('granted') ?? 'default'
        static async requestPermission() {
          seen.asked++
          FakeNotification.permission = 'granted'
          sessionStorage.setItem('granted', 'granted')
          return 'granted'
        }
        constructor(_title: string, { body }: { body: string }) {
          seen.shown.push(body)
        }
      }
      Object.assign(globalThis, { Notification: FakeNotification, seen })
    })
    const seen = () => page.evaluate(() => (globalThis as unknown as { seen: { asked: number; shown: string[] } }).seen)
    await page.goto('/needs-me')
    const choice = page.getByRole('switch', { name: 'Notify me in this browser' })
    await choice.waitFor()
    expect((await seen()).asked).toBe(0)
    await choice.click()
    await expect.poll(async () => (await seen()).asked).toBe(1)

    const other = await page.context().newPage()
    await startRun(other, 'make a presentation')
    await waitForStatus(other, 'Needs you')
    await expect.poll(async () => (await seen()).shown.length, { timeout: 20_000 }).toBeGreaterThan(0)
    await other.close()
  }))
