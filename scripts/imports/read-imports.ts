/** Reads what each `.ts` and `.vue` file of a tree imports: values, types, and `import()`. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { parse } from '@vue/compiler-sfc'
import ts from 'typescript'

export interface Import {
  /** The importing file. Every path here starts at the root of the tree, without a leading slash. */
  from: string
  line: number
  /** The import as it is written. */
  written: string
  /** The imported file; undefined when there is none. */
  to: string | undefined
}

const skipped = new Set(['node_modules', 'dist', 'coverage', 'public'])
const endings = ['', '.ts', '.vue', '.js', '.mjs', '/index.ts']

/** All source files below `root`, without hidden folders and generated ones. */
export function sourceFiles(root: string): string[] {
  const isSkipped = (path: string) => skipped.has(basename(path)) || (basename(path).startsWith('.') && path !== '.')
  return globSync('**/*.{ts,mts,js,mjs,vue}', { cwd: root, exclude: isSkipped }).sort()
}

/**
 * Every import of a file of the tree, but not of packages from outside. `aliases` maps the beginning of a path to a
 * folder.
 */
export function readImports(root: string, files: string[], aliases: Record<string, string>): Import[] {
  return files.flatMap((from) => {
    const source = readFileSync(join(root, from), 'utf8')
    return scriptsOf(from, source).flatMap(({ text, offset }) =>
      ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }) => {
        const path = localPath(from, fileName, aliases)
        if (path === undefined) return []
        return [{ from, line: lineAt(source, offset + pos), written: fileName, to: findFile(root, path) }]
      }),
    )
  })
}

export const lineAt = (source: string, offset: number) => source.slice(0, offset).split('\n').length

function scriptsOf(file: string, source: string): { text: string; offset: number }[] {
  if (!file.endsWith('.vue')) return [{ text: source, offset: 0 }]
  const { script, scriptSetup } = parse(source).descriptor
  return [script, scriptSetup].flatMap((block) =>
    block ? [{ text: block.content, offset: block.loc.start.offset }] : [],
  )
}

/** The path to which an import leads, or undefined for a package from outside. */
function localPath(from: string, written: string, aliases: Record<string, string>): string | undefined {
  const path = written.replace(/\?.*$/, '')
  if (path.startsWith('.')) return normalize(join(dirname(from), path))
  const alias = Object.entries(aliases).find(([name]) => path === name || path.startsWith(`${name}/`))
  return alias && normalize(alias[1] + path.slice(alias[0].length))
}

function findFile(root: string, path: string): string | undefined {
  return endings.map((ending) => path + ending).find((candidate) => isFile(join(root, candidate)))
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()
