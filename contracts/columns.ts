/** Column lists for `select` calls, from the schemas of contracts/api. A field that is not a column does not compile. */
import type { z } from 'zod'
import type { Database } from './database.ts'

type Tables = Database['public']['Tables']
type Table = keyof Tables
type Column<T extends Table> = keyof Tables[T]['Row'] & string

/** The fields of `schema` as columns of `table`, in the form that `select` takes: "id, name". */
export const columnsOf = <T extends Table, F extends Column<T>>(
  _table: T,
  schema: { shape: Record<F, z.ZodType> },
): Joined<F> => Object.keys(schema.shape).join(', ') as Joined<F>

/** Turns `'a' | 'b'` into `'a, b'`, in any order. supabase-js reads the column names from the type of its argument. */
type Joined<Names extends string, Last extends string = LastOf<Names>> = [Exclude<Names, Last>] extends [never]
  ? Last
  : `${Joined<Exclude<Names, Last>>}, ${Last}`

/** One member of a union: TypeScript infers from the last of overloaded functions. */
type LastOf<Names> = (Names extends string ? (take: (name: Names) => void) => void : never) extends (
  take: infer Overloads,
) => void
  ? Overloads extends (name: infer Last) => void
    ? Last & string
    : never
  : never
