import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withToolBench } from '../testing/harness.ts'
import { photo, png } from '../testing/images.ts'
import { readPicture, withoutOrientation } from './picture.ts'

test.each([
  [1, 'MM', { width: 32, height: 16, orientation: { mirrored: false, degrees: 0 } }],
  [2, 'II', { width: 32, height: 16, orientation: { mirrored: true, degrees: 0 } }],
  [3, 'MM', { width: 32, height: 16, orientation: { mirrored: false, degrees: 180 } }],
  [4, 'II', { width: 32, height: 16, orientation: { mirrored: true, degrees: 180 } }],
  [5, 'MM', { width: 16, height: 32, orientation: { mirrored: true, degrees: 270 } }],
  [6, 'II', { width: 16, height: 32, orientation: { mirrored: false, degrees: 90 } }],
  [7, 'MM', { width: 16, height: 32, orientation: { mirrored: true, degrees: 90 } }],
  [8, 'II', { width: 16, height: 32, orientation: { mirrored: false, degrees: 270 } }],
  [0, 'MM', { width: 32, height: 16, orientation: { mirrored: false, degrees: 0 } }],
  [9, 'MM', { width: 32, height: 16, orientation: { mirrored: false, degrees: 0 } }],
] as const)('a photo of orientation %s (%s) has the size that people see', (orientation, order, expected) =>
  withToolBench(async ({ workspace }) => {
    await writeFile(join(workspace, 'photo.jpg'), photo(orientation, order))
    const picture = await readPicture(workspace, 'photo.jpg')
    expect(picture).toMatchObject({ type: 'jpeg', ...expected })
    await writeFile(join(workspace, 'plain.jpg'), withoutOrientation(picture))
    expect(await readPicture(workspace, 'plain.jpg')).toMatchObject({ width: 32, height: 16 })
  }),
)

test('truncated or damaged Exif data is harmless', () =>
  withToolBench(async ({ workspace }) => {
    const whole = photo(6)
    for (let at = 4; at < 40; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = 0xff
      await writeFile(join(workspace, 'damaged.jpg'), damaged)
      await readPicture(workspace, 'damaged.jpg').catch((error) => expect(error.code).toBe('invalid_input'))
      await writeFile(join(workspace, 'cut.jpg'), whole.subarray(0, at))
      await expect(readPicture(workspace, 'cut.jpg')).rejects.toMatchObject({ code: 'invalid_input' })
    }
  }))

test('a png has no orientation', () =>
  withToolBench(async ({ workspace }) => {
    await writeFile(join(workspace, 'a.png'), png(4, 2))
    const picture = await readPicture(workspace, 'a.png')
    expect(picture).toMatchObject({ width: 4, height: 2, orientation: { mirrored: false, degrees: 0 } })
    expect(withoutOrientation(picture)).toBe(picture.bytes)
  }))
