-- Alerts: each is raised once, shown live, and resolved by the platform or by a person.

create table public.alerts (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid references public.workspaces (id) on delete cascade,
  persona_id uuid references public.personas (id) on delete cascade,
  kind text not null,
  message text not null,
  details jsonb not null default '{}',
  raised_at timestamptz not null default platform.now(),
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null
);

create unique index alerts_open on public.alerts (kind, coalesce(persona_id, workspace_id)) where resolved_at is null;
create index on public.alerts (workspace_id, raised_at desc);
create index on public.alerts (persona_id);
create index on public.alerts (resolved_by);

alter table public.alerts enable row level security;

do $$
begin
  alter publication supabase_realtime add table public.alerts;
end
$$;
