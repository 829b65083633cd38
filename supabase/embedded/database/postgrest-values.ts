/** lite returns times in PostgreSQL's own format, and numerics as strings; PostgREST returns ISO 8601 and numbers. */

/** "2026-11-23 08:28:00.537+00" becomes "2026-11-23T08:28:00.537+00:00"; "infinity" does not change. */
export const isoTime = (text: string) => text.replace(/^(\S+) /, '$1T').replace(/([+-]\d\d)$/, '$1:00')

export const isoTimestamp = (text: string) => text.replace(/^(\S+) /, '$1T')
