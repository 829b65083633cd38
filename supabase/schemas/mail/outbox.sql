-- The outbox: every mail of a persona that was let go, as its recipients see it, and what became of it. A mail is written in
-- the transaction that settles its call, so the outbox and the ledger of effects always agree.

-- A value as a list of texts; of anything else than a text or a list of texts, an empty list.
create function platform.texts_of(value jsonb) returns text[]
language sql immutable
return array(
  select item #>> '{}' from jsonb_array_elements(platform.list_of(value)) item where jsonb_typeof(item) = 'string');

-- Writes the mail of a call of send_email into the outbox, with the arguments that were in force: those of the person who
-- edited it. A call that was refused before it was a mail leaves nothing.
create function platform.keep_mail(t public.tool_runs) returns void
language plpgsql
as $$
declare
  fate text := case
    when t.status = 'succeeded' then case t.output ->> 'delivery' when 'outbox' then 'kept' else 'sent' end
    when t.status = 'unknown' or t.error ->> 'code' = 'given_up' then 'unknown'
    when t.status = 'failed' and t.error ->> 'code' <> 'invalid_input' then 'failed'
  end;
begin
  if fate is null then
    return;
  end if;
  insert into public.emails (
    workspace_id, persona_id, direction, message_id, sender, recipients, cc, subject, body_text, status, error, rejected,
    run_id, sent_at)
  values (
    t.workspace_id, t.persona_id, 'out', format('<%s@persona-platform>', t.id), coalesce(t.output ->> 'from', ''),
    platform.texts_of(t.arguments -> 'to'), platform.texts_of(t.arguments -> 'cc'),
    coalesce(t.arguments ->> 'subject', ''), coalesce(t.arguments ->> 'body', ''), fate, t.error,
    platform.texts_of(t.output -> 'rejected'), t.run_id, case when fate = 'sent' then platform.now() end)
  on conflict (persona_id, message_id) do update set
    sender = excluded.sender, recipients = excluded.recipients, cc = excluded.cc, subject = excluded.subject,
    body_text = excluded.body_text, status = excluded.status, error = excluded.error, rejected = excluded.rejected,
    sent_at = excluded.sent_at;
end
$$;
