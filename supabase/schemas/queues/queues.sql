-- The pgmq queues. pgmq has no priorities, so runs and calls have one queue per lane, and a claim reads the lanes in order
-- (platform.lanes).

do $$
declare
  lane text;
begin
  foreach lane in array array['interactive', 'normal', 'background'] loop
    perform pgmq.create('runs_' || lane);
    perform pgmq.create('tools_' || lane);
  end loop;
end
$$;

do $$
begin
  perform pgmq.create('webhooks');
end
$$;

do $$
begin
  perform pgmq.create('mail');
end
$$;
