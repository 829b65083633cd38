-- The current time. A test can stop the clock by setting the parameter `platform.now`. Nobody can set it through PostgREST.
create function platform.now() returns timestamptz
language sql volatile
return coalesce(nullif(current_setting('platform.now', true), '')::timestamptz, clock_timestamp());

-- A UUID version 7 (RFC 9562) of the current time: 48 bits of milliseconds, the version, 12 bits for the fraction of the
-- millisecond (RFC 9562, 6.2, method 3: ids made within one millisecond sort as well), then the variant and the random bits
-- of a version 4 UUID. The body is one expression, so that PostgreSQL can inline it.
create function platform.uuid_v7() returns uuid
language sql volatile
return (
  overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0') placing '7' from 13 for 0)
  || substring(gen_random_uuid()::text from 20)
)::uuid;
