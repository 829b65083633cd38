import { listMembers, listProfiles, readProfile } from '../workspaces/queries'

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

/** The members of the current workspace with their names. */
export function useMembers() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { data, status, error, refresh } = useAsyncData(
    () => `members:${id.value}`,
    async () => {
      const members = await listMembers(db, id.value)
      const profiles = await listProfiles(
        db,
        members.map((member) => member.user_id),
      )
      const byId = new Map(profiles.map((profile) => [profile.id, profile]))
      return members.map((member) => ({
        ...member,
        name: byId.get(member.user_id)?.display_name || byId.get(member.user_id)?.email || 'Somebody',
        email: byId.get(member.user_id)?.email ?? '',
      }))
    },
    { default: () => [] },
  )
  return { members: data, status, error, refresh }
}
