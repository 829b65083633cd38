/**
 * pptxgenjs with its types. They describe its CommonJS build, but Node loads the other one, whose default is the class.
 */
import library from 'pptxgenjs'

export const PptxGenJS = library as unknown as typeof library.default
export type Pptx = library.default
export type PptxSlide = library.default.Slide
export type Border = library.default.BorderProps
export type Placeholder = library.default.PlaceholderProps

/** Names the shape that was added last. Without this, the library gives the placeholder's name to all texts in it. */
export function nameLastShape(slide: PptxSlide, name: string): void {
  const { _slideObjects: shapes } = slide as unknown as { _slideObjects: { options: { objectName: string } }[] }
  shapes.at(-1)!.options.objectName = name
}
