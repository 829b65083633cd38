-- The search index of the tools. The text of a tool is its name (three times), its group, its description, the names and
-- descriptions of its parameters, and the requests of its examples. There are two kinds of terms: words (stemmed, without
-- stop words, camelCase and snake_case split) and pairs of words. Parts of words are left out: they changed nDCG by -0.4 and
-- +0.8 points on two test sets, for eight times the rows and forty times the time. Triggers on `tools` update the index.

-- kind: w is a word, p a pair of words.
create table platform.tool_terms (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  term text collate "C" not null,
  frequency int not null,
  primary key (kind, term, tool_id) include (frequency)
);

-- The number of terms of each kind in the text of a tool.
create table platform.tool_lengths (
  tool_id uuid not null references public.tools (id) on delete cascade,
  kind "char" not null,
  length int not null,
  primary key (kind, tool_id) include (length)
);

create index on platform.tool_terms (tool_id);
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
