/**
 * Text and images that a tool shows the model besides its JSON result. A model that can see images gets them; any other
 * model gets their `alt` text. Use text parts for text that is hard to read as JSON, such as a page of a document.
 */
import { z } from 'zod'

/** The start of the message that contains the parts. It has the role `user` in the protocol, but no person wrote it. */
export const SHOWN_BY_TOOL = 'Shown by the tool '

export const MAX_PARTS = 8
export const MAX_PART_TEXT = 20_000
/** Largest size of one image, and of all images of one call, in bytes. */
export const MAX_IMAGE_BYTES = 2 * 1024 * 1024
export const MAX_IMAGES_BYTES = 4 * 1024 * 1024

export const ImageType = z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
export type ImageType = z.infer<typeof ImageType>

const TextPart = z.object({ type: z.literal('text'), text: z.string().max(MAX_PART_TEXT) })
/** Describes the image for models and people who cannot see it. */
const alt = z.string().min(1).max(1000)

/** A part as a tool passes it to `ctx.show`. */
export type ShownPart =
  | z.infer<typeof TextPart>
  | { type: 'image'; data: Uint8Array; mediaType: ImageType; alt: string }

/** A part on its way from the sandbox to the executor: the image is in base64. */
export const SentPart = z.discriminatedUnion('type', [
  TextPart,
  z.object({
    type: z.literal('image'),
    data: z.string().max(Math.ceil(MAX_IMAGE_BYTES / 3) * 4),
    media_type: ImageType,
    alt,
  }),
])
export type SentPart = z.infer<typeof SentPart>
export const SentParts = z.array(SentPart).max(MAX_PARTS)

/** A part as it is stored with the call: the image is in the bucket `artifacts`. */
export const StoredPart = z.discriminatedUnion('type', [
  TextPart,
  z.object({ type: z.literal('image'), path: z.string(), media_type: ImageType, alt, bytes: z.number().int() }),
])
export type StoredPart = z.infer<typeof StoredPart>
