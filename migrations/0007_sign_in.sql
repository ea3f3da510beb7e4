-- Signing in: waits that cannot be evaded, a second factor, and sign-ins that are listed and ended.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- Waiting. Failures are counted in sequences, the only thing that a rollback keeps: who rolls a failed attempt back
-- has been counted all the same. A sequence holds the moment of the last failure and how many there were:
--   bits 0-4 how many (31 at most), bits 5-39 tenths of a second since 1970, bits 40-62 claims.
-- An attempt claims its bucket with nextval, which two never get alike, and puts the new count there before anything
-- is compared. Buckets are found by a hash under a key of this database, so that nobody can aim at somebody else's.
-- ---------------------------------------------------------------------------------------------------------------
do $$
declare n int;
begin
    for n in 0..95 loop
        execute format('create sequence auth.bucket_%s as bigint increment by 1099511627776 minvalue 0 start 0', n);
        perform setval(format('auth.bucket_%s', n)::regclass, 0, true);
    end loop;
end $$;

-- Pools: own (a source with a recent success, a session), account, pair (account and source), address. A stranger's
-- failures never land in a bucket of the pool own.
create function auth.bucket(p_pool text, p_key text) returns regclass
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select format('auth.bucket_%s', case p_pool when 'own' then 0 when 'account' then 32 when 'pair' then 64 else 88 end
        + ('x' || left(encode(sha256(s.value || convert_to(p_pool || ' ' || p_key, 'UTF8')), 'hex'), 7))::bit(28)::int
        % case p_pool when 'own' then 32 when 'account' then 32 when 'pair' then 24 else 8 end)::regclass
      from auth.secret s
$$;

-- Seconds to wait, 0 for none: the first p_free failures cost nothing, then 1, 2, 4 … 60 s from the last one. After 15
-- quiet minutes, or when the machine's clock was set back, everything is forgotten.
create function auth.wait_of(p_value bigint, p_free int) returns int
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
    n int := p_value & 31; at bigint := (p_value & 1099511627775) >> 5;
    tenths bigint := floor(extract(epoch from clock_timestamp()) * 10); wait bigint;
begin
    if n < p_free or at < tenths - 9000 or at > tenths + 600 then return 0; end if;
    wait := at + least(600, 10 * (1 << least(n - p_free, 6))) - tenths;
    return least(60, greatest(0, ceil(wait / 10.0)));
end $$;

create function auth.must_wait(p_pool text, p_key text, p_free int) returns int
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select auth.wait_of(pg_sequence_last_value(auth.bucket(p_pool, p_key)), p_free)
$$;

-- Counts one attempt as a failure before it is looked at. 0: it may be looked at; otherwise the seconds to wait.
create function auth.attempt(p_pool text, p_key text, p_free int) returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    b regclass := auth.bucket(p_pool, p_key); v bigint; seen bigint; since timestamptz; wait int; n bigint; tenths bigint;
begin
    for i in 1..100 loop
        v := pg_sequence_last_value(b);
        if v >> 40 > 0 and (v is distinct from seen or clock_timestamp() < since + interval '250 ms') then
            -- Somebody is at it; one who was broken off in between is passed by after a quarter of a second.
            if v is distinct from seen then seen := v; since := clock_timestamp(); end if;
            perform pg_sleep(0.02);
            continue;
        end if;
        wait := auth.wait_of(v, p_free);
        if wait > 0 then return wait; end if;
        if nextval(b) = v + 1099511627776 then
            tenths := floor(extract(epoch from clock_timestamp()) * 10);
            n := case when (v & 1099511627775) >> 5 between tenths - 9000 and tenths + 600 then v & 31 else 0 end;
            perform setval(b, (tenths << 5) | least(n + 1, 31));
            return 0;
        end if;
    end loop;
    return 1;
end $$;

-- The attempt was right: all is forgiven, or only this one attempt.
create function auth.forgive(p_pool text, p_key text, p_all boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare b regclass := auth.bucket(p_pool, p_key); v bigint := pg_sequence_last_value(b) & 1099511627775;
begin
    perform setval(b, case when p_all or v & 31 = 0 then 0 else v - 1 end);
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Sessions: where from (the address is the server's; what SSH says is a claim and marked so), what is still owed.
-- ---------------------------------------------------------------------------------------------------------------
alter table auth.session
    add column address text not null default 'local',
    add column claimed text,                          -- the address SSH named to the program
    add column key_fingerprint text,                  -- of the SSH key, as the program read it
    add column second_due boolean not null default false,
    add column second_at timestamptz,
    add column enrol_due boolean not null default false,
    -- The transaction of the last proof: a sign-in counts once it is committed, with its event in the log.
    add column proven_in xid8;

-- Who is ended hears of it; who is signed in hears of another sign-in of theirs.
create function auth.tell_session() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('praxis.quiet', true) = 'on' then return null; end if;
    if new.ended_at is not null and old.ended_at is null then
        perform pg_notify('change', jsonb_build_object('entity', 'sign_in_ended', 'id', new.id, 'op', 'd', 'version', 1)::text);
    elsif not new.second_due and new.proven_in is not null and (old.second_due or old.proven_in is null) then
        perform pg_notify('change', jsonb_build_object('entity', 'signed_in', 'id', new.account_id, 'op', 'i', 'version', 1,
            'session', new.id)::text);
    end if;
    return null;
end $$;
create trigger tell after update on auth.session for each row execute function auth.tell_session();

-- Another role is another person to the program: sign-ins end when it changes.
create function auth.role_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update auth.session set ended_at = clock_timestamp() where account_id = new.id and ended_at is null;
    return null;
end $$;
create trigger role_changed after update of role on clinic.account for each row
    when (old.role is distinct from new.role) execute function auth.role_changed();

create or replace function auth.session_any(out session_id uuid, out account_id uuid, out locked boolean)
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.account_id, s.locked_at is not null
      from auth.session s join clinic.account a on a.id = s.account_id
     where s.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and s.ended_at is null and not s.second_due and a.deactivated_at is null
       and s.opened_at > statement_timestamp() - make_interval(hours => (select value::int from clinic.setting where key = 'session_hours'))
$$;

-- Who is speaking. Nobody yet: who owes a password, a code or an enrolment; a sign-in, code or unlocking that is not
-- committed. Nobody at all: a transaction that looks at an old picture of the database, where nothing ever ends.
create or replace function auth.actor() returns uuid
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select s.account_id
      from auth.session s
      join clinic.account a on a.id = s.account_id
      join auth.credential c on c.account_id = a.id
     where s.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and s.ended_at is null and s.locked_at is null and not s.second_due and not s.enrol_due
       and a.deactivated_at is null and not c.must_change
       and s.proven_in is distinct from pg_current_xact_id_if_assigned()
       and current_setting('transaction_isolation') = 'read committed'
       and s.opened_at > statement_timestamp() - make_interval(hours => (select value::int from clinic.setting where key = 'session_hours'))
$$;

-- The session that still owes its second factor, for auth.second alone.
create function auth.session_due(out session_id uuid, out account_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.account_id
      from auth.session s join clinic.account a on a.id = s.account_id
     where s.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and s.ended_at is null and s.second_due and a.deactivated_at is null
       and s.opened_at > clock_timestamp() - interval '10 minutes'
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- The second factor: TOTP (RFC 6238: SHA-1, 6 digits, 30 s), one step of tolerance, no code twice. The secret stands
-- here in plain: the server needs it to compute codes, and whoever reads this table as its owner can do anything anyway.
-- praxis_app has no right on it. Recovery codes are kept as keyed hashes.
-- ---------------------------------------------------------------------------------------------------------------
create table auth.second_factor (
    account_id uuid primary key references clinic.account on delete cascade,
    secret bytea not null,
    begun_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
create table auth.recovery_code (
    account_id uuid not null references clinic.account on delete cascade,
    hash bytea not null,
    used_at timestamptz,
    primary key (account_id, hash)
);
alter table auth.second_factor enable row level security;
alter table auth.recovery_code enable row level security;

alter table clinic.setting add constraint setting_second_factor_roles
    check (key <> 'second_factor_roles' or value ~ '^([a-z]+(_[a-z]+)*(,[a-z]+(_[a-z]+)*)*)?$');
insert into clinic.setting (key, value) values
    ('second_factor_roles', ''),                  -- roles that must have a second factor, from their next sign-in on
    ('administrator_idle_lock_minutes', '5');

create function auth.totp(p_secret bytea, p_step bigint) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare h bytea := public.hmac(int8send(p_step), p_secret, 'sha1'); o int := get_byte(h, 19) & 15;
begin
    return lpad(((((get_byte(h, o) & 127) << 24) | (get_byte(h, o + 1) << 16) | (get_byte(h, o + 2) << 8) | get_byte(h, o + 3))
        % 1000000)::text, 6, '0');
end $$;

create function auth.recovery_hash(p_account uuid, p_code text) returns bytea
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select public.hmac(convert_to(p_account || regexp_replace(lower(p_code), '[^a-z0-9]', '', 'g'), 'UTF8'), s.value, 'sha256')
      from auth.secret s
$$;

-- Takes a code of the app or a recovery code, once.
create function auth.take_code(p_account uuid, p_code text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    f auth.second_factor; digits text := regexp_replace(p_code, '[^0-9]', '', 'g');
    now_step bigint := floor(extract(epoch from clock_timestamp()) / 30); step bigint;
begin
    -- Two who send the same code at the same moment wait for each other here.
    select * into f from auth.second_factor x where x.account_id = p_account for update;
    if not found then return false; end if;
    if length(p_code) <= 12 and length(digits) = 6 then
        for step in now_step - 1 .. now_step + 1 loop
            if step > f.last_step and auth.totp(f.secret, step) = digits then
                update auth.second_factor set last_step = step where account_id = p_account;
                return true;
            end if;
        end loop;
        return false;
    end if;
    if f.confirmed_at is null or length(p_code) > 40 then return false; end if;
    update auth.recovery_code set used_at = clock_timestamp()
     where account_id = p_account and hash = auth.recovery_hash(p_account, p_code) and used_at is null;
    return found;
end $$;

create function auth.enrolled(p_account uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from auth.second_factor where account_id = p_account and confirmed_at is not null)
$$;

create function auth.second_needed(p_role text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p_role = any (string_to_array(clinic.setting('second_factor_roles'), ','))
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- Proving.
-- ---------------------------------------------------------------------------------------------------------------
-- Whether the proof is that of the session's person. Counted like a sign-in, in a bucket of the session itself: refused
-- by sign_in_wait after five failures. For unlocking, changing the password, and every act that asks for it again.
create function auth.password_is(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record; wait int;
begin
    select * into s from auth.session_any();
    if s.account_id is null then return false; end if;
    wait := auth.attempt('own', 'session ' || s.session_id, 5);
    if wait > 0 then perform clinic.refuse('sign_in_wait', jsonb_build_object('seconds', wait)); end if;
    if not exists (select from auth.credential c where c.account_id = s.account_id and c.verifier = sha256(p_proof)) then
        return false;
    end if;
    perform auth.forgive('own', 'session ' || s.session_id, true);
    return true;
end $$;

-- Opens a session for a correct proof. outcome: open | second | wrong | wait | deactivated | code_expired. The address
-- is the server's; what the program says of SSH is kept as a claim: a new one makes a stranger, not a bucket of one's own.
drop function auth.open(text, bytea, text);
create function auth.open(p_login text, p_proof bytea, p_source text, p_key text default null)
returns table (outcome text, token text, account_id uuid, session_id uuid, must_change boolean, wait_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a clinic.account; c auth.credential; t text; sid uuid; wait int; known boolean; second boolean;
    place text := coalesce(host(inet_client_addr()), 'local');
    claim text := nullif(left(regexp_replace(coalesce(p_source, ''), '[^ -~]', '?', 'g'), 100), '');
    fingerprint text := nullif(left(regexp_replace(coalesce(p_key, ''), '[^ -~]', '?', 'g'), 200), '');
    who text; mine text;
begin
    select * into a from clinic.account x where x.login = lower(p_login) or x.email = lower(p_login);
    if found then select * into c from auth.credential x where x.account_id = a.id; end if;
    who := coalesce(a.id::text, lower(left(p_login, 254)));
    mine := concat_ws(' ', who, place, claim);
    -- Only a success makes a place known, so nobody makes up buckets of their own; fifty sign-ins back at most.
    known := exists (select from (select s.address, s.claimed, s.second_due, s.opened_at from auth.session s
                                   where s.account_id = a.id order by s.opened_at desc limit 50) s
                      where s.address = place and s.claimed is not distinct from claim and not s.second_due
                        and s.opened_at > clock_timestamp() - interval '30 days');
    if known then
        wait := auth.attempt('own', mine, 5);
    else
        -- Looked at before anything is counted: waiting in one bucket adds nothing to another.
        wait := greatest(auth.must_wait('pair', mine, 5), auth.must_wait('account', who, 10), auth.must_wait('address', place, 20));
        if wait = 0 then wait := auth.attempt('pair', mine, 5); end if;
        if wait = 0 then wait := auth.attempt('account', who, 10); end if;
        if wait = 0 then wait := auth.attempt('address', place, 20); end if;
    end if;
    if wait > 0 then
        return query select 'wait', null::text, null::uuid, null::uuid, false, wait;
        return;
    end if;
    if c.account_id is null or sha256(p_proof) <> c.verifier then
        if a.id is not null then
            insert into auth.failure values (a.login, concat_ws(' ', place, claim), clock_timestamp());
        end if;
        perform audit.record('sign-in.refused', 'account', a.id, null, 'refused', jsonb_strip_nulls(jsonb_build_object(
            'login', left(p_login, 100), 'address', place, 'claimed', claim, 'key', fingerprint)));
        return query select 'wrong', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    if known then
        perform auth.forgive('own', mine, true);
    else
        perform auth.forgive('pair', mine, true);
        perform auth.forgive('account', who, false);
        perform auth.forgive('address', place, false);
    end if;
    if a.deactivated_at is not null then
        return query select 'deactivated', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    if c.expires_at < clock_timestamp() then
        return query select 'code_expired', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    delete from auth.failure f where f.at < clock_timestamp() - interval '90 days' and f.login = a.login;
    t := encode(public.gen_random_bytes(32), 'hex');
    sid := gen_random_uuid();
    second := auth.enrolled(a.id);
    insert into auth.session (id, account_id, token_hash, source, address, claimed, key_fingerprint, centre_id, second_due, enrol_due)
    values (sid, a.id, sha256(decode(t, 'hex')), concat_ws(' ', place, claim), place, claim, fingerprint, a.last_centre_id,
            second, not second and auth.second_needed(a.role));
    perform set_config('praxis.token', t, true);
    update auth.session s set proven_in = pg_current_xact_id() where s.id = sid;
    if not second then
        perform audit.record('sign-in.open', 'session', sid, null, 'done', jsonb_strip_nulls(jsonb_build_object(
            'address', place, 'claimed', claim, 'key', fingerprint)));
    end if;
    return query select case when second then 'second' else 'open' end, t, a.id, sid, c.must_change, 0;
end $$;

-- The second step of a sign-in. outcome: open | wrong | wait | gone. Failures count per account: whoever knows the
-- password does not get more tries by signing in again.
create function auth.second(p_code text, out outcome text, out wait_seconds int, out codes_left int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record; recovery boolean := length(regexp_replace(p_code, '[^0-9]', '', 'g')) <> 6;
begin
    select * into s from auth.session_due();
    wait_seconds := 0; codes_left := 0;
    if s.session_id is null then outcome := 'gone'; return; end if;
    wait_seconds := auth.attempt('own', 'second ' || s.account_id, 5);
    if wait_seconds > 0 then outcome := 'wait'; return; end if;
    if not auth.take_code(s.account_id, left(p_code, 100)) then
        outcome := 'wrong';
        perform audit.record('sign-in.refused', 'account', s.account_id, null, 'refused', '{"second": true}');
        return;
    end if;
    perform auth.forgive('own', 'second ' || s.account_id, true);
    update auth.session set second_due = false, second_at = clock_timestamp(), proven_in = pg_current_xact_id() where id = s.session_id;
    perform audit.record('sign-in.open', 'session', s.session_id, null, 'done', (select jsonb_strip_nulls(jsonb_build_object(
        'address', x.address, 'claimed', x.claimed, 'key', x.key_fingerprint, 'second', case when recovery then 'recovery' else 'app' end))
        from auth.session x where x.id = s.session_id));
    select count(*) into codes_left from auth.recovery_code r where r.account_id = s.account_id and r.used_at is null;
    outcome := 'open';
end $$;

create or replace function auth.change_password(p_old_proof bytea, p_salt bytea, p_params text, p_verifier bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record;
begin
    select * into s from auth.session_any();
    if s.account_id is null or s.locked or not auth.password_is(p_old_proof) then return false; end if;
    update auth.credential c set salt = p_salt, params = p_params, verifier = p_verifier, must_change = false,
           expires_at = null, set_at = now()
     where c.account_id = s.account_id;
    -- Whoever knew the old password is signed out everywhere else.
    update auth.session set ended_at = clock_timestamp() where account_id = s.account_id and id <> s.session_id and ended_at is null;
    perform audit.record('account.change-password', 'account', s.account_id, null, 'done', '{}');
    return true;
end $$;

create or replace function auth.unlock(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record;
begin
    select * into s from auth.session_any();
    if s.session_id is null or not auth.password_is(p_proof) then return false; end if;
    update auth.session set locked_at = null, proven_in = pg_current_xact_id() where id = s.session_id;
    return true;
end $$;

create or replace function auth.close() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare sid uuid := auth.session_id();
begin
    if exists (select from auth.session where id = sid and ended_at is null) then
        perform audit.record('sign-in.close', 'session', sid, null, 'done', '{}');
        update auth.session set ended_at = clock_timestamp() where id = sid;
    end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Enrolling, removing and resetting the second factor.
-- ---------------------------------------------------------------------------------------------------------------
create function auth.second_state(out enrolled_at timestamptz, out codes_left int, out required boolean, out due boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select f.confirmed_at, (select count(*)::int from auth.recovery_code r where r.account_id = s.account_id and r.used_at is null),
           auth.second_needed(a.role), x.enrol_due
      from auth.session_any() s
      join clinic.account a on a.id = s.account_id
      join auth.session x on x.id = s.session_id
      left join auth.second_factor f on f.account_id = s.account_id and f.confirmed_at is not null
$$;

-- A new secret, not in force before a code of it was given. The password is asked, but not of somebody who must enrol:
-- they gave it a moment ago.
create function auth.second_begin(p_proof bytea) returns bytea
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record; due boolean; fresh bytea := public.gen_random_bytes(20);
begin
    select * into s from auth.session_any();
    if s.session_id is null or s.locked then return null; end if;
    select x.enrol_due into due from auth.session x where x.id = s.session_id;
    if auth.enrolled(s.account_id) then perform clinic.refuse('second_factor_enrolled'); end if;
    if not due and not auth.password_is(p_proof) then return null; end if;
    insert into auth.second_factor (account_id, secret) values (s.account_id, fresh)
    on conflict (account_id) do update set secret = excluded.secret, begun_at = now(), last_step = 0
        where auth.second_factor.confirmed_at is null;
    return fresh;
end $$;

-- The first code puts it in force and gives the recovery codes, this once; no row: the code is wrong.
create function auth.second_confirm(p_code text) returns setof text
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
    wait := auth.attempt('own', 'second ' || s.account_id, 5);
    if wait > 0 then perform clinic.refuse('sign_in_wait', jsonb_build_object('seconds', wait)); end if;
    if not auth.take_code(s.account_id, left(p_code, 12)) then return; end if;
    perform auth.forgive('own', 'second ' || s.account_id, true);
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

-- The person removes it, with the password; other sign-ins end. false: the password is wrong.
create function auth.second_remove(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record;
begin
    select * into s from auth.session_any();
    if s.session_id is null or s.locked or not auth.password_is(p_proof) then return false; end if;
    delete from auth.second_factor where account_id = s.account_id;
    delete from auth.recovery_code where account_id = s.account_id;
    update auth.session set ended_at = clock_timestamp() where account_id = s.account_id and id <> s.session_id and ended_at is null;
    perform audit.record('sign-in.second-factor', 'account', s.account_id, null, 'done', '{"step": "removed"}');
    return true;
end $$;

-- An administrator takes it away from somebody who lost it; whose role needs one enrols again at the next sign-in. The
-- event is the caller's.
create function auth.second_reset(p_account uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare had boolean := auth.enrolled(p_account);
begin
    if not auth.has_role('administrator') then perform clinic.refuse('administrators_only'); end if;
    if p_account = auth.actor() then perform clinic.refuse('second_factor_own'); end if;
    delete from auth.second_factor where account_id = p_account;
    delete from auth.recovery_code where account_id = p_account;
    update auth.session set ended_at = clock_timestamp() where account_id = p_account and ended_at is null;
    return had;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Sign-ins listed and ended.
-- ---------------------------------------------------------------------------------------------------------------
-- The open sign-ins of an account; the callers below decide who may see them.
create function auth.open_sessions(p_account uuid)
returns table (session_id uuid, opened_at timestamptz, source text, address text, claimed text, key_fingerprint text, centre_id uuid,
    locked_at timestamptz, second boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.opened_at, s.source, s.address, s.claimed, s.key_fingerprint, s.centre_id, s.locked_at, s.second_at is not null
      from auth.session s
     where s.account_id = p_account and s.ended_at is null and not s.second_due
       and s.opened_at > statement_timestamp() - make_interval(hours => (select value::int from clinic.setting where key = 'session_hours'))
$$;

-- What somebody is told who has just signed in: when they were here last, what was tried since, what is open elsewhere.
create function auth.arrival(out last_at timestamptz, out last_from text, out failures int, out others int, out other_from text,
    out other_at timestamptz, out must_enrol boolean, out lock_minutes int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select l.opened_at, l.source,
           (select count(*)::int from auth.failure f where f.login = a.login and f.at < x.opened_at
               and f.at > coalesce(l.opened_at, '-infinity')),
           (select count(*)::int from auth.open_sessions(s.account_id) o where o.session_id <> s.session_id),
           o.source, o.opened_at, x.enrol_due,
           clinic.setting(case a.role when 'administrator' then 'administrator_idle_lock_minutes' else 'idle_lock_minutes' end)::int
      from auth.session_any() s
      join auth.session x on x.id = s.session_id
      join clinic.account a on a.id = s.account_id
      left join lateral (select p.opened_at, p.source from auth.session p
                          where p.account_id = s.account_id and p.id <> s.session_id and not p.second_due and p.opened_at < x.opened_at
                          order by p.opened_at desc limit 1) l on true
      left join lateral (select p.opened_at, p.source from auth.open_sessions(s.account_id) p
                          where p.session_id <> s.session_id order by p.opened_at desc limit 1) o on true
$$;

-- One's own sign-ins, or to an administrator anybody's. Last seen is the last thing the log has of it.
create function auth.sign_ins(p_account uuid)
returns table (session_id uuid, opened_at timestamptz, seen_at timestamptz, address text, claimed text, key_fingerprint text,
    centre_name text, locked boolean, second boolean, this boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if auth.actor() is null then return; end if;
    if p_account <> auth.actor() and not auth.has_role('administrator') then perform clinic.refuse('administrators_only'); end if;
    return query
        select s.session_id, s.opened_at,
               greatest(s.opened_at, (select max(e.at) from audit.event e where e.account_id = p_account and e.at >= s.opened_at
                                         and e.session_id = s.session_id)),
               s.address, s.claimed, s.key_fingerprint, c.name, s.locked_at is not null, s.second, s.session_id = auth.session_id()
          from auth.open_sessions(p_account) s left join clinic.centre c on c.id = s.centre_id
         order by s.opened_at desc;
end $$;

-- Ends a sign-in of one's own, or as an administrator anybody's. false: it had ended already.
create function auth.end_sign_in(p_session uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare owner uuid;
begin
    select s.account_id into owner from auth.session s where s.id = p_session;
    if auth.actor() is null or owner is null then return false; end if;
    if owner <> auth.actor() and not auth.has_role('administrator') then perform clinic.refuse('administrators_only'); end if;
    update auth.session set ended_at = clock_timestamp() where id = p_session and ended_at is null;
    return found;
end $$;

-- Ends every other sign-in of one's own; how many there were.
create function auth.end_other_sign_ins() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
    if auth.actor() is null then return 0; end if;
    update auth.session set ended_at = clock_timestamp()
     where account_id = auth.actor() and id <> auth.session_id() and ended_at is null;
    get diagnostics n = row_count;
    return n;
end $$;

grant execute on function auth.password_is(bytea), auth.open(text, bytea, text, text), auth.second(text), auth.second_state(),
    auth.second_begin(bytea), auth.second_confirm(text), auth.second_remove(bytea), auth.second_reset(uuid), auth.arrival(),
    auth.sign_ins(uuid), auth.end_sign_in(uuid), auth.end_other_sign_ins() to praxis_app;
update clinic.setting set value = greatest(value::bigint, 7)::text where key = 'schema_version';
reset role;
