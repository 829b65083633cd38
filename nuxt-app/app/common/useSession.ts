import type { Session } from '@supabase/supabase-js'

/** The signed-in person's session; null when signed out. Kept current by the plugin `platform`. */
export const useSession = () => useState<Session | null>('session', () => null)

/** The id of the signed-in person; only for pages behind the sign-in. */
export function useUserId() {
  const session = useSession()
  return computed(() => session.value?.user.id ?? '')
}

export const useSupabase = () => useNuxtApp().$supabase
export const usePlatform = () => useNuxtApp().$platform
