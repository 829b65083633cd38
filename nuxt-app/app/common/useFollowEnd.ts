import { useEventListener } from '@vueuse/core'

const NEAR_PX = 120

interface FollowOptions {
  /** What changes when the page grows. */
  grows: () => unknown
  /** True while the page does not grow: before the work has begun, and when it has ended. */
  isOver: () => boolean
  /** At the end of the work the reader stays at the end. Otherwise the top comes into view, where the result stands. */
  staysAtEnd?: boolean
}

/**
 * Keeps the end of a growing page in view, from the top as well, until the reader scrolls away. A reader who comes back to
 * the end is taken along again. `inside` is an element of the page.
 */
export function useFollowEnd(inside: Readonly<Ref<HTMLElement | null>>, options: FollowOptions) {
  const { grows, isOver, staysAtEnd = false } = options
  const isFollowing = ref(staysAtEnd || !isOver())
  const pane = computed(() => inside.value?.closest<HTMLElement>('[data-slot="body"]') ?? null)
  let before = 0

  useEventListener(pane, 'scroll', noticeReader, { passive: true })
  function noticeReader() {
    const { scrollTop, scrollHeight, clientHeight } = pane.value!
    const isNearEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX
    if (isNearEnd) isFollowing.value = staysAtEnd || !isOver()
    else if (scrollTop < before) isFollowing.value = false
    before = scrollTop
  }

  function toEnd() {
    isFollowing.value = true
    pane.value?.scrollTo({ top: pane.value.scrollHeight })
  }
  watch([grows, inside], () => isFollowing.value && toEnd(), { flush: 'post' })
  watch(
    isOver,
    (over) => {
      if (!over) return toEnd()
      if (staysAtEnd || !isFollowing.value) return
      isFollowing.value = false
      pane.value?.scrollTo({ top: 0 })
    },
    { flush: 'post' },
  )
  return { isFollowing, toEnd }
}
