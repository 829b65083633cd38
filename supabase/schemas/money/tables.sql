-- Money: before a model call its highest possible cost is reserved; after it the real cost is booked ("settled").

create domain platform.model_call_status as text check (value in ('started', 'succeeded', 'failed'));

create table public.llm_calls (
  id uuid primary key default platform.uuid_v7(),
  run_id uuid not null,
  workspace_id uuid not null,
  persona_id uuid not null,
  segment int not null,
  provider text not null,
  model text not null,
  status platform.model_call_status not null default 'started',
  -- The highest possible cost, reserved in these scopes of platform.spend; 0 after the call is settled.
  reserved_cost platform.amount not null,
  scopes text[] not null default '{}',
  cost platform.amount not null default 0,
  input_tokens platform.token_count not null default 0,
  output_tokens platform.token_count not null default 0,
  latency_ms int,
  first_token_ms int,
  error jsonb,
  trace_id text not null,
  created_at timestamptz not null default platform.now(),
  finished_at timestamptz
) with (fillfactor = 50);

create table platform.spend (
  -- 'run:<id>', 'persona:<id>:2026-11-23', 'persona:<id>:2026-11', 'workspace:<id>:…'; days and months are UTC.
  scope text primary key,
  cost platform.amount not null default 0,
  reserved platform.amount not null default 0,
  calls int not null default 0
);

-- Each row is updated once, soon after it is inserted. The fillfactor leaves room for the new version in the same page, so
-- that no index changes (HOT update).
create index on public.llm_calls (run_id);
create index on public.llm_calls (workspace_id, created_at desc);
create index on public.llm_calls (persona_id, created_at desc);

alter table public.llm_calls enable row level security;
alter table platform.spend enable row level security;
