/** A list as it was last read, and why its newest read failed, if it did. */
export interface KeptRows<T> {
  rows: T[]
  error: unknown
}

export const noRows = <T>(): KeptRows<T> => ({ rows: [], error: null })

/** Reads a list anew. When that fails, the rows that are held stay, so that a page loses nothing that people typed. */
export async function readKept<T>(read: () => Promise<T[]>, held: () => KeptRows<T>): Promise<KeptRows<T>> {
  try {
    return { rows: await read(), error: null }
  } catch (error) {
    return { rows: held().rows, error }
  }
}
