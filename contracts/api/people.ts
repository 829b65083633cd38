/** The signed-in person, workspaces, members, invitations. */
import { z } from 'zod'
import { changesSomething, DisplayName, Id, Timestamp, text } from './common.ts'

export const WorkspaceRole = z.enum(['viewer', 'member', 'admin', 'owner'])
export type WorkspaceRole = z.infer<typeof WorkspaceRole>

export const Profile = z
  .object({
    id: Id,
    email: z.string(),
    display_name: z.string(),
    is_platform_admin: z.boolean(),
    /** Whether personas send this person their questions by mail. */
    notify_by_mail: z.boolean(),
    created_at: Timestamp,
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

export const MeResponse = z.object({
  profile: Profile,
  workspaces: z.array(z.object({ id: Id, name: z.string(), role: WorkspaceRole })),
})
export type MeResponse = z.infer<typeof MeResponse>
export const UpdateMeRequest = z
  .strictObject({ display_name: DisplayName, notify_by_mail: z.boolean() })
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type UpdateMeRequest = z.infer<typeof UpdateMeRequest>
export const ProfileResponse = z.object({ profile: Profile })

const amount = z.number().nonnegative().max(1_000_000).nullish()
const count = z.number().int().nonnegative().max(1_000_000).nullish()

/** Caps on money (in the currency of the price table) and on numbers. Missing or null means no cap. */
export const WorkspaceLimits = z
  .strictObject({
    cost_per_day: amount,
    cost_per_month: amount,
    calls_per_day: count,
    calls_per_month: count,
    parallel_runs: count,
    runs_per_minute: count,
  })
  .meta({ id: 'WorkspaceLimits' })
export type WorkspaceLimits = z.infer<typeof WorkspaceLimits>

export const Workspace = z
  .object({
    id: Id,
    name: z.string(),
    limits: z.record(z.string(), z.unknown()),
    settings: z.record(z.string(), z.unknown()),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Workspace' })
export type Workspace = z.infer<typeof Workspace>

export const WorkspaceResponse = z.object({ workspace: Workspace })
export const WorkspacesResponse = z.object({ workspaces: z.array(Workspace) })
export const CreateWorkspaceRequest = z.strictObject({ name: DisplayName })
export type CreateWorkspaceRequest = z.infer<typeof CreateWorkspaceRequest>
/** `limits` and `settings` are replaced, not merged. */
export const UpdateWorkspaceRequest = z
  .strictObject({
    name: DisplayName,
    limits: WorkspaceLimits,
    settings: z.strictObject({ time_zone: text(1, 64).optional() }),
  })
  .partial()
  .refine(changesSomething, 'must contain at least one field')
export type UpdateWorkspaceRequest = z.infer<typeof UpdateWorkspaceRequest>
/** Deleting a workspace deletes everything in it, so the caller must repeat its name. */
export const DeleteWorkspaceQuery = z.object({ confirm_name: text(1, 80) })
export type DeleteWorkspaceQuery = z.infer<typeof DeleteWorkspaceQuery>

export const WorkspaceMember = z
  .object({ user_id: Id, email: z.string(), display_name: z.string(), role: WorkspaceRole, created_at: Timestamp })
  .meta({ id: 'WorkspaceMember' })
export type WorkspaceMember = z.infer<typeof WorkspaceMember>
export const WorkspaceMembersResponse = z.object({ members: z.array(WorkspaceMember) })
export const SetMemberRoleRequest = z.strictObject({ role: WorkspaceRole })
export type SetMemberRoleRequest = z.infer<typeof SetMemberRoleRequest>

export const Invitation = z
  .object({
    id: Id,
    workspace_id: Id,
    email: z.string(),
    role: WorkspaceRole,
    invited_by: Id.nullable(),
    expires_at: Timestamp,
    created_at: Timestamp,
  })
  .meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>
export const InvitationsResponse = z.object({ invitations: z.array(Invitation) })
export const CreateInvitationRequest = z.strictObject({
  email: z.email().max(254),
  role: z.enum(['admin', 'member', 'viewer']),
})
export type CreateInvitationRequest = z.infer<typeof CreateInvitationRequest>
/** Only this response contains `token`, for the link `<app>/invitations/<token>`. The platform stores only its hash. */
export const CreateInvitationResponse = z.object({ invitation: Invitation, token: z.string() })
export type CreateInvitationResponse = z.infer<typeof CreateInvitationResponse>
export const AcceptInvitationRequest = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be the token of an invitation'),
})
export type AcceptInvitationRequest = z.infer<typeof AcceptInvitationRequest>

/** What an invitation offers, for whoever has its token. */
export const ReadInvitationResponse = z.object({
  invitation: z.object({
    /** The name of the workspace. */
    workspace: z.string(),
    /** Name or mail address of the person who invited; null if their account is gone. */
    inviter: z.string().nullable(),
    role: WorkspaceRole,
    /** Only an account with this mail address can accept it. */
    email: z.string(),
    expires_at: Timestamp,
    /** Whether the caller is a member already. */
    is_member: z.boolean(),
  }),
})
export type ReadInvitationResponse = z.infer<typeof ReadInvitationResponse>

export const Session = z
  .object({
    id: Id,
    created_at: Timestamp,
    refreshed_at: Timestamp.nullable(),
    /** The browser or program, as it calls itself. */
    user_agent: z.string().nullable(),
    ip: z.string().nullable(),
    /** Whether it is the session of this request. */
    is_current: z.boolean(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>
export const SessionsResponse = z.object({ sessions: z.array(Session) })
/** Deleting an account cannot be undone, so the caller must repeat its mail address. */
export const DeleteMeQuery = z.object({ confirm_email: text(1, 254) })
