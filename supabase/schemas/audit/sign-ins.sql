-- Sign-ins and new accounts. Auth writes them to its own tables, and this trigger records them.

-- Creates a profile for each account, and an audit event for each sign-in. Supabase documents triggers on auth.users.
create function platform.on_user_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.profiles (id, email, display_name)
    values (new.id, coalesce(new.email, ''),
      coalesce(new.raw_user_meta_data ->> 'display_name', initcap(split_part(coalesce(new.email, ''), '@', 1))));
    perform platform.audit(null, 'person', new.id, 'person.created');
  elsif new.email is distinct from old.email then
    update public.profiles set email = coalesce(new.email, '') where id = new.id;
  end if;
  if new.last_sign_in_at is not null and (tg_op = 'INSERT' or new.last_sign_in_at is distinct from old.last_sign_in_at) then
    perform platform.audit(null, 'person', new.id, 'person.signed_in');
  end if;
  return new;
end
$$;

create trigger platform_on_user_change after insert or update of email, last_sign_in_at on auth.users
  for each row execute function platform.on_user_change();
