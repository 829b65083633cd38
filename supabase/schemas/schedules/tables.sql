-- Schedules: they start runs of a persona at set times.

create table public.schedules (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 80),
  cron text not null,
  time_zone text not null default 'UTC',
  input text not null,
  -- What to do about times that passed while the platform was down: start no run, one run, or one for each time.
  missed text not null default 'once' check (missed in ('skip', 'once', 'all')),
  -- [{tool, conditions}]: calls that need no approval in the runs of this schedule.
  approved_in_advance jsonb not null default '[]'
    check (platform.is_valid(approved_in_advance, platform.schema_of('approved_calls'))),
  is_paused boolean not null default false,
  next_at timestamptz,
  last_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default platform.now()
);

create index on public.schedules (workspace_id);
create index on public.schedules (persona_id);
create index on public.schedules (created_by);
create index schedules_due on public.schedules (next_at) where not is_paused;

alter table public.schedules enable row level security;
