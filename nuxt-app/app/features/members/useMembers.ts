import { listMembers, listOpenInvitations, listProfiles } from './queries'

/** The members of the current workspace with their names. Shared by all who ask. */
export function useMembers() {
  const db = useSupabase()
  const { id } = useWorkspace()
  const { rows, isLoading, error, refresh } = useList(
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
  )
  return { members: rows, isLoading, error, refresh }
}

/** The invitations to the current workspace that nobody has accepted yet; empty for who is no admin. */
export function useInvitations() {
  const db = useSupabase()
  const { id, isAdmin } = useWorkspace()
  const { rows, error, refresh } = useList(
    () => `invitations:${id.value}`,
    async () => (isAdmin.value ? listOpenInvitations(db, id.value) : []),
  )
  return { invitations: rows, error, refresh }
}
