/** `npm run bench`: what a run costs; with `--sandbox` what a sandbox costs; with `--footprint` what the product asks of a machine. */
const asked = process.argv.includes('--sandbox')
  ? './run-sandbox.ts'
  : process.argv.includes('--footprint')
    ? './run-footprint.ts'
    : './run-engine.ts'
await import(asked)
