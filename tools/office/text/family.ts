export type FontStyle = 'regular' | 'bold' | 'italic' | 'boldItalic' | 'mono'

/** `name` selects a font of a collection (.ttc). */
export interface FontFile {
  path: string
  name?: string
}

export type Family = Record<FontStyle, FontFile>
