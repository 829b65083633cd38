import { expect, test } from 'vitest'
import { isThere, missingPackages } from './packages.ts'

test('a package counts as installed if its program is in PATH, or its file exists', () => {
  expect(isThere('sh')).toBe(true)
  expect(isThere('/etc/passwd')).toBe(true)
  expect(isThere('no-such-program')).toBe(false)
  expect(isThere('/no/such/file')).toBe(false)
})

test('each missing package is named once', () => {
  const packages = { shell: 'sh', second: 'no-such-program', first: '/no/such/file' }
  const projects = [
    { name: 'a', files: [], packages },
    { name: 'b', files: [], packages },
    { name: 'c', files: [] },
  ]
  expect(missingPackages(projects)).toEqual(['first', 'second'])
})
