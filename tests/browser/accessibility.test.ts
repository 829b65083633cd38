/** Protects: axe finds nothing on any page, light or dark; every page fits a phone and works with the keyboard alone. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { cancelRun, startRun, useSignedIn, waitForStatus, withPage, withSignedIn } from './support/pages.ts'

const PERSONA = '/personas/20000000-0000-4000-8000-000000000001'
const open = ['/sign-in', '/sign-up', '/forgot-password', '/reset-password', '/answer']
const pages = [
  '/',
  '/personas',
  '/personas/new',
  PERSONA,
  `${PERSONA}/configuration`,
  `${PERSONA}/tools`,
  `${PERSONA}/schedules`,
  `${PERSONA}/sharing`,
  `${PERSONA}/versions`,
  `${PERSONA}/spending`,
  '/conversations',
  '/runs',
  '/needs-me',
  '/spending',
  '/activity',
  '/outbox',
  '/settings/workspace',
  '/settings/members',
  '/settings/models',
  '/settings/secrets',
  '/settings/webhooks',
  '/settings/operations',
  '/settings/account',
  '/settings/keys',
  '/welcome',
  '/invitations/nonsense',
  '/docs',
]

/** Opens a page and waits until it shows its content. */
async function visit(page: Page, path: string) {
  await page.goto(path)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.getByLabel('Loading').first().waitFor({ state: 'detached' })
  if (path === '/docs') await page.getByRole('heading', { name: 'runs', exact: true }).waitFor()
}

/** The findings that axe calls serious or critical. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 200)} (${node.failureSummary?.split('\n')[1]?.trim()})`),
    )
}

/** Checks the open page in both colour schemes. */
async function checkColours(page: Page) {
  const found: Record<string, string[]> = {}
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const list = await findings(page)
    if (list.length > 0) found[colorScheme] = list
  }
  expect(found).toEqual({})
}

async function check(page: Page, path: string) {
  await visit(page, path)
  await checkColours(page)
}

/** The name of the element with the focus. Empty if there is none. */
const nameOfFocus = (page: Page) =>
  page
    .locator(':focus')
    .evaluateAll(([element]) => element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '')

/** How many pixels the page is wider than the screen. */
const overflow = (page: Page) => page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth)

test.each(open)('axe finds nothing serious on %s, before the sign-in', (path) => withPage((page) => check(page, path)))

describe('behind the sign-in', () => {
  const withPageOfOwner = useSignedIn('Owner of Acme')
  test.each(pages)('axe finds nothing serious on %s', (path) => withPageOfOwner((page) => check(page, path)))
})

test('axe finds nothing serious on a run that asks, and on one that is done', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const asks = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    await check(page, '/needs-me')
    await check(page, asks)
    await cancelRun(page)
    const done = await startRun(page, 'make a spreadsheet: apples 3, pears 4')
    await waitForStatus(page, 'Done')
    await check(page, done)
    await page.getByRole('main').getByRole('link', { name: 'Conversation', exact: true }).click()
    await page.getByRole('button', { name: 'Show the work' }).click()
    await page.locator('[data-kind="tool"]').waitFor()
    await checkColours(page)
    await page.goBack()
    await page.getByTestId('timeline').waitFor()
    for (const details of await page.getByRole('button', { name: 'Details' }).all()) await details.click()
    await page.getByRole('button', { name: /^Look at/ }).click()
    await page.getByTestId('preview').getByRole('cell').first().waitFor()
    expect(await findings(page)).toEqual([])
  }))

test('axe finds nothing serious in the rules for a tool, and on a mail that waits for approval', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await visit(page, `${PERSONA}/tools`)
    await page.getByRole('button', { name: 'Rules for Send email' }).click()
    await page.getByRole('button', { name: 'Add a condition' }).click()
    await page.getByRole('group', { name: 'Condition 1' }).waitFor()
    expect(await findings(page)).toEqual([])
    const mail = await startRun(page, 'Send a mail to ada@acme.test about lunch: Noon?')
    await waitForStatus(page, 'Needs you')
    await check(page, mail)
    await page.getByRole('button', { name: 'Edit' }).click()
    expect(await findings(page)).toEqual([])
    await cancelRun(page)
  }))

test('axe finds nothing serious on the API’s page with a call that was tried', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await visit(page, '/docs')
    await page.getByRole('radio', { name: 'With an API key' }).click()
    await page.getByRole('radio', { name: /^As / }).click()
    await page.getByRole('button', { name: 'GET /api/me Read' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('status', { name: 'Answer' }).getByText('200').waitFor()
    await page.getByRole('button', { name: 'Answers', exact: true }).click()
    await page.getByRole('button', { name: 'POST /api/runs Start' }).click()
    await checkColours(page)
  }))

describe('on a phone', () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
  const withPhone = useSignedIn('Owner of Acme', phone)

  test.each(pages)('%s is no wider than the screen', (path) =>
    withPhone(async (page) => {
      await visit(page, path)
      expect(await overflow(page)).toBe(0)
    }),
  )

  test.each([`${PERSONA}/versions`, '/settings/account'])('the selected tab above %s is visible', (path) =>
    withPhone(async (page) => {
      await visit(page, path)
      const chosen = page.getByRole('main').getByRole('navigation').locator('[aria-current="page"]')
      await expect.poll(() => chosen.evaluate((tab) => tab.getBoundingClientRect().right)).toBeLessThanOrEqual(360)
    }),
  )

  test('the menu opens, goes to a page and closes', () =>
    withPhone(async (page) => {
      await visit(page, '/')
      await page.getByRole('button', { name: 'Open the menu' }).click()
      await page.getByRole('dialog').getByRole('link', { name: 'Personas' }).click()
      await page.waitForURL('/personas')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }))
})

test('with the keyboard alone: sign in, give work, look at the file, and cancel nothing by accident', () =>
  withPage(async (page) => {
    const press = async (key: string, times = 1) => {
      for (let time = 0; time < times; time++) await page.keyboard.press(key)
    }
    /** Presses Tab until the element with this name has the focus. */
    async function tabTo(name: RegExp) {
      for (let step = 0; step < 60; step++) {
        await press('Tab')
        const focused = await nameOfFocus(page)
        if (name.test(focused)) return
      }
      throw new Error(`No Tab leads to ${name}`)
    }
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Owner of Acme' }).waitFor()
    await tabTo(/^Owner of Acme$/)
    await press('Enter')
    await page.waitForURL('/')
    await page.getByRole('textbox', { name: 'What should be done?' }).waitFor()
    await press('Tab')
    await tabTo(/^What should be done\?$/)
    await page.keyboard.type('make a spreadsheet: apples 3, pears 4')
    await press('Enter')
    await page.waitForURL(/\/conversations\//)
    await waitForStatus(page, 'Done')
    await tabTo(/^Look at/)
    await press('Enter')
    await page.getByTestId('preview').getByRole('cell').first().waitFor()
    await press('Escape')
    await page.getByTestId('preview').waitFor({ state: 'detached' })
    expect(await nameOfFocus(page), 'the focus returns to where it was').toMatch(/^Look at/)
  }))
