import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Workspace } from './api.ts'
import { columnsOf } from './columns.ts'

test('the columns of a schema, for select', () => {
  expect(columnsOf('workspaces', Workspace)).toBe('id, name, limits, settings, created_at, updated_at')
})

test('the type contains the names, so that supabase-js derives the types of the rows', () => {
  expectTypeOf(columnsOf('workspaces', Workspace.pick({ id: true }))).toEqualTypeOf<'id'>()
  const two = columnsOf('workspaces', Workspace.pick({ id: true, name: true }))
  expectTypeOf<typeof two>().toExtend<'id, name' | 'name, id'>()
})

test('a field that is no column does not compile', () => {
  // @ts-expect-error: the table has no such column
  columnsOf('workspaces', z.object({ id: z.string(), nmae: z.string() }))
})
