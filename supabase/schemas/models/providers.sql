-- Commands on model providers, and the models that a persona may call (docs/adr/0009-claim-reserves.md).

-- The models that a persona may call, best first, for the executor: [{provider, model, base_url, api_key, sees_images}].
-- The API key is still encrypted. setting = {primary, fallbacks[]}, where a name is one of:
--   'default'         the first model of the workspace's default provider
--   'provider/model'  this model of this provider
--   'model'           this model of the provider that lists it, else of the default provider
-- If the workspace has no such provider, the entry is the installation's own model and has no `base_url`.
-- default_model = {provider, model, max_output_tokens, prompt_bytes} describes the installation's own model:
-- `max_output_tokens` applies to personas that set no limit, `prompt_bytes` is the size of a prompt without anything of the run.
create function platform.models_of(setting jsonb, workspace_id uuid, default_model jsonb) returns jsonb
language plpgsql stable
as $$
declare
  names jsonb := jsonb_build_array(coalesce(setting ->> 'primary', 'default')) || coalesce(setting -> 'fallbacks', '[]');
  wanted text;
  known text[] := '{}';
  found_one jsonb;
  models jsonb := '[]';
begin
  for place in 0 .. jsonb_array_length(names) - 1 loop
    wanted := names ->> place;
    continue when wanted = any (known);
    known := known || wanted;
    select jsonb_build_object(
      'provider', l.name, 'base_url', l.base_url, 'api_key', case when s.id is not null then platform.sealed_secret(s) end,
      'model', m.model, 'sees_images', m.model = any (l.vision_models), 'leave_out', l.leave_out) into found_one
    from public.llm_providers l
    cross join lateral (select case
        when wanted = 'default' then l.models[1]
        when starts_with(wanted, l.name || '/') then substr(wanted, length(l.name) + 2)
        else wanted
      end as model) m
    left join public.secrets s on s.id = l.api_key_secret_id
    where l.workspace_id = models_of.workspace_id
      and case wanted when 'default' then l.is_default and l.models <> '{}'
        else starts_with(wanted, l.name || '/') or wanted = any (l.models) or l.is_default end
    order by starts_with(wanted, l.name || '/') desc, wanted = any (l.models) desc, l.name
    limit 1;
    models := models || coalesce(found_one, jsonb_build_object(
      'provider', coalesce(default_model ->> 'provider', 'default'),
      'model', case wanted when 'default' then default_model ->> 'model' else wanted end));
  end loop;
  return models;
end
$$;

-- An upper bound for the tokens of a prompt: the bytes of its parts as JSON (executor/runs/model/tokens.ts). Results of tools
-- are JSON inside JSON, so they are counted twice.
create function platform.prompt_bound(segment jsonb, default_model jsonb) returns int
language sql immutable
return (default_model ->> 'prompt_bytes')::int
  + octet_length((segment - '{checkpoint,models}'::text[])::text)
  + octet_length(coalesce((segment -> 'tool_results')::text, ''))
  + octet_length(coalesce(segment #>> '{checkpoint,data}', ''));

-- Scheme, host and port of an address.
create function platform.server_of(base_url text) returns text
language sql immutable
return lower(substring(base_url from '^[A-Za-z]+://[^/?#]+'));

-- Refuses (invalid_input) to use a provider's stored key for another server: whoever may name a server must not be able to
-- have the key sent there.
create function platform.require_key_for(workspace_id uuid, definition jsonb) returns void
language plpgsql stable
as $$
begin
  if not definition ? 'api_key' and exists (
    select from public.llm_providers p
    where p.workspace_id = require_key_for.workspace_id and p.name = definition ->> 'name' and p.api_key_secret_id is not null
      and platform.server_of(p.base_url) is distinct from platform.server_of(definition ->> 'base_url')
  ) then
    perform platform.refuse(422, 'invalid_input',
      'This address is another server than before. Enter the API key again, because the stored one belongs to the old server.');
  end if;
end
$$;

-- Saves a provider and its key in one transaction. definition = {name, base_url, models[], is_default?, api_key?} with
-- api_key = {ciphertext, nonce, key_id}, which is stored as the secret `provider.<name>`. Without `api_key` the old key stays.
create function public.save_provider(workspace_id uuid, definition jsonb) returns public.llm_providers
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_providers;
  key_secret_id uuid;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(definition, 'provider');
  perform platform.require_key_for(workspace_id, definition);
  if definition ? 'api_key' then
    key_secret_id := platform.save_sealed(workspace_id, 'provider.' || (definition ->> 'name'), definition -> 'api_key');
  end if;
  if coalesce((definition ->> 'is_default')::boolean, false) then
    update public.llm_providers p set is_default = false where p.workspace_id = save_provider.workspace_id and p.is_default;
  end if;
  insert into public.llm_providers as old (
    workspace_id, name, base_url, models, vision_models, leave_out, is_default, api_key_secret_id)
  values (save_provider.workspace_id, definition ->> 'name', definition ->> 'base_url',
    array(select jsonb_array_elements_text(definition -> 'models')),
    array(select jsonb_array_elements_text(definition -> 'vision_models')),
    array(select jsonb_array_elements_text(definition -> 'leave_out')),
    coalesce((definition ->> 'is_default')::boolean, false), key_secret_id)
  on conflict on constraint llm_providers_workspace_id_name_key do update set
    base_url = excluded.base_url, models = excluded.models, vision_models = excluded.vision_models,
    leave_out = excluded.leave_out, is_default = excluded.is_default,
    api_key_secret_id = coalesce(excluded.api_key_secret_id, old.api_key_secret_id)
  returning * into l;
  perform platform.audit_as_me(workspace_id, 'provider.saved', jsonb_build_object('name', l.name, 'base_url', l.base_url));
  return l;
end
$$;

create function public.delete_provider(provider_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  l public.llm_providers;
begin
  select * into l from public.llm_providers where id = delete_provider.provider_id;
  if l.id is null or not public.is_workspace_member(l.workspace_id, 'admin') then
    perform platform.refuse(404, 'provider_not_found', 'This model provider does not exist, or you may not see it.');
  end if;
  delete from public.llm_providers where id = l.id;
  delete from public.secrets where id = l.api_key_secret_id;
  perform platform.audit_as_me(l.workspace_id, 'provider.deleted', jsonb_build_object('name', l.name));
end
$$;

grant execute on function public.save_provider(uuid, jsonb), public.delete_provider(uuid) to authenticated;
