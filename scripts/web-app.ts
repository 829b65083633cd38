import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Where `nuxt generate` puts the web app. */
export const webFolder = join(root, 'nuxt-app/.output/public')

/** The rest works without the web app, so a failure to build it is told and does not stop the start. */
export async function buildWebApp(): Promise<void> {
  const output: string[] = []
  const build = spawn('npm', ['run', 'build', '-w', 'nuxt-app'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  build.stdout.on('data', (text) => output.push(String(text)))
  build.stderr.on('data', (text) => output.push(String(text)))
  const code = await new Promise((resolve) => build.on('close', resolve).on('error', resolve))
  if (code === 0) return
  console.log('  ! The web app could not be built (npm run build -w nuxt-app); going on without it:')
  console.log(output.join('').trimEnd().split('\n').slice(-15).join('\n'))
}
