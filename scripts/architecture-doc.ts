/**
 * Draws the import diagrams and the table of rooms in docs/architecture.md from `scripts/import-rules.ts`, between the
 * markers `<!-- name -->` and `<!-- /name -->`. With `--check` it writes nothing and fails if the page is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Folder, folders } from './import-rules.ts'

const file = join(import.meta.dirname, '../docs/architecture.md')

/** `scripts/`, `tests/` and `bench/` may import nearly every room. Their arrows would hide all others. */
const composing = ['scripts', 'bench', 'tests']
/** Every room may import it. The page says so in words. */
const common = 'contracts'

const isInside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)
const rooms = folders.filter(({ folder }) => !folder.includes('/'))

/** What a room and its folders may import, as rooms. */
function importsOf(room: string): string[] {
  const may = folders.filter(({ folder }) => isInside(folder, room)).flatMap((folder) => folder.may)
  const targets = may.map((path) => path.split('/')[0]!).filter((target) => target !== room)
  return [...new Set(targets)].sort()
}

function roomDiagram(): string {
  const drawn = rooms.filter(({ folder }) => !composing.includes(folder) && folder !== common)
  const nodes = drawn.map(({ folder }) => `  ${nodeName(folder)}["${folder}/"]`)
  const arrows = drawn.flatMap(({ folder }) =>
    importsOf(folder)
      .filter((target) => target !== common)
      .map((target) => `  ${nodeName(folder)} --> ${nodeName(target)}`),
  )
  return mermaid('LR', [...nodes, ...arrows])
}

/** The folders inside a room, and which of them may import which. */
function folderDiagram(room: string): string {
  const inside = folders.filter(({ folder }) => isInside(folder, room) && folder !== room)
  const name = ({ folder }: Folder) => folder.slice(room.length + 1)
  const nodes = inside.map((folder) => `  ${nodeName(name(folder))}["${name(folder)}/<br/>${folder.what}"]`)
  const arrows = inside.flatMap((from) =>
    inside
      .filter(({ folder }) => from.may.includes(folder))
      .map((to) => `  ${nodeName(name(from))} --> ${nodeName(name(to))}`),
  )
  return mermaid('TD', [...nodes, ...arrows])
}

function roomTable(): string {
  const rows = rooms.map(({ folder, what }) => `| \`${folder}/\` | ${what} | ${listed(importsOf(folder))} |`)
  return ['| room | what it is | may import |', '|---|---|---|', ...rows].join('\n')
}

const nodeName = (folder: string) => folder.replace(/\W+/g, '_')
const listed = (paths: string[]) => paths.map((path) => `\`${path}\``).join(', ') || 'nothing'
const mermaid = (direction: string, lines: string[]) =>
  ['```mermaid', `flowchart ${direction}`, ...lines, '```'].join('\n')

function fill(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(open), page.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`docs/architecture.md has no ${open} … ${close}`)
  return `${page.slice(0, from + open.length)}\n${content}\n${page.slice(to)}`
}

const found = await readFile(file, 'utf8')
const wanted = [
  ['rooms', `${roomDiagram()}\n\n${roomTable()}`],
  ['executor', folderDiagram('executor')],
].reduce((page, [name, content]) => fill(page, name!, content!), found)

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted)
} else if (found !== wanted) {
  console.error('docs/architecture.md does not show the import rules. Run `node scripts/architecture-doc.ts`.')
  process.exitCode = 1
}
