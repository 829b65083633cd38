/**
 * Two tenants with people of every role and a row in every table, for tests of permissions.
 *
 * Acme has two personas: `open`, which every member may use, and `closed`, which is private and shared with one person
 * of each persona role (all four are mere viewers of the workspace). Globex is the other tenant.
 */
import type { Client } from 'pg'

export const acme = '10000000-0000-4000-8000-000000000001'
export const globex = '10000000-0000-4000-8000-000000000002'
export const personas = {
  open: '20000000-0000-4000-8000-000000000001',
  closed: '20000000-0000-4000-8000-000000000002',
} as const

export const people = [
  'workspaceOwner',
  'workspaceAdmin',
  'workspaceMember',
  'workspaceViewer',
  'personaOwner',
  'personaEditor',
  'personaUser',
  'personaViewer',
  'otherTenant',
  'platformAdmin',
] as const
export type Person = (typeof people)[number]

export const idOf = (person: Person) =>
  `00000000-0000-4000-8000-${String(people.indexOf(person) + 1).padStart(12, '0')}`

const workspaceRoles: Partial<Record<Person, string>> = {
  workspaceOwner: 'owner',
  workspaceAdmin: 'admin',
  workspaceMember: 'member',
  workspaceViewer: 'viewer',
  personaOwner: 'viewer',
  personaEditor: 'viewer',
  personaUser: 'viewer',
  personaViewer: 'viewer',
}
const personaRoles: Partial<Record<Person, string>> = {
  personaOwner: 'owner',
  personaEditor: 'editor',
  personaUser: 'user',
  personaViewer: 'viewer',
}

/** Ids of the rows for the tests of commands. They are the same for both personas except for the first digits. */
export const rows = (persona: keyof typeof personas) => {
  const id = (kind: number) => `${kind}0000000-0000-4000-8000-00000000000${persona === 'open' ? 1 : 2}`
  return {
    version: id(3),
    run: id(4),
    toolRun: id(5),
    approval: id(6),
    artifact: id(7),
    document: id(8),
    schedule: id(9),
    conversation: persona === 'open' ? '99100000-0000-4000-8000-000000000001' : '99100000-0000-4000-8000-000000000002',
    standingApproval:
      persona === 'open' ? '9a000000-0000-4000-8000-000000000001' : '9a000000-0000-4000-8000-000000000002',
  }
}
export const secretId = '91000000-0000-4000-8000-000000000001'
export const providerId = '92000000-0000-4000-8000-000000000001'
export const invitationId = '93000000-0000-4000-8000-000000000001'
export const alertId = '96000000-0000-4000-8000-000000000001'
export const endpointId = '95000000-0000-4000-8000-000000000001'
export const deliveryId = '97000000-0000-4000-8000-000000000001'
export const deadLetterId = '98000000-0000-4000-8000-000000000001'
export const apiKeyId = '89000000-0000-4000-8000-000000000001'
export const toolId = '94000000-0000-4000-8000-000000000001'

export async function populate(client: Client): Promise<void> {
  for (const person of people) {
    await client.query('insert into auth.users (id, email) values ($1, $2)', [idOf(person), `${person}@test.invalid`])
  }
  await client.query('update profiles set is_platform_admin = true where id = $1', [idOf('platformAdmin')])
  await client.query(
    `insert into workspaces (id, name, created_by) values ('${acme}', 'Acme', $1), ('${globex}', 'Globex', $2)`,
    [idOf('workspaceOwner'), idOf('otherTenant')],
  )
  for (const [person, role] of Object.entries(workspaceRoles)) {
    await client.query('insert into workspace_members values ($1, $2, $3)', [acme, idOf(person as Person), role])
  }
  await client.query('insert into workspace_members values ($1, $2, $3)', [globex, idOf('otherTenant'), 'owner'])
  await client.query(`
    insert into workspace_invitations (id, workspace_id, email, role, token_hash, expires_at)
      values ('${invitationId}', '${acme}', 'new@test.invalid', 'member', sha256('token'), now() + interval '1 day');
    insert into secrets (id, workspace_id, name, ciphertext, nonce, key_id)
      values ('${secretId}', '${acme}', 'API_KEY', '\\x00', '\\x00', 'k');
    insert into provider_tests (workspace_id, name, base_url) values ('${acme}', 'p', 'http://x.invalid');
    insert into llm_providers (id, workspace_id, name, base_url, models)
      values ('${providerId}', '${acme}', 'local', 'http://model.invalid', '{m}');
    insert into tools (id, name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds)
      values ('${toolId}', 'do_nothing', 'Does nothing.', 'tests', '{}', '{}', 'effect', 'sandbox', 10);
    insert into tools (workspace_id, name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds, code, language)
      values ('${acme}', 'acme_only', 'Does nothing.', 'tests', '{}', '{}', 'pure', 'sandbox', 10, 'x', 'node');
    insert into tool_dependencies select id, '${toolId}' from tools where name = 'acme_only';
    insert into webhook_endpoints (id, workspace_id, direction, name) values ('${endpointId}', '${acme}', 'out', 'w');
    insert into webhook_deliveries (id, endpoint_id, workspace_id, delivery_id, event, payload, status)
      values ('${deliveryId}', '${endpointId}', '${acme}', 'd', 'run.completed', '{}', 'failed');
    insert into alerts (id, workspace_id, kind, message) values ('${alertId}', '${acme}', 'queue_age', 'The queue is old.');
    insert into model_prices (model, input_per_million, output_per_million, source, workspace_id)
      values ('own-model', 1, 2, 'Ours.', '${acme}');
    insert into api_keys (id, user_id, name, prefix, key_hash, scopes)
      values ('${apiKeyId}', '${idOf('workspaceOwner')}', 'k', 'ppk_AAAAAAAA', sha256('key'), '{admin}');
    insert into platform.audit_checks (workspace_id) values ('${acme}');
    insert into platform.spend (scope) values ('workspace:${acme}:2026-11');
  `)
  await addPersona(client, 'open', 'workspace')
  await addPersona(client, 'closed', 'private')
  for (const [person, role] of Object.entries(personaRoles)) {
    await client.query('insert into persona_members values ($1, $2, $3, $4)', [
      personas.closed,
      idOf(person as Person),
      acme,
      role,
    ])
  }
  await client.query(`
    insert into runs (id, workspace_id, persona_id, persona_version_id, status, reason, input, trace_id)
      values ('99000000-0000-4000-8000-000000000001', '${acme}', '${personas.open}', '${rows('open').version}', 'failed', 'worker_lost', 'w', 't');
    insert into platform.dead_letters (id, queue, message, read_count, error, run_id, fence)
      values ('${deadLetterId}', 'q', '{}', 11, 'lost', '99000000-0000-4000-8000-000000000001', 0)`)
  await client.query(`select platform.audit('${acme}', 'system', null, 'test.event'); select platform.seal_audit();
    select platform.audit('${acme}', 'system', null, 'test.event');
    select platform.save_audit_statement(1, '{"heads": []}', '')`)
}

async function addPersona(client: Client, name: keyof typeof personas, visibility: string): Promise<void> {
  const persona = personas[name]
  const id = rows(name)
  const common = `'${acme}', '${persona}'`
  await client.query(`
    insert into personas (id, workspace_id, name, visibility) values ('${persona}', '${acme}', '${name}', '${visibility}');
    insert into persona_versions (id, persona_id, workspace_id, number, agent_id, instructions, model, limits)
      values ('${id.version}', '${persona}', '${acme}', 1, 'office-worker', '', '{"primary": "default"}', '{}');
    update personas set current_version_id = '${id.version}' where id = '${persona}';
    insert into persona_tools (persona_id, tool_id, workspace_id) values ('${persona}', '${toolId}', '${acme}');
    insert into connectors (workspace_id, persona_id, kind, name) values (${common}, 'mail', 'Mail');
    insert into conversations (id, workspace_id, persona_id, title) values ('${id.conversation}', ${common}, 'Work');
    insert into runs (id, workspace_id, persona_id, persona_version_id, status, waiting_for, input, trace_id, created_by, segment, step_count,
      conversation_id, turn)
      values ('${id.run}', ${common}, '${id.version}', 'waiting', 'approval', 'work', 'run-x', '${idOf('workspaceOwner')}', 1, 1,
      '${id.conversation}', 1);
    insert into conversation_messages (id, conversation_id, workspace_id, persona_id, run_id, input, taken_at, taken_segment)
      values ('${id.run}', '${id.conversation}', ${common}, '${id.run}', 'work', now(), 0);
    insert into run_steps (run_id, persona_id, seq, kind, data) values ('${id.run}', '${persona}', 1, 'status', '{}');
    insert into llm_calls (run_id, workspace_id, persona_id, segment, provider, model, reserved_cost, trace_id)
      values ('${id.run}', ${common}, 0, 'demo', 'demo', 0, 'run-x');
    insert into tool_runs (id, run_id, workspace_id, persona_id, segment, call_id, position, tool_id, tool_name, arguments, arguments_hash, effect, status)
      values ('${id.toolRun}', '${id.run}', ${common}, 0, 'a', 1, '${toolId}', 'do_nothing', '{}', 'h', 'effect', 'awaiting_approval');
    insert into approvals (id, run_id, tool_run_id, workspace_id, persona_id, kind, question, tool_name, arguments, arguments_hash, expires_at)
      values ('${id.approval}', '${id.run}', '${id.toolRun}', ${common}, 'approval', 'May it?', 'do_nothing', '{}', 'h', now() + interval '1 day');
    insert into standing_approvals (id, workspace_id, persona_id, tool_id, tool_name, argument_names, conditions, max_uses, expires_at, created_by)
      values ('${id.standingApproval}', ${common}, '${toolId}', 'do_nothing', '{}', '[]', 1, now() - interval '1 day', '${idOf('workspaceOwner')}');
    insert into artifacts (id, run_id, workspace_id, persona_id, name, content_type, size, sha256, path)
      values ('${id.artifact}', '${id.run}', ${common}, 'a.txt', 'text/plain', 1, repeat('0', 64), 'p');
    insert into platform.checkpoints (run_id, checkpoint_id, segment, data) values ('${id.run}', 'c', 0, '{}');
    insert into platform.dead_letters (queue, message, read_count, error, run_id) values ('q', '{}', 9, 'lost', '${id.run}');
    insert into schedules (id, workspace_id, persona_id, name, cron, input) values ('${id.schedule}', ${common}, 's', '0 9 * * *', 'work');
    insert into documents (id, workspace_id, persona_id, name, path, content_type, size, sha256)
      values ('${id.document}', ${common}, 'd', 'p', 'text/plain', 1, 'h');
    insert into chunks (document_id, persona_id, position, text) values ('${id.document}', '${persona}', 0, 't');
    insert into emails (workspace_id, persona_id, direction, message_id, sender, recipients) values (${common}, 'in', 'm', 'a@b', '{}');
    insert into attachments (workspace_id, persona_id, name, path, content_type, size, sha256) values (${common}, 'a', 'p', 't', 1, 'h');
    insert into alerts (workspace_id, persona_id, kind, message) values (${common}, 'memory', 'Memory is short.');
    insert into storage.objects (bucket_id, name) values ('artifacts', '${acme}/${persona}/r/h/a.txt');
  `)
}
