-- Guesses of a second factor, and of a password in an open session, are counted in buckets of their own pools. They shared
-- those of sign-ins from a known source: where the hash of the two fell together, one time in 32, each sign-in with the right
-- password forgave the wrong codes, and whoever knew the password could guess without waiting.
set local role praxis_owner;

do $$
declare n int;
begin
    for n in 96..159 loop
        execute format('create sequence auth.bucket_%s as bigint increment by 1099511627776 minvalue 0 start 0', n);
        perform setval(format('auth.bucket_%s', n)::regclass, 0, true);
    end loop;
end $$;

-- Pools: own (a source with a recent success), account, pair (account and source), address; second (codes, by account),
-- session (the password again, by session). A stranger's failures never land in a bucket of the pool own.
create or replace function auth.bucket(p_pool text, p_key text) returns regclass
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select format('auth.bucket_%s', x.first
        + ('x' || left(encode(sha256(s.value || convert_to(p_pool || ' ' || p_key, 'UTF8')), 'hex'), 7))::bit(28)::int % x.many)::regclass
      from auth.secret s, (values ('own', 0, 32), ('account', 32, 32), ('pair', 64, 24), ('address', 88, 8), ('second', 96, 32),
                                  ('session', 128, 32)) x (pool, first, many)
     where x.pool = p_pool
$$;

create or replace function auth.password_is(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record; wait int;
begin
    select * into s from auth.session_any();
    if s.account_id is null then return false; end if;
    wait := auth.attempt('session', s.session_id::text, 5);
    if wait > 0 then perform clinic.refuse('sign_in_wait', jsonb_build_object('seconds', wait)); end if;
    if not exists (select from auth.credential c where c.account_id = s.account_id and c.verifier = sha256(p_proof)) then
        return false;
    end if;
    perform auth.forgive('session', s.session_id::text, true);
    return true;
end $$;

-- A right code takes back its own count and no more: with an account of one's own in the same bucket nobody forgives the guesses
-- at another's.
create or replace function auth.second(p_code text, out outcome text, out wait_seconds int, out codes_left int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record; recovery boolean := length(regexp_replace(p_code, '[^0-9]', '', 'g')) <> 6;
begin
    select * into s from auth.session_due();
    wait_seconds := 0; codes_left := 0;
    if s.session_id is null then outcome := 'gone'; return; end if;
    wait_seconds := auth.attempt('second', s.account_id::text, 5);
    if wait_seconds > 0 then outcome := 'wait'; return; end if;
    if not auth.take_code(s.account_id, left(p_code, 100)) then
        outcome := 'wrong';
        perform audit.record('sign-in.refused', 'account', s.account_id, null, 'refused', '{"second": true}');
        return;
    end if;
    perform auth.forgive('second', s.account_id::text, false);
    update auth.session set second_due = false, second_at = clock_timestamp(), proven_in = pg_current_xact_id() where id = s.session_id;
    perform audit.record('sign-in.open', 'session', s.session_id, null, 'done', (select jsonb_strip_nulls(jsonb_build_object(
        'address', x.address, 'claimed', x.claimed, 'key', x.key_fingerprint, 'second', case when recovery then 'recovery' else 'app' end))
        from auth.session x where x.id = s.session_id));
    select count(*) into codes_left from auth.recovery_code r where r.account_id = s.account_id and r.used_at is null;
    outcome := 'open';
end $$;

create or replace function auth.second_confirm(p_code text) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    s record; wait int; code text; bytes bytea;
    letters constant text := '23456789abcdefghjkmnpqrstuvwxyz';
begin
    select * into s from auth.session_any();
    if s.session_id is null or s.locked then return; end if;
    if not exists (select from auth.second_factor f where f.account_id = s.account_id and f.confirmed_at is null
                      and f.begun_at > clock_timestamp() - interval '30 minutes') then
        perform clinic.refuse('second_factor_begin_again');
    end if;
    wait := auth.attempt('second', s.account_id::text, 5);
    if wait > 0 then perform clinic.refuse('sign_in_wait', jsonb_build_object('seconds', wait)); end if;
    if not auth.take_code(s.account_id, left(p_code, 12)) then return; end if;
    perform auth.forgive('second', s.account_id::text, false);
    update auth.second_factor set confirmed_at = now() where account_id = s.account_id;
    update auth.session set enrol_due = false, second_at = clock_timestamp() where id = s.session_id;
    delete from auth.recovery_code where account_id = s.account_id;
    perform audit.record('sign-in.second-factor', 'account', s.account_id, null, 'done', '{"step": "enrolled"}');
    for n in 1..10 loop
        code := '';
        while length(code) < 10 loop
            bytes := public.gen_random_bytes(16);
            for i in 0..15 loop
                -- 248 is the largest multiple of 31 in a byte: no letter is likelier than another.
                if get_byte(bytes, i) < 248 and length(code) < 10 then code := code || substr(letters, get_byte(bytes, i) % 31 + 1, 1); end if;
            end loop;
        end loop;
        insert into auth.recovery_code (account_id, hash) values (s.account_id, auth.recovery_hash(s.account_id, code));
        return next left(code, 5) || '-' || right(code, 5);
    end loop;
end $$;

update clinic.setting set value = greatest(value::bigint, 38)::text where key = 'schema_version';
reset role;
