-- What operators see: messages that could not be worked on.

-- Messages that were read too often, or that name nothing: kept for the admin's page.
create table platform.dead_letters (
  id uuid primary key default platform.uuid_v7(),
  queue text not null,
  message jsonb not null,
  read_count int not null,
  error text not null,
  run_id uuid references public.runs (id) on delete cascade,
  -- The fence that the run was ended with for this message: while it is that, the run can be taken up again. Null when the
  -- run went on without it.
  fence int,
  created_at timestamptz not null default platform.now(),
  requeued_at timestamptz
);

create index on platform.dead_letters (created_at desc);
create index on platform.dead_letters (run_id);

alter table platform.dead_letters enable row level security;
