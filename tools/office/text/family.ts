export type FontStyle = 'regular' | 'bold' | 'italic' | 'boldItalic' | 'mono'

/** `name` picks a font out of a collection (.ttc). */
export interface FontFile {
  path: string
  name?: string
}

export type Family = Record<FontStyle, FontFile>
