-- audit heads
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.verify_audit()
 RETURNS TABLE(workspace_id uuid, events bigint, broken_seq bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with walked as (
    select e.workspace_id, e.seq, e.hash,
      e.seq = row_number() over chain
      and e.prev_hash = coalesce(lag(e.hash) over chain, decode(repeat('00', 32), 'hex'))
      and e.hash = sha256(e.prev_hash || platform.audit_bytes(e)) as whole
    from public.audit_events e
    window chain as (partition by e.workspace_id order by e.seq)
  )
  select coalesce(h.workspace_id, w.workspace_id), coalesce(h.seq, max(w.seq)),
    least(
      min(w.seq) filter (where not w.whole),
      case
        -- rows cut off the end leave a whole chain that is shorter than its head
        when coalesce(max(w.seq), 0) < h.seq then coalesce(max(w.seq), 0) + 1
        -- rows after the head, or without one, were not sealed
        when max(w.seq) > coalesce(h.seq, 0) then coalesce(h.seq, 0) + 1
      end,
      -- rewriting a row and all hashes after it leads to another end than the head's
      case when not coalesce(bool_or(w.hash = h.hash) filter (where w.seq = h.seq), false) then h.seq end
    )
  from platform.audit_heads h full join walked w on w.workspace_id = h.workspace_id
  group by h.workspace_id, w.workspace_id, h.seq
$function$
;
