/** Who joins late, reloads or loses the connection sees the same timeline as who watched from the start. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { expect, test } from 'vitest'
import { entriesOf, startRun, waitForStatus, withSignedIn } from './support/pages.ts'

const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'
const seqOf = (entry: string) => Number(entry.split(' ')[0])

function expectNoDouble(entries: string[]) {
  const seqs = entries.map(seqOf)
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
}

/** Stands between the page and Realtime: `cut` drops the connection and refuses new ones until `mend`. */
async function wire(page: Page) {
  const open = new Set<WebSocketRoute>()
  let isCut = false
  await page.routeWebSocket(/\/realtime\/v1\/websocket/, (socket) => {
    if (isCut) return void socket.close()
    open.add(socket)
    socket.connectToServer()
  })
  return {
    async cut() {
      isCut = true
      await Promise.all([...open].map((socket) => socket.close({ code: 1012 })))
      open.clear()
    },
    mend() {
      isCut = false
    },
  }
}

test('who joins late, and who reloads, sees what was there before', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, TASK)
    await page.locator('[data-kind="tool"]').first().waitFor()
    await page.reload()
    await page.locator('[data-kind="tool"]').first().waitFor()
    await waitForStatus(page, 'Done')
    const watched = await entriesOf(page)
    expectNoDouble(watched)
    await withSignedIn('Viewer of Acme', async (late) => {
      await late.goto(path)
      await waitForStatus(late, 'Done')
      await expect.poll(() => entriesOf(late)).toEqual(watched)
    })
  }))

test('steps that happen while the connection is cut appear once it is back, none twice', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const connection = await wire(page)
    await page.goto('/')
    await startRun(page, TASK)
    await page.getByTestId('connection').getByText('Live').waitFor()
    await page.locator('[data-seq]').first().waitFor()
    await connection.cut()
    await page.context().setOffline(true)
    await page.getByTestId('connection').getByText('Connection lost').waitFor()
    // what was on its way when the connection was cut may still come in
    await page.waitForTimeout(1_000)
    const before = await entriesOf(page)
    // long enough for the run to go on and end unseen
    await page.waitForTimeout(4_000)
    expect(await entriesOf(page), 'nothing comes over a cut connection').toEqual(before)
    connection.mend()
    await page.context().setOffline(false)
    await waitForStatus(page, 'Done')
    const after = await entriesOf(page)
    expectNoDouble(after)
    await page.reload()
    await waitForStatus(page, 'Done')
    await expect.poll(() => entriesOf(page)).toEqual(after)
  }))

test('without Realtime at all, the page still gets there by reading the rows', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const connection = await wire(page)
    await connection.cut()
    await startRun(page, TASK)
    await waitForStatus(page, 'Done')
    expectNoDouble(await entriesOf(page))
    await page.getByTestId('output').waitFor()
  }))

test('the dashboard’s list of runs is live', () =>
  withSignedIn('Viewer of Acme', async (watcher) => {
    await watcher.getByText('Recent runs').waitFor()
    const task = `make a spreadsheet: live ${Date.now() % 100_000}`
    await withSignedIn('Owner of Acme', (page) => startRun(page, task))
    const line = watcher.getByRole('link', { name: task })
    await line.waitFor()
    await line.getByText('Done').waitFor({ timeout: 60_000 })
  }))
