-- Functions that record an event.

-- Queues one event. `data` must not contain secrets, only names, ids, counts, hashes and what people may read.
create function platform.audit(
  workspace_id uuid, actor_type text, actor_id uuid, action text,
  data jsonb default '{}', persona_id uuid default null, run_id uuid default null, trace_id text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into platform.audit_queue (workspace_id, actor_type, actor_id, action, data, persona_id, run_id, trace_id)
  values (coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), actor_type, actor_id, action,
    platform.with_key(data), persona_id, run_id, trace_id);
end
$$;

create function platform.audit_event(actor_type text, actor_id uuid, action text, data jsonb default '{}')
returns platform.new_event
language sql stable
return row(actor_type, actor_id, action, data)::platform.new_event;

create function platform.audit_as_me(workspace_id uuid, action text, data jsonb default '{}', persona_id uuid default null)
returns void
language sql
as $$ select platform.audit(workspace_id, 'person', auth.uid(), action, data, persona_id) $$;
