/**
 * Corrects the file that pptxgenjs 4.0.1 wrote, in one pass. Without this, PowerPoint offers to repair the file, or
 * another program drops a part of it. The validator of the tests (`testing/office-rules`) says what a correct file is.
 *
 * Regular expressions are safe here, because in well-formed XML text contains no `<` and attributes contain no `"`.
 */
import JSZip from 'jszip'
import { isRightToLeft } from '../text/direction.ts'

const CONTENT_TYPES = '[Content_Types].xml'
const TYPE = 'application/vnd.openxmlformats-officedocument'
const HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
/** The portrait page for notes, in English metric units. */
const NOTES_PAGE = '<p:notesSz cx="6858000" cy="9144000"/>'
const NOTES_PLACES = new Map([
  ['sldImg', '<a:off x="685800" y="1143000"/><a:ext cx="5486400" cy="3086100"/>'],
  ['body', '<a:off x="685800" y="4400550"/><a:ext cx="5486400" cy="3600450"/>'],
  ['sldNum', '<a:off x="3884613" y="8685213"/><a:ext cx="2971800" cy="458787"/>'],
])

/** By the part's name, in this order. */
const MENDED: [RegExp, (xml: string) => string][] = [
  [/^ppt\/presentation\.xml$/, mendPresentation],
  [/^ppt\/notesMasters\/notesMaster\d+\.xml$/, emptyTree],
  [/^ppt\/notesMasters\/_rels\/notesMaster\d+\.xml\.rels$/, (xml) => xml.replace('theme1.xml', 'theme2.xml')],
  [/^ppt\/notesSlides\/notesSlide\d+\.xml$/, (xml) => splitNotes(placeNotes(xml))],
  [/^ppt\/(slideMasters|slideLayouts)\/[^/]+\.xml$/, mendSlideNumber],
  [/^ppt\/(slides|slideMasters|slideLayouts)\/[^/]+\.xml$/, renumberShapes],
  [/^ppt\/slides\/slide\d+\.xml$/, applyNames],
  [/^ppt\/charts\/chart\d+\.xml$/, mendChart],
]

/** `deck` is a .pptx as the library wrote it. The returned file is compressed. */
export async function mendDeck(deck: Uint8Array): Promise<Buffer> {
  const zip = await JSZip.loadAsync(deck)
  zip.file('ppt/theme/theme2.xml', await textOf(zip, 'ppt/theme/theme1.xml'))
  for (const name of partNames(zip)) {
    if (name.endsWith('.xlsx')) zip.file(name, await mendWorkbook(await zip.file(name)!.async('nodebuffer')))
    const mends = MENDED.filter(([pattern]) => pattern.test(name))
    if (mends.length > 0)
      zip.file(
        name,
        mends.reduce((xml, [, mend]) => mend(xml), await textOf(zip, name)),
      )
  }
  await mendContentTypes(zip, [`<Override PartName="/ppt/theme/theme2.xml" ContentType="${TYPE}.theme+xml"/>`])
  return save(zip)
}

/** Keeps only the types of existing parts, without duplicates. `image/jpg` is not a valid type. */
async function mendContentTypes(zip: JSZip, added: string[]): Promise<void> {
  const names = new Set(partNames(zip))
  const extensions = new Set([...names].map((name) => name.slice(name.lastIndexOf('.') + 1)))
  const entries = (await textOf(zip, CONTENT_TYPES)).match(/<(Default|Override) [^>]*\/>/g) ?? []
  const kept = [...entries, ...added]
    .map((entry) => entry.replace('image/jpg', 'image/jpeg'))
    .filter((entry) => {
      const [, extension, part] = /Extension="([^"]*)"|PartName="\/([^"]*)"/.exec(entry) ?? []
      return extension ? extensions.has(extension) : names.has(part!)
    })
  const types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
  zip.file(CONTENT_TYPES, `${HEADER}\n${types}${[...new Set(kept)].join('')}</Types>`)
}

/** Puts the list of notes masters before the list of slides. */
function mendPresentation(xml: string): string {
  const [list = ''] = /<p:notesMasterIdLst>.*?<\/p:notesMasterIdLst>/s.exec(xml) ?? []
  return xml
    .replace(list, '')
    .replace('<p:sldIdLst>', `${list}<p:sldIdLst>`)
    .replace(/<p:notesSz [^>]*\/>/, NOTES_PAGE)
}

/** PowerPoint removes the library's placeholders from the notes master and reports a repair. So we remove all of them. */
function emptyTree(xml: string): string {
  return xml.replace(/<p:sp>.*<\/p:sp>/s, '')
}

/** The notes master no longer says where the parts of notes are, so the notes say it themselves. */
function placeNotes(xml: string): string {
  return xml.replace(/<p:ph type="(\w+)"([^>]*)\/><\/p:nvPr><\/p:nvSpPr><p:spPr\/>/g, (all, type, rest) => {
    const place = NOTES_PLACES.get(type)
    if (!place) return all
    const shape = `<p:spPr><a:xfrm>${place}</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>`
    return `<p:ph type="${type}"${rest}/></p:nvPr></p:nvSpPr>${shape}`
  })
}

/** A paragraph for each line, in the direction of its script. */
function splitNotes(xml: string): string {
  return xml.replace(
    /<a:p><a:r>(<a:rPr[^>]*>)<a:t>([^<]*)<\/a:t><\/a:r>(<a:endParaRPr[^>]*>)<\/a:p>/,
    (_, run, text, end) =>
      (text as string)
        .split(/\r?\n/)
        .map((line) => {
          const toLeft = isRightToLeft(line.replace(/&#?\w+;/g, ' '))
          const properties = toLeft ? '<a:pPr algn="r" rtl="1"/>' : ''
          return `<a:p>${properties}<a:r>${run}<a:t>${line}</a:t></a:r>${end}</a:p>`
        })
        .join(''),
  )
}

/** Masters and layouts show a placeholder for the slide number, not a number. */
function mendSlideNumber(xml: string): string {
  return xml.replace(/(type="slidenum">.*?<a:t>)[^<]*/gs, '$1‹#›')
}

/** Gives each shape of a part an id of its own, beginning with the root of the tree. */
function renumberShapes(xml: string): string {
  let id = 0
  return xml.replace(/(<p:cNvPr id=")\d+"/g, (_, start) => `${start}${++id}"`)
}

/**
 * Names of shapes carry what the library cannot write: how much a text is shrunk, and that a table is read from the
 * right.
 */
function applyNames(xml: string): string {
  return xml
    .replace(/(<p:cNvPr id="\d+" name="\w+)\|(\d+)\|(\d+)(".*?)<a:normAutofit\/>/gs, (_, start, scale, less, rest) => {
      const spacing = less === '0' ? '' : ` lnSpcReduction="${less}"`
      return `${start}${rest}<a:normAutofit fontScale="${scale}"${spacing}/>`
    })
    .replace(/(<p:cNvPr id="\d+" name="\w+)\|rtl(".*?)<a:tblPr\/>/gs, '$1$2<a:tblPr rtl="1"/>')
}

function mendChart(xml: string): string {
  return (
    xml
      // only three-dimensional charts have a third axis
      .replace(/(<c:axId val="\d+"\/><c:axId val="\d+"\/>)<c:axId val="\d+"\/>/g, '$1')
      .replace('<c:lineChart><c:varyColors', '<c:lineChart><c:grouping val="standard"/><c:varyColors')
      .replace(/<c:(line|area)Chart>.*<\/c:\1Chart>/s, (plot) => plot.replace(/<c:invertIfNegative [^>]*\/>/g, ''))
      .replace(/<c:lineChart>.*<\/c:lineChart>/s, markersBeforeLabels)
  )
}

function markersBeforeLabels(plot: string): string {
  return plot.replace(/<c:ser>.*?<\/c:ser>/gs, (series) => {
    const [marker = ''] = /<c:marker>.*?<\/c:marker>/s.exec(series) ?? []
    return series.replace(marker, '').replace('<c:dLbls>', `${marker}<c:dLbls>`)
  })
}

/**
 * The workbook behind a chart. Its table has an invalid range, which makes Keynote drop the chart. The table is not
 * needed.
 */
async function mendWorkbook(workbook: Uint8Array): Promise<Buffer> {
  const zip = await JSZip.loadAsync(workbook)
  for (const name of partNames(zip)) if (/^xl\/(tables|worksheets\/_rels)\//.test(name)) zip.remove(name)
  await mendContentTypes(zip, [])
  return save(zip)
}

function partNames(zip: JSZip): string[] {
  return Object.values(zip.files)
    .filter((entry) => !entry.dir)
    .map((entry) => entry.name)
}

function textOf(zip: JSZip, name: string): Promise<string> {
  return zip.file(name)!.async('string')
}

function save(zip: JSZip): Promise<Buffer> {
  return zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' })
}
