/**
 * Measures what a person waits for, in a real Chromium: the first page on a slow line, and the first step after a
 * click.
 */
import { type Browser, chromium, type Page } from 'playwright-core'

/** "Slow 4G" of Chromium's own tools: bytes per second, and milliseconds added to each request. */
const SLOW_LINE = { offline: false, downloadThroughput: 180_000, uploadThroughput: 84_375, latency: 562.5 }
const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'

export interface SlowLoad {
  /** Until anything is painted that can be read. */
  something_to_read_ms: number
  /** Until the sign-in page can be used. */
  usable_ms: number
  transferred_kb: number
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })

/** The first visit of a browser that has nothing of the product in its cache. */
export async function loadOnSlowLine(browser: Browser, url: string): Promise<SlowLoad> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', SLOW_LINE)
    let bytes = 0
    devtools.on('Network.loadingFinished', (event) => {
      bytes += event.encodedDataLength
    })
    const began = performance.now()
    await page.goto(url, { waitUntil: 'commit' })
    await page.getByText(/\w/).first().waitFor()
    const readable = performance.now() - began
    await page.getByLabel('Password', { exact: true }).waitFor()
    return {
      something_to_read_ms: Math.round(readable),
      usable_ms: Math.round(performance.now() - began),
      transferred_kb: Math.round(bytes / 1024),
    }
  } finally {
    await context.close()
  }
}

/** Gives `work` a page where the owner of the demo workspace has signed in. */
export async function asOwner<T>(browser: Browser, url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ baseURL: url })
  try {
    const page = await context.newPage()
    await page.goto('/')
    await page.getByRole('button', { name: 'Owner of Acme' }).click()
    await page.getByRole('textbox', { name: 'What should be done?' }).waitFor()
    return await work(page)
  } finally {
    await context.close()
  }
}

/** Runs in the page, because a measurement from this process would include the way between the two. */
const CLICK_AND_WAIT = `new Promise((resolve) => {
  const began = performance.now()
  const look = () =>
    document.querySelector('[data-seq]') ? resolve(performance.now() - began) : requestAnimationFrame(look)
  document.activeElement.click()
  look()
})`

/** Milliseconds from the click that gives work to a persona until the first step of the run is on the page. */
export async function clickToFirstStep(page: Page): Promise<number> {
  await page.goto('/')
  await page.getByRole('combobox', { name: 'Persona' }).click()
  await page.getByRole('option', { name: 'Olivia', exact: true }).click()
  await page.getByRole('textbox', { name: 'What should be done?' }).fill(TASK)
  await page.getByRole('button', { name: 'Start' }).focus()
  return Math.round(await page.evaluate<number>(CLICK_AND_WAIT))
}
