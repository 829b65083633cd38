/** Protects: people who approve a call of a built-in tool see all of it, in the view made for that tool. */
import { expect, test } from 'vitest'
import { fillSentence } from '../../contracts/tool-view.ts'
import { shownCall } from '../../nuxt-app/app/features/calls/shown-call.ts'
import { manifests } from '../../tools/registry.ts'

const kinds: Record<string, string> = {
  send_email: 'addresses',
  write_file: 'text',
  generate_pdf: 'markdown',
  generate_powerpoint: 'slides',
  generate_spreadsheet: 'sheets',
  run_code: 'code',
}
const examples = (await manifests()).flatMap(({ name, view, examples }) =>
  kinds[name]
    ? examples.map(({ request, input }) => [name, request, view, input as Record<string, unknown>] as const)
    : [],
)

/** Every text and number in a value, at any depth. */
const leaves = (value: unknown): unknown[] =>
  value && typeof value === 'object' ? Object.values(value).flatMap(leaves) : [value]

test.each(examples)('%s, as for “%s”: has its view, and nothing is left out', (tool, _, view, args) => {
  const shown = shownCall(view, args)
  expect(shown.frame).toBe(tool === 'send_email' ? 'mail' : 'document')
  expect(shown.fields.map(({ kind }) => kind)).toContain(kinds[tool])
  expect(leaves(shown)).toEqual(expect.arrayContaining(leaves(args)))
})

test.each(examples)('%s, as for “%s”: its sentences have no empty places', (_tool, _, view, args) => {
  for (const sentence of [view!.question, view!.summary]) {
    expect(fillSentence(sentence, args)).not.toMatch(/[{}]|“”|undefined/)
  }
})
