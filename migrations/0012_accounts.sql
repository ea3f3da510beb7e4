-- Accounts: one's own profile; patients who register themselves; people who are blocked; what rejected applications leave.
set local role praxis_owner;

insert into clinic.setting (key, value) values
    ('patient_sign_up', 'off'),                   -- off | pending | instant
    ('application_keep_days', '30');              -- a rejected application is erased after so many days

-- ---------------------------------------------------------------------------------------------------------------
-- One's own profile: these fields of one's own account and nothing else. Numbers stay with the clinic. The names by which
-- one is found follow. Null: somebody changed it since it was read.
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.change_profile(p_seen bigint, p_login text, p_email text, p_family text, p_given text, p_phone text,
    p_digits text, p_name_key text, p_words text[], p_families boolean[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); v bigint; own uuid;
begin
    if me is null or not auth.allowed('profile.change', 'own_object') then perform clinic.refuse('not_permitted'); end if;
    if btrim(p_family) = '' then perform clinic.refuse('profile_needs_name'); end if;
    update clinic.account a set login = p_login, email = nullif(p_email, ''), family_name = left(p_family, 100),
           given_name = left(p_given, 100), phone = nullif(left(p_phone, 40), ''), incomplete = false
     where a.id = me and a.version = p_seen returning a.version into v;
    if v is null then return null; end if;
    update clinic.provider p set name_key = p_name_key where p.account_id = me and p.name_key <> p_name_key;
    -- Whoever is a patient here is reached and called by the same; an older name still finds them.
    update clinic.patient p set family_name = left(p_family, 100), given_name = left(p_given, 100), email = nullif(p_email, ''),
           phone = nullif(left(p_phone, 40), ''), phone_digits = p_digits
     where p.account_id = me and (p.family_name, p.given_name, coalesce(p.email, ''), coalesce(p.phone, ''))
           is distinct from (left(p_family, 100), left(p_given, 100), p_email, left(p_phone, 40))
    returning p.id into own;
    if own is not null then
        insert into clinic.patient_word (patient_id, word, family)
        select own, left(w, 100), bool_or(f) from unnest(p_words[1:20], p_families[1:20]) x(w, f) where w <> '' group by left(w, 100)
        on conflict (patient_id, word) do update set family = excluded.family;
    end if;
    return v;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Blocking: nobody signs in with a blocked account until then, every open sign-in of it ends, nobody is booked with it.
-- ---------------------------------------------------------------------------------------------------------------
alter table clinic.account add column blocked_until timestamptz, add column blocked_why bytea;
drop trigger z_sealed on clinic.account;
select clinic.seal_columns('account');
grant update (blocked_until, blocked_why) on clinic.account to praxis_app;

create function clinic.block_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare blocks boolean := new.blocked_until is not null and new.blocked_until is distinct from old.blocked_until;
begin
    if blocks then
        if not auth.unrestricted('account.block') then perform clinic.refuse('not_permitted'); end if;
        if new.id = auth.actor() then perform clinic.refuse('not_your_own_account'); end if;
        if new.blocked_until <= clinic.now() then perform clinic.refuse('block_is_over'); end if;
        if new.blocked_why is null or new.blocked_why = '\x00' then perform clinic.refuse('block_needs_reason'); end if;
        update auth.session set ended_at = clock_timestamp() where account_id = new.id and ended_at is null;
    end if;
    -- Somebody who may administer can always sign in: whoever is blocked does not count.
    if clinic.administers(old.role) and (blocks or new.deactivated_at is not null and old.deactivated_at is null or new.role <> old.role) then
        perform pg_advisory_xact_lock(hashtext('praxis administrators'));
        if not exists (select from clinic.account a where clinic.administers(a.role) and a.deactivated_at is null and a.id <> new.id
                         and (a.blocked_until is null or a.blocked_until <= clinic.now())) then
            perform clinic.refuse('last_administrator');
        end if;
    end if;
    return new;
end $$;
create trigger block_rules before update of blocked_until, deactivated_at, role on clinic.account
    for each row execute function clinic.block_rules();

create function clinic.provider_block_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare until timestamptz;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    select a.blocked_until into until from clinic.provider p join clinic.account a on a.id = p.account_id where p.id = new.provider_id;
    if until > new.starts_at then
        perform clinic.refuse('provider_blocked', jsonb_build_object('until', ((until - interval '1 second') at time zone
            (select c.zone from clinic.centre c where c.id = new.centre_id))::date));
    end if;
    return new;
end $$;
create trigger b_provider_block before insert or update of provider_id, starts_at on clinic.appointment
    for each row execute function clinic.provider_block_rules();

-- What somebody who is blocked or deactivated leaves behind: appointments to come and visits nobody has signed.
create function clinic.left_behind(p_account uuid)
returns table (kind text, id uuid, at timestamptz, zone text, centre text, family_name text, given_name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with me as (select p.id from clinic.provider p where p.account_id = p_account),
    own as (select p.id from clinic.patient p where p.account_id = p_account)
    select x.kind, x.id, x.at, x.zone, x.centre, x.family_name, x.given_name from (
        select 'appointment' as kind, a.id, a.starts_at as at, c.zone, c.name as centre, pt.family_name, pt.given_name
          from clinic.appointment a join clinic.centre c on c.id = a.centre_id join clinic.patient pt on pt.id = a.patient_id
         where a.status = 'booked' and a.starts_at > clinic.now()
           and (a.provider_id in (select m.id from me m) or a.patient_id in (select o.id from own o))
        union all
        select 'visit', e.id, e.started_at, c.zone, c.name, pt.family_name, pt.given_name
          from clinic.encounter e join clinic.centre c on c.id = e.centre_id join clinic.patient pt on pt.id = e.patient_id
         where e.state in ('open', 'paused') and e.provider_id in (select m.id from me m)) x
     where (select auth.unrestricted('account.deactivate', 'account.block')) order by x.at, x.id limit 500
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- Applying. The password's proof is kept beside the application, under the salt that the sign-in screen is given for that
-- e-mail address: so an applicant hears the answer there, and nobody learns whether an address has an account.
-- ---------------------------------------------------------------------------------------------------------------
create table clinic.patient_registration (
    id uuid primary key,
    family_name text not null, given_name text not null, sex text not null check (sex in ('female', 'male', 'other', 'unknown')),
    birth_date date not null, email text not null, phone text, phone_digits text not null default '',
    record_number int, national_number text, medicare_number text,
    state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected')),
    account_id uuid references clinic.account,
    -- The patient this account was tied to: one that existed, or a new one.
    as_patient uuid references clinic.patient,
    created_at timestamptz not null,
    decided_at timestamptz, decided_by uuid, decision_note bytea,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index patient_registration_by_hour on clinic.patient_registration (created_at);
select clinic.seal_columns('patient_registration');
create trigger bump before update on clinic.patient_registration for each row execute function clinic.bump();
create trigger wake after insert or update or delete on clinic.patient_registration for each row execute function clinic.wake();

create table auth.applicant (
    registration_id uuid primary key,
    entity text not null,
    login text not null,
    salt bytea not null, params text not null, verifier bytea not null,
    created_at timestamptz not null
);
create index applicant_by_login on auth.applicant (login);
alter table auth.applicant enable row level security;

alter table clinic.patient_registration enable row level security;
create policy read on clinic.patient_registration for select to praxis_app using ((select auth.unrestricted('account.register')));
grant select on clinic.patient_registration to praxis_app;

-- What an applicant is told: the state, and the sealed note of a rejection.
create function clinic.application_answer(p_id uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('state', r.state, 'id', r.id, 'entity', r.entity, 'note', encode(r.decision_note, 'hex')) from (
        select p.id, p.state, p.decision_note, 'patient_registration' as entity from clinic.patient_registration p where p.id = p_id
        union all select p.id, p.state, p.decision_note, 'provider_registration' from clinic.provider_registration p where p.id = p_id) r
$$;

create function auth.keep_applicant(p_id uuid, p_entity text, p_login text, p_verifier bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into auth.applicant (registration_id, entity, login, salt, params, verifier, created_at)
    select p_id, p_entity, lower(p_login), c.salt, c.params, p_verifier, clinic.now() from auth.challenge(p_login) c
$$;

-- The password of an application becomes that of the account; false when there is none.
create function auth.take_applicant(p_id uuid, p_account uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.unrestricted('account.register', 'registration.accept') then perform clinic.refuse('not_permitted'); end if;
    if exists (select from auth.credential c where c.account_id = p_account)
       or not exists (select from clinic.account a join auth.applicant x on x.login = a.email
                       where a.id = p_account and x.registration_id = p_id) then
        return false;
    end if;
    insert into auth.credential (account_id, salt, params, verifier)
    select p_account, x.salt, x.params, x.verifier from auth.applicant x where x.registration_id = p_id;
    delete from auth.applicant where registration_id = p_id;
    return true;
end $$;

create function clinic.check_applications(p_most int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtext('praxis applications'));
    if (select count(*) from clinic.patient_registration where created_at > clinic.now() - interval '1 hour')
       + (select count(*) from clinic.provider_registration where created_at > now() - interval '1 hour') >= p_most then
        perform clinic.refuse('too_many_applications');
    end if;
end $$;

drop function clinic.apply_as_provider(uuid, text, text, text, text, text, text, text, text, text);
create function clinic.apply_as_provider(p_id uuid, p_email text, p_family text, p_given text, p_phone text, p_profession text,
    p_provider_number text, p_registration_number text, p_licence_number text, p_expertise text, p_verifier bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Sent again after a broken line: it is there already.
    if exists (select from clinic.provider_registration r where r.id = p_id) then return; end if;
    perform clinic.check_applications(20);
    insert into clinic.provider_registration (id, email, family_name, given_name, phone, profession, provider_number,
        registration_number, licence_number, expertise)
    values (p_id, left(lower(p_email), 254), left(p_family, 100), left(p_given, 100), left(p_phone, 40), left(p_profession, 40),
        left(p_provider_number, 40), left(p_registration_number, 40), left(p_licence_number, 40), left(p_expertise, 200));
    perform auth.keep_applicant(p_id, 'provider_registration', left(p_email, 254), p_verifier);
    perform audit.record('registration.apply', 'provider_registration', p_id, null, 'done', '{}');
end $$;

-- Makes account, credential and, unless it exists, the patient of an application.
create function clinic.settle_patient(p_id uuid, p_account uuid, p_patient uuid, p_existing boolean, p_words text[],
    p_families boolean[], p_centre uuid, p_by uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r clinic.patient_registration; p clinic.patient;
begin
    select * into r from clinic.patient_registration x where x.id = p_id;
    insert into clinic.account (id, login, email, family_name, given_name, phone, role)
    values (p_account, r.email, r.email, r.family_name, r.given_name, r.phone, 'patient');
    insert into auth.credential (account_id, salt, params, verifier)
    select p_account, x.salt, x.params, x.verifier from auth.applicant x where x.registration_id = p_id;
    delete from auth.applicant where registration_id = p_id;
    if p_existing then
        select * into p from clinic.patient x where x.id = p_patient for update;
        if p.id is null then perform clinic.refuse('patient_gone'); end if;
        if p.account_id is not null then perform clinic.refuse('patient_has_account'); end if;
        if p.deactivated_at is not null then perform clinic.refuse('patient_deactivated'); end if;
        update clinic.patient x set account_id = p_account where x.id = p_patient;
    else
        insert into clinic.patient (id, family_name, given_name, sex, birth_date, national_number, medicare_number, email, phone,
            phone_digits, account_id, centre_id)
        values (p_patient, r.family_name, r.given_name, r.sex, r.birth_date, r.national_number, r.medicare_number, r.email, r.phone,
            r.phone_digits, p_account, p_centre);
        insert into clinic.patient_word (patient_id, word, family)
        select p_patient, left(w, 100), bool_or(f) from unnest(p_words[1:20], p_families[1:20]) x(w, f) where w <> '' group by left(w, 100);
    end if;
    update clinic.patient_registration x set state = 'accepted', decided_at = clinic.now(), decided_by = p_by, account_id = p_account,
           as_patient = p_patient where x.id = p_id;
end $$;

-- A patient registers. The answer is always the same: whether it works at once shows at the sign-in, to nobody else.
create function clinic.apply_as_patient(p_id uuid, p_account uuid, p_patient uuid, p_email text, p_family text, p_given text, p_sex text,
    p_born date, p_phone text, p_digits text, p_record int, p_national text, p_medicare text, p_words text[], p_families boolean[],
    p_verifier bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare how text := clinic.setting('patient_sign_up'); mail text := left(lower(btrim(p_email)), 254);
begin
    if how not in ('pending', 'instant') then perform clinic.refuse('sign_up_off'); end if;
    if exists (select from clinic.patient_registration r where r.id = p_id) then return; end if;
    perform clinic.check_applications(20);
    if btrim(p_family) = '' or mail !~ '@' or p_born is null or octet_length(p_verifier) <> 32 then
        perform clinic.refuse('application_incomplete');
    end if;
    insert into clinic.patient_registration (id, family_name, given_name, sex, birth_date, email, phone, phone_digits, record_number,
        national_number, medicare_number, created_at)
    values (p_id, left(p_family, 100), left(p_given, 100), p_sex, p_born, mail, nullif(left(p_phone, 40), ''), left(p_digits, 40), p_record,
        nullif(left(p_national, 40), ''), nullif(left(p_medicare, 40), ''), clinic.now());
    perform auth.keep_applicant(p_id, 'patient_registration', mail, p_verifier);
    if how = 'instant'
       and not exists (select from clinic.login_name n where n.name = mail)
       and p_record is null
       and not exists (select from clinic.patient p where p.national_number = nullif(p_national, '')
                          or p.medicare_number = nullif(p_medicare, ''))
       and not exists (select from clinic.patient p join clinic.patient_word w on w.patient_id = p.id
                        where p.birth_date = p_born and w.word = any (p_words)) then
        perform clinic.settle_patient(p_id, p_account, p_patient, false, p_words, p_families, null, null);
    end if;
    perform audit.record('account.register', 'patient_registration', p_id, null, 'done', jsonb_build_object('policy', how,
        'state', (select r.state from clinic.patient_registration r where r.id = p_id)));
end $$;

-- Staff decide. False: it was decided or changed since.
create function clinic.accept_patient(p_id uuid, p_seen bigint, p_account uuid, p_patient uuid, p_existing boolean, p_words text[],
    p_families boolean[], p_centre uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.unrestricted('account.register') then perform clinic.refuse('not_permitted'); end if;
    perform from clinic.patient_registration r where r.id = p_id and r.version = p_seen and r.state = 'pending' for update;
    if not found then return false; end if;
    perform clinic.settle_patient(p_id, p_account, p_patient, p_existing, p_words, p_families, p_centre, auth.actor());
    return true;
end $$;
create function clinic.reject_patient(p_id uuid, p_seen bigint, p_note bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.unrestricted('account.register') then perform clinic.refuse('not_permitted'); end if;
    update clinic.patient_registration r set state = 'rejected', decided_at = clinic.now(), decided_by = auth.actor(), decision_note = p_note
     where r.id = p_id and r.version = p_seen and r.state = 'pending';
    return found;
end $$;

-- Rejected applications go after their time; that they were rejected, when and by whom stays in the log.
create function clinic.erase_old_applications() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare before timestamptz := clinic.now() - make_interval(days => clinic.setting('application_keep_days')::int); gone uuid[]; more uuid[];
begin
    with d as (delete from clinic.patient_registration r where r.state = 'rejected' and r.decided_at < before returning r.id)
    select coalesce(array_agg(d.id), '{}') into gone from d;
    with d as (delete from clinic.provider_registration r where r.state = 'rejected' and r.decided_at < before returning r.id)
    select coalesce(array_agg(d.id), '{}') into more from d;
    delete from auth.applicant x where x.registration_id = any (gone || more);
    if cardinality(gone || more) > 0 then
        perform audit.record_system('registration.erase', 'registration', null, jsonb_build_object('patients', cardinality(gone),
            'providers', cardinality(more)));
    end if;
    return cardinality(gone || more);
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Signing in, which now also knows who is blocked and who has applied.
-- ---------------------------------------------------------------------------------------------------------------
drop function auth.open(text, bytea, text, text);
-- outcome: open | second | wrong | wait | deactivated | code_expired | blocked | applied.
create function auth.open(p_login text, p_proof bytea, p_source text, p_key text default null)
returns table (outcome text, token text, account_id uuid, session_id uuid, must_change boolean, wait_seconds int, detail jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    a clinic.account; c auth.credential; ap auth.applicant; t text; sid uuid; wait int; known boolean; second boolean;
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
        return query select 'wait', null::text, null::uuid, null::uuid, false, wait, null::jsonb;
        return;
    end if;
    if c.account_id is null or sha256(p_proof) <> c.verifier then
        -- An applicant hears how far it is, by the password of the application alone.
        select * into ap from auth.applicant x where x.login = lower(p_login) and x.verifier = sha256(p_proof)
         order by x.created_at desc limit 1;
        if found then
            if known then
                perform auth.forgive('own', mine, true);
            else
                perform auth.forgive('pair', mine, true);
                perform auth.forgive('account', who, false);
                perform auth.forgive('address', place, false);
            end if;
            perform audit.record('sign-in.refused', ap.entity, ap.registration_id, null, 'refused', jsonb_strip_nulls(jsonb_build_object(
                'address', place, 'claimed', claim, 'key', fingerprint, 'why', 'application')));
            return query select 'applied', null::text, null::uuid, null::uuid, false, 0, clinic.application_answer(ap.registration_id);
            return;
        end if;
        if a.id is not null then
            insert into auth.failure values (a.login, concat_ws(' ', place, claim), clock_timestamp());
        end if;
        perform audit.record('sign-in.refused', 'account', a.id, null, 'refused', jsonb_strip_nulls(jsonb_build_object(
            'login', left(p_login, 100), 'address', place, 'claimed', claim, 'key', fingerprint)));
        return query select 'wrong', null::text, null::uuid, null::uuid, false, 0, null::jsonb;
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
        return query select 'deactivated', null::text, null::uuid, null::uuid, false, 0, null::jsonb;
        return;
    end if;
    if a.blocked_until > clinic.now() then
        perform audit.record('sign-in.refused', 'account', a.id, null, 'refused', jsonb_strip_nulls(jsonb_build_object(
            'address', place, 'claimed', claim, 'key', fingerprint, 'why', 'blocked')));
        return query select 'blocked', null::text, null::uuid, null::uuid, false, 0, jsonb_build_object('until', ((a.blocked_until - interval '1 second')
            at time zone coalesce((select min(x.zone) from clinic.centre x where x.retired_at is null), 'UTC'))::date);
        return;
    end if;
    if c.expires_at < clock_timestamp() then
        return query select 'code_expired', null::text, null::uuid, null::uuid, false, 0, null::jsonb;
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
    return query select case when second then 'second' else 'open' end, t, a.id, sid, c.must_change, 0, null::jsonb;
end $$;

grant execute on function auth.open(text, bytea, text, text), auth.take_applicant(uuid, uuid),
    clinic.change_profile(bigint, text, text, text, text, text, text, text, text[], boolean[]), clinic.left_behind(uuid),
    clinic.apply_as_provider(uuid, text, text, text, text, text, text, text, text, text, bytea),
    clinic.apply_as_patient(uuid, uuid, uuid, text, text, text, text, date, text, text, int, text, text, text[], boolean[], bytea),
    clinic.accept_patient(uuid, bigint, uuid, uuid, boolean, text[], boolean[], uuid), clinic.reject_patient(uuid, bigint, bytea),
    clinic.erase_old_applications() to praxis_app;
grant usage on schema clinic to praxis_jobs;
grant execute on function clinic.erase_old_applications() to praxis_jobs;

update clinic.setting set value = greatest(value::bigint, 12)::text where key = 'schema_version';
reset role;
