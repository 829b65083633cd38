-- These functions do what pgmq's send, read, set_vt and delete do (docs/adr/0007-queue-statements.md). pgmq builds its
-- statements anew at each call, which costs more than running them. Here each queue has its own branch, with a cached plan.
-- `%1$s` is the name of the queue.
do $do$
declare
  changes text := $f$create function platform.%s returns void
    language plpgsql as $body$
    begin
      case queue %%s end case;
    end
    $body$$f$;
  functions text[] := array[
    -- Sends a message that becomes visible after `delay_seconds`.
    $f$create function platform.send(queue text, message jsonb, delay_seconds int default 0) returns bigint
    language plpgsql as $body$
    declare
      id bigint;
    begin
      case queue %s end case;
      return id;
    end
    $body$$f$,
    $b$when '%1$s' then
      insert into pgmq.q_%1$s (vt, message) values (clock_timestamp() + make_interval(secs => delay_seconds), message)
      returning msg_id into id;$b$,

    -- Reads up to `most` messages and hides them for the lease. Returns [{queue, msg_id, read_ct, message}], unordered.
    -- Sequential scans are off: the planner thinks that they are cheap in a short queue, but they read all deleted rows too.
    -- Rows are updated by ctid; a message that changes meanwhile is left to the next reader.
    $f$create function platform.read(queue text, lease_seconds int, most int) returns jsonb
    language plpgsql set enable_seqscan = off as $body$
    declare
      messages jsonb;
    begin
      case queue %s end case;
      return coalesce(messages, '[]');
    end
    $body$$f$,
    $b$when '%1$s' then
      with hidden as (
        update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = q.read_ct + 1
        where q.ctid = any (array(
          select r.ctid from pgmq.q_%1$s r where r.vt <= clock_timestamp() order by r.msg_id limit most for update skip locked
        ))
        returning q.msg_id, q.read_ct, q.message
      )
      select jsonb_agg(jsonb_build_object('queue', queue, 'msg_id', h.msg_id, 'read_ct', h.read_ct, 'message', h.message))
      into messages from hidden h;$b$,

    -- Hides a message for `seconds` from now on. Skips a message that another transaction has locked, so that prolonging
    -- many leases never waits and cannot cause a deadlock.
    format(changes, 'hide(queue text, msg_id bigint, seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s set vt = clock_timestamp() + make_interval(secs => seconds)
      where ctid = (select q.ctid from pgmq.q_%1$s q where q.msg_id = hide.msg_id for update skip locked);$b$,

    -- Hides a message for the lease from now on and resets its read count: the message now stands for the next segment.
    format(changes, 'keep(queue text, msg_id bigint, lease_seconds int)'),
    $b$when '%1$s' then
      update pgmq.q_%1$s q set vt = clock_timestamp() + make_interval(secs => lease_seconds), read_ct = 0
      where q.msg_id = keep.msg_id;$b$,

    -- Removes a message.
    format(changes, 'remove(queue text, msg_id bigint)'),
    $b$when '%1$s' then
      delete from pgmq.q_%1$s q where q.msg_id = remove.msg_id;$b$
  ];
  queues text[] := array[
    'runs_interactive', 'tools_interactive', 'runs_normal', 'tools_normal', 'runs_background', 'tools_background'];
begin
  for f in 1 .. array_length(functions, 1) by 2 loop
    execute format(functions[f], (select string_agg(format(functions[f + 1], q), E'\n' order by n) from unnest(queues) with ordinality u(q, n)));
  end loop;
end
$do$;

-- How often a message may be read before it becomes a dead letter: ten workers in a row crashed on the same segment.
create function platform.max_reads() returns int language sql immutable return 10;

-- The order in which a claim looks at the lanes. One claim in eight uses the reverse order, so that no lane starves.
create function platform.lanes() returns text[]
language sql volatile
return case when random() < 0.125
  then array['background', 'normal', 'interactive']
  else array['interactive', 'normal', 'background']
end;

-- Wakes idle workers for 'runs' or 'tools' (docs/adr/0003-messages.md). Transactions that NOTIFY commit one after the other,
-- each with its own fsync. So only one of several concurrent transactions notifies: a worker that finds work looks for more
-- a moment later (executor/engine/loop.ts).
create function platform.wake(kind text) returns void
language plpgsql
as $$
begin
  if pg_try_advisory_xact_lock(hashtext('platform.wake'), hashtext(kind)) then
    perform pg_notify('platform_work', kind);
  end if;
end
$$;

create function platform.has_message(queue text, msg_id bigint) returns boolean
language plpgsql stable
as $$
declare
  found_one boolean;
begin
  execute format('select exists (select from pgmq.%I where msg_id = $1)', 'q_' || queue) into found_one using msg_id;
  return found_one;
end
$$;
