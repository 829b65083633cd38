/** Points in time and spans as people read them. */

/** Milliseconds: "340 ms", "2.4 s", "3 min 5 s", "1 h 2 min". */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return [`${minutes} min`, seconds % 60 ? `${seconds % 60} s` : ''].join(' ').trim()
  return [`${Math.floor(minutes / 60)} h`, minutes % 60 ? `${minutes % 60} min` : ''].join(' ').trim()
}

/** "just now", "5 min ago", "3 h ago", "yesterday"; further back the date. */
export function formatAgo(time: string | number, now = Date.now()): string {
  const then = new Date(time)
  const seconds = Math.round((now - then.getTime()) / 1000)
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 22 * 3600) return `${Math.round(seconds / 3600)} h ago`
  if (seconds < 36 * 3600) return 'yesterday'
  if (seconds < 7 * 86_400) return `${Math.round(seconds / 86_400)} days ago`
  return formatDate(time)
}

export const formatDate = (time: string | number) => new Date(time).toLocaleDateString('en-GB', { dateStyle: 'medium' })

export const formatMoment = (time: string | number) =>
  new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

export const formatClock = (time: string | number) => new Date(time).toLocaleTimeString('en-GB')

/** When a day such as "2026-11-28" begins in this browser's time zone, `later` days further on. */
export function startOfDay(day: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).toISOString()
}
