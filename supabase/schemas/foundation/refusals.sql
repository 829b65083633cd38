-- How functions refuse a request: with an HTTP status, a stable code (contracts/errors.ts) and a message for people.

-- Raises a refusal. PostgREST takes the HTTP status from the SQLSTATE `PTxyz`; the code is in `hint`.
-- Example: platform.refuse(404, 'persona_not_found', 'This persona does not exist, or you may not see it.').
create function platform.refuse(http_status int, code text, message text, details jsonb default null) returns void
language plpgsql
as $$
begin
  raise exception using
    errcode = 'PT' || http_status, message = message, hint = code, detail = coalesce(details::text, '');
end
$$;

-- Whether a retry may succeed after this error: deadlocks, lack of resources, an operator's action, system errors. All other
-- errors come from the data and would happen again.
create function platform.is_transient(state text) returns boolean
language sql immutable
return left(state, 2) in ('08', '25', '40', '53', '55', '57', '58');

-- Refuses a worker that was paused while another one took over its work. The worker sees the SQLSTATE and discards its work.
create function platform.refuse_stale(what text) returns void
language plpgsql
as $$
begin
  raise exception using errcode = 'PP001', message = what || ' was claimed by another worker';
end
$$;
