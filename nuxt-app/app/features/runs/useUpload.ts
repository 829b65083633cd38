import { Failure } from '@persona/sdk'
import type { Attachment } from '#contracts/api'

/** Uploads files for a persona, and returns how a run or a message names them. Rejects with a `Failure`. */
export function useUpload() {
  const db = useSupabase()

  return async (persona: { id: string; workspace_id: string }, files: File[]): Promise<Attachment[]> => {
    const attachments: Attachment[] = []
    for (const file of files) {
      const contentType = file.type || 'application/octet-stream'
      const path = `${persona.workspace_id}/${persona.id}/${crypto.randomUUID()}/${storageName(file.name)}`
      const { error } = await db.storage.from('attachments').upload(path, file, { contentType })
      if (error) throw new Failure('upload_failed', `${file.name} could not be uploaded: ${error.message}`, 0)
      attachments.push({ name: file.name, path, content_type: contentType, size: file.size })
    }
    return attachments
  }
}

/** Storage takes few characters in a path; the file's real name stands in the run. */
function storageName(name: string): string {
  const plain = name.normalize('NFKD').replace(/[^\w.-]+/g, '-')
  return plain.replace(/^[.-]+/, '') || 'file'
}
