/** How values of the database are parsed, both on PostgreSQL and on PGlite. */
import pg from 'pg'

const arrays = { int8: 1016, numeric: 1231, date: 1182, text: 1009 }
const textArray = pg.types.getTypeParser(arrays.text) as (text: string) => string[]

/**
 * int8 becomes a number, numeric and date stay text, timestamps become a Date. All other types are parsed as by `pg`, so jsonb
 * becomes an object.
 */
export const valueParsers: Record<number, (text: string) => unknown> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.NUMERIC]: String,
  [pg.types.builtins.DATE]: String,
  [pg.types.builtins.TIMESTAMP]: (text) => new Date(`${text}Z`),
  [pg.types.builtins.TIMESTAMPTZ]: (text) => new Date(text),
  [arrays.int8]: (text) => textArray(text).map(Number),
  [arrays.numeric]: textArray,
  [arrays.date]: textArray,
}
