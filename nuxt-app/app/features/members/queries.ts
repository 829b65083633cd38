/** Who is in a workspace, as the signed-in person may see it. */
import type { Invitation, Profile, WorkspaceRole } from '#contracts/api'
import type { Tables } from '#contracts/database'
import type { ColumnsOf, Db } from '../../common/db'
import { row, rows } from '../../common/rows'

const membershipColumns = 'workspace_id, user_id, role, created_at'
const profileColumns = 'id, email, display_name, is_platform_admin'
const invitationColumns = 'id, email, role, expires_at, created_at'

export type MembershipRow = Pick<Tables<'workspace_members'>, ColumnsOf<typeof membershipColumns>> & {
  role: WorkspaceRole
}
export type ProfileRow = Pick<Profile, ColumnsOf<typeof profileColumns>>
export type InvitationRow = Pick<Invitation, ColumnsOf<typeof invitationColumns>>

/** One row for each workspace that the person is in. */
export const listMemberships = (db: Db, userId: string) =>
  rows<MembershipRow>(db.from('workspace_members').select(membershipColumns).eq('user_id', userId))

export const listMembers = (db: Db, workspaceId: string) =>
  rows<MembershipRow>(
    db.from('workspace_members').select(membershipColumns).eq('workspace_id', workspaceId).order('created_at'),
  )

export const listProfiles = (db: Db, userIds: string[]) =>
  rows<ProfileRow>(db.from('profiles').select(profileColumns).in('id', userIds))

export const readProfile = (db: Db, userId: string) =>
  row<ProfileRow>(db.from('profiles').select(profileColumns).eq('id', userId))

export const listOpenInvitations = (db: Db, workspaceId: string) =>
  rows<InvitationRow>(
    db
      .from('workspace_invitations')
      .select(invitationColumns)
      .eq('workspace_id', workspaceId)
      .is('accepted_at', null)
      .order('created_at', { ascending: false }),
  )
