/** Column lists of `select` calls, taken from the schemas of contracts/api: a field that is no column does not compile. */
import type { z } from 'zod'
import type { Database } from './database.ts'

type Tables = Database['public']['Tables']
type Table = keyof Tables
type Column<T extends Table> = keyof Tables[T]['Row'] & string

/** The columns of `table` that `schema` has as fields, as the text that `select` takes. */
export const columnsOf = <T extends Table, F extends Column<T>>(
  _table: T,
  schema: { shape: Record<F, z.ZodType> },
): Joined<F> => Object.keys(schema.shape).join(', ') as Joined<F>

/** `'a' | 'b'` as `'a, b'`, in any order: supabase-js reads the names in the type of its argument. */
type Joined<Names extends string, Last extends string = LastOf<Names>> = [Exclude<Names, Last>] extends [never]
  ? Last
  : `${Joined<Exclude<Names, Last>>}, ${Last}`

/** One member of a union: of overloaded functions, TypeScript infers from the last. */
type LastOf<Names> = (Names extends string ? (take: (name: Names) => void) => void : never) extends (
  take: infer Overloads,
) => void
  ? Overloads extends (name: infer Last) => void
    ? Last & string
    : never
  : never
