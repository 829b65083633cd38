/** Protects: photos are upright in a PDF and keep their proportions, however the camera was held. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withToolBench } from '../../testing/harness.ts'
import { photo } from '../../testing/images.ts'
import { firstPagePixels } from '../../testing/pdf-words.ts'
import { generatePdf } from '../generate-pdf.ts'

// The photo is stored with red on the left and blue on the right, twice as wide as high.
test.each([
  [1, 'left'],
  [2, 'right'],
  [3, 'right'],
  [4, 'left'],
  [5, 'top'],
  [6, 'top'],
  [7, 'bottom'],
  [8, 'bottom'],
])('with the orientation %s the red side is %s', (orientation, side) =>
  withToolBench(async ({ run, read, workspace }) => {
    await writeFile(join(workspace, 'photo.jpg'), photo(orientation))
    const { output } = await run(generatePdf, { title: 'Photo', content: '![](photo.jpg)' })
    const pixels = firstPagePixels(await read(output.path), 144)
    const red = pixels.boxOf(([r, g, b]) => r > 170 && g < 90 && b < 90)
    const blue = pixels.boxOf(([r, g, b]) => b > 170 && r < 90 && g < 90)
    const isWide = side === 'left' || side === 'right'
    const [first, second] = side === 'left' || side === 'top' ? [red, blue] : [blue, red]
    expect(isWide ? first.right : first.bottom).toBeLessThanOrEqual((isWide ? second.left : second.top) + 3)
    const width = Math.max(red.right, blue.right) - Math.min(red.left, blue.left)
    const height = Math.max(red.bottom, blue.bottom) - Math.min(red.top, blue.top)
    expect(width / height).toBeCloseTo(isWide ? 2 : 0.5, 0)
    // 32 pixels at 96 dots per inch, rendered at 144
    expect(Math.max(width, height)).toBeGreaterThan(42)
    expect(Math.max(width, height)).toBeLessThan(52)
  }),
)
