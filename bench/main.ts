/** `npm run bench`: what a run costs (run-engine.ts), or with `--sandbox` what a sandbox costs (run-sandbox.ts). */
await import(process.argv.includes('--sandbox') ? './run-sandbox.ts' : './run-engine.ts')
