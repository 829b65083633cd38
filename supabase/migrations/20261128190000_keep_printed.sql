-- keep printed
set check_function_bodies = off;

CREATE OR REPLACE FUNCTION platform.keep_printed(tool_run_id uuid, attempt integer, printed text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  r public.runs;
  t public.tool_runs;
begin
  select x.* into r from public.runs x
  where x.id = (select c.run_id from public.tool_runs c where c.id = keep_printed.tool_run_id) for update;
  update public.tool_runs c set output = jsonb_build_object('printed', left(printed, 50000))
  where c.id = keep_printed.tool_run_id and c.attempt = keep_printed.attempt and c.status = 'cancelled' and c.output is null
  returning * into t;
  if t.id is null then
    return false;
  end if;
  perform platform.save_one(platform.transition(r, array[platform.tool_step(t)]));
  return true;
end
$function$
;

grant EXECUTE on function platform.keep_printed(tool_run_id uuid, attempt integer, printed text) to platform_executor;
