import type { PriceFields } from './ModelPriceFields.vue'

const none: PriceFields = { input: '', output: '' }

/** The price of one model, as fields to edit: the workspace's own, or else the operator's. */
export function useModelPrice(model: () => string | undefined) {
  const api = useApi()
  const { id } = useWorkspace()
  const { prices, refresh } = usePrices()
  const known = computed<PriceFields>(() => {
    const fitting = prices.value.filter((price) => price.model === model())
    const price = fitting.find(({ workspace_id }) => workspace_id !== null) ?? fitting[0]
    return price ? { input: String(price.input_per_million), output: String(price.output_per_million) } : none
  })
  const fields = ref<PriceFields>({ ...known.value })
  watch(known, (found) => {
    fields.value = { ...found }
  })

  /** Saves the price for this workspace, if both fields are filled and one has changed. */
  async function save() {
    const name = model()
    const { input, output } = fields.value
    const isSame = String(input) === known.value.input && String(output) === known.value.output
    if (!name || String(input) === '' || String(output) === '' || isSame) return
    const price = { model: name, input_per_million: Number(input), output_per_million: Number(output) }
    await api.spending.savePrice(id.value, price)
    await refresh()
  }
  return { fields, save }
}
