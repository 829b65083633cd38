-- budget words
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.budget_refusal(p public.personas)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_object('status', 402, 'code', 'budget_exhausted',
    'message', case c.reason
      when 'persona_day_budget' then 'The persona''s budget for today'
      when 'persona_month_budget' then 'The persona''s budget for this month'
      when 'workspace_day_budget' then 'The workspace''s budget for today'
      else 'The workspace''s budget for this month'
    end || ' is used up. Raise the cap, or wait until it is over.')
  from platform.caps_of(jsonb_populate_record(null::public.runs, jsonb_build_object(
    'persona_id', p.id, 'workspace_id', p.workspace_id, 'persona_version_id', p.current_version_id))) c,
    platform.spend_of(c.scope) s
  where c.reason <> 'run_budget' and (s.cost + s.reserved >= c.max_cost or s.calls >= c.max_calls)
  limit 1
$function$
;
