/** Collects the parts that a tool shows with `ctx.show`, within the limits of `contracts/tool-parts.ts`. */
import { ToolError } from '../../contracts/tool-errors.ts'
import { MAX_IMAGE_BYTES, MAX_IMAGES_BYTES, MAX_PARTS, SentPart, type ShownPart } from '../../contracts/tool-parts.ts'

export class Parts {
  readonly all: SentPart[] = []
  #imageBytes = 0

  /** Throws `invalid_output` for one part too many, for a part that is too large, and for anything that is not a part. */
  add(part: ShownPart): void {
    if (this.all.length === MAX_PARTS) throw new ToolError('invalid_output', `A call shows at most ${MAX_PARTS} parts.`)
    if (part.type === 'image') this.#count(part.data.byteLength)
    const sent = SentPart.safeParse(part.type === 'image' ? encoded(part) : part)
    if (!sent.success)
      throw new ToolError('invalid_output', `This part cannot be shown: ${sent.error.issues[0]?.message}`)
    this.all.push(sent.data)
  }

  #count(bytes: number): void {
    this.#imageBytes += bytes
    if (bytes <= MAX_IMAGE_BYTES && this.#imageBytes <= MAX_IMAGES_BYTES) return
    const [one, all] = [MAX_IMAGE_BYTES, MAX_IMAGES_BYTES].map((limit) => limit / 1024 ** 2)
    throw new ToolError(
      'invalid_output',
      `An image may be at most ${one} MB, and all images of a call together ${all} MB.`,
    )
  }
}

const encoded = ({ type, data, mediaType, alt }: Extract<ShownPart, { type: 'image' }>) => ({
  type,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  media_type: mediaType,
  alt,
})
