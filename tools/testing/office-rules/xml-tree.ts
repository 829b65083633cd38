/** A strictly parsed XML part as a tree. */
import { SaxesParser } from 'saxes'

export interface Node {
  name: string
  attributes: Record<string, string>
  children: Node[]
  /** Its own text, without that of its children. */
  text: string
}

/** Throws if the text is not well-formed. */
export function parseTree(part: string, xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw new Error(`${part}: ${error.message}`)
  })
  parser.on('opentag', (tag) => {
    const node = { name: tag.name, attributes: tag.attributes as Record<string, string>, children: [], text: '' }
    open.at(-1)!.children.push(node)
    open.push(node)
  })
  parser.on('text', (text) => {
    open.at(-1)!.text += text
  })
  parser.on('closetag', () => void open.pop())
  parser.write(xml).close()
  return root.children[0]!
}

/** The node and all its descendants, each with the names of its ancestors, outermost first. */
export function* walk(node: Node, above: string[] = []): Generator<{ node: Node; above: string[] }> {
  yield { node, above }
  for (const child of node.children) yield* walk(child, [...above, node.name])
}

export const named = (node: Node, name: string): Node[] =>
  [...walk(node)].map((found) => found.node).filter((found) => found.name === name)
