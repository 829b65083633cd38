/**
 * `npm run web:pack`: builds the web app and packs it into the repository. Run it and commit the result when a change of the
 * web app is ready to land. With `--check` it builds nothing, and fails when what is packed is the build of other sources.
 */
import './require-node.ts'
import { join } from 'node:path'
import { buildSources } from './build-web.ts'
import { packBuild, packedDigest } from './web/packed-build.ts'

const root = join(import.meta.dirname, '..')

if (!process.argv.includes('--check')) {
  await packBuild(root, await buildSources((line) => console.log(line)))
} else if (!(await packedDigest(root))) {
  console.error('The packed web app is not the build of the sources. Run `npm run web:pack` and commit nuxt-app/built.')
  process.exit(1)
}
