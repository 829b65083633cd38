import { expect, test } from 'vitest'
import { UpdatePersonaRequest } from '#contracts/api'
import { changesOf, formOf } from './definition.ts'

const known = {
  persona: { name: 'Olivia', description: 'Decks', icon: 'presentation', color: 'indigo' },
  version: {
    instructions: 'You are Olivia.',
    model: { primary: 'default', fallbacks: [] },
    limits: { cost_per_run: 2, max_attempts: 3 },
    allowed_hosts: ['example.com'],
  },
}

test('an untouched form changes nothing, and a note alone is no change', () => {
  expect(changesOf(formOf(known), known)).toEqual({})
  expect(changesOf({ ...formOf(known), note: 'nothing' }, known)).toEqual({})
})

test('a changed name is sent alone', () => {
  expect(changesOf({ ...formOf(known), name: ' Olive ' }, known)).toEqual({ name: 'Olive' })
})

test('limits that the form does not show stay, emptied ones go', () => {
  const form = formOf(known)
  form.limits = { ...form.limits, cost_per_run: null, cost_per_day: 5 }
  expect(changesOf(form, known)).toEqual({ limits: { max_attempts: 3, cost_per_day: 5 } })
})

test('what is sent fits the API', () => {
  const form = {
    ...formOf(known),
    primary: 'local/small',
    temperature: 0.2,
    allowedHosts: ['*.Example.com '],
    note: 'why',
  }
  const changes = changesOf(form, known)
  expect(changes).toEqual({
    model: { primary: 'local/small', fallbacks: [], temperature: 0.2 },
    allowed_hosts: ['*.example.com'],
    note: 'why',
  })
  expect(UpdatePersonaRequest.safeParse(changes).success).toBe(true)
})
