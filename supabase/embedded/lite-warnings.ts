/**
 * lite replaces `process.emitWarning` by one that throws when the warning is an Error, as most of Node's own are. So a
 * warning about too many listeners would fail the code that added one. This gives lite such a warning in a form it can read.
 */
import '@supabase/lite'
import '@supabase/lite/pglite'
import '@supabase/lite/postgres'

const ofLite = process.emitWarning as (warning: string | Error, ...rest: unknown[]) => void

process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  if (typeof warning === 'string') return ofLite(warning, ...rest)
  const includes = (text: string) => warning.message.includes(text)
  ofLite(Object.defineProperty(warning, 'includes', { value: includes, configurable: true }), ...rest)
}) as typeof process.emitWarning
