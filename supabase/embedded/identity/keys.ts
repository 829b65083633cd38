/** The secrets of this installation. They are created once and stored in its data folder. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Keys = z.object({
  /** Public. It has the role `anon`. */
  publishable: z.string().startsWith('sb_publishable_'),
  /** Never leaves the server. It has the role `service_role`. */
  secret: z.string().startsWith('sb_secret_'),
  /** Signs and checks users' tokens (HS256). */
  jwtSecret: z.string().min(32),
  /** 32 bytes, base64: encrypts the rows of `secrets`. */
  encryptionKey: z.base64(),
})
export type Keys = z.infer<typeof Keys>

/** Reads `keys.json` in `folder`, or creates it, readable only by its owner. */
export async function loadKeys(folder: string): Promise<Keys> {
  const file = join(folder, 'keys.json')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keys: Keys = {
    publishable: `sb_publishable_${token(24)}`,
    secret: `sb_secret_${token(32)}`,
    jwtSecret: token(48),
    encryptionKey: randomBytes(32).toString('base64'),
  }
  try {
    await writeFile(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return keys
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const known = Keys.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!known.success) throw new Error(`${file} is damaged. Restore it from a backup, or start over with --reset`)
  return known.data
}

const token = (bytes: number) => randomBytes(bytes).toString('base64url')
