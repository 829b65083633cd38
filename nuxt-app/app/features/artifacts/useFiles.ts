import type { Attachment } from '#contracts/api'
import { typeByContent } from './type-by-content'

/** A file that can be looked at and saved, wherever it is kept. `key` tells it from all others. */
export interface ShownFile {
  key: string
  name: string
  content_type: string
  size: number
  /** Rejects with a message for people. */
  read(): Promise<Blob>
}

/** The files of a run, as people open them. Their type is told from their content. */
export function useFiles() {
  const api = useApi()
  const db = useSupabase()
  const platform = usePlatform()

  /** The API may know Storage by an address inside the installation: the path is signed, the host is not. */
  function reachable(signed: string): string {
    const { pathname, search } = new URL(signed)
    return (platform.supabase_url ?? location.origin) + pathname + search
  }
  /** A file that the run made, read through a fresh signed link. */
  const artifact = (made: Omit<ShownFile, 'key' | 'read'> & { id: string }): ShownFile => ({
    key: made.id,
    name: made.name,
    content_type: made.content_type,
    size: made.size,
    async read() {
      const { url } = await api.runs.artifact(made.id)
      if (!url) throw new Error(`${made.name} is no longer in the storage.`)
      const response = await fetch(reachable(url))
      if (!response.ok) throw new Error(`${made.name} could not be read from the storage (${response.status}).`)
      return typed(await response.arrayBuffer())
    },
  })
  /** A file that a person gave the run. */
  const attachment = (given: Attachment): ShownFile => ({
    key: given.path,
    name: given.name,
    content_type: given.content_type,
    size: given.size,
    async read() {
      const { data, error } = await db.storage.from('attachments').download(given.path)
      if (error) throw new Error(`${given.name} could not be read from the storage.`)
      return typed(await data.arrayBuffer())
    },
  })
  return { artifact, attachment }
}

const typed = (content: ArrayBuffer) => new Blob([content], { type: typeByContent(content) })

/** Saves a file on the reader's device. */
export async function saveFile(file: ShownFile) {
  const url = URL.createObjectURL(await file.read())
  const link = Object.assign(document.createElement('a'), { href: url, download: file.name })
  link.click()
  // the browser needs the address until it has begun to save
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
