/** Protects: HTML and entities inside Markdown have their usual meaning. */
import { expect, test } from 'vitest'
import { type ToolBench, withToolBench } from '../../testing/harness.ts'
import { pdfText, pdfWords } from '../../testing/pdf-words.ts'
import { generatePdf } from '../generate-pdf.ts'
import { htmlBlocks } from './html.ts'

async function make({ run, read }: ToolBench, content: string) {
  const { output } = await run(generatePdf, { title: 'Report', content })
  const file = await read(output.path)
  return { output, words: pdfWords(file), text: pdfText(file).replaceAll('\u00A0', ' ').replace(/\s+/g, ' ') }
}

test.each([
  ['entities', 'a &amp; b &lt;c&gt; &copy; &#8364; &hearts; &unknown; 5&nbsp;kg', 'a & b <c> © € ♥ &unknown; 5 kg'],
  ['entities in code are code', 'x `&amp;` y', 'x &amp; y'],
  ['an escaped tag is text', 'x &lt;b&gt; \\<i> y', 'x <b> <i> y'],
  [
    'known tags',
    'one <b>two</b> <i>three</i> <u>four</u> <s>five</s> <code>six</code> <small>seven</small> eight',
    'one two three four five six seven eight',
  ],
  ['unknown tags keep their text', 'a <foo bar="1">kept</foo> <span style="color:red">red</span> b', 'a kept red b'],
  ['comments', 'a <!-- secret --> b', 'a b'],
  ['scripts and styles', 'a <script>alert(1)</script><style>p {}</style> b', 'a b'],
  ['a block of script', 'a\n\n<script>\nalert(1)\n\n</script>\n\nb', 'a b'],
  ['a block', '<div class="x">\n<p>one &amp; <b>two</b></p>\n<p>three</p>\n</div>\n\nb', 'one & two three b'],
  ['a list', '<ul><li>one</li><li>two</li></ul>\n\n<ol><li>x</li><li>y</li></ol>', '• one • two 1. x 2. y'],
  ['a table', '<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>', 'A B 1 2'],
  ['headings', '<h2>Head</h2>\nbody', 'Head body'],
  ['unclosed tags', 'one <b>two <i>three\n\nfour </i></b> five', 'one two three four five'],
  ['less-than signs', 'a < b and 3 <4', 'a < b and 3 <4'],
  ['a quoted text', '<q>said</q>', '“said”'],
])('%s', (_, markdown, expected) =>
  withToolBench(async (bench) => {
    const { text, output } = await make(bench, markdown)
    expect(text).toContain(`Report ${expected} `)
    expect(output.warnings).toEqual([])
  }),
)

test('a line break breaks the line, and raised and lowered text is smaller and in its place', () =>
  withToolBench(async (bench) => {
    const { words } = await make(bench, 'first<br>second line <sub>below</sub> <sup>above</sup>')
    const at = (text: string) => words.find((word) => word.text === text)!
    expect(at('second').top).toBeGreaterThan(at('first').top + 5)
    const middle = (text: string) => (at(text).top + at(text).bottom) / 2
    expect(middle('below')).toBeGreaterThan(middle('line') + 0.5)
    expect(middle('above')).toBeLessThan(middle('line') - 0.5)
    expect(at('below').bottom - at('below').top).toBeLessThan(0.8 * (at('line').bottom - at('line').top))
  }))

test('an entity cannot bring in a character that documents cannot store', () =>
  withToolBench(async (bench) => {
    const { text } = await make(bench, 'a&#1;b&#x0;c&#xD800;d')
    expect(text).toMatch(/a.?b.?c.?d/)
  }))

test.each([
  ['open tags', '<a', 100_000],
  ['open comments', '<!--', 50_000],
  ['open scripts', '<script>', 30_000],
  ['end tags without a start', '</', 100_000],
  ['paragraphs', '<p>', 60_000],
])('many %s are read in linear time', (_, part, count) => {
  const began = performance.now()
  htmlBlocks(part.repeat(count))
  expect(performance.now() - began).toBeLessThan(5_000)
})
