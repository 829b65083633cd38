const PREFIX = 'persona.draft:'

/**
 * What somebody is writing. It stays in this browser when they leave the page, and is there when they come back; `discard`
 * forgets it, once it is sent. `name` says what is written, such as the answer to one question; nothing is kept without a
 * name, or while nobody is signed in.
 */
export function useDraft<T extends string | object>(name: string | null, initial: () => T) {
  const userId = useUserId().value
  const key = name && userId ? `${PREFIX}${userId}:${name}` : null
  const draft = ref(read(key, initial())) as Ref<T>
  // at once: the page may be left with the next key
  watch(draft, (written) => key && keep(key, written, initial()), { deep: true, flush: 'sync' })

  function discard() {
    draft.value = initial()
    if (key) localStorage.removeItem(key)
  }
  return { draft, discard }
}

/** Forgets all drafts of this browser: who signs out leaves nothing behind. */
export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}

/** What was kept, with the fields that a newer version of the app has added. */
function read<T extends string | object>(key: string | null, initial: T): T {
  const kept: unknown = JSON.parse((key && localStorage.getItem(key)) ?? 'null')
  if (kept === null || typeof kept !== typeof initial) return initial
  return typeof kept === 'object' ? ({ ...(initial as object), ...kept } as T) : (kept as T)
}

function keep(key: string, written: unknown, initial: unknown) {
  const text = JSON.stringify(written)
  if (text === JSON.stringify(initial)) return localStorage.removeItem(key)
  try {
    localStorage.setItem(key, text)
  } catch {
    // The browser's store is full. Writing goes on, only the draft is not kept.
  }
}
