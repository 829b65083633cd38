/** Finds circles: files that import each other, directly or through others. */

/** The shortest circle in each group of files that all reach each other. Its first file is repeated at the end. */
export function findCircles(arrows: { from: string; to: string }[]): string[][] {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of arrows) {
    if (!next.has(from)) next.set(from, new Set())
    next.get(from)!.add(to)
  }
  return groups(next).map((group) => shortestCircle(group, next))
}

/** Tarjan's strongly connected components with more than one file, or with a file that imports itself. */
function groups(next: Map<string, Set<string>>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const found: string[][] = []
  const visit = (file: string) => {
    order.set(file, order.size)
    low.set(file, order.get(file)!)
    open.push(file)
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) visit(to)
      if (open.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!))
    }
    if (low.get(file) !== order.get(file)) return
    const group = open.splice(open.indexOf(file))
    if (group.length > 1 || next.get(file)?.has(file)) found.push(group.sort())
  }
  for (const file of [...next.keys()].sort()) if (!order.has(file)) visit(file)
  return found
}

function shortestCircle(group: string[], next: Map<string, Set<string>>): string[] {
  const circles = group.flatMap((start) => pathBack(start, group, next))
  return circles.reduce((best, circle) => (circle.length < best.length ? circle : best))
}

/** The shortest path from a file back to itself inside its group. */
function pathBack(start: string, group: string[], next: Map<string, Set<string>>): string[][] {
  const paths = [[start]]
  const seen = new Set<string>()
  for (const path of paths) {
    for (const to of next.get(path.at(-1)!) ?? []) {
      if (to === start) return [[...path, start]]
      if (!group.includes(to) || seen.has(to)) continue
      seen.add(to)
      paths.push([...path, to])
    }
  }
  return []
}
