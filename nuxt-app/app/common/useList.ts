import { type KeptRows, noRows, readKept } from './kept-rows'

/** Reads the first `count` rows, or all when there are fewer. Who does not show pages reads all, whatever `count` is. */
type ReadRows<T> = (count: number) => Promise<T[]>

/** Calls `changed` whenever the rows may have changed. Runs in a scope that ends when nobody shows the list any more. */
export type Live = (changed: () => void) => void

interface ListOptions {
  pageSize?: number
  live?: Live
}

/**
 * A list that all who give the same key share. When one read fails, its rows stay and `error` says why;
 * `isLoading` is true only until the first read has ended. With a `pageSize`, `more` shows one page more: every read
 * starts from the top, so that what has changed meanwhile neither shows a row twice nor leaves one out. With `live`, it
 * is read again when that tells of a change, once for all who show it.
 */
export function useList<T>(key: () => string, read: ReadRows<T>, options: ListOptions = {}) {
  const { pageSize = Number.POSITIVE_INFINITY, live } = options
  const shown = ref(pageSize)
  let wanted = pageSize
  const reset = () => {
    wanted = shown.value = pageSize
  }
  watch(key, reset, { flush: 'sync' })

  async function readWanted(): Promise<T[]> {
    const count = wanted
    // one row beyond the page tells whether there is more
    const found = await read(count + 1)
    shown.value = count
    return found
  }
  const { data, status, refresh } = useAsyncData(
    key,
    (): Promise<KeptRows<T>> => readKept(readWanted, (): KeptRows<T> => data.value),
    { default: (): KeptRows<T> => noRows<T>(), deep: false },
  )
  if (live) {
    useShared(key, () => {
      const name = key()
      live(() => void refreshNuxtData(name))
    })
  }
  const rows = computed(() => data.value.rows.slice(0, shown.value))
  const hasMore = computed(() => data.value.rows.length > shown.value)
  const error = computed(() => data.value.error)
  const isLoading = computed(
    () => !rows.value.length && !error.value && (status.value === 'pending' || status.value === 'idle'),
  )
  async function more() {
    wanted = shown.value + pageSize
    await refresh()
  }
  /** Puts the answer of a command in the place of the row that it has changed. */
  function replace(isSame: (held: T) => boolean, row: T) {
    data.value = { ...data.value, rows: data.value.rows.map((held) => (isSame(held) ? row : held)) }
  }
  return { rows, hasMore, error, isLoading, refresh, more, replace }
}
