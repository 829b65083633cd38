import { createApi, sessionToken } from '@persona/sdk'

/** Every command that the app sends, as the person who is signed in. All reject with a `Failure`. */
export function useApi() {
  const { $supabase, $platform } = useNuxtApp()
  return createApi({
    url: $platform.supabase_url ?? location.origin,
    publishableKey: $platform.publishable_key,
    accessToken: sessionToken($supabase),
  })
}
