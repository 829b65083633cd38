import { createSharedComposable, useIntervalFn } from '@vueuse/core'

/** The time in milliseconds, a new one each second. One clock for all who look at it. */
export const useNow = createSharedComposable(() => {
  const now = ref(Date.now())
  useIntervalFn(() => {
    now.value = Date.now()
  }, 1000)
  return now
})
