/** The rules for every Office file (ECMA-376, part 2): its parts, their content types and relationships. */
import { posix } from 'node:path'
import JSZip from 'jszip'
import { type Node, named, parseTree, walk } from './xml-tree.ts'

export interface OfficePackage {
  /** Bytes by the part's name, without a leading slash. */
  parts: Map<string, Buffer>
  /** XML parts, `.rels` and content types included. */
  trees: Map<string, Node>
  /** Relationships by the part that has them. Those of the package itself are under ''. */
  relationships: Map<string, Relationship[]>
  /** What is wrong. */
  faults: string[]
}

export interface Relationship {
  id: string
  /** The last word of its type, e.g. "slideLayout". */
  type: string
  /** The part's name, resolved. */
  target: string
}

const CONTENT_TYPES = '[Content_Types].xml'
/** Types of content by extension; XML parts each name their own. */
const MEDIA_TYPES = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['rels', 'application/vnd.openxmlformats-package.relationships+xml'],
])

/** Reads a package and collects its faults. Throws if it is not a zip file, or if a part is not well-formed. */
export async function readPackage(file: Uint8Array): Promise<OfficePackage> {
  const zip = await JSZip.loadAsync(file, { checkCRC32: true })
  const parts = new Map<string, Buffer>()
  for (const entry of Object.values(zip.files)) {
    if (!entry.dir) parts.set(entry.name, await entry.async('nodebuffer'))
  }
  const xml = [...parts].filter(([name]) => /\.(xml|rels)$/.test(name))
  const trees = new Map(xml.map(([name, bytes]) => [name, parseTree(name, bytes.toString('utf8'))]))
  const found: OfficePackage = { parts, trees, relationships: new Map(), faults: [] }
  checkContentTypes(found)
  readRelationships(found)
  checkReferences(found)
  checkReachable(found)
  return found
}

function checkContentTypes({ parts, trees, faults }: OfficePackage): void {
  const types = trees.get(CONTENT_TYPES)
  if (!types) return void faults.push(`${CONTENT_TYPES} is missing`)
  const defaults = new Map<string, string>()
  const overrides = new Map<string, string>()
  for (const { name, attributes } of types.children) {
    const [table, key] =
      name === 'Default' ? [defaults, attributes.Extension!.toLowerCase()] : [overrides, attributes.PartName!.slice(1)]
    if (table.has(key)) faults.push(`${CONTENT_TYPES}: ${key} has two types`)
    table.set(key, attributes.ContentType!)
  }
  for (const name of overrides.keys()) if (!parts.has(name)) faults.push(`${CONTENT_TYPES}: ${name} is not there`)
  const extension = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  const used = new Set([...parts.keys()].map(extension))
  for (const name of defaults.keys()) {
    if (!used.has(name)) faults.push(`${CONTENT_TYPES}: no part ends in .${name}`)
  }
  for (const name of parts.keys()) {
    if (name === CONTENT_TYPES) continue
    const type = overrides.get(name) ?? defaults.get(extension(name))
    const expected = MEDIA_TYPES.get(extension(name))
    if (!type) faults.push(`${name} has no content type`)
    else if (expected && type !== expected) faults.push(`${name} has the type ${type} in place of ${expected}`)
    else if (!expected && !overrides.has(name)) faults.push(`${name} has no type of its own`)
  }
}

function readRelationships({ parts, trees, relationships, faults }: OfficePackage): void {
  for (const [name, tree] of trees) {
    const [, folder, source] = /^(.*?)_rels\/(.*)\.rels$/.exec(name) ?? []
    if (folder === undefined) continue
    if (source && !parts.has(folder + source)) faults.push(`${name} belongs to no part`)
    const ids = new Set<string>()
    const found = named(tree, 'Relationship').map(({ attributes }) => {
      const target = posix.resolve('/', folder, attributes.Target!).slice(1)
      if (ids.has(attributes.Id!)) faults.push(`${name}: ${attributes.Id} is there twice`)
      ids.add(attributes.Id!)
      if (attributes.TargetMode !== 'External' && !parts.has(target)) faults.push(`${name}: ${target} is not there`)
      return { id: attributes.Id!, type: posix.basename(attributes.Type!), target }
    })
    relationships.set(folder + source, found)
  }
}

/** Each r:id, r:embed and r:link has its relationship. */
function checkReferences({ trees, relationships, faults }: OfficePackage): void {
  for (const [name, tree] of trees) {
    const ids = new Set((relationships.get(name) ?? []).map(({ id }) => id))
    for (const { node } of walk(tree)) {
      for (const [attribute, value] of Object.entries(node.attributes)) {
        if (/^r:(id|embed|link)$/.test(attribute) && !ids.has(value)) {
          faults.push(`${name}: ${node.name} names the relationship ${value}, which is not there`)
        }
      }
    }
  }
}

function checkReachable({ parts, relationships, faults }: OfficePackage): void {
  const reached = new Set([''])
  for (const part of reached) for (const { target } of relationships.get(part) ?? []) reached.add(target)
  for (const name of parts.keys()) {
    if (name !== CONTENT_TYPES && !name.endsWith('.rels') && !reached.has(name)) faults.push(`nothing leads to ${name}`)
  }
}
