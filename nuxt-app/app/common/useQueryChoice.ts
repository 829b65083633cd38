/** A select whose value stands in the address, so that it survives a reload and can be shared. `all` is no value. */
export function useQueryChoice(name: string) {
  const route = useRoute()
  return computed({
    get: () => String(route.query[name] ?? 'all'),
    set: (value) => {
      void navigateTo({ query: { ...route.query, [name]: value === 'all' ? undefined : value } }, { replace: true })
    },
  })
}
