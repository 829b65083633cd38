import { expect, test } from 'vitest'
import { MAX_IMAGE_BYTES, MAX_PARTS } from '../../contracts/tool-parts.ts'
import { Parts } from './parts.ts'

const image = (bytes: number) => ({
  type: 'image' as const,
  data: new Uint8Array(bytes),
  mediaType: 'image/png' as const,
  alt: 'A chart',
})

test('an image is sent as base64', () => {
  const parts = new Parts()
  parts.add({ ...image(0), data: new Uint8Array([0, 1, 2]).subarray(1) })
  parts.add({ type: 'text', text: 'beside it' })
  expect(parts.all).toEqual([
    { type: 'image', data: 'AQI=', media_type: 'image/png', alt: 'A chart' },
    { type: 'text', text: 'beside it' },
  ])
})

test('parts are limited in number and size, and must say what they show', () => {
  const parts = new Parts()
  expect(() => parts.add(image(MAX_IMAGE_BYTES + 1))).toThrow('An image may be at most 2 MB')
  expect(() => parts.add({ ...image(1), alt: '' })).toThrow('cannot be shown')
  const many = new Parts()
  for (let n = 0; n < MAX_PARTS; n++) many.add({ type: 'text', text: 'x' })
  expect(() => many.add({ type: 'text', text: 'x' })).toThrow(`at most ${MAX_PARTS}`)
  const large = new Parts()
  large.add(image(MAX_IMAGE_BYTES))
  large.add(image(MAX_IMAGE_BYTES))
  expect(() => large.add(image(1))).toThrow('all images of a call together 4 MB')
})
