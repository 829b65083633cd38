-- read earlier
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.earlier_entries(run_id uuid)
 RETURNS TABLE(entry bigint, who text, content text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with history as materialized (
    select * from platform.history_of(earlier_entries.run_id)
  ), entries as (
    select h.distance, m.taken_at as at, 'Person' as who, m.input as content
    from history h join public.conversation_messages m on m.run_id = h.id
    where m.taken_at < h.ends_at and m.taken_segment >= h.first_segment
    union all
    select h.distance, r.created_at, 'Person', r.input
    from history h join public.runs r on r.id = h.id where r.conversation_id is null and h.first_segment = 0
    union all
    select h.distance, s.created_at, 'You', s.data ->> 'text'
    from history h join public.run_steps s on s.run_id = h.id and s.kind = 'model'
    where s.created_at < h.ends_at and s.data ->> 'text' <> ''
    union all
    select h.distance, t.created_at, 'Call of ' || t.tool_name,
      format(E'Arguments: %s\nResult (%s): %s', t.arguments, t.status, coalesce(t.output #>> '{}', t.error ->> 'message', 'none'))
    from history h join public.tool_runs t on t.run_id = h.id and t.segment >= h.first_segment
    where t.created_at < h.ends_at and t.status not in ('queued', 'awaiting_approval', 'started')
  )
  select row_number() over (order by e.distance desc, e.at), e.who, e.content from entries e
$function$
;

CREATE OR REPLACE FUNCTION platform.history_of(run_id uuid)
 RETURNS TABLE(id uuid, distance integer, ends_at timestamp with time zone, first_segment integer)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  with recursive history as (
    select r.id, 0 as distance, 'infinity'::timestamptz as ends_at, r.previous_run_id, r.parent_run_id,
      greatest(r.forked_segment, -1) + 1 as first_segment
    from public.runs r where r.id = history_of.run_id
    union all
    select p.id, h.distance + 1,
      case when h.first_segment > 0 then coalesce((
        select min(c.created_at) from platform.checkpoints c where c.run_id = p.id and c.segment >= h.first_segment), 'infinity')
        else 'infinity' end,
      p.previous_run_id, p.parent_run_id, greatest(p.forked_segment, -1) + 1
    from history h
    join public.runs p on p.id = case when h.first_segment > 0 then h.parent_run_id else h.previous_run_id end
    where h.distance < 10000
  )
  select h.id, h.distance, h.ends_at, coalesce(h.first_segment, 0) from history h
$function$
;

CREATE OR REPLACE FUNCTION platform.read_earlier(run_id uuid, find text DEFAULT NULL::text, entry integer DEFAULT NULL::integer, skip integer DEFAULT 0)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  page constant int := 4000;
  phrase text := lower(btrim(find));
  words text[] := regexp_split_to_array(phrase, '\s+');
  longest text := (select w from unnest(words) w order by length(w) desc limit 1);
  answer jsonb;
begin
  if find is not null then
    return (
      with matches as materialized (
        select e.*, strpos(lower(e.content), phrase) as place
        from platform.earlier_entries(read_earlier.run_id) e
        where not exists (select from unnest(words) w where strpos(lower(e.content), w) = 0)
      ), best as (
        select m.*, count(*) over () as number from matches m
        where m.place > 0 or not exists (select from matches exact where exact.place > 0)
        order by m.entry desc limit 10
      )
      select jsonb_build_object('matches', coalesce(max(m.number), 0), 'found', coalesce(jsonb_agg(jsonb_build_object(
        'entry', m.entry, 'who', m.who, 'excerpt', substr(m.content,
          greatest(coalesce(nullif(m.place, 0), strpos(lower(m.content), longest)) - 150, 1), 400)) order by m.entry), '[]'))
      from best m);
  end if;
  select jsonb_build_object('entry', e.entry, 'who', e.who, 'text', substr(e.content, skip + 1, page),
      'characters', length(e.content), 'next_skip', case when length(e.content) > skip + page then skip + page end)
  into answer
  from platform.earlier_entries(read_earlier.run_id) e where e.entry = read_earlier.entry;
  return coalesce(answer, jsonb_build_object('error', jsonb_build_object(
    'code', 'not_found', 'message', 'There is no such entry. Find its number with `find`.')));
end
$function$
;

grant EXECUTE on function platform.read_earlier(run_id uuid, find text, entry integer, skip integer) to platform_executor;
