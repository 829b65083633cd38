/**
 * Offline embeddings: words and their letter groups are hashed into a vector (signed feature hashing). Texts that share
 * words are close together; meaning plays no part ("car" and "automobile" are unrelated).
 */
import { createHash } from 'node:crypto'

/** A unit vector of `dimensions` numbers; all zeros for a text without letters or digits. */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    add(vector, word, 1)
    for (let at = 0; at + 3 <= word.length + 2; at++) add(vector, `#${`^${word}$`.slice(at, at + 3)}`, 0.2)
  }
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}

function add(vector: number[], feature: string, weight: number) {
  const hash = createHash('md5').update(feature).digest()
  const place = hash.readUInt32LE(0) % vector.length
  vector[place]! += hash[4]! & 1 ? weight : -weight
}

/** Little-endian float32 in base64, which the `openai` client asks for by default. */
export function toBase64(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}
