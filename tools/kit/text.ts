/** Text fields of tool inputs: limited in length, and without characters that document formats cannot store. */
import { z } from 'zod'

// XML 1.0 cannot store these: control characters except tab and line feed, and two non-characters
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g

/** `text` without control characters and broken surrogates; line ends become `\n`. */
export function clean(text: string): string {
  return text.replace(/\r\n?/g, '\n').toWellFormed().replace(UNPRINTABLE, '')
}

/** A string field of at most `max` characters, cleaned. */
export const textField = (max: number) => z.string().max(max).overwrite(clean)

/** A string field of one line: line breaks and tabs become spaces. */
export const lineField = (max: number) =>
  z
    .string()
    .max(max)
    .overwrite((text) => clean(text).replace(/\s+/g, ' ').trim())
