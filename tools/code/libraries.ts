/** What a Python program may import here besides the standard library; not every sandbox has all of it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** How each is imported, and what people call it where that is another name. */
const LIBRARIES = ['numpy', 'pandas', 'matplotlib', 'openpyxl', 'PIL', 'docx', 'pypdf']

const PROBE = `import importlib.util, sys; print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name)])`

/** For the model, after a program that missed a module. Looked up without importing any. */
export async function pythonLibraries(): Promise<string> {
  const { stdout } = await promisify(execFile)('python3', ['-I', '-c', PROBE, ...LIBRARIES], { timeout: 10_000 })
  const found = stdout.trim().split(/\s+/).filter(Boolean)
  const missing = LIBRARIES.filter((name) => !found.includes(name))
  return [
    found.length > 0
      ? `Beside the standard library, Python has here: ${found.join(', ')}.`
      : 'Python has only its standard library here.',
    ...(missing.length > 0 ? [`It does not have: ${missing.join(', ')}.`] : []),
  ].join(' ')
}
