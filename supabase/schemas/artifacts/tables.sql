-- Artifacts: files that runs made. Their content is in Storage.

create table public.artifacts (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null references public.runs (id) on delete cascade,
  tool_run_id uuid references public.tool_runs (id) on delete set null,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  persona_id uuid not null references public.personas (id) on delete cascade,
  name text not null,
  content_type text not null,
  size bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- In the bucket `artifacts`: <workspace>/<persona>/<run>/<sha256>/<name>
  path text not null,
  created_at timestamptz not null default platform.now(),
  -- An attempt that makes the same file again adds no second artifact.
  unique (run_id, name, sha256)
);

create index on public.artifacts (workspace_id, created_at desc);
create index on public.artifacts (persona_id, created_at desc);
create index on public.artifacts (tool_run_id);

alter table public.artifacts enable row level security;
