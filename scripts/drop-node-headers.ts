/**
 * Removes the C headers of the npm package `node`: 67 MB that only native modules are compiled against, and we have none.
 * `npm install` runs this.
 */
import { globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

const installed = join(import.meta.dirname, '../node_modules/node/node_modules')

for (const headers of globSync('node-*/include', { cwd: installed }))
  await rm(join(installed, headers), { recursive: true, force: true })
