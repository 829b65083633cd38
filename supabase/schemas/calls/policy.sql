-- What a persona may do with a tool: its policy, conditions on arguments, and approvals given in advance.

-- The hash that an approval is bound to. The text of jsonb is the same for equal arguments.
create function platform.hash_arguments(arguments jsonb) returns text
language sql stable
return encode(sha256(convert_to(arguments::text, 'UTF8')), 'hex');

-- A value as a list; an empty list if there is no value.
create function platform.list_of(value jsonb) returns jsonb
language sql immutable
return case when coalesce(jsonb_typeof(value), 'null') = 'null' then '[]'
  when jsonb_typeof(value) = 'array' then value else jsonb_build_array(value) end;

-- The argument that a condition tests. `recipients` is every recipient of a mail: to, cc and bcc in one list.
create function platform.argument_of(arguments jsonb, name text) returns jsonb
language sql immutable
return case when name = 'recipients'
  then platform.list_of(arguments -> 'to') || platform.list_of(arguments -> 'cc') || platform.list_of(arguments -> 'bcc')
    || platform.list_of(arguments -> 'recipients')
  else arguments -> name end;

-- Whether an argument matches a condition. Argument and value are a string or a list of strings. Operators: equals,
-- not_equals, contains, domain_in, domain_not_in. The domain operators compare the domain of each mail address in the
-- argument with a list of domains; text without an address has no domain.
-- With `every` all values of the argument must match: for conditions that allow a call. Otherwise one match is enough: for
-- conditions that stop it. A missing or empty argument never matches.
create function platform.condition_fits(argument jsonb, operator text, value jsonb, every boolean) returns boolean
language plpgsql immutable
as $$
begin
  return (
    with items as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(argument)) e(item)
      where e.item <> 'null'
    ), wanted as (
      select lower(e.item #>> '{}') as item from jsonb_array_elements(platform.list_of(value)) e(item)
    ), tested as (
      select case operator
        when 'equals' then i.item in (select w.item from wanted w)
        when 'not_equals' then i.item not in (select w.item from wanted w)
        when 'contains' then exists (select from wanted w where position(w.item in i.item) > 0)
      end as fits
      from items i where operator not like 'domain%'
      union all
      select (a.domain in (select ltrim(w.item, '@') from wanted w)) = (operator = 'domain_in')
      from items i, lateral (
        select m.found[1] as domain from regexp_matches(i.item, '@([^@>,;"'')\]}\s]*)', 'g') m(found)
        union all
        select '' where position('@' in i.item) = 0
      ) a
      where operator like 'domain%'
    )
    select coalesce(case when every then bool_and(coalesce(t.fits, false)) else bool_or(t.fits) end, false) from tested t
  );
end
$$;

-- The policy of a persona for one call: 'allow', 'ask' or 'deny'. The first condition that matches decides; a condition that
-- allows must match every value of its argument. Otherwise the persona's policy for the tool decides. Without one, calls with
-- an effect ask, and all others are allowed.
create function platform.policy_for(tool public.tools, pt public.persona_tools, arguments jsonb) returns text
language plpgsql stable
as $$
begin
  return (
    select coalesce(
      (select c.value ->> 'policy'
       from jsonb_array_elements(coalesce(pt.conditions, '[]')) with ordinality c
       where platform.condition_fits(platform.argument_of(arguments, c.value ->> 'argument'),
         c.value ->> 'operator', c.value -> 'value', c.value ->> 'policy' = 'allow')
       order by c.ordinality limit 1),
      nullif(pt.policy, 'default'),
      case when tool.effect = 'effect' then 'ask' else 'allow' end)
  );
end
$$;

-- The policy for one call, after three exceptions: a fork with `ask_effects` asks about every effect; otherwise calls that a
-- schedule was allowed in advance run, as long as nobody has told the run anything else, and so do those that a person has
-- always allowed, which uses up one use of that rule.
create function platform.decide_call(
  r public.runs, tool public.tools, pt public.persona_tools, arguments jsonb, ask_effects boolean
) returns text
language plpgsql
as $$
declare
  policy text := platform.policy_for(tool, pt, arguments);
begin
  if ask_effects then
    return case when policy = 'allow' and tool.effect = 'effect' then 'ask' else policy end;
  end if;
  if policy <> 'ask' then
    return policy;
  end if;
  if r.schedule_id is not null and not platform.was_told_more(r) and platform.approved_in_advance(r, tool.name, arguments) then
    return 'allow';
  end if;
  return case when platform.use_standing_approval(r, tool, arguments) then 'allow' else 'ask' end;
end
$$;

-- Whether the run has taken a message of a person since it started. An approval in advance is for the schedule's own words.
create function platform.was_told_more(r public.runs) returns boolean
language sql stable
as $$
  select exists (
    select from public.conversation_messages m where m.run_id = r.id and m.id <> r.id and m.taken_at is not null)
$$;

-- Whether this call was approved in advance for the schedule that started the run. Every condition must match every value of
-- its argument.
create function platform.approved_in_advance(r public.runs, tool text, arguments jsonb) returns boolean
language sql stable
as $$
  select exists (
    select from public.schedules s, jsonb_array_elements(s.approved_in_advance) a
    where s.id = r.schedule_id and a ->> 'tool' = approved_in_advance.tool
      and not exists (
        select from jsonb_array_elements(coalesce(a -> 'conditions', '[]')) c
        where not platform.condition_fits(
          platform.argument_of(arguments, c ->> 'argument'), c ->> 'operator', c -> 'value', true)
      )
  )
$$;
