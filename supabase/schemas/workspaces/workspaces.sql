-- Commands on workspaces and on the caller's own profile.

-- Changes the caller's profile. A parameter that is null changes nothing.
create function public.update_profile(display_name text default null, notify_by_mail boolean default null)
returns public.profiles
language plpgsql security definer set search_path = ''
as $$
declare
  p public.profiles;
begin
  perform platform.require_scope('admin', null);
  if length(btrim(coalesce(display_name, 'x'))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'A name must have 1 to 80 characters.');
  end if;
  update public.profiles old set
    display_name = coalesce(btrim(update_profile.display_name), old.display_name),
    notify_by_mail = coalesce(update_profile.notify_by_mail, old.notify_by_mail)
  where id = auth.uid() returning * into p;
  perform platform.audit_as_me(null, 'person.updated');
  return p;
end
$$;

-- The caps of a new workspace, so that nobody spends much by surprise. Admins change them like any other cap.
create function platform.first_limits() returns jsonb
language sql immutable
return '{"cost_per_day": 10, "cost_per_month": 100}'::jsonb;

-- The persona that every new workspace has, so that work can begin at once.
create function platform.first_persona() returns jsonb
language sql immutable
return jsonb_build_object(
  'name', 'Assistant',
  'description', 'Makes slides, sheets, letters and reports from what you give it.',
  'icon', 'sparkles', 'color', 'indigo',
  'instructions', 'You do office work: slide decks, spreadsheets, letters, PDF reports and small calculations, from what people give you.'
    || E'\nNever invent figures: ask when something is missing.\nAt the end, name the files that you made.',
  'examples', jsonb_build_array(
    'Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95',
    'Make a spreadsheet of our costs: rent 1200, power 310, phone 85, and add the total',
    'Write a one-page PDF letter to our customers: the shop moves to 12 Mill Lane on 1 March'));

-- Creates a workspace with its first persona. The signed-in person owns both.
create function public.create_workspace(name text) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  perform platform.require_scope('admin', null);
  if length(btrim(coalesce(name, ''))) not between 1 and 80 then
    perform platform.refuse(422, 'invalid_input', 'The name of a workspace must have 1 to 80 characters.');
  end if;
  insert into public.workspaces (name, limits, created_by)
  values (btrim(create_workspace.name), platform.first_limits(), auth.uid()) returning * into w;
  insert into public.workspace_members (workspace_id, user_id, role) values (w.id, auth.uid(), 'owner');
  perform platform.audit_as_me(w.id, 'workspace.created', jsonb_build_object('name', w.name));
  perform public.create_persona(w.id, platform.first_persona());
  return w;
end
$$;

-- changes = {name?, limits?, settings?}; `limits` and `settings` replace the old value as a whole.
create function public.update_workspace(workspace_id uuid, changes jsonb) returns public.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  w public.workspaces;
begin
  perform platform.require_workspace(workspace_id, 'admin');
  perform platform.require_valid(changes, 'workspace_changes');
  update public.workspaces set
    name = coalesce(btrim(changes ->> 'name'), workspaces.name), limits = coalesce(changes -> 'limits', limits),
    settings = coalesce(changes -> 'settings', settings), updated_at = platform.now()
  where id = update_workspace.workspace_id returning * into w;
  perform platform.audit_as_me(w.id, 'workspace.updated', changes);
  return w;
end
$$;

-- Deletes a workspace and everything in it except its audit log. `confirm_name` must be the name of the workspace.
create function public.delete_workspace(workspace_id uuid, confirm_name text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform platform.require_workspace(workspace_id, 'owner');
  if confirm_name is distinct from (select name from public.workspaces where id = delete_workspace.workspace_id) then
    perform platform.refuse(422, 'not_confirmed', 'This is not the name of the workspace. Type its exact name to delete it.');
  end if;
  perform platform.audit_as_me(workspace_id, 'workspace.deleted', jsonb_build_object('name', confirm_name));
  perform platform.remove_workspace(workspace_id);
end
$$;

create function platform.remove_workspace(workspace_id uuid) returns void
language plpgsql
as $$
begin
  delete from public.runs where runs.workspace_id = remove_workspace.workspace_id;
  delete from public.workspaces where id = remove_workspace.workspace_id;
end
$$;

grant execute on function
  public.update_profile(text, boolean),
  public.create_workspace(text),
  public.update_workspace(uuid, jsonb),
  public.delete_workspace(uuid, text)
  to authenticated;
