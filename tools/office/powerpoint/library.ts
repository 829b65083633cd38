/** pptxgenjs under its own types: they describe its CommonJS build, Node loads the other, whose default is the class. */
import library from 'pptxgenjs'

export const PptxGenJS = library as unknown as typeof library.default
export type Pptx = library.default
export type PptxSlide = library.default.Slide
export type Border = library.default.BorderProps
export type Placeholder = library.default.PlaceholderProps

/** Names the shape that was added last. By itself the library gives a placeholder's name to all texts in it. */
export function nameLastShape(slide: PptxSlide, name: string): void {
  const { _slideObjects: shapes } = slide as unknown as { _slideObjects: { options: { objectName: string } }[] }
  shapes.at(-1)!.options.objectName = name
}
