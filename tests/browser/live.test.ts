/**
 * Protects: people who join late, reload or lose the connection see the same timeline as people who watched from the
 * start.
 */
import { randomUUID } from 'node:crypto'
import type { Page, WebSocketRoute } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Api } from '../../sdk/index.ts'
import { apiOn } from './support/api.ts'
import { entriesOf, startRun, waitForStatus, wholeTimeline, withSignedIn } from './support/pages.ts'

const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'
const FIGURES = 'Our Q3 sales: north 120, south 80'
const seqOf = (entry: string) => Number(entry.split(' ')[0])

function expectNoDouble(entries: string[]) {
  const seqs = entries.map(seqOf)
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
}

/** Records in the page whether text was ever streaming, because it is visible only for moments. */
const watchStreaming = `new MutationObserver(() => {
  window.sawStreaming ||= document.querySelector('[data-testid=streaming]') !== null
}).observe(document, { subtree: true, childList: true })`

/** Sits between the page and Realtime. `cut` drops the connection and refuses new ones until `mend`. */
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

test('people who join late or reload see what happened before', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const path = await startRun(page, TASK)
    await page.locator('[data-kind="tool"]').first().waitFor()
    await page.reload()
    await page.locator('[data-kind="tool"]').first().waitFor()
    await waitForStatus(page, 'Done')
    const watched = await wholeTimeline(page)
    expectNoDouble(watched)
    await withSignedIn('Viewer of Acme', async (late) => {
      await late.goto(path)
      await waitForStatus(late, 'Done')
      expect(await wholeTimeline(late)).toEqual(watched)
    })
  }))

test('steps that happen while the connection is cut appear when it is back, and none twice', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const connection = await wire(page)
    await page.goto('/')
    // the run asks and waits, so that nothing is being sent when the connection is cut
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    await page.getByTestId('connection').getByText('Live').waitFor()
    await page.getByLabel('Your answer').waitFor()
    const before = await entriesOf(page)
    await connection.cut()
    await page.context().setOffline(true)
    await page.getByTestId('connection').getByText('Connection lost').waitFor()
    await answerUnseen(await apiOn(page), path.split('/').pop() ?? '')
    expect(await entriesOf(page), 'nothing comes over a cut connection').toEqual(before)
    connection.mend()
    await page.context().setOffline(false)
    await waitForStatus(page, 'Done')
    const after = await wholeTimeline(page)
    expectNoDouble(after)
    expect(after.slice(0, before.length)).toEqual(before)
    await page.reload()
    await waitForStatus(page, 'Done')
    expect(await wholeTimeline(page)).toEqual(after)
  }))

/** Answers the run's question without its page, and waits until the run is done. */
async function answerUnseen(api: Api, runId: string) {
  const [approval] = await api.approvals.list({ run_id: runId })
  await api.approvals.decide(approval!.id, { decision: 'answer', answer: FIGURES })
  const statusOf = async () => (await api.runs.get(runId)).run.status
  await expect.poll(statusOf, { timeout: 60_000 }).toBe('completed')
}

test('people see what a persona does while it does it: its text streams, and the timeline grows', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.addInitScript(watchStreaming)
    await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    await page.getByTestId('connection').getByText('Live').waitFor()
    await page.getByLabel('Your answer').waitFor()
    const early = await entriesOf(page)
    await page.getByLabel('Your answer').fill(FIGURES)
    await page.getByRole('button', { name: 'Send the answer' }).click()
    await waitForStatus(page, 'Done')
    const late = await wholeTimeline(page)
    expect(late.length, 'the timeline grew').toBeGreaterThan(early.length)
    expect(late.slice(0, early.length)).toEqual(early)
    expect(await page.evaluate('window.sawStreaming'), 'the model’s text streamed').toBe(true)
  }))

test('without Realtime at all, the page still gets there by reading the rows', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const connection = await wire(page)
    await connection.cut()
    await startRun(page, TASK)
    await waitForStatus(page, 'Done')
    expectNoDouble(await wholeTimeline(page))
    await page.getByTestId('output').waitFor()
  }))

test('the dashboard’s list of runs is live', () =>
  withSignedIn('Viewer of Acme', async (watcher) => {
    await watcher.getByText('Recent runs').waitFor()
    const task = `make a spreadsheet: live ${randomUUID().slice(0, 8)} 3`
    await withSignedIn('Owner of Acme', (page) => startRun(page, task))
    const line = watcher.getByRole('link', { name: task }).and(watcher.locator('a[href^="/runs/"]'))
    await line.waitFor()
    await line.getByText('Done').waitFor({ timeout: 60_000 })
  }))
