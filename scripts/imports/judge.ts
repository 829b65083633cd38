/** Judges imports by the rules in `scripts/import-rules.ts`. */
import { matchesGlob } from 'node:path'
import type { Folder } from '../import-rules.ts'
import { findCircles } from './circles.ts'
import type { Import } from './read-imports.ts'

export interface Rules {
  folders: Folder[]
  testCode: string[]
}

/** Returns one sentence for each fault: what is wrong, by which rule, and what to do. */
export function judge(files: string[], imports: Import[], rules: Rules): string[] {
  return [
    ...homeless(files, rules),
    ...emptyFolders(files, rules),
    ...imports.flatMap((one) => wrongArrow(one, rules) ?? []),
    ...circles(imports),
  ]
}

/** The rule with the longest folder that contains the file. */
export function folderOf(file: string, folders: Folder[]): { rule: Folder; path: string } | undefined {
  const found = folders.flatMap((rule) => {
    const path = pathInside(file, rule.folder)
    return path === undefined ? [] : [{ rule, path }]
  })
  const isCloser = (a: { rule: Folder; path: string }, b: { rule: Folder; path: string }) =>
    depth(b) - depth(a) || Number(a.rule.folder.includes('*')) - Number(b.rule.folder.includes('*'))
  return found.sort(isCloser)[0]
}

const depth = ({ path }: { path: string }) => path.split('/').length

/** `tools/*` and `tools/mail/send-email.ts` give `tools/mail`. */
function pathInside(file: string, folder: string): string | undefined {
  const parts = file.split('/')
  const wanted = folder.split('/')
  const fits = wanted.length < parts.length && wanted.every((part, at) => part === '*' || part === parts[at])
  return fits ? parts.slice(0, wanted.length).join('/') : undefined
}

const isTest = (file: string, { testCode }: Rules) => testCode.some((pattern) => matchesGlob(file, pattern))

function wrongArrow({ from, line, written, to }: Import, rules: Rules): string | undefined {
  const at = `${from}:${line}`
  if (to === undefined) return `${at} imports ${written}, but there is no such file. Correct the path.`
  if (isTest(from, rules)) return
  const source = folderOf(from, rules.folders)
  if (!source) return
  const { rule, path } = source
  const named = rule.may.filter((folder) => to === folder || pathInside(to, folder) !== undefined)
  if (isTest(to, rules)) {
    if (named.some((folder) => isTest(`${folder}/`, rules))) return
    return `${at} imports ${to}: only test code may import test code. Move what both need into the product.`
  }
  if (named.length > 0 || folderOf(to, rules.folders)?.path === path) return
  const allowed = ['its own files', ...rule.may].join(', ')
  return `${at} imports ${to}, but ${path}/ may only import ${allowed}. Pass it in, or move the shape to contracts/.`
}

function homeless(files: string[], rules: Rules): string[] {
  return files
    .filter((file) => file.includes('/') && !isTest(file, rules) && !folderOf(file, rules.folders))
    .map((file) => `${file} is in no folder of scripts/import-rules.ts. Add the folder, and say what it may import.`)
}

function emptyFolders(files: string[], { folders }: Rules): string[] {
  const used = new Set(files.flatMap((file) => folders.filter(({ folder }) => pathInside(file, folder) !== undefined)))
  return folders
    .filter((rule) => !used.has(rule))
    .map(({ folder }) => `${folder}/ has no files. Take it out of scripts/import-rules.ts.`)
}

function circles(imports: Import[]): string[] {
  const arrows = imports.flatMap(({ from, to }) => (to === undefined ? [] : [{ from, to }]))
  return findCircles(arrows).map(
    (files) =>
      `${files.join(' -> ')} is a circle of imports. Move what these files share into a file that imports none of them.`,
  )
}
