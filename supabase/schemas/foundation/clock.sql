-- The clock. A test sets `platform.now` to stop it; nobody else can set a parameter of that name through PostgREST.
create function platform.now() returns timestamptz
language sql volatile
return coalesce(nullif(current_setting('platform.now', true), '')::timestamptz, clock_timestamp());

-- A UUID version 7 (RFC 9562) of the current time: 48 bits of milliseconds, the version, 12 bits of the millisecond's
-- fraction (method 3 of 6.2, so that ids of one millisecond sort too), then the variant and random bits of a version 4. It
-- is one expression that uses its input once, so that PostgreSQL inlines it.
create function platform.uuid_v7() returns uuid
language sql volatile
return (
  overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0') placing '7' from 13 for 0)
  || substring(gen_random_uuid()::text from 20)
)::uuid;
