/** Shared parts of the API's requests and responses. Fields have the names of their columns. */
import { z } from 'zod'
import { isStorable } from '../storable.ts'

/** Any id. It is `guid`, not `uuid`, because hand-written ids of seeds and fixtures have no valid version digit. */
export const Id = z.guid()
export const Timestamp = z.iso.datetime({ offset: true })

/** Text that PostgreSQL can store: no NUL, no unpaired surrogates. */
export const text = (min: number, max: number) =>
  z.string().min(min).max(max).refine(isStorable, 'contains characters that cannot be stored')

/** A name that people see: neither empty nor blank. */
export const DisplayName = text(1, 80).regex(/\S/, 'must not be blank')
/** The task for a persona, in plain words. */
export const TaskText = text(1, 100_000).regex(/\S/, 'must not be blank')

/** An http or https address without credentials, because people see it and logs contain it. */
export const HttpUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^/?#\s]+([/?#]\S*)?$/, 'must be an http or https address')
  .overwrite((url) => url.replace(/^https?:/i, (scheme) => scheme.toLowerCase()))
  .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), 'must not contain a user name or password')

/** For requests in which all fields are optional: at least one must be present. */
export const changesSomething = (changes: object) => Object.keys(changes).length > 0

export const ApiError = z
  .object({
    error: z.object({
      /** One of `contracts/errors.ts`. */
      code: z.string(),
      /** For people. */
      message: z.string(),
      details: z.unknown().optional(),
    }),
  })
  .meta({ id: 'Error', description: 'The answer to a refused request. docs/problems.md lists the codes.' })
export type ApiError = z.infer<typeof ApiError>

/** `details` of the code `invalid_request`. */
export const ValidationDetails = z.array(z.object({ path: z.string(), message: z.string() }))
export type ValidationDetails = z.infer<typeof ValidationDetails>

/** To get the next page of a list, send `next_cursor` as `cursor`; it is null at the end. */
export const Page = z.object({ next_cursor: z.string().nullable() })
export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
