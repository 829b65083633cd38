-- Tool search: the tools that match a request, ranked by BM25. One matching word is enough, because requests rarely use the
-- words of the tool. Tools that do not work in this installation are not found. The rarity of a term is computed at query time among the tools that the persona may use, so the custom
-- tools of one workspace do not influence the results of another.

-- The tools of a persona that match the query, as [{name, description, score}], best first. If the embedding of the query
-- is given, the ranking by words and the ranking by embedding count equally; otherwise only words count. Scores of different
-- queries cannot be compared.
create function platform.search_tools(
  persona_id uuid, query text, max_results int default 5,
  query_embedding extensions.vector default null, embedding_model text default null
) returns jsonb
language sql stable security definer set search_path = '' set jit = off
as $$
  with usable as materialized (
    select t.id, t.name, t.description
    from public.personas p
    join public.tools t on t.workspace_id is null or t.workspace_id = p.workspace_id
    left join public.persona_tools pt on pt.persona_id = p.id and pt.tool_id = t.id
    where p.id = search_tools.persona_id
      and t.is_enabled and t.works is not false and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
  ), collection as materialized (
    select l.kind, count(*) as tools, avg(l.length) as length
    from usable u join platform.tool_lengths l on l.tool_id = u.id
    group by l.kind
  ), hits as (
    select u.id, t.kind, t.frequency, l.length, 1 + ln(q.frequency) as asked,
      count(*) over (partition by t.kind, t.term) as tools_with_term
    from platform.terms_of(left(query, 2000)) q
    join platform.tool_terms t on t.kind = q.kind and t.term = q.term collate "C"
    join usable u on u.id = t.tool_id
    join platform.tool_lengths l on l.kind = t.kind and l.tool_id = t.tool_id
  ), lexical as (
    -- BM25 with k1 = 1.2 and b = 0.75
    select h.id, sum(
      case h.kind when 'w' then 1 else 0.15 end * h.asked * ln(1 + (c.tools - h.tools_with_term + 0.5) / (h.tools_with_term + 0.5))
        * h.frequency * 2.2 / (h.frequency + 1.2 * (0.25 + 0.75 * h.length / c.length))) as score
    from hits h join collection c on c.kind = h.kind
    group by h.id
  ), ranked as (
    select id, score, row_number() over (order by score desc) as place from lexical
    order by score desc limit 100
  ), by_meaning as (
    select t.id, row_number() over (order by t.embedding operator(extensions.<=>) query_embedding) as place
    from usable u join public.tools t on t.id = u.id
    where query_embedding is not null and t.embedding_model = search_tools.embedding_model
    order by t.embedding operator(extensions.<=>) query_embedding limit 100
  ), fused as (
    select id,
      case when query_embedding is null then r.score
        else coalesce(1.0 / (60 + r.place), 0) + coalesce(1.0 / (60 + m.place), 0) end as score
    from ranked r full join by_meaning m using (id)
    order by 2 desc limit max_results
  )
  select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'description', u.description,
    'score', round(f.score::numeric, 4)) order by f.score desc, u.name), '[]')
  from fused f join usable u using (id)
$$;

-- The same search, for people who look at the tools of a persona.
create function public.search_tools(persona_id uuid, query text, max_results int default 10) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform platform.require_persona(persona_id, 'viewer');
  if coalesce(length(query), 0) not between 1 and 1000 then
    perform platform.refuse(422, 'invalid_input', 'Say what to look for, in 1 to 1,000 characters.');
  end if;
  return platform.search_tools(persona_id, query, least(greatest(coalesce(max_results, 10), 1), 50));
end
$$;

grant execute on function platform.search_tools(uuid, text, int, extensions.vector, text) to platform_executor;

grant execute on function public.search_tools(uuid, text, int) to authenticated;
