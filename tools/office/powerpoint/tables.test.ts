/**
 * Protects: tables fit their slides. The harness checks for every deck that no number is broken and no table is cut
 * off.
 */
import { expect, test } from 'vitest'
import { withToolBench } from '../../testing/harness.ts'
import { contents, partsNamed, xmlParts } from '../../testing/office-parts.ts'
import { generatePowerpoint } from '../generate-powerpoint.ts'

const SLIDE = /^ppt\/slides\/slide\d+\.xml$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const year = (value: number) => ['North', ...MONTHS.map(() => value), value * 12]

test('twelve months with their total fit beside each other', () =>
  withToolBench(async ({ run, read }) => {
    const table = { headers: ['Region', ...MONTHS, 'Total'], rows: [year(123456.78), year(-98765.43), year(0.5)] }
    const { output } = await run(generatePowerpoint, { title: 'T', slides: [{ title: 'Year', table }] })
    expect(output).toMatchObject({ slides: 2, warnings: [] })
    const slide = partsNamed(await xmlParts(await read(output.path)), SLIDE)[1]!
    expect(contents(slide, 'a:t')).toEqual(expect.arrayContaining(['Dec', 'Total', '123,456.78', '1,481,481.36']))
    expect(slide).not.toMatch(/sz="[1-8]?\d\d"/) // 9 points at least
  }))

test('a table that is too wide for its half of a slide gets a slide of its own', () =>
  withToolBench(async ({ run, read }) => {
    const table = { headers: ['Region', ...MONTHS, 'Total'], rows: [year(123456.78)] }
    const slides = [{ title: 'Year', bullets: ['What we see'], table }]
    const { output } = await run(generatePowerpoint, { title: 'T', slides })
    const [, first, second] = partsNamed(await xmlParts(await read(output.path)), SLIDE)
    expect(contents(first!, 'a:t')).toEqual(expect.arrayContaining(['Year', 'What we see']))
    expect(first).not.toContain('<a:tbl>')
    expect(contents(second!, 'a:t')).toEqual(expect.arrayContaining(['Year (continued)', '123,456.78']))
  }))

test('columns that cannot fit are refused, and the error says what to do', () =>
  withToolBench(async ({ run }) => {
    const headers = Array.from({ length: 16 }, (_, i) => `Column ${i}`)
    const table = { headers, rows: [headers.map(() => 123456789012345.12)] }
    const call = run(generatePowerpoint, { title: 'T', slides: [{ title: 'Wide', table }] })
    await expect(call).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(call).rejects.toThrow(/“Wide” has 16 columns[\s\S]*fewer columns/)
  }))

test('long words are broken before numbers are', () =>
  withToolBench(async ({ run, read }) => {
    const words = ['Donaudampfschifffahrtsgesellschaftskapitän', 'Rechtsschutzversicherungsgesellschaften']
    const headers = [...words, ...MONTHS.slice(0, 9)]
    const table = { headers, rows: [['a', 'b', ...MONTHS.slice(0, 9).map(() => 1234567.89)]] }
    const { output } = await run(generatePowerpoint, { title: 'T', slides: [{ title: 'Words', table }] })
    const slide = partsNamed(await xmlParts(await read(output.path)), SLIDE)[1]!
    expect(contents(slide, 'a:t')).toEqual(expect.arrayContaining(words))
  }))
