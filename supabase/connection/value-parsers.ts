/** How values of the database are read, on PostgreSQL and on PGlite alike. */
import pg from 'pg'

const arrays = { int8: 1016, numeric: 1231, date: 1182, text: 1009 }
const textArray = pg.types.getTypeParser(arrays.text) as (text: string) => string[]

/**
 * By type: int8 is a number, numeric and date are text, timestamps are a Date. Everything else is as `pg` reads it
 * (jsonb is parsed).
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
