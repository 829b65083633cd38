import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import ExcelJS from 'exceljs'
import JSZip from 'jszip'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MAX_ATTACHMENTS } from '../../contracts/api.ts'
import { MAX_FILE_BYTES } from '../../contracts/tool.ts'
import { deckFaults } from '../../tools/testing/office-rules/deck.ts'
import { apiOn } from './support/api.ts'
import {
  cancelRun,
  newcomer,
  openRunOfConversation,
  startRun,
  waitForStatus,
  withPage,
  withSignedIn,
} from './support/pages.ts'

const ACME = '10000000-0000-4000-8000-000000000001'
const TASK = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'

/** Other tests give Olivia the same work at the same time, and a name that is taken gets a number. */
async function download(page: Page, name: RegExp): Promise<Buffer> {
  const button = page.getByRole('button', { name: new RegExp(`^Download ${name.source}`) })
  await button.waitFor()
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  expect(file.suggestedFilename()).toMatch(name)
  return buffer(await file.createReadStream())
}

/** The text of each slide. */
async function readDeck(bytes: Buffer): Promise<string[]> {
  expect(await deckFaults(bytes)).toEqual([])
  const zip = await JSZip.loadAsync(bytes)
  const names = Object.keys(zip.files).filter((name) => /^ppt\/slides\/slide\d+\.xml$/.test(name))
  const slides = await Promise.all(names.map((name) => zip.file(name)!.async('string')))
  return slides.map((xml) => [...xml.matchAll(/<a:t>([^<]*)<\/a:t>/g)].map(([, text]) => text).join(' '))
}

async function readSheet(bytes: Buffer): Promise<unknown[][]> {
  const book = new ExcelJS.Workbook()
  await book.xlsx.load(bytes as unknown as ArrayBuffer)
  return book.worksheets.flatMap((sheet) =>
    sheet.getSheetValues().map((row) => (Array.isArray(row) ? row.slice(1) : [])),
  )
}

test('a newcomer’s sentence leads to a deck and a sheet with the right content', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await startRun(page, TASK)
    await page.getByRole('heading', { name: 'Plan' }).waitFor()
    await waitForStatus(page, 'Done')
    await page.getByTestId('output').getByText('295').waitFor()

    const deck = await readDeck(await download(page, /q3-sales.*\.pptx$/))
    expect(deck).toHaveLength(3)
    expect(deck.join(' ')).toMatch(/Q3/)
    expect(deck.join(' ')).toMatch(/295/)

    const rows = await readSheet(await download(page, /q3-sales.*\.xlsx$/))
    for (const [region, amount] of [
      ['north', 120],
      ['south', 80],
      ['west', 95],
    ]) {
      const row = rows.find((cells) => String(cells[0]).toLowerCase() === region)
      expect(row, String(region)).toContain(amount)
    }

    await page.getByRole('button', { name: /^Look at q3-sales.*xlsx$/ }).click()
    const preview = page.getByTestId('preview')
    await preview.getByRole('cell', { name: '120' }).first().waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^Look at q3-sales.*pptx$/ }).click()
    await preview.getByText('Slide 3').waitFor()
    await page.keyboard.press('Escape')

    const tool = page.locator('[data-kind="tool"]').filter({ hasText: 'Generate spreadsheet' })
    await tool.getByRole('button', { name: 'Details' }).click()
    await tool.getByRole('region', { name: 'What was to be done' }).getByText('120').first().waitFor()
    await tool.getByRole('region', { name: 'What came out' }).waitFor()
  }))

test('a run can be cancelled, and run again', () =>
  withSignedIn('Owner of Acme', async (page) => {
    // a task without a topic: the persona asks, so that there is time to cancel
    const path = await startRun(page, 'make a presentation')
    await waitForStatus(page, 'Needs you')
    await cancelRun(page)
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.waitForURL((url) => /^\/runs\//.test(url.pathname) && url.pathname !== path)
    await waitForStatus(page, 'Needs you')
    await cancelRun(page)
  }))

test('another tenant does not find the run, and nobody finds a run with an invalid id', async () => {
  const path = await withSignedIn('Owner of Acme', (page) => startRun(page, 'write a one-page PDF: hello'))
  await withSignedIn('Owner of Globex', async (page) => {
    for (const address of [path, '/runs/nonsense']) {
      await page.goto(address)
      await page.getByText('There is no such run').waitFor()
    }
  })
  await withPage(async (page) => {
    await newcomer(page)
    await page.goto('/runs')
    await page.getByText('Nothing has run yet').waitFor()
  })
})

test('the list of runs is filtered by status and persona, and the filter is in the address', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const name = `Filtered ${randomUUID().slice(0, 8)}`
    const api = await apiOn(page)
    await api.personas.create({ workspace_id: ACME, name, instructions: 'Make what is asked.' })
    const path = await startRun(page, 'make a spreadsheet: apples 3, pears 4', name)
    await waitForStatus(page, 'Done')
    const choose = async (filter: string, option: string) => {
      await page.getByRole('combobox', { name: filter }).click()
      await page.getByRole('option', { name: option, exact: true }).click()
    }
    await page.goto('/runs')
    await choose('Persona', name)
    await choose('Status', 'Done')
    await page.waitForURL(/status=completed/)
    await page.reload()
    const listed = page.getByRole('main').locator('a[href^="/runs/"]')
    await expect
      .poll(() => listed.evaluateAll((links) => links.map((link) => link.getAttribute('href'))))
      .toEqual([path])
    await choose('Status', 'Failed')
    await page.getByText('No run fits these filters').waitFor()
  }))

test('a file can be attached, and opened on the run’s page', () =>
  withSignedIn('Owner of Acme', async (page) => {
    await page.locator('input[type=file]').setInputFiles({
      name: 'Städte & Umsatz.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('city,sales\nBerlin,12\nRom,7\n'),
    })
    await startRunHere(page, 'make a spreadsheet from the file')
    await page.getByRole('button', { name: 'Open Städte & Umsatz.csv' }).click()
    await page.getByTestId('preview').getByRole('cell', { name: 'Berlin' }).waitFor()
    await page.keyboard.press('Escape')
    await waitForStatus(page, 'Done')
  }))

test('a file that is too large is refused when it is chosen, before anything is uploaded', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const uploads: string[] = []
    page.on('request', (request) => request.url().includes('/storage/') && uploads.push(request.url()))
    await chooseFiles(page, { 'holiday.mov': MAX_FILE_BYTES + 1, 'notes.txt': 5 })
    await page
      .getByRole('alert')
      .getByText('holiday.mov is too large (52.4 MB). A file may have at most 50 MB.')
      .waitFor()
    await page.getByRole('button', { name: 'Remove notes.txt' }).waitFor()
    expect(await page.getByRole('button', { name: 'Remove holiday.mov' }).count()).toBe(0)
    expect(uploads).toEqual([])
  }))

test('files beyond the maximum of a run are named when they are chosen', () =>
  withSignedIn('Owner of Acme', async (page) => {
    const names = Array.from({ length: MAX_ATTACHMENTS + 1 }, (_, index) => `${index + 1}.txt`)
    await chooseFiles(page, Object.fromEntries(names.map((name) => [name, 1])))
    await page.getByRole('alert').getByText('21.txt is one too many. A run takes at most 20 files.').waitFor()
    expect(await page.getByRole('button', { name: /^Remove / }).count()).toBe(MAX_ATTACHMENTS)
  }))

interface DataTransfer {
  items: { add(file: File): void }
  files: unknown
}

/** Chooses files of these sizes. They are made in the page, so that no large file is sent to the browser. */
const chooseFiles = (page: Page, sizes: Record<string, number>) =>
  page.locator('input[type=file]').evaluate((input, sizes) => {
    const { DataTransfer } = globalThis as unknown as { DataTransfer: new () => DataTransfer }
    const chosen = new DataTransfer()
    for (const [name, size] of Object.entries(sizes)) chosen.items.add(new File([new Uint8Array(size)], name))
    Object.assign(input, { files: chosen.files })
    input.dispatchEvent(new Event('change'))
  }, sizes)

async function startRunHere(page: Page, task: string) {
  await page.getByRole('textbox', { name: 'What should be done?' }).fill(task)
  await page.getByRole('button', { name: 'Start' }).click()
  await openRunOfConversation(page)
}
