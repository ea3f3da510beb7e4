-- The ground: schemas, the legal clock, settings, accounts, sign-in, requests and the audit log.
-- Roles (praxis_owner, praxis_app, praxis_jobs, praxis_backup) and extensions exist already: `praxis migrate` makes them
-- first, because only a superuser may. Everything below belongs to praxis_owner, whom nobody can log in as.
do $$ begin execute format('grant create on database %I to praxis_owner', current_database()); end $$;
set local role praxis_owner;

create schema auth;
create schema clinic;
create schema audit;
revoke all on schema auth, clinic, audit from public;
grant usage on schema auth, clinic, audit to praxis_app;
-- Nothing to PUBLIC, now or later: functions are executable by everybody unless this says otherwise.
alter default privileges for role praxis_owner revoke execute on functions from public;

-- The legal time. The shift is zero in production; the demo and the tests set it.
create table clinic.clock (
    one boolean primary key default true check (one),
    shift interval not null default '0'
);
insert into clinic.clock default values;

create function clinic.now() returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select now() + shift from clinic.clock
$$;

-- Policies and names of the site. Keys and their meanings are listed in docs/configuration.md.
create table clinic.setting (
    key text primary key,
    value text not null,
    changed_at timestamptz not null default now(),
    constraint setting_value check (case
        when key = 'clinic_name' then length(value) between 1 and 60
        when key = 'history_policy' then value in ('central', 'strict')
        when key = 'self_booking' then value in ('related', 'any')
        when key like '%\_professions' then value ~ '^([a-z]+(,[a-z]+)*)?$'
        when key = 'session_hours' then value ~ '^[0-9]{1,2}$' and value::int between 1 and 24
        when key ~ '_(days|months|minutes)$' then value ~ '^[0-9]{1,4}$'
        else true end)
);
insert into clinic.setting (key, value) values
    ('clinic_name', 'Praxis'),
    ('clinic_contact', ''),                 -- how to reach the clinic; shown before anybody has signed in
    ('schema_version', '5'),            -- each migration that changes what programs see raises it
    ('schema_min_client', '1'),
    ('history_policy', 'central'),          -- central | strict
    ('history_grace_days', '90'),
    ('self_booking', 'related'),            -- related | any
    ('book_ahead_days', '366'),
    ('overbook_per_session', '2'),
    ('referring_professions', 'gp'),
    ('diagnosing_professions', 'gp,specialist,physiotherapist'),
    ('referral_valid_months', '12'),
    ('session_hours', '12'),
    ('idle_lock_minutes', '10');

create function clinic.setting(p_key text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select value from clinic.setting where key = p_key
$$;

-- The number of the newest migration, for programs that ask whether they fit.
create function clinic.schema_version() returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return clinic.setting('schema_version')::bigint;
end $$;

-- One row per person who can sign in. Secrets are in auth.credential, which nobody can read.
create table clinic.account (
    id uuid primary key,
    login text not null check (login = lower(login) and length(login) between 1 and 254),
    email text check (email = lower(email)),
    family_name text not null default '',
    given_name text not null default '',
    phone text,
    role text not null check (role in ('patient', 'receptionist', 'nurse', 'gp', 'specialist', 'pharmacist',
        'other_provider', 'diagnostics_provider', 'lab_technician', 'auditor', 'administrator')),
    incomplete boolean not null default false,
    deactivated_at timestamptz,
    deactivated_why bytea,
    last_centre_id uuid,
    created_at timestamptz not null default now(),
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
-- Login names and e-mail addresses share one name space over all roles.
create table clinic.login_name (
    name text primary key,
    account_id uuid not null references clinic.account on delete cascade
);
create unique index account_login_key on clinic.account (login);
create unique index account_email_key on clinic.account (email);
create function clinic.keep_login_names() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from clinic.login_name where account_id = new.id;
    insert into clinic.login_name select distinct n, new.id from unnest(array[new.login, new.email]) n where n is not null;
    return null;
end $$;
create trigger login_names after insert or update of login, email on clinic.account
    for each row execute function clinic.keep_login_names();

create table auth.secret (
    one boolean primary key default true check (one),
    value bytea not null
);
insert into auth.secret (value) values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

-- verifier = sha256(argon2id(password, salt)): the program computes the argon2id, the database compares.
create table auth.credential (
    account_id uuid primary key references clinic.account,
    salt bytea not null,
    params text not null,
    verifier bytea not null,
    must_change boolean not null default false,
    expires_at timestamptz,                  -- of a one-time code
    set_at timestamptz not null default now()
);

create table auth.failure (
    login text not null,
    source text not null,
    at timestamptz not null
);
create index failure_by_login on auth.failure (login, source, at);

create table auth.session (
    id uuid primary key,
    account_id uuid not null references clinic.account,
    token_hash bytea not null unique,
    source text not null default '',
    opened_at timestamptz not null default now(),
    locked_at timestamptz,
    ended_at timestamptz,
    centre_id uuid
);
create index session_by_account on auth.session (account_id, opened_at desc);

-- The session of this connection's token, locked or not; ended, expired and deactivated ones are nobody's.
create function auth.session_any(out session_id uuid, out account_id uuid, out locked boolean)
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.account_id, s.locked_at is not null
      from auth.session s join clinic.account a on a.id = s.account_id
     where s.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and s.ended_at is null and a.deactivated_at is null
       and s.opened_at > now() - make_interval(hours => (select value::int from clinic.setting where key = 'session_hours'))
$$;

-- Who is speaking: the token is looked up, never believed. A person who must choose a password is nobody yet.
create function auth.actor() returns uuid
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select s.account_id
      from auth.session s
      join clinic.account a on a.id = s.account_id
      join auth.credential c on c.account_id = a.id
     where s.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and s.ended_at is null and s.locked_at is null and a.deactivated_at is null and not c.must_change
       and s.opened_at > now() - make_interval(hours => (select value::int from clinic.setting where key = 'session_hours'))
$$;

create function auth.session_id() returns uuid
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select id from auth.session
     where token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
$$;

create function auth.actor_role() returns text
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select role from clinic.account where id = auth.actor()
$$;

-- Salt and parameters of a login; for an unknown one a stable fake, so that strangers learn nothing.
create function auth.challenge(p_login text, out salt bytea, out params text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(c.salt, substr(sha256(s.value || convert_to(lower(p_login), 'UTF8')), 1, 16)),
           coalesce(c.params, 'm=65536,t=3,p=1')
      from auth.secret s
      left join clinic.account a on a.login = lower(p_login) or a.email = lower(p_login)
      left join auth.credential c on c.account_id = a.id
     limit 1
$$;

-- Opens a session for a correct proof. outcome: open | wrong | wait | deactivated | code_expired.
create function auth.open(p_login text, p_proof bytea, p_source text)
returns table (outcome text, token text, account_id uuid, session_id uuid, must_change boolean, wait_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a clinic.account; c auth.credential; fails int; last timestamptz; wait interval; t text; sid uuid;
    src text := coalesce(host(inet_client_addr()), 'local') || ' ' || left(p_source, 100);
begin
    select count(*), max(f.at) into fails, last from auth.failure f
     where f.login = lower(p_login) and f.source = src and f.at > now() - interval '15 minutes';
    wait := case when fails < 5 then interval '0' else least(interval '60 s', interval '1 s' * power(2, fails - 5)) end;
    if last is not null and clock_timestamp() < last + wait then
        return query select 'wait', null::text, null::uuid, null::uuid, false,
            ceil(extract(epoch from last + wait - clock_timestamp()))::int;
        return;
    end if;
    select * into a from clinic.account x where x.login = lower(p_login) or x.email = lower(p_login);
    if found then select * into c from auth.credential x where x.account_id = a.id; end if;
    if c.account_id is null or sha256(p_proof) <> c.verifier then
        insert into auth.failure values (lower(p_login), src, clock_timestamp());
        perform audit.record('session.refused', 'account', a.id, null, 'refused', jsonb_build_object('login', left(p_login, 100)));
        return query select 'wrong', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    if a.deactivated_at is not null then
        return query select 'deactivated', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    if c.expires_at < now() then
        return query select 'code_expired', null::text, null::uuid, null::uuid, false, 0;
        return;
    end if;
    delete from auth.failure f where f.login = lower(p_login) and f.source = src;
    t := encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex');
    sid := gen_random_uuid();
    insert into auth.session (id, account_id, token_hash, source, centre_id)
    values (sid, a.id, sha256(decode(t, 'hex')), src, a.last_centre_id);
    perform set_config('praxis.token', t, true);
    perform audit.record('session.open', 'session', sid, null, 'done', '{}');
    return query select 'open', t, a.id, sid, c.must_change, 0;
end $$;

-- Chooses a new password: with the old proof again, by the session that is open (also one that must change it).
create function auth.change_password(p_old_proof bytea, p_salt bytea, p_params text, p_verifier bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record;
begin
    select * into s from auth.session_any();
    if s.account_id is null or s.locked then return false; end if;
    update auth.credential c set salt = p_salt, params = p_params, verifier = p_verifier, must_change = false,
           expires_at = null, set_at = now()
     where c.account_id = s.account_id and c.verifier = sha256(p_old_proof);
    if not found then return false; end if;
    -- Whoever knew the old password is signed out everywhere else.
    update auth.session set ended_at = now() where account_id = s.account_id and id <> s.session_id and ended_at is null;
    perform audit.record('account.change-password', 'account', s.account_id, null, 'done', '{}');
    return true;
end $$;

-- The same password under stronger parameters, right after a sign-in.
create function auth.rehash(p_proof bytea, p_salt bytea, p_params text, p_verifier bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update auth.credential c set salt = p_salt, params = p_params, verifier = p_verifier
     where c.account_id = auth.actor() and c.verifier = sha256(p_proof);
    return found;
end $$;

create function auth.lock() returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update auth.session set locked_at = now() where id = (select session_id from auth.session_any()) and locked_at is null
$$;

create function auth.unlock(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s record;
begin
    select * into s from auth.session_any();
    if not exists (select from auth.credential c where c.account_id = s.account_id and c.verifier = sha256(p_proof)) then
        return false;
    end if;
    update auth.session set locked_at = null where id = s.session_id;
    return true;
end $$;

create function auth.close() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare sid uuid := auth.session_id();
begin
    if exists (select from auth.session where id = sid and ended_at is null) then
        perform audit.record('session.close', 'session', sid, null, 'done', '{}');
        update auth.session set ended_at = now() where id = sid;
    end if;
end $$;

-- What a write did, by the id its form was given: at most one effect per id (design: the fence).
create table clinic.request (
    id uuid primary key,
    account_id uuid not null,
    kind text not null,
    digest bytea not null,
    state text not null check (state in ('done', 'void')),
    result jsonb,
    at timestamptz not null default now()
);
create index request_by_time on clinic.request (at);

create function clinic.request_begin(p_id uuid, p_kind text, p_digest bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into clinic.request (id, account_id, kind, digest, state)
    values (p_id, (select account_id from auth.session_any()), p_kind, p_digest, 'done')
$$;

create function clinic.request_done(p_id uuid, p_result jsonb) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update clinic.request set result = p_result
     where id = p_id and account_id = (select account_id from auth.session_any())
$$;

-- The fence: waits while the transaction of that request lives, then either learns its result or makes it impossible.
-- Allowed while the session is locked: a write that was sent must be found out about.
create function clinic.request_settle(p_id uuid, p_kind text, p_digest bytea, out state text, out result jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid := (select account_id from auth.session_any());
begin
    if who is null then raise exception 'no session' using errcode = 'PX000'; end if;
    insert into clinic.request (id, account_id, kind, digest, state) values (p_id, who, p_kind, p_digest, 'void')
    on conflict (id) do nothing;
    select r.state, r.result into state, result from clinic.request r where r.id = p_id and r.account_id = who;
end $$;

-- The audit log: append-only, a chain per connection of a session.
create table audit.chain (
    id uuid primary key,
    session_id uuid,
    backend int not null,
    n bigint not null default 0,
    head bytea not null
);
create table audit.event (
    id uuid primary key,
    chain_id uuid not null references audit.chain,
    n bigint not null,
    at timestamptz not null,
    session_id uuid,
    account_id uuid,
    role text,
    action text not null,
    entity text not null,
    entity_id uuid,
    patient_id uuid,
    outcome text not null check (outcome in ('done', 'refused')),
    facts jsonb not null default '{}',
    previous bytea not null,
    hash bytea not null,
    unique (chain_id, n)
);
create index event_by_time on audit.event (at desc, id desc);
create index event_by_patient on audit.event (patient_id, at desc) where patient_id is not null;
create index event_by_account on audit.event (account_id, at desc);

create function audit.digest(previous bytea, n bigint, id uuid, at timestamptz, session_id uuid, account_id uuid, role text,
    action text, entity text, entity_id uuid, patient_id uuid, outcome text, facts jsonb) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select sha256(previous || convert_to(jsonb_build_array(n, id, extract(epoch from at), session_id, account_id, role,
        action, entity, entity_id, patient_id, outcome, facts)::text, 'UTF8'))
$$;

-- Writes one event in the caller's transaction. Who and when are the server's answers, not arguments.
create function audit.record(p_action text, p_entity text, p_entity_id uuid, p_patient_id uuid, p_outcome text, p_facts jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c audit.chain; s record; e audit.event; mine uuid := nullif(current_setting('praxis.chain', true), '')::uuid;
begin
    select * into s from auth.session_any();
    select * into c from audit.chain x
     where x.id = mine and x.backend = pg_backend_pid() and x.session_id is not distinct from s.session_id for update;
    if not found then
        insert into audit.chain (id, session_id, backend, head)
        values (gen_random_uuid(), s.session_id, pg_backend_pid(), sha256('praxis')) returning * into c;
        perform set_config('praxis.chain', c.id::text, false);
    end if;
    e.id := gen_random_uuid(); e.chain_id := c.id; e.n := c.n + 1; e.at := clock_timestamp();
    e.session_id := s.session_id; e.account_id := s.account_id;
    e.role := coalesce((select role from clinic.account where id = s.account_id), 'nobody');
    e.action := p_action; e.entity := p_entity; e.entity_id := p_entity_id; e.patient_id := p_patient_id;
    e.outcome := p_outcome; e.facts := coalesce(p_facts, '{}'); e.previous := c.head;
    e.hash := audit.digest(e.previous, e.n, e.id, e.at, e.session_id, e.account_id, e.role, e.action, e.entity,
                           e.entity_id, e.patient_id, e.outcome, e.facts);
    insert into audit.event select (e).*;
    update audit.chain set n = e.n, head = e.hash where id = c.id;
    return e.id;
end $$;

-- What the system itself did (migration, import, first administrator): by the owner, naming the OS user.
create function audit.record_system(p_action text, p_entity text, p_entity_id uuid, p_facts jsonb) returns uuid
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select audit.record(p_action, p_entity, p_entity_id, null, 'done', p_facts || '{"by": "system"}')
$$;

create function audit.frozen() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the audit log is append-only' using errcode = 'PX001', constraint = 'audit_append_only';
end $$;
create trigger event_frozen before update or delete or truncate on audit.event for each statement execute function audit.frozen();

-- `select clinic.track('x')` gives a table its version and its wake-ups: {entity, id, op, version, session} at commit,
-- an appointment or clinic session also its provider and day. Ids only, never patient data.
create function clinic.bump() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.version := old.version + 1;
    new.changed_at := clinic.now();
    new.changed_by := auth.actor();
    return new;
end $$;

create function clinic.wake() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r jsonb := to_jsonb(coalesce(new, old));
begin
    -- Bulk work (import, demo data) says once that everything changed instead: NOTIFY serialises commits.
    if current_setting('praxis.quiet', true) = 'on' then return null; end if;
    perform pg_notify('change', jsonb_strip_nulls(jsonb_build_object(
        'entity', tg_table_name, 'id', r -> 'id', 'op', lower(left(tg_op, 1)), 'version', coalesce(r -> 'version', '1'),
        'session', auth.session_id(), 'provider', r -> 'provider_id', 'day', r -> 'day', 'patient', r -> 'patient_id'))::text);
    return null;
end $$;

create function clinic.track(p_table text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from information_schema.columns
                where table_schema = 'clinic' and table_name = p_table and column_name = 'changed_by') then
        execute format('create trigger bump before update on clinic.%I for each row execute function clinic.bump()', p_table);
    end if;
    execute format('create trigger wake after insert or update or delete on clinic.%I for each row execute function clinic.wake()', p_table);
end $$;

select clinic.track('account');

grant select on clinic.setting to praxis_app;
grant execute on function clinic.now(), clinic.setting(text), clinic.schema_version(), auth.actor(), auth.session_id(), auth.actor_role(),
    auth.session_any(), auth.challenge(text), auth.open(text, bytea, text), auth.change_password(bytea, bytea, text, bytea),
    auth.rehash(bytea, bytea, text, bytea), auth.lock(), auth.unlock(bytea), auth.close(),
    clinic.request_begin(uuid, text, bytea), clinic.request_done(uuid, jsonb), clinic.request_settle(uuid, text, bytea),
    audit.record(text, text, uuid, uuid, text, jsonb) to praxis_app;
reset role;
