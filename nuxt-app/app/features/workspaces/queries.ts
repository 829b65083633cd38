/** Workspaces and who is in them, as the signed-in person may see them. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { Invitation, Profile, WorkspaceRole } from '#contracts/api'
import { row, rows } from '../../common/rows'

export interface WorkspaceRow {
  id: string
  name: string
  limits: Record<string, number | null>
  settings: { time_zone?: string }
  created_at: string
}
export interface MembershipRow {
  workspace_id: string
  user_id: string
  role: WorkspaceRole
  created_at: string
}
export type ProfileRow = Pick<Profile, 'id' | 'email' | 'display_name' | 'is_platform_admin'>
export type InvitationRow = Pick<Invitation, 'id' | 'email' | 'role' | 'expires_at' | 'created_at'>

export const listWorkspaces = (db: SupabaseClient) =>
  rows<WorkspaceRow>(db.from('workspaces').select('id, name, limits, settings, created_at').order('created_at'))

export const listMemberships = (db: SupabaseClient, userId: string) =>
  rows<MembershipRow>(
    db.from('workspace_members').select('workspace_id, user_id, role, created_at').eq('user_id', userId),
  )

export const listMembers = (db: SupabaseClient, workspaceId: string) =>
  rows<MembershipRow>(
    db
      .from('workspace_members')
      .select('workspace_id, user_id, role, created_at')
      .eq('workspace_id', workspaceId)
      .order('created_at'),
  )

export const listProfiles = (db: SupabaseClient, userIds: string[]) =>
  rows<ProfileRow>(db.from('profiles').select('id, email, display_name, is_platform_admin').in('id', userIds))

export const readProfile = (db: SupabaseClient, userId: string) =>
  row<ProfileRow>(
    db.from('profiles').select('id, email, display_name, is_platform_admin').eq('id', userId).maybeSingle(),
  )

export const listOpenInvitations = (db: SupabaseClient, workspaceId: string) =>
  rows<InvitationRow>(
    db
      .from('workspace_invitations')
      .select('id, email, role, expires_at, created_at')
      .eq('workspace_id', workspaceId)
      .is('accepted_at', null)
      .order('created_at', { ascending: false }),
  )
