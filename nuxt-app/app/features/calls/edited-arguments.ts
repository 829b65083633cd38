/** Reads the arguments that a person edited: a JSON object, or what is wrong with it. */
export function parseArguments(text: string): { value?: Record<string, unknown>; problem?: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (value && typeof value === 'object' && !Array.isArray(value)) return { value: value as Record<string, unknown> }
    return { problem: 'The arguments must be a JSON object: { … }.' }
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}` }
  }
}
