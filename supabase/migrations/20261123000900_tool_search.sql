-- Tool search: which tools of the registry fit a request. `platform.search_tools` ranks by BM25 over two kinds of
-- terms: words (stemmed, without stop words, camelCase and snake_case split) and pairs of words. (Pieces of words were
-- measured too: -0.4 and +0.8 points of nDCG on two sets, for eight times the postings and forty times the time.)
-- A tool's text is its name (three times), group, description, names and descriptions of its parameters, and the
-- requests of its examples. A document that has one of the query's words is found (OR): nobody asks in a tool's words.
--
-- Postings are kept by a trigger on `tools`. How rare a term is, is counted at query time among the tools that the
-- persona may use, so no workspace's custom tools change, or show in, another one's results.

-- kind: w word, p pair.
create table platform.tool_terms (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  term text collate "C" not null,
  frequency int not null,
  primary key (kind, term, tool_id) include (frequency)
);
create index on platform.tool_terms (tool_id);

-- How many terms of each kind a tool's text has.
create table platform.tool_lengths (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  length int not null,
  primary key (kind, tool_id) include (length)
);
create index on platform.tool_lengths (tool_id);

alter table platform.tool_terms enable row level security;
alter table platform.tool_lengths enable row level security;

-- The terms of a text with their frequency: "getUserName" has the words get, user, name and the pairs "get user", "user name".
create function platform.terms_of(source text) returns table (kind "char", term text, frequency int)
language sql immutable parallel safe rows 30 set jit = off
as $$
  with plain as (
    select regexp_replace(
      regexp_replace(regexp_replace(source, '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
        '([[:upper:]])([[:upper:]][[:lower:]])', '\1 \2', 'g'),
      '[^[:alnum:]]+', ' ', 'g') as words
  ), stems as (
    select u.lexeme, row_number() over (order by position) as place
    from plain, unnest(to_tsvector('pg_catalog.english', plain.words)) u, unnest(u.positions) position
  )
  select 'w'::"char", lexeme, count(*)::int from stems group by lexeme
  union all
  select 'p'::"char", one.lexeme || ' ' || next.lexeme, count(*)::int
  from stems one join stems next on next.place = one.place + 1
  group by 2
$$;

create function platform.index_tool(tool public.tools) returns void
language plpgsql set jit = off
as $$
declare
  body text := concat_ws(' ', tool.group_name, tool.description,
    (select string_agg(concat_ws(' ', field.key, field.value ->> 'description'), ' ')
     from jsonb_path_query(tool.input_schema, 'strict $.**.properties ? (@.type() == "object")') properties,
       jsonb_each(properties) field
     where jsonb_typeof(field.value) = 'object'),
    (select string_agg(example ->> 'request', ' ') from jsonb_array_elements(tool.examples) example));
begin
  delete from platform.tool_terms where tool_id = tool.id;
  delete from platform.tool_lengths where tool_id = tool.id;
  insert into platform.tool_terms (tool_id, kind, term, frequency)
  select tool.id, kind, term, sum(frequency)
  from (
    select kind, term, frequency * 3 as frequency from platform.terms_of(tool.name)
    union all
    select kind, term, frequency from platform.terms_of(body)
  ) terms
  group by kind, term;
  insert into platform.tool_lengths (tool_id, kind, length)
  select tool.id, kind, sum(frequency) from platform.tool_terms where tool_id = tool.id group by kind;
end
$$;

create function platform.reindex_tool() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.index_tool(new);
  return null;
end
$$;

create trigger index_new_tool after insert on public.tools
  for each row execute function platform.reindex_tool();
create trigger index_changed_tool after update of name, group_name, description, input_schema, examples on public.tools
  for each row
  when ((old.name, old.group_name, old.description, old.input_schema, old.examples)
    is distinct from (new.name, new.group_name, new.description, new.input_schema, new.examples))
  execute function platform.reindex_tool();

select platform.index_tool(t) from public.tools t;

-- The persona's tools that fit the query best, as [{name, description, score}], best first. With the query's embedding
-- (and the model that made it) the lexical ranking is fused with the one by meaning, at equal weight; until then it is
-- lexical only. Scores order one result, they do not compare between queries.
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
      and t.is_enabled and coalesce(pt.is_enabled, true) and coalesce(pt.policy, 'default') <> 'deny'
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

grant execute on function platform.search_tools(uuid, text, int, extensions.vector, text) to platform_executor;
