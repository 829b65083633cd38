/** Finds what Nuxt imports by itself: components by their tags, and the exports of `use*.ts` files by their names. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from '@vue/compiler-sfc'
import { type Import, lineAt } from './read-imports.ts'

interface TemplateNode {
  tag?: string
  loc: { start: { line: number } }
  children?: unknown[]
  branches?: unknown[]
}

/** `app` is the source folder of the Nuxt app. Every `.vue` file in it is a component, except pages and layouts. */
export function nuxtImports(root: string, files: string[], app: string): Import[] {
  const inside = files.filter((file) => file.startsWith(`${app}/`))
  const components = new Map(
    inside.filter(isComponent).map((file) => [kebab(basename(file, '.vue')), file] as [string, string]),
  )
  const composables = new Map(inside.flatMap((file) => composablesOf(root, file)))
  return inside.flatMap((from) => {
    const source = readFileSync(join(root, from), 'utf8')
    return [...tagsOf(from, source, components), ...callsOf(from, source, composables)].filter(({ to }) => to !== from)
  })
}

const isComponent = (file: string) => file.endsWith('.vue') && !/\/(pages|layouts)\//.test(file)
const kebab = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()

/** Exported functions of a composable's file: `useRuns.ts`. */
function composablesOf(root: string, file: string): [string, string][] {
  if (!/\/use[A-Z]\w*\.ts$/.test(file)) return []
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => [name!, file])
}

function tagsOf(from: string, source: string, components: Map<string, string>): Import[] {
  if (!from.endsWith('.vue')) return []
  const found: Import[] = []
  const visit = (node: TemplateNode) => {
    const to = node.tag && components.get(kebab(node.tag))
    if (to) found.push({ from, line: node.loc.start.line, written: `<${node.tag}>`, to })
    for (const child of [...(node.children ?? []), ...(node.branches ?? [])]) visit(child as TemplateNode)
  }
  const ast = parse(source).descriptor.template?.ast
  if (ast) visit(ast as TemplateNode)
  return found
}

function callsOf(from: string, source: string, composables: Map<string, string>): Import[] {
  return [...source.matchAll(/(?<![\w.])(use\w+)\(/g)].flatMap(({ 1: name, index }) => {
    const to = composables.get(name!)
    return to ? [{ from, line: lineAt(source, index), written: `${name}()`, to }] : []
  })
}
