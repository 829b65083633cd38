/** Shares `total` among columns by the length of what they hold, none too narrow to read. */
export function columnWidths(rows: string[][], total: number): number[] {
  const count = rows[0]?.length ?? 0
  const lengths = Array.from({ length: count }, (_, i) => {
    const longest = Math.max(...rows.map((row) => row[i]?.length ?? 0))
    return Math.min(45, Math.max(6, longest))
  })
  const sum = lengths.reduce((a, b) => a + b, 0)
  return lengths.map((length) => (total * length) / sum)
}
