import { type ApiDocument, operationGroups } from './document'

/** Reads the description of the API from the API itself. */
export function useApiDocument() {
  const platform = usePlatform()
  const { data, error, status, refresh } = useAsyncData('api-document', async () => {
    const response = await fetch(`${platform.supabase_url ?? location.origin}/functions/v1/api/openapi.json`, {
      headers: { apikey: platform.publishable_key },
    })
    if (!response.ok) throw new Error(`The description of the API could not be read (${response.status}).`)
    const document = (await response.json()) as ApiDocument
    return {
      title: document.info.title,
      description: document.info.description ?? '',
      groups: operationGroups(document),
    }
  })
  return { document: data, error, isLoading: computed(() => status.value === 'pending'), refresh }
}
