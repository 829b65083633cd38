import { useLocalStorage } from '@vueuse/core'

/** Whether this browser shows a notice when something needs me. Chosen by a click, kept in this browser. */
export function useNoticeChoice() {
  const isWanted = useLocalStorage('persona.notices', false)
  const isPossible = 'Notification' in window
  const permission = useState('notice-permission', () => (isPossible ? Notification.permission : 'denied'))
  const isOn = computed(() => isWanted.value && permission.value === 'granted')

  /** Asks the browser for its permission, which it allows only after a click. */
  async function choose(wanted: boolean) {
    if (wanted && isPossible) permission.value = await Notification.requestPermission()
    isWanted.value = wanted && permission.value === 'granted'
  }
  return { isOn, isPossible, isRefused: computed(() => permission.value === 'denied'), choose }
}

/** Shows a notice for each question that I may decide and that appears while a tab is open. */
export function useBrowserNotices() {
  const { isOn } = useNoticeChoice()
  const { mine, isLoading } = useNeedsMe()
  const { byId } = usePersonas()
  const known = new Set<string>()
  let isFirst = true

  watch(
    [mine, isLoading],
    () => {
      if (isLoading.value) return
      const fresh = mine.value.filter(({ id }) => !known.has(id))
      for (const { id } of fresh) known.add(id)
      // what waited before this page was opened is in the badge
      if (!isFirst && isOn.value) for (const question of fresh) show(question)
      isFirst = false
    },
    { immediate: true },
  )

  function show({
    id,
    run_id,
    persona_id,
    question,
  }: {
    id: string
    run_id: string
    persona_id: string
    question: string
  }) {
    // the tag makes one notice of those of several tabs
    const notice = new Notification(byId.value.get(persona_id)?.name ?? 'A persona', { body: question, tag: id })
    notice.onclick = () => {
      window.focus()
      void navigateTo(`/runs/${run_id}`)
    }
  }
}
