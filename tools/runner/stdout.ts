/**
 * Reserves stdout for the protocol: everything else that is written there (console.log in a tool or a library) goes to
 * stderr. Returns the only function that still writes to the real stdout, one line per call.
 */
export function reserveStdout(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return (line) => {
    write(`${line}\n`)
  }
}
