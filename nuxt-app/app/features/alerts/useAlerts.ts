/** The open alerts of the current workspace, newest first. Shared by all who ask; the layout keeps it live. */
export function useAlerts() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, error, refresh } = useList(
    () => `alerts:${id.value}`,
    async () => (id.value ? api.operations.alerts(id.value) : []),
  )
  return { alerts: rows, error, refresh }
}

/** Keeps the alerts live, and says each one that is raised while somebody looks. */
export function useAlertToasts() {
  const toast = useToast()
  const { alerts, refresh } = useAlerts()
  useLiveTable('alerts', refresh)

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
