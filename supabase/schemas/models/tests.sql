-- Tests of model providers: people ask for one, the executor makes it.

create function platform.max_open_tests() returns int language sql immutable as $$ select 5 $$;

-- Asks for a test and returns its id. definition = {name, base_url, api_key?, model?, leave_out?} with api_key = {ciphertext,
-- nonce, key_id}, sealed as the secret `provider.<name>`. Without `api_key` the stored key of the provider `name` is used.
-- Tests of the days before are removed. Refuses: too_many_tests.
create function public.test_provider(workspace_id uuid, definition jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  test_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider_test');
  perform platform.require_key_for(workspace_id, definition);
  delete from public.provider_tests t
  where t.workspace_id = test_provider.workspace_id and t.created_at < platform.now() - interval '1 day';
  if (select count(*) from public.provider_tests t where t.workspace_id = test_provider.workspace_id and t.result is null)
    >= platform.max_open_tests() then
    perform platform.refuse(429, 'too_many_tests', 'Several tests are still under way. Wait until they are over.');
  end if;
  insert into public.provider_tests (workspace_id, created_by, name, base_url, model, leave_out, api_key)
  values (test_provider.workspace_id, auth.uid(), definition ->> 'name', definition ->> 'base_url', definition ->> 'model',
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce(
      jsonb_build_object('workspace_id', test_provider.workspace_id, 'name', 'provider.' || (definition ->> 'name'))
        || (definition -> 'api_key'),
      (select platform.sealed_secret(s) from public.llm_providers p join public.secrets s on s.id = p.api_key_secret_id
       where p.workspace_id = test_provider.workspace_id and p.name = definition ->> 'name')))
  returning id into test_id;
  perform platform.audit_as_me(workspace_id, 'provider.tested',
    jsonb_build_object('name', definition ->> 'name', 'base_url', definition ->> 'base_url'));
  perform platform.wake('provider_tests');
  return test_id;
end
$$;

-- Claims tests to make: [{test_id, attempt, base_url, model, leave_out, api_key}]. A test whose worker was lost twice ends.
create function platform.claim_provider_tests(max_tests int, lease_seconds int) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  claimed jsonb;
begin
  update public.provider_tests t set api_key = null, finished_at = platform.now(), result = platform.lost_test()
  where t.result is null and t.attempts >= 2 and t.leased_until < platform.now();
  with due as (
    select t.id from public.provider_tests t
    where t.result is null and (t.leased_until is null or t.leased_until < platform.now())
    order by t.id limit max_tests for update skip locked
  ), taken as (
    update public.provider_tests t
    set attempts = t.attempts + 1, leased_until = platform.now() + make_interval(secs => lease_seconds)
    from due where t.id = due.id
    returning t.*
  )
  select jsonb_agg(jsonb_build_object('test_id', t.id, 'attempt', t.attempts, 'base_url', t.base_url, 'model', t.model,
    'leave_out', t.leave_out, 'api_key', t.api_key)) into claimed
  from taken t;
  return coalesce(claimed, '[]');
end
$$;

create function platform.lost_test() returns jsonb
language sql immutable
return jsonb_build_object('models', '[]'::jsonb, 'model', null, 'input_tokens', 0, 'output_tokens', 0, 'cost', 0,
  'currency', '', 'has_price', false, 'steps', jsonb_build_array(jsonb_build_object('name', 'reach', 'state', 'failed',
    'message', 'The worker that made this test was lost. Start the test again.')));

-- Writes the result of a test, and what its call cost. result = {steps, models, model, input_tokens, output_tokens}.
create function platform.finish_provider_test(test_id uuid, attempt int, result jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  t public.provider_tests;
begin
  select * into t from public.provider_tests p where p.id = finish_provider_test.test_id for update;
  if t.id is null or t.result is not null or t.attempts <> attempt then
    return;
  end if;
  update public.provider_tests p set api_key = null, finished_at = platform.now(),
    result = finish_provider_test.result || jsonb_build_object(
      'cost', (select price.cost from platform.cost_of(t.workspace_id, coalesce(finish_provider_test.result ->> 'model', '*'),
        (finish_provider_test.result ->> 'input_tokens')::bigint,
        (finish_provider_test.result ->> 'output_tokens')::bigint) price),
      'currency', platform.currency(),
      'has_price', exists (
        select from public.model_prices m
        where m.model = finish_provider_test.result ->> 'model'
          and (m.workspace_id is null or m.workspace_id = t.workspace_id)))
  where p.id = t.id;
end
$$;

grant execute on function
  platform.claim_provider_tests(int, int),
  platform.finish_provider_test(uuid, int, jsonb)
  to platform_executor;

grant execute on function public.test_provider(uuid, jsonb) to authenticated;
