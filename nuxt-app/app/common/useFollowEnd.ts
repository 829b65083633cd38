const NEAR_PX = 120

/**
 * Keeps the end of a growing list in view for whoever is at the end; who has scrolled up is left alone. When it is
 * over, the top comes into view, where the result stands.
 */
export function useFollowEnd(end: Readonly<Ref<HTMLElement | null>>, grows: () => unknown, isOver: () => boolean) {
  const paneOf = () => end.value?.closest('[data-slot="body"]')
  watch(isOver, async (over) => {
    await nextTick()
    if (over) paneOf()?.scrollTo({ top: 0 })
  })
  watch(
    grows,
    async () => {
      const pane = paneOf()
      if (!pane) return
      const isNear = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_PX
      await nextTick()
      // the first look at a run starts at its top
      if (isNear && pane.scrollTop > 0) pane.scrollTop = pane.scrollHeight
    },
    { flush: 'pre' },
  )
}
