/** How a file can be looked at in the browser, told from its type and its name. */
export type PreviewKind = 'image' | 'pdf' | 'text' | 'markdown' | 'csv' | 'xlsx' | 'pptx' | 'none'

/** Larger files are offered as a download only: reading them would freeze the page. */
export const MAX_PREVIEW_BYTES = 20_000_000

const byExtension: Record<string, PreviewKind> = {
  pdf: 'pdf',
  xlsx: 'xlsx',
  pptx: 'pptx',
  csv: 'csv',
  md: 'markdown',
  txt: 'text',
  json: 'text',
  log: 'text',
  js: 'text',
  ts: 'text',
  py: 'text',
  html: 'text',
  xml: 'text',
  yaml: 'text',
  yml: 'text',
}
/** SVG is shown as an image element, where its scripts do not run. */
const images = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/

export function previewKind(file: { name: string; content_type: string; size: number }): PreviewKind {
  if (file.size > MAX_PREVIEW_BYTES) return 'none'
  const type = file.content_type.split(';')[0]!.trim().toLowerCase()
  if (images.test(type)) return 'image'
  const extension = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? ''
  return byExtension[extension] ?? (type.startsWith('text/') || type === 'application/json' ? 'text' : 'none')
}

export function fileIcon(file: { name: string; content_type: string }): string {
  const kind = previewKind({ ...file, size: 0 })
  const icons: Partial<Record<PreviewKind, string>> = {
    image: 'i-lucide-image',
    pdf: 'i-lucide-file-text',
    xlsx: 'i-lucide-file-spreadsheet',
    csv: 'i-lucide-file-spreadsheet',
    pptx: 'i-lucide-presentation',
  }
  return icons[kind] ?? 'i-lucide-file'
}
