/** What newcomers write, and what must come of it. `talkTo` checks the arguments with the tools' real schemas. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoModel, startDemoModel } from '../server.ts'
import { type Played, talkTo } from '../testing/talk-to.ts'

let server: DemoModel
beforeAll(async () => {
  server = await startDemoModel()
})
afterAll(() => server.close())

interface DeckInput {
  title: string
  slides: { title: string; bullets?: string[]; chart?: { labels: string[]; series: { values: number[] }[] } }[]
}
interface SheetInput {
  title: string
  sheets: { columns: { header: string; total?: string }[]; rows: unknown[][]; totals?: boolean }[]
}

/** `slides` counts the title slide, which the tool makes. */
const deck = (slides: number, title: RegExp, ...parts: (string | RegExp)[]) => ({
  tool: 'generate_powerpoint',
  slides,
  title,
  parts,
})
const sheet = (rows: unknown[][], ...parts: (string | RegExp)[]) => ({ tool: 'generate_spreadsheet', rows, parts })
const pdf = (title: RegExp, ...parts: (string | RegExp)[]) => ({ tool: 'generate_pdf', title, parts })
const call = (tool: string, input: Record<string, unknown>) => ({ tool, input })
const ask = (about: RegExp) => ({ tool: 'ask_human', parts: [about] })

type Expected = {
  tool: string
  slides?: number
  title?: RegExp
  rows?: unknown[][]
  input?: object
  parts?: (string | RegExp)[]
}

const regions = [
  ['North', 120],
  ['South', 80],
  ['West', 95],
]
const regionsDe = [
  ['Nord', 120],
  ['Süd', 80],
  ['West', 95],
]

const sentences: [sentence: string, ...expected: Expected[]][] = [
  // slides and sheets from figures
  [
    'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95',
    deck(3, /^Q3 sales$/, '295', 'North', '40.7'),
    sheet(regions),
  ],
  ['Please create a 3 slide PowerPoint about Q3 sales. North: 120, South: 80, West: 95', deck(3, /^Q3 sales$/, '295')],
  ['powerpoint: north 120, south 80, west 95', deck(3, /Figures by region/, '295')],
  ['I need five slides on Q3 revenue with north=120 k€, south=80 k€, west=95 k€', deck(5, /^Q3 revenue$/, '295 k€')],
  ['We sold 120 in the north, 80 in the south and 95 in the west. Put that into a spreadsheet.', sheet(regions)],
  [
    'turn our Q3 sales into a deck: north one hundred and twenty, south eighty, west ninety-five',
    deck(3, /^Q3 sales$/, '295'),
  ],
  ['the north made 120, the south made 80 and the west made 95, please make me an excel file', sheet(regions)],
  [
    'excel table of expenses: rent 1200, food 450, transport 90',
    sheet([
      ['Rent', 1200],
      ['Food', 450],
      ['Transport', 90],
    ]),
  ],
  [
    'Budget: marketing $12,500, R&D $40,000, travel $3,200.50 in an excel file',
    sheet(
      [
        ['Marketing', 12500],
        ['R&D', 40000],
        ['Travel', 3200.5],
      ],
      '"currency":"USD"',
    ),
  ],
  [
    'we sold 120 apples, 80 pears and 95 plums - make an xlsx',
    sheet([
      ['Apples', 120],
      ['Pears', 80],
      ['Plums', 95],
    ]),
  ],
  [
    'a spreadsheet: January: north 10, south 8; February: north 12, south 9',
    sheet(
      [
        ['January', 10, 8],
        ['February', 12, 9],
      ],
      'North',
      'South',
      'SUM(B{row}:C{row})',
    ),
  ],
  [
    'sheet for Jan to Mar. north: 10, 12, 15; south: 8, 9, 11',
    sheet(
      [
        ['North', 10, 12, 15],
        ['South', 8, 9, 11],
      ],
      'Jan',
      'Feb',
      'Mar',
    ),
  ],
  ['4 slides on market share: Acme 45%, Globex 30%, others 25%', deck(4, /^Market share$/, '45 %')],
  ['Jan 10, Feb 12, Mar 15, Apr 18 as slides', deck(3, /Figures by month/, '55', '"line"', '+80 %')],
  ['revenue was $1.2m in 2023, $1.5m in 2024 and $2m in 2025, make slides', deck(3, /.+/, '2023', '$4,700,000')],
  ['Region,Q1,Q2\nNorth,10,12\nSouth,8,9\n\nmake a presentation of this table', deck(3, /.+/, '39')],
  [
    'Make a presentation and a pdf report about Q3 sales: north 120, south 80',
    deck(3, /^Q3 sales$/, '200'),
    pdf(/^Q3 sales$/, '| North | 120 |', '| Total | 200 |'),
  ],
  ['a one-page pdf on visitors: Mon 12, Tue 30, Wed 18', pdf(/^Visitors$/, '60')],
  ['12 slides for the board on costs: rent 10, staff 50', deck(12, /.+/, '60')],
  [
    'Summarise the sales numbers north 120 south 80 west 95 as slides and excel',
    deck(3, /^Sales numbers$/, '295'),
    sheet(regions),
  ],
  ['sales were up: north 120 south 80 west 95, need slides', deck(3, /.+/, '295')],
  ['convert these to a table: north 120; south 80; west 95', sheet(regions)],
  [
    'a three-slide deck and a spreadsheet on our Q3 sales - north: 120 - south: 80 - west: 95',
    deck(3, /^Q3 sales$/, '295'),
    sheet(regions),
  ],
  [
    'compare apples (5), pears (7) and plums (3) in a table',
    sheet([
      ['Apples', 5],
      ['Pears', 7],
      ['Plums', 3],
    ]),
  ],
  [
    'a table of item A 3, item B 4, item I 5',
    sheet([
      ['Item A', 3],
      ['Item B', 4],
      ['Item I', 5],
    ]),
  ],
  // subjects without figures
  ['make a 3-slide presentation for kids about planets', ask(/“Planets”/), deck(3, /^Planets$/, 'Next steps')],
  ['five slides about onboarding', deck(5, /^Onboarding$/, 'The first day')],
  ['Create a presentation on climate change with 4 slides', ask(/“Climate change”/), deck(4, /^Climate change$/)],
  ['a PDF with a summary of the benefits of remote work', pdf(/^Benefits of remote work$/, 'commute')],
  ['Write a short report about data protection', pdf(/^Data protection$/, 'password')],
  ['make slides about our new coffee machine', ask(/New coffee/), deck(8, /^New coffee machine$/, 'Background')],
  ['Could you create a slide deck titled "Winter plan" with 6 slides?', ask(/“Winter plan”/), deck(6, /^Winter plan$/)],
  [
    'I need a document about office safety covering fire exits, first aid and ladders',
    pdf(/^Office safety$/, 'Fire exits', 'First aid', 'Ladders'),
  ],
  ['write a letter to our landlord about the broken heating', pdf(/^Broken heating$/, 'Dear Landlord')],
  ['pitch deck for my bakery', ask(/akery/), deck(8, /bakery/i)],
  ['spreadsheet to track my expenses', sheet([], 'Date', 'Amount')],
  ['create an excel with columns name, email, phone', sheet([], 'Name', 'Email', 'Phone')],
  // German
  [
    'Erstelle eine Präsentation mit drei Folien und eine Tabelle über unsere Q3-Umsätze: Nord 120, Süd 80, West 95',
    deck(3, /^Q3-Umsätze$/, '295', 'Zusammenfassung'),
    sheet(regionsDe),
  ],
  [
    'Mach mir bitte eine Excel-Tabelle: Miete 1.200, Essen 450,50, Bahn 90',
    sheet([
      ['Miete', 1200],
      ['Essen', 450.5],
      ['Bahn', 90],
    ]),
  ],
  ['Schreibe einen Bericht über Homeoffice als PDF', pdf(/^Homeoffice$/, 'Arbeitsweg')],
  ['Vier Folien zum Thema Datenschutz', deck(4, /^Datenschutz$/, 'Konten')],
  ['Schreibe "Hallo Welt" in notiz.txt', call('write_file', { path: 'notiz.txt', content: 'Hallo Welt\n' })],
  ['Zeige meine Dateien', call('list_files', {})],
  // files
  ['list my files', call('list_files', {})],
  ['what files do I have?', call('list_files', {})],
  // mails
  [
    'Send a mail to ada@acme.test about lunch: shall we meet at noon?',
    call('send_email', {
      to: ['ada@acme.test'],
      subject: 'Lunch',
      body: 'Hello Ada,\n\nShall we meet at noon?\n\nKind regards',
    }),
  ],
  [
    'email ada@acme.test and bob@acme.test saying the meeting is on Friday',
    call('send_email', {
      to: ['ada@acme.test', 'bob@acme.test'],
      subject: 'The meeting is on Friday',
      body: 'Hello,\n\nThe meeting is on Friday.\n\nKind regards',
    }),
  ],
  [
    'please write an email to ada@acme.test with a copy to bob@acme.test about the budget: It is agreed.',
    call('send_email', {
      to: ['ada@acme.test'],
      cc: ['bob@acme.test'],
      subject: 'The budget',
      body: 'Hello Ada,\n\nIt is agreed.\n\nKind regards',
    }),
  ],
  [
    'Schicke eine Mail an ada@acme.test über das Mittagessen: Treffen wir uns um zwölf?',
    call('send_email', {
      to: ['ada@acme.test'],
      subject: 'Das Mittagessen',
      body: 'Hallo Ada,\n\nTreffen wir uns um zwölf?\n\nViele Grüße',
    }),
  ],
  [
    'send a mail to ada@acme.test',
    ask(/What shall the mail say/),
    call('send_email', { subject: 'The winter fair', body: 'Hello Ada,\n\nThe winter fair.\n\nKind regards' }),
  ],
  ['write a note.txt saying hello', call('write_file', { path: 'note.txt', content: 'hello\n' })],
  ['save "buy milk" to todo.md', call('write_file', { path: 'todo.md', content: 'buy milk\n' })],
  [
    'Create a file called ideas.txt with the text: more coffee',
    call('write_file', { path: 'ideas.txt', content: 'more coffee\n' }),
  ],
  ['read note.txt', call('read_file', { path: 'note.txt' })],
  ["what's in reports/q3.md?", call('read_file', { path: 'reports/q3.md' })],
  // code and sums
  ['run this python: print(2+2)', call('run_code', { language: 'python', code: 'print(2+2)' })],
  ['Run this:\n```js\nconsole.log(1)\n```', call('run_code', { language: 'javascript', code: 'console.log(1)' })],
  // nothing to go on
  ['make a deck', ask(/about/), ask(/Winter fair/), deck(2 + 6, /^Winter fair$/)],
  ['hey, could you prepare something for my meeting tomorrow?', ask(/What shall I make/), ask(/As slides/)],
  ['Mach mir eine Präsentation', ask(/Worum/), ask(/Winter fair/i), deck(2 + 6, /^Winter fair$/i)],
  ['a spreadsheet on our Q3 sales', ask(/figures/), sheet(regions.slice(0, 2))],
  // small talk
  ['hello'],
  ['What can you do?'],
  ['thanks!'],
]

describe('newcomers’ sentences', () => {
  it.each(sentences)('%s', async (sentence, ...expected) => {
    const asked = expected.filter((item) => item.tool === 'ask_human').length
    const isAbout = asked > 1 || /mail|something/.test(sentence)
    const answers = sentence.includes('Q3')
      ? ['north 120, south 80']
      : isAbout
        ? ['the winter fair', 'outline']
        : ['outline']
    const played = await talkTo(server.url, sentence, { answers })
    expect(played.calls.map((made) => made.name)).toEqual(expected.map((item) => item.tool))
    for (const [at, item] of expected.entries()) check(item, played.calls[at]!)
    expect(played.answer).toContain('OPENAI_BASE_URL')
  })
})

function check(expected: Expected, made: Played['calls'][number]) {
  const text = JSON.stringify(made.arguments)
  for (const part of expected.parts ?? []) expect(text).toMatch(typeof part === 'string' ? literal(part) : part)
  if (expected.title) expect(made.arguments.title).toMatch(expected.title)
  if (expected.input) expect(made.arguments).toMatchObject(expected.input)
  if (expected.slides !== undefined)
    expect((made.arguments as unknown as DeckInput).slides).toHaveLength(expected.slides - 1)
  if (expected.rows) expect((made.arguments as unknown as SheetInput).sheets[0]!.rows).toEqual(expected.rows)
}

const literal = (text: string) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))

const q3 = 'make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95'

describe('how it works', () => {
  it('shows a plan from the first turn to the last, and names the files that the tools made', async () => {
    const { plans, searches, answer } = await talkTo(server.url, q3)
    expect(searches).toHaveLength(2)
    expect(plans[0]!.map((item) => item.status)).toEqual(['active', 'pending', 'pending', 'pending'])
    expect(plans.at(-1)!.every((item) => item.status === 'done')).toBe(true)
    expect(answer).toContain('made-by-generate_powerpoint')
    expect(answer).toContain('made-by-generate_spreadsheet')
    expect(answer).toContain('295')
  })

  it('corrects its arguments once, then says what went wrong', async () => {
    const error = { code: 'invalid_input', message: 'no charts today' }
    const healed = await talkTo(server.url, q3, {
      onCall: (name, input) =>
        name === 'generate_powerpoint' && JSON.stringify(input).includes('chart')
          ? { error }
          : { output: { path: `new-${name}` } },
    })
    expect(healed.calls.map((made) => made.name)).toEqual([
      'generate_powerpoint',
      'generate_spreadsheet',
      'generate_powerpoint',
    ])
    expect(healed.answer).toContain('new-generate_powerpoint')
    const failed = await talkTo(server.url, q3, {
      onCall: (name) => (name === 'generate_powerpoint' ? { error } : { output: { path: 'q3.xlsx' } }),
    })
    expect(failed.calls.filter((made) => made.name === 'generate_powerpoint')).toHaveLength(2)
    expect(failed.answer).toContain('no charts today')
    expect(failed.answer).toContain('q3.xlsx')
  })

  it('does not try again what a person denied', async () => {
    const error = { code: 'denied', message: 'A person said no: not now' }
    const played = await talkTo(server.url, 'write a note.txt saying hello', { onCall: () => ({ error }) })
    expect(played.calls).toHaveLength(1)
    expect(played.answer).toContain('not allowed: A person said no: not now')
  })

  it('writes beside a file that exists, never over it', async () => {
    const error = { code: 'invalid_input', message: 'note.txt exists' }
    const played = await talkTo(server.url, 'write a note.txt saying hello', {
      onCall: (_, input) => (input.path === 'note.txt' ? { error } : { output: { path: input.path, bytes: 6 } }),
    })
    expect(played.answer).toContain('note-2.txt')
  })

  it('says which tool is missing, and does the rest', async () => {
    const played = await talkTo(server.url, q3, { registry: ['generate_spreadsheet'] })
    expect(played.calls.map((made) => made.name)).toEqual(['generate_spreadsheet'])
    expect(played.answer).toContain('generate_powerpoint is not available')
  })

  it('makes documents from the files that came with the task', async () => {
    const attachments =
      '\n\nFiles given with this task, in the workspace:\n- attachments/0199d9a0-1c1b-7c3e-8a7e-3f0c8d1b2a4e/sales.csv (text/csv, 31 bytes)'
    const output = {
      path: 'attachments/0199d9a0-1c1b-7c3e-8a7e-3f0c8d1b2a4e/sales.csv',
      content: 'Region,Sales\nNorth,12\nSouth,8\n',
      first_line: 1,
      total_lines: 3,
    }
    const onCall = (name: string) => ({ output: name === 'read_file' ? output : { path: 'made' } })
    const played = await talkTo(server.url, 'make a deck of the attached numbers', { attachments, onCall })
    expect(played.calls[0]).toEqual({
      name: 'read_file',
      arguments: { path: 'attachments/0199d9a0-1c1b-7c3e-8a7e-3f0c8d1b2a4e/sales.csv' },
    })
    check(deck(3, /numbers/i, 'North', '20'), played.calls[1]!)
  })

  it('reports what the tools returned, not what it hoped for', async () => {
    const listing = {
      entries: [
        { path: 'a.txt', type: 'file', bytes: 3 },
        { path: 'old', type: 'folder' },
      ],
    }
    expect((await talkTo(server.url, 'list my files', { onCall: () => ({ output: listing }) })).answer).toContain(
      'a.txt (3 bytes)',
    )
    const crash = { exit_code: 1, timed_out: false, stdout: '', stderr: 'ZeroDivisionError', files_changed: [] }
    const played = await talkTo(server.url, 'run this python: print(1/0)', { onCall: () => ({ output: crash }) })
    expect(played.answer).toContain('exit code 1')
    expect(played.answer).toContain('ZeroDivisionError')
  })

  it('says that it cannot do what no rule covers, with examples that it can do', async () => {
    const played = await talkTo(server.url, 'Book me a train to Hamburg')
    expect(played.calls).toEqual([])
    expect(played.limit?.message).toContain('I cannot book')
    expect(played.limit?.examples).toHaveLength(4)
    for (const example of played.limit!.examples) {
      expect((await talkTo(server.url, example)).limit, example).toBeUndefined()
    }
  })

  it('puts several answers together', async () => {
    const { calls } = await talkTo(server.url, 'make something', {
      answers: ['our Q3 sales: north 120, south 80', 'as slides'],
    })
    expect(calls.map((made) => made.name)).toEqual(['ask_human', 'ask_human', 'generate_powerpoint'])
    check(deck(3, /^Q3 sales$/, '200'), calls[2]!)
  })

  it('asks in its answer when it has no tool to ask with, and uses none when told so', async () => {
    const ask = async (content: string, tool_choice?: 'none') => {
      const body = { model: 'demo', messages: [{ role: 'user', content }], tool_choice }
      const response = await fetch(`${server.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
      const answer = (await response.json()) as {
        choices: { message: { content: string } }[]
        error?: { message: string }
      }
      if (answer.error) throw new Error(answer.error.message)
      return answer.choices[0]!.message.content
    }
    expect(await ask('make a deck')).toContain('What should it be about?')
    await expect(ask(q3, 'none')).rejects.toThrow('not available')
  })
})
