-- The model providers of a workspace, and the prices of models.

create table public.llm_providers (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  base_url text not null check (base_url ~* '^https?://'),
  api_key_secret_id uuid references public.secrets (id) on delete set null,
  models text[] not null default '{}',
  -- Those of `models` that can see images.
  vision_models text[] not null default '{}',
  -- Parts that requests leave out, because the server refuses them: `LeaveOut` of contracts/api/resources.ts.
  leave_out text[] not null default '{}',
  is_default boolean not null default false,
  created_at timestamptz not null default platform.now(),
  unique (workspace_id, name)
);

-- Tests of model providers, saved or not. The executor makes them, because only it sends requests to addresses that people
-- enter. The table is also their queue: a test without a result is waiting or under way.
create table public.provider_tests (
  id uuid primary key default platform.uuid_v7(),
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  created_by uuid references public.profiles (id) on delete set null,
  name text not null,
  base_url text not null check (base_url ~* '^https?://'),
  -- The model to call; null: the first one that the server lists.
  model text,
  leave_out text[] not null default '{}',
  -- A key that is not stored yet, as platform.sealed_secret gives it. It is removed when the test is over.
  api_key jsonb,
  -- ProviderTestResult of contracts/api/resources.ts.
  result jsonb,
  attempts int not null default 0,
  -- A worker that has not finished by then is lost.
  leased_until timestamptz,
  created_at timestamptz not null default platform.now(),
  finished_at timestamptz
);

-- Prices per million tokens. The operator's list has no workspace and holds for everybody; a workspace's own price for a
-- model goes before it. The row `*` is the price of every model that has no row, so that no unknown model is free.
create table public.model_prices (
  model text not null check (length(model) between 1 and 200),
  input_per_million numeric(12, 6) not null check (input_per_million >= 0),
  output_per_million numeric(12, 6) not null check (output_per_million >= 0),
  currency text not null default 'EUR',
  source text not null,
  updated_at timestamptz not null default platform.now(),
  workspace_id uuid references public.workspaces (id) on delete cascade,
  constraint model_prices_model_workspace_id_key unique nulls not distinct (model, workspace_id)
);

create unique index on public.llm_providers (workspace_id) where is_default;
create index on public.llm_providers (api_key_secret_id);
create index on public.model_prices (workspace_id) where workspace_id is not null;

create index on public.provider_tests (workspace_id);
create index on public.provider_tests (created_by);
create index provider_tests_open on public.provider_tests (id) where result is null;

alter table public.provider_tests enable row level security;
alter table public.llm_providers enable row level security;
alter table public.model_prices enable row level security;

insert into public.model_prices (model, input_per_million, output_per_million, source) values
  ('demo', 0, 0, 'The built-in scripted demo model is free.'),
  ('*', 10, 30, 'Deliberately dear, so that a cap holds for a model without a line of its own.');
