/** Settings of the environment that are more than a plain text. */
import { z } from 'zod'

/** A setting that `parse` reads; the error that it throws is the setting's. A missing one is the empty text. */
export const parsedSetting = <T>(parse: (text: string) => T) =>
  z
    .string()
    .default('')
    .transform((text, context) => {
      try {
        return parse(text)
      } catch (error) {
        context.addIssue((error as Error).message)
        return z.NEVER
      }
    })
