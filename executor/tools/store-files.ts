/** Stores the files that a call made for people as artifacts. Each path contains the file's hash. */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { ClaimedCall, NewArtifact } from '../platform/types.ts'
import type { FileStore } from './file-store.ts'
import type { MadeFile } from './tool-executor.ts'

const BUCKET = 'artifacts'

export function runFolder(call: Pick<ClaimedCall, 'workspace_id' | 'persona_id' | 'run_id'>): string {
  return `${call.workspace_id}/${call.persona_id}/${call.run_id}`
}

/** Stores one file after the other, because files may be large and each is held in memory. */
export async function storeFiles(call: ClaimedCall, files: MadeFile[], store: FileStore): Promise<NewArtifact[]> {
  const artifacts: NewArtifact[] = []
  for (const file of files) artifacts.push(await storeFile(call, file, store))
  return artifacts
}

async function storeFile(call: ClaimedCall, file: MadeFile, store: FileStore): Promise<NewArtifact> {
  const data = await file.read()
  const name = basename(file.path)
  const sha256 = createHash('sha256').update(data).digest('hex')
  const path = `${runFolder(call)}/${sha256}/${keyName(name)}`
  await store.upload(BUCKET, path, data, file.contentType)
  return { name, content_type: file.contentType, size: data.length, sha256, path }
}

/** Storage allows only some characters in a key. The hash in the path keeps different files apart. */
function keyName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '_')
    .slice(-100)
}
