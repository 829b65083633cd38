/** Python libraries that a program may be able to import, besides the standard library. Not every sandbox has all of them. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Import name of each library, and its usual name where that differs. */
const LIBRARIES = ['numpy', 'pandas', 'matplotlib', 'openpyxl', 'PIL', 'docx', 'pypdf']

const PROBE = `import importlib.util, sys; print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name)])`

/** Tells the model which libraries there are, after a program failed to import one. Imports none of them. */
export async function pythonLibraries(): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', ['-I', '-c', PROBE, ...LIBRARIES], { timeout: 10_000 })
  const found = stdout.trim().split(/\s+/).filter(Boolean)
  const missing = LIBRARIES.filter((name) => !found.includes(name))
  return [
    found.length > 0
      ? `Besides the standard library, this Python has: ${found.join(', ')}.`
      : 'This Python has only its standard library.',
    ...(missing.length > 0 ? [`It does not have: ${missing.join(', ')}.`] : []),
  ].join(' ')
}
