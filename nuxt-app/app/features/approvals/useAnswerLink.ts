import { createApi } from '@persona/sdk'

/** The question behind a mail's link: the token stands behind the `#`, so that it is in no server's log. */
export function useAnswerLink() {
  const { $platform } = useNuxtApp()
  const route = useRoute()
  const token = computed(() => route.hash.slice(1))
  const { answers } = createApi({
    url: $platform.supabase_url ?? location.origin,
    publishableKey: $platform.publishable_key,
    accessToken: async () => token.value || null,
  })
  const { data, error, refresh } = useAsyncData(
    () => `answer:${token.value}`,
    () => answers.read(),
  )
  return { approval: data, error, refresh, give: answers.give }
}
