/** Protects: who approves a call of a built-in tool sees all of it, in the view that was made for it. */
import { expect, test } from 'vitest'
import { shownCall } from '../../nuxt-app/app/features/approvals/shown-call.ts'
import { manifests } from '../../tools/registry.ts'

const kinds: Record<string, string> = {
  send_email: 'mail',
  write_file: 'text',
  generate_pdf: 'text',
  generate_powerpoint: 'slides',
  generate_spreadsheet: 'sheets',
}
const examples = (await manifests()).flatMap(({ name, examples }) =>
  kinds[name] ? examples.map(({ request, input }) => [name, request, input as Record<string, unknown>] as const) : [],
)

/** Every text and number in a value, wherever it stands. */
const leaves = (value: unknown): unknown[] =>
  value && typeof value === 'object' ? Object.values(value).flatMap(leaves) : [value]

test.each(examples)('%s, as for “%s”: has its view, and nothing is left out', (tool, _, args) => {
  const shown = shownCall(tool, args)
  expect(shown.view?.kind).toBe(kinds[tool])
  expect(leaves(shown)).toEqual(expect.arrayContaining(leaves(args)))
})
