/**
 * Who may do what, as data. `permissions.test.ts` checks it on a real database. A table or function without a line here
 * fails the test.
 */
import {
  acme,
  alertId,
  apiKeyId,
  deadLetterId,
  deliveryId,
  endpointId,
  idOf,
  invitationId,
  type Person,
  people,
  personas,
  providerId,
  rows,
  secretId,
} from './people.ts'

export type Role = 'anon' | Person | 'service' | 'executor'
export const roles: readonly Role[] = ['anon', ...people, 'service', 'executor']

const everyone: Role[] = [...people]
const workspace: Role[] = everyone.filter((role) => role !== 'otherTenant' && role !== 'platformAdmin')
const admins: Role[] = ['workspaceOwner', 'workspaceAdmin']
/** Roles of the persona that the whole workspace sees. */
const open = { view: workspace, use: [...admins, 'workspaceMember'] as Role[], edit: admins, own: admins }
/** Roles of the private persona: the workspace's admins, and the people it is shared with. */
const closed = {
  view: [...admins, 'personaOwner', 'personaEditor', 'personaUser', 'personaViewer'] as Role[],
  use: [...admins, 'personaOwner', 'personaEditor', 'personaUser'] as Role[],
  edit: [...admins, 'personaOwner', 'personaEditor'] as Role[],
  own: [...admins, 'personaOwner'] as Role[],
}

/**
 * Who sees the rows of Acme: by role, or by role for each of the two personas. Only `service` may insert, update or
 * delete (but not in the audit log). All other changes go through functions.
 */
export type Sees = { rows: Role[] } | { open: Role[]; closed: Role[] }
const nobody: Sees = { rows: [] }
const viewers: Sees = { open: open.view, closed: closed.view }
const users: Sees = { open: open.use, closed: closed.use }

export const tables: Record<string, Sees> = {
  'public.profiles': { rows: everyone },
  'public.workspaces': { rows: [...workspace, 'otherTenant'] },
  'public.workspace_members': { rows: [...workspace, 'otherTenant'] },
  'public.workspace_invitations': { rows: admins },
  'public.audit_events': { rows: admins },
  'public.audit_statements': nobody,
  'public.api_keys': { rows: ['workspaceOwner'] },
  'public.secrets': { rows: admins },
  'public.llm_providers': { rows: workspace },
  'public.provider_tests': { rows: admins },
  'public.model_prices': { rows: everyone },
  'public.agents': { rows: everyone },
  'public.personas': viewers,
  'public.persona_versions': viewers,
  'public.persona_members': { rows: closed.view },
  'public.tools': { rows: everyone },
  'public.tool_dependencies': { rows: workspace },
  'public.persona_tools': viewers,
  'public.connectors': { rows: admins },
  'public.conversations': viewers,
  'public.conversation_messages': viewers,
  'public.runs': viewers,
  'public.run_steps': viewers,
  'public.llm_calls': viewers,
  'public.tool_runs': viewers,
  'public.approvals': viewers,
  'public.standing_approvals': viewers,
  'public.artifacts': viewers,
  'public.schedules': viewers,
  'public.webhook_endpoints': { rows: admins },
  'public.webhook_deliveries': { rows: admins },
  'public.documents': viewers,
  'public.chunks': viewers,
  'public.emails': users,
  'public.attachments': users,
  'public.alerts': { rows: [...workspace, 'platformAdmin'] },
  'platform.audit_queue': nobody,
  'platform.audit_checks': nobody,
  'platform.audit_heads': nobody,
  'platform.checkpoints': nobody,
  'platform.dead_letters': nobody,
  'platform.spend': nobody,
  'platform.tool_lengths': nobody,
  'platform.tool_terms': nobody,
}

/** Columns that are hidden even from people who see the row. */
export const hiddenColumns: Record<string, string[]> = {
  'public.api_keys': ['key_hash'],
  'public.secrets': ['ciphertext', 'nonce'],
  'public.provider_tests': ['api_key'],
  'public.workspace_invitations': ['token_hash'],
}

/** The column that names the persona of a row, in tables where it is not `persona_id`. */
export const personaColumn: Record<string, string> = { 'public.personas': 'id' }

const { run, approval, artifact } = rows('open')
const closedRows = rows('closed')
const u = (person: Person) => `'${idOf(person)}'`
const { open: o, closed: c } = personas

const schedule = '{"name": "s", "cron": "0 9 * * *", "input": "work"}'
const approvingSchedule =
  '{"name": "s", "cron": "0 9 * * *", "input": "work", "approved_in_advance": [{"tool": "do_nothing"}]}'
const webhook =
  '{"direction": "out", "name": "w", "url": "https://x.invalid", "secret": {"ciphertext": "AA==", "nonce": "AA==", "key_id": "k"}}'

/** A call that succeeds for those who may make it, and who they are. Others get 403 or 404. */
export const commands: { call: string; may: Role[] }[] = [
  { call: `is_workspace_member('${acme}')`, may: everyone },
  { call: 'is_platform_admin()', may: everyone },
  { call: `is_colleague(${u('workspaceOwner')})`, may: everyone },
  { call: `persona_role('${o}')`, may: everyone },
  { call: `can_view_persona('${o}')`, may: everyone },
  { call: `can_use_persona('${o}')`, may: everyone },
  { call: `can_edit_persona('${o}')`, may: everyone },
  { call: `can_own_persona('${o}')`, may: everyone },
  { call: `can_follow_topic('run:${run}')`, may: everyone },
  { call: `persona_of_path('${acme}/${o}/x')`, may: everyone },
  { call: `is_persona_path('${acme}/${o}/x')`, may: everyone },
  { call: `update_profile('Name')`, may: everyone },
  { call: `create_workspace('New')`, may: everyone },
  { call: 'may_manage_account()', may: everyone },
  { call: 'my_sessions()', may: everyone },
  { call: `end_session('${acme}')`, may: everyone },
  // the only owner of a workspace with others is refused, with 409
  {
    call: 'leave_platform((select email from public.profiles where id = auth.uid()))',
    may: everyone.filter((role) => role !== 'workspaceOwner'),
  },
  { call: `read_invitation(encode(sha256('token'), 'hex'))`, may: everyone },
  { call: `create_api_key('k', '{admin}', 'ppk_BBBBBBBB', repeat('0', 64))`, may: everyone },
  { call: `create_api_key('k', '{admin}', 'ppk_BBBBBBBB', repeat('0', 64), '${acme}')`, may: workspace },
  { call: `revoke_api_key('${apiKeyId}')`, may: ['workspaceOwner'] },
  { call: `update_workspace('${acme}', '{"name": "Acme 2"}')`, may: admins },
  { call: `delete_workspace('${acme}', 'Acme')`, may: ['workspaceOwner'] },
  { call: `set_member_role('${acme}', ${u('workspaceViewer')}, 'member')`, may: admins },
  { call: `set_member_role('${acme}', ${u('workspaceViewer')}, 'owner')`, may: ['workspaceOwner'] },
  { call: `remove_member('${acme}', ${u('workspaceViewer')})`, may: [...admins, 'workspaceViewer'] },
  { call: `invite_member('${acme}', 'x@test.invalid', 'member', repeat('0', 64))`, may: admins },
  { call: `revoke_invitation('${invitationId}')`, may: admins },
  { call: `accept_invitation(encode(sha256('token'), 'hex'))`, may: [] },
  { call: `create_persona('${acme}', '{"name": "P"}')`, may: [...admins, 'workspaceMember'] },
  { call: `update_persona('${o}', '{"name": "P"}')`, may: open.edit },
  { call: `update_persona('${c}', '{"name": "P"}')`, may: closed.edit },
  { call: `update_persona('${c}', '{"status": "paused"}')`, may: closed.own },
  { call: `restore_persona_version('${c}', 1)`, may: closed.edit },
  { call: `share_persona('${c}', ${u('workspaceMember')}, 'user')`, may: closed.own },
  { call: `unshare_persona('${c}', ${u('personaViewer')})`, may: [...closed.own, 'personaViewer'] },
  { call: `set_persona_tool('${c}', 'do_nothing', '{"policy": "ask"}')`, may: closed.edit },
  { call: `set_persona_tool('${c}', 'do_nothing', '{"granted_secrets": []}')`, may: admins },
  { call: `search_tools('${c}', 'nothing', 5)`, may: closed.view },
  { call: `create_run('${o}', 'work')`, may: open.use },
  { call: `create_run('${c}', 'work')`, may: closed.use },
  { call: `cancel_run('${run}')`, may: open.use },
  { call: `cancel_run('${closedRows.run}')`, may: closed.use },
  { call: `decide('${approval}', 'approve')`, may: open.use },
  { call: `decide('${closedRows.approval}', 'deny')`, may: closed.use },
  {
    call: `decide('${closedRows.approval}', 'approve', always => '{"arguments": [], "max_uses": 1, "days": 1}')`,
    may: closed.edit,
  },
  { call: `waiting_questions('${acme}')`, may: workspace },
  { call: `revoke_standing_approval('${closedRows.standingApproval}')`, may: closed.edit },
  { call: `activity('${acme}')`, may: admins },
  { call: `audit_chain('${acme}')`, may: admins },
  { call: `check_audit_chain('${acme}')`, may: admins },
  { call: `repeat_run('${run}')`, may: open.use },
  { call: `repeat_run('${closedRows.run}')`, may: closed.use },
  { call: `record_file_access('${artifact}')`, may: open.view },
  { call: `record_file_access('${closedRows.artifact}')`, may: closed.view },
  { call: `record_run_file_access('${closedRows.run}')`, may: closed.view },
  { call: `save_secret('${acme}', 'NAME', 'AA==', 'AA==', 'k')`, may: admins },
  { call: `delete_secret('${secretId}')`, may: admins },
  { call: `save_provider('${acme}', '{"name": "p", "base_url": "http://x", "models": ["m"]}')`, may: admins },
  { call: `delete_provider('${providerId}')`, may: admins },
  { call: `test_provider('${acme}', '{"name": "p", "base_url": "http://x"}')`, may: admins },
  { call: `workspace_spending('${acme}')`, may: workspace },
  { call: `persona_spending('${o}')`, may: open.view },
  { call: `persona_spending('${c}')`, may: closed.view },
  { call: `save_price('m', 1, 2, '${acme}')`, may: admins },
  { call: `delete_price('own-model', '${acme}')`, may: admins },
  { call: `save_price('m', 1, 2)`, may: ['platformAdmin'] },
  { call: `delete_price('demo')`, may: ['platformAdmin'] },
  { call: `resolve_alert('${alertId}')`, may: [...admins, 'platformAdmin'] },
  { call: `save_schedule('${o}', '${schedule}')`, may: open.use },
  { call: `save_schedule('${c}', '${schedule}', '${closedRows.schedule}')`, may: closed.use },
  { call: `save_schedule('${c}', '${approvingSchedule}')`, may: closed.edit },
  { call: `run_schedule_now('${closedRows.schedule}')`, may: closed.use },
  { call: `delete_schedule('${closedRows.schedule}')`, may: closed.use },
  { call: `save_webhook_endpoint('${acme}', '${webhook}')`, may: admins },
  { call: `delete_webhook_endpoint('${endpointId}')`, may: admins },
  { call: `redeliver('${deliveryId}')`, may: admins },
  { call: `test_webhook('${endpointId}')`, may: admins },
  { call: `run_checkpoints('${run}')`, may: open.view },
  { call: `run_checkpoints('${closedRows.run}')`, may: closed.view },
  { call: `send_message('${run}', 'more')`, may: open.use },
  { call: `send_message('${closedRows.run}', 'more')`, may: closed.use },
  { call: `retry_turn('${run}')`, may: open.use },
  { call: `retry_turn('${closedRows.run}', 'again')`, may: closed.use },
  { call: `update_conversation('${closedRows.conversation}', '{"title": "T"}')`, may: closed.use },
  { call: 'find_conversations()', may: everyone },
  { call: `fork_run('${run}', -1)`, may: open.use },
  { call: `fork_run('${closedRows.run}', 0, '{"input": "more"}', 'ask')`, may: closed.use },
  { call: 'operations()', may: ['platformAdmin'] },
  { call: `requeue_dead_letter('${deadLetterId}')`, may: ['platformAdmin'] },
  { call: `delete_persona('${c}')`, may: [] }, // it has a live run: even its owner is refused, with 409
]

/** Functions of schema platform that the executor calls. Only the database itself may call the others. */
export const executorFunctions = [
  'claim_deliveries',
  'claim_mails',
  'claim_provider_tests',
  'claim_runs',
  'claim_tools',
  'describe_tools',
  'due_schedules',
  'fail_model_call',
  'fail_run',
  'finish_delivery',
  'finish_mail',
  'finish_provider_test',
  'fire_schedule',
  'heartbeat',
  'keep_printed',
  'mail_sender',
  'mark_statement_published',
  'note_lookup',
  'pause_schedule',
  'queue_stats',
  'read_earlier',
  'record_late_result',
  'register_tools',
  'release_model_call',
  'release_run',
  'report_tools',
  'retry_run',
  'retry_tool',
  'save_audit_statement',
  'seal_audit',
  'search_tools',
  'start_run',
  'sweep',
  'unpublished_statements',
  'unsigned_heads',
  'write_transitions',
]

/**
 * Functions of schema public that only the service key may call: the edge functions check a signature first, and
 * operators look after the audit log.
 */
export const serviceFunctions = [
  'accept_webhook',
  'approval_by_link',
  'audit_heads',
  'decide_by_link',
  'erase_audit_content',
  'inbound_webhook',
  'reject_webhook',
  'use_api_key',
]
