/** Lighthouse finds nothing to mend on the pages that people see first: the full score for accessibility and best practices. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import lighthouse from 'lighthouse'
import { type BrowserContext, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { productUrl, signIn, startRun, waitForStatus } from './support/pages.ts'

const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'
const AUDIT_MS = 240_000

let profile: string
let context: BrowserContext
let port: number
beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'lighthouse-'))
  context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'],
    baseURL: productUrl,
  })
  const [first = ''] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')
  port = Number(first)
})
afterAll(async () => {
  await context?.close()
  await rm(profile, { recursive: true, force: true })
})

/** What keeps the page from the full score. */
async function complaints(path: string): Promise<string[]> {
  const result = await lighthouse(new URL(path, productUrl).href, {
    port,
    onlyCategories: ['accessibility', 'best-practices'],
    // who has signed in stays so
    disableStorageReset: true,
    logLevel: 'error',
  })
  if (!result) throw new Error('Lighthouse gave no report.')
  const audits = new Map(Object.entries(result.lhr.audits))
  const categories = Object.values(result.lhr.categories)
  expect(categories).toHaveLength(2)
  return categories
    .filter(({ score }) => score !== 1)
    .flatMap(({ title, auditRefs }) =>
      auditRefs
        .map(({ id }) => audits.get(id))
        .filter((audit) => audit && audit.score !== null && audit.score < 1)
        .map((audit) => `${title}: ${audit?.title} ${JSON.stringify(audit?.details).slice(0, 500)}`),
    )
}

test(
  'the sign-in page',
  async () => {
    expect(await complaints('/sign-in')).toEqual([])
  },
  AUDIT_MS,
)

test(
  'the dashboard and a run that is done',
  async () => {
    const page = await context.newPage()
    await signIn(page)
    const run = await startRun(page, TASK)
    await waitForStatus(page, 'Done')
    await page.close()
    expect(await complaints('/')).toEqual([])
    expect(await complaints(run)).toEqual([])
  },
  AUDIT_MS,
)
