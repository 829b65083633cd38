/** Reads what stands on the slides of a PowerPoint file: an outline to look at, not a rendering. */
import { decodeEntities, unzipTexts } from './office-xml'

export interface Slide {
  title: string
  /** Paragraphs, in the order of the file. */
  lines: string[]
  notes: string
}

const PARTS = /^ppt\/((slides|notesSlides)\/)?(_rels\/)?\w+\.xml(\.rels)?$/
const MAX_BYTES = 200_000_000

/** Rejects when the bytes are no PowerPoint file. */
export async function readPptx(bytes: Uint8Array): Promise<Slide[]> {
  const files = await unzipTexts(bytes, PARTS, MAX_BYTES).catch(() => {
    throw new Error('This is no PowerPoint file.')
  })
  const numbers = slideNumbers(files)
  if (numbers.length === 0) throw new Error('This is no PowerPoint file.')
  return numbers.map((number) => {
    const [title = '', ...lines] = paragraphs(files[`ppt/slides/slide${number}.xml`]!)
    return { title, lines, notes: notesOf(files, number) }
  })
}

/** The numbers in the names of the slides' parts, as the presentation orders them: moving a slide does not rename it. */
function slideNumbers(files: Record<string, string>): number[] {
  const relations = files['ppt/_rels/presentation.xml.rels'] ?? ''
  const targets = new Map(
    [...relations.matchAll(/<Relationship\b[^>]*>/g)].map(([tag]) => [
      /\bId="([^"]*)"/.exec(tag)?.[1],
      Number(/\bTarget="[^"]*slides\/slide(\d+)\.xml"/.exec(tag)?.[1]),
    ]),
  )
  const ids = [...(files['ppt/presentation.xml'] ?? '').matchAll(/<p:sldId\b[^>]*\br:id="([^"]*)"/g)]
  return ids
    .map(([, id]) => targets.get(id))
    .filter((number) => number && files[`ppt/slides/slide${number}.xml`]) as number[]
}

function notesOf(files: Record<string, string>, number: number): string {
  const target = /notesSlides\/(notesSlide\d+\.xml)/.exec(files[`ppt/slides/_rels/slide${number}.xml.rels`] ?? '')?.[1]
  const xml = target && files[`ppt/notesSlides/${target}`]
  return xml ? paragraphs(xml).join('\n') : ''
}

/** All but the slide's own number, which is a field. */
function paragraphs(xml: string): string[] {
  const texts = xml.replace(/<a:fld\b[^>]*\btype="slidenum"[\s\S]*?<\/a:fld>/g, '')
  return [...texts.matchAll(/<a:p\b[^>]*>([\s\S]*?)<\/a:p>/g)]
    .map(([, inner = '']) =>
      [...inner.matchAll(/<a:t>([^<]*)<\/a:t>|<a:(br)\b/g)].map(([, text, br]) => (br ? ' ' : (text ?? ''))).join(''),
    )
    .map((text) => decodeEntities(text).trim())
    .filter((text) => text !== '')
}
