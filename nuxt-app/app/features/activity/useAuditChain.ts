/** The state of the audit log's chain, and its check. */
export function useAuditChain() {
  const api = useApi()
  const { id } = useWorkspace()
  const { rows, error, refresh, replace } = useList(
    () => `audit-chain:${id.value}`,
    async () => (id.value ? [await api.activity.chain(id.value)] : []),
  )
  /** Checks the whole chain, part by part. */
  async function check() {
    for (let restart = true; ; restart = false) {
      const chain = await api.activity.checkChain(id.value, { restart })
      replace(() => true, chain)
      if (chain.check?.is_complete) return
    }
  }
  return { chain: computed(() => rows.value[0] ?? null), error, refresh, check }
}
