/** Pages of the running product for a test. Errors in the browser fail the test. */
import { randomUUID } from 'node:crypto'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'

export const productUrl = inject('productUrl')

let connected: Promise<Browser> | undefined
const browser = () => (connected ??= chromium.connect(inject('browserEndpoint')))
afterAll(async () => {
  await (await connected)?.close()
  connected = undefined
})

const WAIT_MS = 30_000

/**
 * Gives a page with a new profile to `work` and closes it. Errors in the page's console and failed scripts are
 * failures.
 */
export async function withPage<T>(work: (page: Page) => Promise<T>, options?: BrowserContextOptions): Promise<T> {
  const context = await newContext(options)
  try {
    return await withPageOf(context, work)
  } finally {
    await context.close()
  }
}

/**
 * One profile for all tests of a file that change nothing: `account` signs in once, and pages load from the browser's
 * cache. It returns `withPage` for that profile.
 */
export function useSignedIn(account: string, options?: BrowserContextOptions) {
  let context: BrowserContext | undefined
  beforeAll(async () => {
    context = await newContext(options)
    await withPageOf(context, (page) => signIn(page, account))
  })
  afterAll(() => context?.close())
  return <T>(work: (page: Page) => Promise<T>): Promise<T> => withPageOf(context!, work)
}

async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await (await browser()).newContext({
    baseURL: productUrl,
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(WAIT_MS)
  return context
}

async function withPageOf<T>(context: BrowserContext, work: (page: Page) => Promise<T>): Promise<T> {
  const complaints: string[] = []
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.stack ?? String(error)))
  page.on('console', (message) => {
    // a refused request is an answer, and a cut connection is what some tests are about
    const isNetwork = /Failed to load resource|WebSocket connection|ERR_INTERNET_DISCONNECTED/.test(message.text())
    if (message.type() === 'error' && !isNetwork) complaints.push(message.text())
  })
  try {
    const result = await work(page)
    expect(complaints).toEqual([])
    return result
  } finally {
    await page.close()
  }
}

/** Signs in by a demo button: "Owner of Acme", "Viewer of Acme", "Owner of Globex" … */
export async function signIn(page: Page, account = 'Owner of Acme', path = '/') {
  await page.goto(path)
  await page.getByRole('button', { name: account }).click()
  await page.waitForURL((url) => url.pathname === path.split('?')[0])
}

/** A page with a new profile where `account` has signed in. */
export const withSignedIn = <T>(account: string, work: (page: Page) => Promise<T>, options?: BrowserContextOptions) =>
  withPage(async (page) => {
    await signIn(page, account)
    return work(page)
  }, options)

/** A new person with a workspace of their own, so that tests do not disturb each other or the demo workspace. */
export async function newcomer(page: Page, email = `${randomUUID()}@example.test`) {
  await page.goto('/sign-up')
  await page.getByLabel('Your name').fill('Nora New')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('a-long-password')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: /first workspace/ }).waitFor()
  await page.getByLabel('Name').fill('Nora’s shop')
  await page.getByRole('button', { name: 'Create workspace' }).click()
  await page.waitForURL('/')
}

/** Gives work to a persona from the dashboard, opens the page of its run and returns that page's path. */
export async function startRun(page: Page, task: string, persona = 'Olivia'): Promise<string> {
  await page.goto('/')
  await page.getByRole('combobox', { name: 'Persona' }).click()
  await page.getByRole('option', { name: persona, exact: true }).click()
  await page.getByRole('textbox', { name: 'What should be done?' }).fill(task)
  await page.getByRole('button', { name: 'Start' }).click()
  return openRunOfConversation(page)
}

/** From the conversation that a composer has opened to the page of its last run. Returns that page's path. */
export async function openRunOfConversation(page: Page): Promise<string> {
  await page.waitForURL(/\/conversations\/[0-9a-f-]{36}$/)
  await page
    .getByRole('button', { name: /^More about turn/ })
    .last()
    .click()
  await page.getByRole('menuitem', { name: 'All about this run' }).click()
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/)
  return new URL(page.url()).pathname
}

export const waitForStatus = (page: Page, label: string, timeout = 60_000) =>
  page.getByTestId('run-status').filter({ hasText: label }).waitFor({ timeout })

/** Cancels the run whose page is open. */
export async function cancelRun(page: Page) {
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await waitForStatus(page, 'Cancelled')
}

/**
 * The timeline's entries as "seq kind", in the order of the page. Waits until the timeline of a finished run is
 * complete.
 */
export async function wholeTimeline(page: Page): Promise<string[]> {
  await page.locator('[data-kind="status"]').filter({ hasText: 'Done' }).waitFor()
  return entriesOf(page)
}

/** The timeline's entries as "seq kind", in the order of the page. */
export const entriesOf = (page: Page) =>
  page
    .getByTestId('timeline')
    .locator('[data-seq]')
    .evaluateAll((items) => items.map((item) => `${item.getAttribute('data-seq')} ${item.getAttribute('data-kind')}`))
