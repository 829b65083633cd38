/** The open alerts of the current workspace, newest first. Live; shared by all who ask. */
export function useAlerts() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, error, refresh } = useList(
    () => `alerts:${id.value}`,
    async () => (id.value ? api.operations.alerts(id.value) : []),
    { live: useTableChanges('alerts') },
  )
  return { alerts: rows, error, refresh }
}

/** Says each alert that is raised while somebody looks. */
export function useAlertToasts() {
  const toast = useToast()
  const { alerts } = useAlerts()

  const since = Date.now()
  const told = new Set<string>()
  watch(alerts, (open) => {
    for (const alert of open) {
      if (Date.parse(alert.raised_at) < since || told.has(alert.id)) continue
      told.add(alert.id)
      toast.add({ title: alert.message, icon: 'i-lucide-bell-ring', color: 'warning' })
    }
  })
}
