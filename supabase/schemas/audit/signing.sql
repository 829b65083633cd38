-- How the chains are protected against the owner of the database: an executor signs their heads with a key that is not in the
-- database, and also writes the signed statements outside of the database (executor/jobs/audit/).

-- The heads that have changed since they were signed, and the newest statement:
-- {previous: {n, statement} or null, heads: [{workspace_id, seq, hash}]}, with the hash in hex.
create function platform.unsigned_heads(max_heads int) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'previous', (
      select jsonb_build_object('n', s.n, 'statement', s.statement) from public.audit_statements s order by s.n desc limit 1),
    'heads', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'workspace_id', h.workspace_id, 'seq', h.seq, 'hash', encode(h.hash, 'hex')) order by h.workspace_id), '[]')
      from (
        select * from platform.audit_heads a where a.seq > a.signed_seq order by a.workspace_id limit max_heads
      ) h))
$$;

-- Saves a statement and marks its heads as signed. Returns false if another executor has saved a statement with this number.
create function platform.save_audit_statement(n bigint, statement text, signature text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.audit_statements (n, statement, signature) values (n, statement, signature) on conflict do nothing;
  if not found then
    return false;
  end if;
  update platform.audit_heads a set signed_seq = greatest(a.signed_seq, s.seq), signed_at = platform.now()
  from jsonb_to_recordset(statement::jsonb -> 'heads') as s (workspace_id uuid, seq bigint)
  where a.workspace_id = s.workspace_id;
  return true;
end
$$;

-- The statements that are not yet outside of the database, oldest first: [{n, statement, signature}].
create function platform.unpublished_statements(max_statements int) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(s) order by s.n), '[]') from (
    select u.n, u.statement, u.signature from public.audit_statements u
    where u.published_at is null order by u.n limit max_statements
  ) s
$$;

create function platform.mark_statement_published(n bigint) returns void
language sql security definer set search_path = ''
as $$
  update public.audit_statements s set published_at = platform.now() where s.n = mark_statement_published.n
$$;

grant execute on function
  platform.unsigned_heads(int),
  platform.save_audit_statement(bigint, text, text),
  platform.unpublished_statements(int),
  platform.mark_statement_published(bigint)
  to platform_executor;
