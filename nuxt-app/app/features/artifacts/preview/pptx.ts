/** Reads what stands on the slides of a PowerPoint file: an outline to look at, not a rendering. */
import { strFromU8, unzip } from 'fflate'

export interface Slide {
  title: string
  /** Paragraphs, in the order of the file. */
  lines: string[]
  notes: string
}

/** Rejects when the bytes are no PowerPoint file. */
export async function readPptx(bytes: Uint8Array): Promise<Slide[]> {
  const files = await unzipSlides(bytes)
  const numbers = Object.keys(files)
    .flatMap((name) => /^ppt\/slides\/slide(\d+)\.xml$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
  if (numbers.length === 0) throw new Error('This is no PowerPoint file.')
  return numbers.map((number) => {
    const [title = '', ...lines] = paragraphs(files[`ppt/slides/slide${number}.xml`]!, number)
    return { title, lines, notes: notesOf(files, number) }
  })
}

function unzipSlides(bytes: Uint8Array): Promise<Record<string, string>> {
  const filter = (file: { name: string }) => /^ppt\/(slides|notesSlides)\/(_rels\/)?\w+\.xml(\.rels)?$/.test(file.name)
  return new Promise((resolve, reject) =>
    unzip(bytes, { filter }, (error, files) =>
      error
        ? reject(new Error('This is no PowerPoint file.'))
        : resolve(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, strFromU8(content)]))),
    ),
  )
}

function notesOf(files: Record<string, string>, number: number): string {
  const target = /notesSlides\/(notesSlide\d+\.xml)/.exec(files[`ppt/slides/_rels/slide${number}.xml.rels`] ?? '')?.[1]
  const xml = target && files[`ppt/notesSlides/${target}`]
  return xml ? paragraphs(xml, number).join('\n') : ''
}

/** All but the slide's own number, which has a field of its own. */
function paragraphs(xml: string, number: number): string[] {
  return [...xml.matchAll(/<a:p\b[^>]*>([\s\S]*?)<\/a:p>/g)]
    .map(([, inner = '']) =>
      [...inner.matchAll(/<a:t>([^<]*)<\/a:t>|<a:(br)\b/g)].map(([, text, br]) => (br ? ' ' : (text ?? ''))).join(''),
    )
    .map((text) => decodeEntities(text).trim())
    .filter((text) => text !== '' && text !== String(number))
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decodeEntities = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) =>
    name ? (entities[name] ?? all) : String.fromCodePoint(Number.parseInt(hex ?? decimal, hex ? 16 : 10)),
  )
