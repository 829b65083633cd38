import { type KeptRows, noRows, readKept } from './kept-rows'

/**
 * A list that all who give the same key share. When one read fails, its rows stay and `error` says why;
 * `isLoading` is true only until the first read has ended.
 */
export function useList<T>(key: () => string, read: () => Promise<T[]>) {
  const { data, status, refresh } = useAsyncData(
    key,
    (): Promise<KeptRows<T>> => readKept(read, (): KeptRows<T> => data.value),
    { default: (): KeptRows<T> => noRows<T>(), deep: false },
  )
  const rows = computed(() => data.value.rows)
  const error = computed(() => data.value.error)
  const isLoading = computed(
    () => !rows.value.length && !error.value && (status.value === 'pending' || status.value === 'idle'),
  )
  return { rows, error, isLoading, refresh }
}
