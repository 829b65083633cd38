/**
 * Node's compile cache of the runner and the tools, so that a sandbox starts without stripping types and compiling. It is made
 * outside and mounted read-only, because a cache that sandboxes can write would let one put code into the next. Node itself
 * checks each entry against the source and drops what does not fit.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { RUNNER_CACHE, type RunnerCache, runnerCommand, type SandboxMounts } from './launchers/launcher.ts'

const TIMEOUT_MS = 60_000

/**
 * Makes the cache, or brings it up to date. `folders` are those of this machine. Entries name their source relative to the
 * cache, so the runner is started once in a folder in which all has the same place as in a sandbox. Settles when nothing of it
 * runs any more, also when the signal aborts.
 */
export async function makeRunnerCache(
  dataDir: string,
  folders: Pick<SandboxMounts, 'tools' | 'contracts' | 'nodeModules'>,
  runner: string,
  signal: AbortSignal,
): Promise<RunnerCache> {
  const root = join(dataDir, 'runner-cache')
  const cache = join(root, RUNNER_CACHE)
  await mkdir(cache, { recursive: true })
  await link(join(root, 'tools'), folders.tools)
  await link(join(root, 'contracts'), folders.contracts)
  await link(join(root, 'node_modules'), folders.nodeModules)
  await runOnce(root, cache, runner, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
  return readable(cache)
}

/** The runner leaves at once, because there is nothing on its stdin. */
async function runOnce(root: string, cache: string, runner: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const [, ...words] = runnerCommand(runner, root)
  const all = ['--preserve-symlinks', '--preserve-symlinks-main', '--import', join(root, 'tools/runner/all-tools.ts')]
  const child = spawn(process.execPath, [...all, ...words], {
    env: { NODE_COMPILE_CACHE: cache, NODE_COMPILE_CACHE_PORTABLE: '1' },
    stdio: 'ignore',
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const [code] = await once(child, 'close')
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`The runner exited with code ${code}.`)
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

/** Node keeps a cache for each version and each user, who is the last part of the folder's name. */
async function readable(cache: string): Promise<RunnerCache> {
  const version = `${process.version}-${process.arch}-`
  const own = `-${process.getuid?.()}`
  const name = (await readdir(cache)).find((each) => each.startsWith(version) && each.endsWith(own))
  if (!name) throw new Error('Node made no compile cache.')
  const folder = join(cache, name)
  for (const each of await readdir(folder)) await chmod(join(folder, each), 0o644).catch(ignoreMissing)
  return { folder, version: name.slice(0, -own.length) }
}

/** Another executor may do the same at the same time. */
async function link(path: string, target: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === target) return
  await rm(path, { force: true })
  await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

/** Node replaces entries by renaming. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
