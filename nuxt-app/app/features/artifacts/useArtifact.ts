import type { ArtifactRow } from './queries'
import { typeByContent } from './type-by-content'

/** Reads a run's file through a fresh signed link; its type is told from its content. Rejects with a message for people. */
export function useArtifact() {
  const api = useApi()
  const platform = usePlatform()

  /** The API may know Storage by an address inside the installation: the path is signed, the host is not. */
  function reachable(signed: string): string {
    const { pathname, search } = new URL(signed)
    return (platform.supabase_url ?? location.origin) + pathname + search
  }
  async function read(artifact: Pick<ArtifactRow, 'id' | 'name'>): Promise<Blob> {
    const { url } = await api.runs.artifact(artifact.id)
    if (!url) throw new Error(`${artifact.name} is no longer in the storage.`)
    const response = await fetch(reachable(url))
    if (!response.ok) throw new Error(`${artifact.name} could not be read from the storage (${response.status}).`)
    const content = await response.arrayBuffer()
    return new Blob([content], { type: typeByContent(content) })
  }
  async function download(artifact: Pick<ArtifactRow, 'id' | 'name'>) {
    const url = URL.createObjectURL(await read(artifact))
    const link = Object.assign(document.createElement('a'), { href: url, download: artifact.name })
    link.click()
    // the browser needs the address until it has begun to save
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
  return { read, download }
}
