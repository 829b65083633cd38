/**
 * Keeps stdout for the protocol alone: whatever else writes there (console.log in a tool or a library) goes to stderr.
 * Returns the one function that still reaches the real stdout; it writes one line.
 */
export function reserveStdout(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return (line) => {
    write(`${line}\n`)
  }
}
