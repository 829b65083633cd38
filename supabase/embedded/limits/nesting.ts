/** How deeply the brackets of a text are nested, whatever they mean in it. */
export function bracketLevels(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[({\])}]/g)) {
    depth += '[({'.includes(bracket) ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
