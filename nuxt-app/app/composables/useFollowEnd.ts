const NEAR_PX = 120

/** Keeps the end of a growing list in view for whoever is at the end; who has scrolled up is left alone. */
export function useFollowEnd(end: Readonly<Ref<HTMLElement | null>>, grows: () => unknown) {
  watch(
    grows,
    async () => {
      const pane = end.value?.closest('[data-slot="body"]')
      if (!pane) return
      const isNear = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_PX
      await nextTick()
      // the first look at a run starts at its top
      if (isNear && pane.scrollTop > 0) pane.scrollTop = pane.scrollHeight
    },
    { flush: 'pre' },
  )
}
