/**
 * Writes docs/problems.md from contracts/errors.ts. With `--check` it writes nothing and fails if the page is out of
 * date.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ErrorEntry, errors } from '../contracts/errors.ts'

const file = join(import.meta.dirname, '../docs/problems.md')
const cell = (text: string) => text.replaceAll('|', '\\|')

function page(): string {
  const entries: [string, ErrorEntry][] = Object.entries(errors)
  const rows = entries.map(
    ([code, { status, meaning, action }]) => `| \`${code}\` | ${status} | ${cell(meaning)} | ${cell(action)} |`,
  )
  return `# Problems

<!-- Generated from contracts/errors.ts by scripts/problems-doc.ts. Change it there. -->

A refused request answers \`{"error": {"code", "message", "details"?}}\`. \`code\` is stable and is one of these; \`message\` is
for people and may change. With \`invalid_request\`, \`details\` is a list of \`{"path", "message"}\`. Every answer carries the
header \`X-Trace-ID\`: name it when you ask an operator for help.

| code | status | what happened | what to do |
|---|---|---|---|
${rows.join('\n')}
`
}

if (process.argv.includes('--check')) {
  const written = await readFile(file, 'utf8').catch(() => '')
  if (written !== page()) {
    console.error('docs/problems.md does not match contracts/errors.ts. Run `node scripts/problems-doc.ts`.')
    process.exitCode = 1
  }
} else {
  await writeFile(file, page())
}
