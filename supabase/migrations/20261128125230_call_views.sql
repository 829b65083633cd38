-- call views
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.ask(t public.tool_runs, kind text)
 RETURNS platform.new_step
 LANGUAGE plpgsql
AS $function$
declare
  a public.approvals;
begin
  insert into public.approvals (
    workspace_id, persona_id, run_id, tool_run_id, kind, question, options, tool_name, arguments, arguments_hash, expires_at)
  values (
    t.workspace_id, t.persona_id, t.run_id, t.id, ask.kind,
    case ask.kind
      when 'question' then coalesce(t.arguments ->> 'question', 'The persona asks for your help.')
      when 'approval' then platform.consent_question(t)
      else format('“%s” was interrupted before it could report its result. Did it happen?', platform.tool_title(t.tool_name))
    end,
    case ask.kind
      when 'question' then case when jsonb_typeof(t.arguments -> 'options') = 'array' then t.arguments -> 'options' else '[]' end
      when 'approval' then '["approve", "deny"]'
      else '["done", "do_again", "give_up"]'
    end,
    t.tool_name, t.arguments, t.arguments_hash, platform.now() + interval '7 days')
  returning * into a;
  perform platform.notify_people(a);
  perform platform.emit(t.workspace_id, t.persona_id, 'approval.requested', jsonb_build_object(
    'approval_id', a.id, 'kind', a.kind, 'run_id', a.run_id, 'persona_id', a.persona_id, 'tool', a.tool_name));
  return platform.step('asked', jsonb_build_object('approval_id', a.id, 'about', a.kind, 'question', a.question));
end
$function$
;

CREATE OR REPLACE FUNCTION platform.fill_sentence(sentence text, arguments jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  filled text := '';
  piece text;
  value jsonb;
  said text;
begin
  -- piece by piece, so that a value that looks like a place is not filled in turn
  for piece in
    select m.found[1] from regexp_matches(sentence, '(\{[A-Za-z0-9_]+\}|[^{]+|\{)', 'g') m(found)
  loop
    if piece ~ '^\{[A-Za-z0-9_]+\}$' then
      value := arguments -> btrim(piece, '{}');
      said := case when jsonb_typeof(value) = 'array'
        then (
          select string_agg(platform.value_in_sentence(v.item), ', ' order by v.place)
          from jsonb_array_elements(value) with ordinality v(item, place))
        else platform.value_in_sentence(value) end;
      piece := case when length(said) > 120 then left(said, 120) || '…' else coalesce(said, '') end;
    end if;
    filled := filled || piece;
  end loop;
  return filled;
end
$function$
;

CREATE OR REPLACE FUNCTION platform.value_in_sentence(value jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
RETURN CASE jsonb_typeof(value) WHEN 'number'::text THEN (trim_scale(((value #>> '{}'::text[]))::numeric))::text WHEN 'object'::text THEN '…'::text WHEN 'array'::text THEN '…'::text ELSE (value #>> '{}'::text[]) END
;

CREATE OR REPLACE FUNCTION public.approval_by_link(approval_id uuid, user_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  shown jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
  select jsonb_build_object('id', a.id, 'kind', a.kind, 'question', a.question, 'options', a.options, 'status', a.status,
    'tool_name', a.tool_name, 'arguments', a.arguments, 'arguments_hash', a.arguments_hash, 'expires_at', a.expires_at,
    'persona', p.name, 'run_id', a.run_id, 'view', tool.view)
  into shown
  from public.approvals a
  join public.personas p on p.id = a.persona_id
  left join public.tool_runs call on call.id = a.tool_run_id
  left join public.tools tool on tool.id = call.tool_id
  where a.id = approval_by_link.approval_id and public.can_use_persona(a.persona_id);
  if shown is null then
    perform platform.refuse(404, 'approval_not_found', 'There is no such question.');
  end if;
  return shown;
end
$function$
;
