-- Data as the baseline (20261128000000) holds it, for the test of upgrades: one workspace with a row in every table that
-- people or runs fill. It is run on a database that has only the baseline. Never change it: data out there does not change
-- either.

insert into auth.users (id, email) values
  ('00000000-0000-4000-8000-000000000001', 'owner@acme.test'),
  ('00000000-0000-4000-8000-000000000002', 'member@acme.test');
update public.profiles set display_name = 'Olive Owner', is_platform_admin = true
where id = '00000000-0000-4000-8000-000000000001';

insert into public.workspaces (id, name, limits, settings, created_by) values
  ('10000000-0000-4000-8000-000000000001', 'Acme', '{"cost_per_day": 50, "parallel_runs": 10}', '{"time_zone": "Europe/Berlin"}',
    '00000000-0000-4000-8000-000000000001');
insert into public.workspace_members (workspace_id, user_id, role) values
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001', 'owner'),
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'member');
insert into public.workspace_invitations (workspace_id, email, role, token_hash, invited_by, expires_at) values
  ('10000000-0000-4000-8000-000000000001', 'new@acme.test', 'viewer', sha256('token'), '00000000-0000-4000-8000-000000000001',
    '2099-01-01');

insert into public.secrets (id, workspace_id, name, ciphertext, nonce, key_id, created_by) values
  ('40000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'provider.local', '\x0102', '\x0304', 'k1',
    '00000000-0000-4000-8000-000000000001'),
  ('40000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'WEATHER_KEY', '\x0506', '\x0708', 'k1', null);
insert into public.llm_providers (workspace_id, name, base_url, api_key_secret_id, models) values
  ('10000000-0000-4000-8000-000000000001', 'local', 'http://models.acme.test/v1',
    '40000000-0000-4000-8000-000000000001', '{small,large}');
insert into public.model_prices (model, input_per_million, output_per_million, source) values ('large', 2, 8, 'The contract of 2026.');

insert into public.personas (id, workspace_id, name, description, created_by) values
  ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Olivia', 'Writes reports.',
    '00000000-0000-4000-8000-000000000001');
insert into public.persona_versions (id, persona_id, workspace_id, number, agent_id, instructions, model, limits, allowed_hosts, note) values
  ('30000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 1,
    'office-worker', 'You are Olivia.', '{"primary": "default"}', '{}', '{}', ''),
  ('30000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 2,
    'office-worker', 'You are Olivia. You write reports.', '{"primary": "default", "fallbacks": [], "temperature": 0.5}',
    '{"cost_per_run": 2, "calls_per_day": 100, "sandbox_cpus": 0.5, "sandbox_memory_mb": 512, "max_repeats": null}',
    '{example.com,*.acme.test}', 'With caps');
update public.personas set current_version_id = '30000000-0000-4000-8000-000000000002';
insert into public.persona_members (persona_id, user_id, workspace_id, role) values
  ('20000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'owner'),
  ('20000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'user');
insert into public.connectors (workspace_id, persona_id, kind, name, settings, secret_id) values
  ('10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'mail', 'Mailbox', '{"host": "mail.acme.test"}',
    '40000000-0000-4000-8000-000000000002');

insert into public.tools (id, workspace_id, name, description, group_name, input_schema, output_schema, effect, runs, timeout_seconds, code, language) values
  ('50000000-0000-4000-8000-000000000001', null, 'post_letter', 'Posts a letter.', 'mail', '{"type": "object"}', '{}', 'effect', 'executor', 60, null, null),
  ('50000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'weather', 'Tells the weather.', 'web', '{}', '{}', 'pure', 'sandbox', 30,
    'export default () => 1', 'node');
insert into public.tool_dependencies values ('50000000-0000-4000-8000-000000000002', '50000000-0000-4000-8000-000000000001');
insert into public.persona_tools (persona_id, tool_id, workspace_id, policy, conditions, granted_secrets) values
  ('20000000-0000-4000-8000-000000000001', '50000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'ask',
    '[{"argument": "to", "operator": "domain_in", "value": ["acme.test"], "policy": "allow"}]', '{WEATHER_KEY}');

-- A finished run: it asked before it posted a letter, and delivered a file.
insert into public.runs (id, workspace_id, persona_id, persona_version_id, status, reason, input, attachments, output, plan, trace_id, created_by,
  fence, segment, step_count, checkpoint_id, cost, model_calls, input_tokens, output_tokens, started_at, finished_at) values
  ('60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001',
    '30000000-0000-4000-8000-000000000002', 'completed', 'done', 'Write the report.',
    '[{"name": "a.txt", "path": "10000000-0000-4000-8000-000000000001/20000000-0000-4000-8000-000000000001/a.txt", "content_type": "text/plain", "size": 3}]',
    'The report is posted.', '[{"title": "Write", "status": "done"}]', 'run-60000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000001', 3, 2, 8, 'c2', 0.012345, 2, 1200, 34, now() - interval '2 minutes', now() - interval '1 minute');
insert into public.run_steps (run_id, persona_id, seq, kind, data, duration_ms)
select '60000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', step.seq, step.data ->> 'kind', step.data, step.ms
from (values
  (1, '{"kind": "status", "from": null, "to": "queued"}'::jsonb, null::int),
  (2, '{"kind": "status", "from": "queued", "to": "running"}', null),
  (3, '{"kind": "model", "llm_call_id": "61000000-0000-4000-8000-000000000001", "model": "large", "text": "I post it.", "tool_calls": [{"call_id": "a", "tool": "post_letter"}], "input_tokens": 600, "output_tokens": 20, "cost": "0.006000"}', 1500),
  (4, '{"kind": "asked", "approval_id": "63000000-0000-4000-8000-000000000001", "about": "approval", "question": "May it?"}', null),
  (5, '{"kind": "answered", "approval_id": "63000000-0000-4000-8000-000000000001", "decision": "approve"}', null),
  (6, '{"kind": "tool", "tool_run_id": "62000000-0000-4000-8000-000000000001", "call_id": "a", "tool": "post_letter", "status": "succeeded", "attempt": 1, "output": {"posted": true}}', 80),
  (7, '{"kind": "artifact", "artifact_id": "64000000-0000-4000-8000-000000000001", "name": "report.pdf", "content_type": "application/pdf", "size": 4}', null),
  (8, '{"kind": "status", "from": "running", "to": "completed", "reason": "done"}', null)
) step (seq, data, ms);
insert into public.llm_calls (id, run_id, workspace_id, persona_id, segment, provider, model, status, reserved_cost, scopes, cost, input_tokens, output_tokens, latency_ms, error, trace_id, finished_at) values
  ('61000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001',
    0, 'local', 'large', 'succeeded', 0, '{run:60000000-0000-4000-8000-000000000001}', 0.006, 600, 20, 1500, null, 'run-60000000-0000-4000-8000-000000000001', now()),
  ('61000000-0000-4000-8000-000000000002', '60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001',
    1, 'local', 'large', 'failed', 0, '{}', 0, 0, 0, 90, '{"code": "model_unavailable", "message": "HTTP 503"}', 'run-60000000-0000-4000-8000-000000000001', now());
insert into platform.spend (scope, cost, reserved, calls) values ('run:60000000-0000-4000-8000-000000000001', 0.012345, 0, 2);
insert into public.tool_runs (id, run_id, workspace_id, persona_id, segment, call_id, position, tool_id, tool_name, arguments, arguments_hash, effect, status, attempt, output, duration_ms, started_at, finished_at) values
  ('62000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001',
    0, 'a', 1, '50000000-0000-4000-8000-000000000001', 'post_letter', '{"to": "x@acme.test"}', 'hash', 'effect', 'succeeded', 1, '{"posted": true}', 80, now(), now());
insert into public.approvals (id, workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, status, decision, decided_by, decided_at, expires_at) values
  ('63000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000001',
    '62000000-0000-4000-8000-000000000001', 'approval', 'May it?', '["approve", "deny"]', 'post_letter', '{"to": "x@acme.test"}', 'hash', 'approved', 'approve',
    '00000000-0000-4000-8000-000000000001', now(), '2099-01-01');
insert into public.artifacts (id, run_id, tool_run_id, workspace_id, persona_id, name, content_type, size, sha256, path) values
  ('64000000-0000-4000-8000-000000000001', '60000000-0000-4000-8000-000000000001', '62000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001',
    '20000000-0000-4000-8000-000000000001', 'report.pdf', 'application/pdf', 4, repeat('a', 64), 'acme/olivia/run/a/report.pdf');
insert into storage.objects (bucket_id, name) values ('artifacts', 'acme/olivia/run/a/report.pdf');
insert into platform.checkpoints (run_id, checkpoint_id, parent_id, segment, data) values
  ('60000000-0000-4000-8000-000000000001', 'c1', null, 0, '{}'), ('60000000-0000-4000-8000-000000000001', 'c2', 'c1', 1, '{}');
insert into platform.dead_letters (queue, message, read_count, error, run_id) values
  ('runs_interactive', '{"run_id": "60000000-0000-4000-8000-000000000001"}', 9, 'It was read too often.', '60000000-0000-4000-8000-000000000001');

insert into public.schedules (workspace_id, persona_id, name, cron, time_zone, input, approved_in_advance, next_at, created_by) values
  ('10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'Every morning', '0 9 * * *', 'Europe/Berlin', 'Write the report.',
    '[{"tool": "post_letter", "conditions": [{"argument": "to", "operator": "equals", "value": "x@acme.test"}]}]', '2099-01-01',
    '00000000-0000-4000-8000-000000000001');
insert into public.webhook_endpoints (id, workspace_id, direction, name, url, events, secret_id) values
  ('70000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'out', 'Reports', 'https://acme.test/hook', '{run.completed}',
    '40000000-0000-4000-8000-000000000002');
insert into public.webhook_deliveries (endpoint_id, workspace_id, delivery_id, event, payload, status, attempts, response_status) values
  ('70000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'd1', 'run.completed', '{"run": 1}', 'delivered', 1, 200);
insert into public.documents (id, workspace_id, persona_id, name, path, content_type, size, sha256, status) values
  ('80000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'handbook.md', 'p',
    'text/markdown', 9, 'h', 'ready');
insert into public.chunks (document_id, persona_id, position, text) values
  ('80000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 0, 'Write briefly.');
insert into public.emails (id, workspace_id, persona_id, direction, message_id, sender, recipients, subject) values
  ('81000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'in', '<1@acme.test>', 'x@acme.test',
    '{olivia@acme.test}', 'Hello');
insert into public.attachments (workspace_id, persona_id, email_id, name, path, content_type, size, sha256) values
  ('10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', '81000000-0000-4000-8000-000000000001', 'a.txt', 'p', 'text/plain', 3, 'h');
insert into public.alerts (workspace_id, persona_id, kind, message) values
  ('10000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', 'persona_day_budget', '80 % of a cap is used.');

-- Sealed events, and one that waits to be sealed.
select platform.audit('10000000-0000-4000-8000-000000000001', 'person', '00000000-0000-4000-8000-000000000001', 'persona.created');
select platform.audit('10000000-0000-4000-8000-000000000001', 'system', null, 'run.completed', '{"cost": 0.012345}', '20000000-0000-4000-8000-000000000001',
  '60000000-0000-4000-8000-000000000001', 'run-60000000-0000-4000-8000-000000000001');
select platform.seal_audit();

-- A run that waits in the queue while the platform is upgraded.
select platform.start_run('20000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001', 'person', 'Say hello.',
  run_id => '60000000-0000-4000-8000-000000000002');
