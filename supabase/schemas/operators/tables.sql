-- Messages that could not be processed, for operators.

-- Messages that were read too often, or that name a run or call that does not exist.
create table platform.dead_letters (
  id uuid primary key default platform.uuid_v7(),
  queue text not null,
  message jsonb not null,
  read_count int not null,
  error text not null,
  run_id uuid references public.runs (id) on delete cascade,
  -- The fence of the run when it was ended because of this message. While the run still has it, an operator can resume the
  -- run. Null if the run went on without the message.
  fence int,
  created_at timestamptz not null default platform.now(),
  requeued_at timestamptz
);

create index on platform.dead_letters (created_at desc);
create index on platform.dead_letters (run_id);

alter table platform.dead_letters enable row level security;
