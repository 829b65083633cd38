-- How a function refuses: an error with an HTTP status, a stable code (contracts/errors.ts) and words for people.

-- Refuses an expected wrong request. SQLSTATE `PTxyz` is PostgREST's way to set the HTTP status; the stable code of
-- `contracts/errors.ts` travels in `hint`. Example: platform.refuse(404, 'persona_not_found', 'There is no …').
create function platform.refuse(http_status int, code text, message text, details jsonb default null) returns void
language plpgsql
as $$
begin
  raise exception using
    errcode = 'PT' || http_status, message = message, hint = code, detail = coalesce(details::text, '');
end
$$;

-- Whether an error passes when the same is tried again: deadlocks, lack of resources, an operator, the system. All others
-- come from what is in the row, and would come again.
create function platform.passes_by_itself(state text) returns boolean
language sql immutable
return left(state, 2) in ('08', '25', '40', '53', '55', '57', '58');

-- A worker that was paused and comes back is told so by this SQLSTATE, and throws its work away.
create function platform.refuse_stale(what text) returns void
language plpgsql
as $$
begin
  raise exception using errcode = 'PP001', message = what || ' was claimed by another worker';
end
$$;
