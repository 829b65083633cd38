-- Demo data for the embedded stack: two workspaces that must not see each other, an account with each role, and three useful
-- personas. The accounts exist before this script runs (supabase/embedded/demo.ts).

insert into public.workspaces (id, name, created_by) values
  ('10000000-0000-4000-8000-000000000001', 'Acme', '00000000-0000-4000-8000-000000000001'),
  ('10000000-0000-4000-8000-000000000002', 'Globex', '00000000-0000-4000-8000-000000000005');

insert into public.workspace_members (workspace_id, user_id, role) values
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000001', 'owner'),
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'admin'),
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000003', 'member'),
  ('10000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000004', 'viewer'),
  ('10000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000005', 'owner');

update public.profiles set is_platform_admin = true where id = '00000000-0000-4000-8000-000000000006';

insert into public.personas (id, workspace_id, name, description, icon, color, examples, created_by) values
  ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'Olivia',
    'Makes slides, sheets and reports from your figures.', 'presentation', 'indigo',
    '{"Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95","Make a presentation about remote work"}', '00000000-0000-4000-8000-000000000001'),
  ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'Ada',
    'Works on files and data with small programs.', 'chart-line', 'emerald',
    '{"Make a spreadsheet of our costs: rent 1200, power 310, phone 85, and add the total"}', '00000000-0000-4000-8000-000000000001'),
  ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 'Hank',
    'Writes Globex''s reports as PDF.', 'file-text', 'amber',
    '{"Write a one-page PDF about remote work"}', '00000000-0000-4000-8000-000000000005');

insert into public.persona_versions (id, persona_id, workspace_id, number, agent_id, instructions, model, limits, created_by) values
  ('30000000-0000-4000-8000-000000000001', '20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 1,
    'office-worker', 'You are Olivia, an office worker. You make slide decks, spreadsheets and PDF reports from what people give you. Never invent figures: ask when something is missing. Name the files that you made at the end.',
    '{"primary": "default", "fallbacks": []}', '{"cost_per_run": 2, "cost_per_day": 20}', '00000000-0000-4000-8000-000000000001'),
  ('30000000-0000-4000-8000-000000000002', '20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 1,
    'office-worker', 'You are Ada, a data analyst. You read and write files and run small JavaScript or Python programs to find an answer. Show how you came to a figure.',
    '{"primary": "default", "fallbacks": []}', '{"cost_per_run": 2, "cost_per_day": 20}', '00000000-0000-4000-8000-000000000001'),
  ('30000000-0000-4000-8000-000000000003', '20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000002', 1,
    'office-worker', 'You are Hank. You write short, clear reports as PDF files.',
    '{"primary": "default", "fallbacks": []}', '{"cost_per_run": 2, "cost_per_day": 20}', '00000000-0000-4000-8000-000000000005');

update public.personas p set current_version_id = v.id from public.persona_versions v where v.persona_id = p.id;

insert into public.persona_members (persona_id, user_id, workspace_id, role)
select id, created_by, workspace_id, 'owner' from public.personas;
