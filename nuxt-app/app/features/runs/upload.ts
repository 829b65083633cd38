/** Files in Storage. */

import { Failure } from '@persona/sdk'
import type { Attachment } from '#contracts/api'
import type { Db } from '../../common/db'

/** Uploads a file for a run of this persona and returns how the run names it. */
export async function uploadAttachment(
  db: Db,
  persona: { id: string; workspace_id: string },
  file: File,
): Promise<Attachment> {
  const contentType = file.type || 'application/octet-stream'
  const path = `${persona.workspace_id}/${persona.id}/${crypto.randomUUID()}/${storageName(file.name)}`
  const { error } = await db.storage.from('attachments').upload(path, file, { contentType })
  if (error) throw new Failure('upload_failed', `${file.name} could not be uploaded: ${error.message}`, 0)
  return { name: file.name, path, content_type: contentType, size: file.size }
}

/** Storage takes few characters in a path; the file's real name stands in the run. */
function storageName(name: string): string {
  const plain = name.normalize('NFKD').replace(/[^\w.-]+/g, '-')
  return plain.replace(/^[.-]+/, '') || 'file'
}
