/**
 * The rules for a deck that PowerPoint opens without offering a repair, and whose text stays in its boxes. `deckFaults`
 * returns what is wrong. The harness calls it for every deck that a test makes.
 */
import { CHILDREN, LABEL_PLACES, LEAVES } from './element-orders.ts'
import { type OfficePackage, readPackage } from './package.ts'
import { textFaults } from './text-fit.ts'
import { type Node, named, walk } from './xml-tree.ts'

/** Kinds of parts whose elements are checked; themes and settings are the same in every deck. */
const CHECKED =
  /^ppt\/(presentation|tableStyles|(slides|slideLayouts|slideMasters|notesSlides|notesMasters|charts)\/[^/]+)\.xml$/
const FIRST_MASTER_ID = 2 ** 31
const FIRST_SLIDE_ID = 256

/** Empty if the deck is correct. Rejects if it is not a zip file, or if a part is not well-formed. */
export async function deckFaults(file: Uint8Array): Promise<string[]> {
  const deck = await readPackage(file)
  const faults = [...deck.faults]
  for (const [name, tree] of deck.trees) {
    if (!CHECKED.test(name)) continue
    const found = [...elementFaults(tree), ...shapeFaults(tree), ...chartFaults(tree), ...textFaults(tree)]
    faults.push(...found.map((fault) => `${name}: ${fault}`))
  }
  faults.push(...idFaults(deck), ...masterFaults(deck))
  for (const [name, bytes] of deck.parts) {
    if (name.endsWith('.xlsx')) faults.push(...(await workbookFaults(bytes)).map((fault) => `${name}: ${fault}`))
  }
  return faults
}

function* elementFaults(tree: Node): Generator<string> {
  for (const { node, above } of walk(tree)) {
    if (above.some((name) => name.endsWith(':extLst')) || node.name.endsWith(':extLst')) continue
    const parent = above.at(-1) ?? ''
    const path = `${parent}/${node.name}`
    const children = CHILDREN.get(path) ?? CHILDREN.get(node.name)
    const isLeaf = LEAVES.has(path) || (LEAVES.has(node.name) && !CHILDREN.has(path))
    if (children && !isLeaf) yield* orderFaults(node, children)
    else if (!isLeaf) yield `${node.name} in ${parent} is unknown to us`
    else if (node.children.length > 0) yield `${node.name} has children`
    if (node.name === 'a:srgbClr' && !/^[0-9A-F]{6}$/i.test(node.attributes.val ?? '')) {
      yield `a:srgbClr has the value ${node.attributes.val}`
    }
  }
}

function* orderFaults(node: Node, children: string): Generator<string> {
  const prefix = node.name.split(':')[0]
  const names = node.children.map((child) => child.name)
  let at = 0
  for (const slot of children.split(' ')) {
    const [, choice = '', count] = /^(.*?)([?*+]?)$/.exec(slot)!
    const choices = choice.split('|').map((name) => (name.includes(':') ? name : `${prefix}:${name}`))
    const start = at
    const isMany = count === '*' || count === '+'
    while (at < names.length && choices.includes(names[at]!) && (isMany || at === start)) at++
    if (at === start && (count === '' || count === '+')) yield `${node.name} lacks ${choices.join(' or ')}`
  }
  if (at < names.length) yield `${node.name} has ${names[at]} where it may not stand`
}

function* shapeFaults(tree: Node): Generator<string> {
  yield* repeated(named(tree, 'p:cNvPr').map(({ attributes }) => attributes.id!)).map(
    (id) => `two shapes have the id ${id}`,
  )
  const places = named(tree, 'p:ph').map(({ attributes: { type, idx } }) => `${type ?? 'obj'} ${idx ?? 0}`)
  yield* repeated(places).map((place) => `two placeholders are ${place}`)
}

function* chartFaults(tree: Node): Generator<string> {
  if (tree.name !== 'c:chartSpace') return
  const axes = tree.children.flatMap((child) => [...named(child, 'c:catAx'), ...named(child, 'c:valAx')])
  const own = axes.map((axis) => axis.children.find(({ name }) => name === 'c:axId')?.attributes.val)
  for (const [kind, places] of LABEL_PLACES) {
    for (const plot of named(tree, kind)) {
      const used = plot.children.filter(({ name }) => name === 'c:axId').map(({ attributes }) => attributes.val)
      for (const id of used) if (!own.includes(id)) yield `${kind} names the axis ${id}, which is not there`
      for (const { attributes } of named(plot, 'c:dLblPos')) {
        if (!places.includes(attributes.val!)) yield `labels of ${kind} may not stand at ${attributes.val}`
      }
      const isStacked = named(plot, 'c:grouping').some(({ attributes }) => attributes.val !== 'clustered')
      const isOutside = named(plot, 'c:dLblPos').some(({ attributes }) => attributes.val === 'outEnd')
      if (kind === 'c:barChart' && isStacked && isOutside) yield 'labels of stacked bars may not stand at outEnd'
    }
  }
  for (const { attributes } of named(tree, 'c:crossAx')) {
    if (!own.includes(attributes.val)) yield `an axis crosses ${attributes.val}, which is not there`
  }
}

function idFaults({ trees }: OfficePackage): string[] {
  const all = [...trees.values()]
  const ids = (name: string) => all.flatMap((tree) => named(tree, name).map(({ attributes }) => Number(attributes.id)))
  const masters = [...ids('p:sldMasterId'), ...ids('p:sldLayoutId')]
  const slides = ids('p:sldId')
  return [
    ...repeated([...masters, ...slides].map(String)).map((id) => `two slides, layouts or masters have the id ${id}`),
    ...masters.filter((id) => id < FIRST_MASTER_ID).map((id) => `a master or layout has the low id ${id}`),
    ...slides.filter((id) => id < FIRST_SLIDE_ID || id >= FIRST_MASTER_ID).map((id) => `a slide has the id ${id}`),
  ]
}

/**
 * Each master has a theme of its own. PowerPoint removes placeholders of a notes master that it did not make, and says
 * so.
 */
function masterFaults({ trees, relationships }: OfficePackage): string[] {
  const masters = [...trees.keys()].filter((name) => /^ppt\/(slideMasters|notesMasters)\/[^/]+\.xml$/.test(name))
  const themes = masters.map((name) => relationships.get(name)?.find(({ type }) => type === 'theme')?.target)
  const notes = masters.filter((name) => name.startsWith('ppt/notesMasters/'))
  return [
    ...masters.filter((_, i) => themes[i] === undefined).map((name) => `${name} has no theme`),
    ...repeated(themes.filter((theme) => theme !== undefined)).map((theme) => `two masters share ${theme}`),
    ...notes.filter((name) => named(trees.get(name)!, 'p:ph').length > 0).map((name) => `${name} has placeholders`),
  ]
}

/** The numbers behind a chart, which PowerPoint opens in Excel. */
async function workbookFaults(bytes: Buffer): Promise<string[]> {
  const { faults, trees } = await readPackage(bytes)
  const tables = [...trees.values()].filter(({ name }) => name === 'table')
  const references = tables.map(({ attributes }) => attributes.ref ?? '')
  return [
    ...faults,
    ...references.filter((ref) => !/^[A-Z]+\d+:[A-Z]+\d+$/.test(ref)).map((ref) => `a table is at ${ref}`),
  ]
}

function repeated(values: string[]): string[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))]
}
