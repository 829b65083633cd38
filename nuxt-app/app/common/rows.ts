/**
 * Awaits a PostgREST query; rejects with a `Failure` that carries the server's message. A row's type may say more than
 * the database does, as the contract does: which words a text column holds, which shape a JSON column has. It may not
 * name a column that the query does not select, and not take a null away.
 *
 * A query ends with a filter or an order: TypeScript would let the result of a bare `select()` or `maybeSingle()` follow
 * the type that is wanted here, and check nothing.
 */
import { databaseFailure, Failure } from '@persona/sdk'
import type { Json } from '#contracts/database'

interface Answer<Data> {
  data: Data | null
  error: { message: string; code?: string; hint?: string | null } | null
  status: number
}

/** The type that the generated types give to a column with values of the type `Value`. */
type Stored<Value> = unknown extends Value
  ? unknown
  : Value extends string
    ? string
    : Value extends number | boolean | null
      ? Value
      : Json
type Query<Row> = PromiseLike<Answer<{ [Column in keyof Row]: Stored<Row[Column]> }[]>>

export async function rows<Row>(query: Query<Row>): Promise<Row[]> {
  return (await answerOf(query)) as Row[]
}

/** The one row that the query finds; rejects with `not_found` when there is none that this person may see. */
export async function row<Row>(query: Query<Row> & { maybeSingle(): PromiseLike<Answer<unknown>> }): Promise<Row> {
  const data = (await answerOf(query.maybeSingle())) as Row | null
  if (data === null) throw new Failure('not_found', 'It does not exist, or you have no access to it.', 404)
  return data
}

async function answerOf(query: PromiseLike<Answer<unknown>>): Promise<unknown> {
  const { data, error, status } = await query
  if (!error) return data
  throw databaseFailure(error, status)
}
