/** What work costs, the caps beside it, and the prices of models. Amounts are in `currency`; days and months are UTC. */
import { z } from 'zod'
import { Id, Timestamp, text } from './common.ts'

/** How much of its caps a workspace or persona has used. */
export const UseOfCap = z
  .object({
    /** Of calls that are over. */
    cost: z.number(),
    /** The highest possible cost of the calls under way. */
    reserved: z.number(),
    calls: z.number().int(),
    /** Null: no cap. */
    max_cost: z.number().nullable(),
    max_calls: z.number().int().nullable(),
  })
  .meta({ id: 'UseOfCap' })
export type UseOfCap = z.infer<typeof UseOfCap>
export const UseOfCaps = z.object({ day: UseOfCap, month: UseOfCap })
export type UseOfCaps = z.infer<typeof UseOfCaps>

const figures = {
  today_cost: z.number(),
  today_calls: z.number().int(),
  month_cost: z.number(),
  month_calls: z.number().int(),
  /** Of this month. */
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
}
export const SpendingOfModel = z
  .object({ provider: z.string(), model: z.string(), ...figures })
  .meta({ id: 'SpendingOfModel' })
export type SpendingOfModel = z.infer<typeof SpendingOfModel>
export const SpendingOfPersona = z
  .object({ persona_id: Id, name: z.string(), ...figures })
  .meta({ id: 'SpendingOfPersona' })
export type SpendingOfPersona = z.infer<typeof SpendingOfPersona>
export const SpendingOfDay = z.object({ day: z.iso.date(), cost: z.number(), calls: z.number().int() })
export type SpendingOfDay = z.infer<typeof SpendingOfDay>

const spending = {
  currency: z.string(),
  today: z.iso.date(),
  /** All calls of the workspace, because its caps count them all. */
  workspace: UseOfCaps,
  /** Whether the workspace still has the caps that every new workspace begins with. */
  has_first_limits: z.boolean(),
  by_model: z.array(SpendingOfModel),
  /** The days of this month with calls. */
  by_day: z.array(SpendingOfDay),
}
/** The lines cover the personas that the caller may see; the dearest of the month is first. */
export const WorkspaceSpending = z
  .object({ ...spending, by_persona: z.array(SpendingOfPersona) })
  .meta({ id: 'WorkspaceSpending' })
export type WorkspaceSpending = z.infer<typeof WorkspaceSpending>
export const WorkspaceSpendingResponse = z.object({ spending: WorkspaceSpending })
export const PersonaSpending = z.object({ ...spending, persona: UseOfCaps }).meta({ id: 'PersonaSpending' })
export type PersonaSpending = z.infer<typeof PersonaSpending>
export const PersonaSpendingResponse = z.object({ spending: PersonaSpending })

const price = z.number().min(0).max(100_000)
export const ModelName = text(1, 200).regex(/\S/, 'must not be blank')
export const ModelPrice = z
  .object({
    /** `*` is every model without a price of its own. */
    model: z.string(),
    /** Per million tokens. */
    input_per_million: z.number(),
    output_per_million: z.number(),
    currency: z.string(),
    source: z.string(),
    /** Null: the operator's list, for every workspace. */
    workspace_id: Id.nullable(),
    updated_at: Timestamp,
  })
  .meta({ id: 'ModelPrice' })
export type ModelPrice = z.infer<typeof ModelPrice>
/** The workspace's prices and the operator's. The first of these counts: own, operator's, own `*`, operator's `*`. */
export const PricesResponse = z.object({ prices: z.array(ModelPrice) })
export const PriceResponse = z.object({ price: ModelPrice })
export const SavePriceRequest = z.strictObject({
  model: ModelName,
  input_per_million: price,
  output_per_million: price,
})
export type SavePriceRequest = z.infer<typeof SavePriceRequest>
export const DeletePriceQuery = z.object({ model: ModelName })
