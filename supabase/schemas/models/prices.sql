-- Commands on the prices of models. Admins set the prices of their workspace, platform admins the operator's list.

-- Refuses who may not set prices here: `workspace_id` is null for the operator's list.
create function platform.require_price_owner(workspace_id uuid) returns void
language plpgsql stable
as $$
begin
  if workspace_id is null then
    perform platform.require_platform_admin();
  else
    perform platform.require_workspace(workspace_id, 'admin');
  end if;
end
$$;

-- Sets the price of a model per million tokens, in the currency of the operator's list. `*` is every model that has no price.
-- Calls that are over keep their cost.
create function public.save_price(model text, input_per_million numeric, output_per_million numeric, workspace_id uuid default null)
returns public.model_prices
language plpgsql security definer set search_path = ''
as $$
declare
  p public.model_prices;
begin
  perform platform.require_price_owner(save_price.workspace_id);
  if not coalesce(length(btrim(save_price.model)) between 1 and 200, false)
    or not coalesce(save_price.input_per_million between 0 and 100000, false)
    or not coalesce(save_price.output_per_million between 0 and 100000, false) then
    perform platform.refuse(422, 'invalid_input', 'Name a model, and two prices from 0 to 100,000 per million tokens.');
  end if;
  insert into public.model_prices as old (model, input_per_million, output_per_million, currency, source, workspace_id)
  values (btrim(save_price.model), save_price.input_per_million, save_price.output_per_million, platform.currency(),
    case when save_price.workspace_id is null then 'Set by a platform admin.' else 'Set by an admin of the workspace.' end,
    save_price.workspace_id)
  on conflict on constraint model_prices_model_workspace_id_key do update set
    input_per_million = excluded.input_per_million, output_per_million = excluded.output_per_million,
    source = excluded.source, updated_at = platform.now()
  returning * into p;
  perform platform.audit_as_me(p.workspace_id, 'price.saved', jsonb_build_object('model', p.model,
    'input_per_million', p.input_per_million, 'output_per_million', p.output_per_million, 'currency', p.currency));
  return p;
end
$$;

-- Removes a price, so that the next one counts (platform.cost_of). The operator's `*` stays, because it is the last one.
create function public.delete_price(model text, workspace_id uuid default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_price_owner(delete_price.workspace_id);
  delete from public.model_prices p
  where p.model = delete_price.model and p.workspace_id is not distinct from delete_price.workspace_id
    and not (p.model = '*' and p.workspace_id is null);
  if not found then
    perform platform.refuse(404, 'price_not_found', 'There is no such price, or it is the one that every unknown model needs.');
  end if;
  perform platform.audit_as_me(delete_price.workspace_id, 'price.deleted', jsonb_build_object('model', delete_price.model));
end
$$;

-- The currency of all prices, caps and costs.
create function platform.currency() returns text
language sql stable
return (select p.currency from public.model_prices p where p.model = '*' and p.workspace_id is null);

grant execute on function
  public.save_price(text, numeric, numeric, uuid),
  public.delete_price(text, uuid)
  to authenticated;
