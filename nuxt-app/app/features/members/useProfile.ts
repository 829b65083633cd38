import { readProfile } from './queries'

/** The signed-in person's own profile. Shared by all who ask. */
export function useProfile() {
  const db = useSupabase()
  const userId = useUserId()
  const { data, refresh } = useAsyncData(
    () => `profile:${userId.value}`,
    () => readProfile(db, userId.value),
  )
  return { profile: data, refresh }
}
