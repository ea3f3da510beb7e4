-- Ways into a history beside an appointment: a request that the patient or an administrator grants, a connection, and
-- breaking the glass. Each has an end, each is decided here, nobody gives it to themselves.
set local role praxis_owner;

insert into clinic.setting (key, value) values
    ('access_grant_days', '30'),            -- how long a granted request lasts when nobody says otherwise
    ('emergency_review_days', '3');         -- working days within which an emergency access is reviewed

-- The record that belongs to the speaker's own account.
create function auth.own_patient() returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select id from clinic.patient where account_id = auth.actor()
$$;

-- The password again, before something that a screen left open must not be enough for.
create function auth.step_up(p_proof bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Counted and slowed down like every other password.
    return auth.actor() is not null and auth.password_is(p_proof);
end $$;

-- Somebody asks to read a history, for a reason and for some days.
create table clinic.access_request (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    asker uuid not null references clinic.account,
    state text not null default 'asked' check (state in ('asked', 'granted', 'refused', 'withdrawn', 'ended')),
    reason bytea not null,
    days int not null check (days between 1 and 365),
    asked_at timestamptz not null default clinic.now(),
    decided_at timestamptz, decided_by uuid references clinic.account,
    decided_as text check (decided_as in ('patient', 'administrator')),
    until timestamptz,
    note bytea,
    ended_at timestamptz, ended_by uuid references clinic.account,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid,
    constraint access_request_granted check ((state in ('granted', 'ended')) = (until is not null))
);
select clinic.seal_columns('access_request');
create unique index access_request_open_key on clinic.access_request (patient_id, asker) where state = 'asked';
create index access_request_by_asker on clinic.access_request (asker, asked_at desc);
create index access_request_by_time on clinic.access_request (asked_at desc);

-- A connection has two sides: whoever did not ask answers.
alter table clinic.connection
    add column id uuid not null default gen_random_uuid() unique,
    add column asked_side text not null default 'patient' check (asked_side in ('patient', 'provider')),
    add column decided_at timestamptz,
    add column ended_at timestamptz,
    add column version bigint not null default 1,
    add column changed_at timestamptz not null default now(),
    add column changed_by uuid;
create index connection_by_provider on clinic.connection (provider_id);

-- Somebody broke the glass: what follows is an appointment, and an hour.
create table clinic.emergency (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    provider_id uuid not null references clinic.provider,
    account_id uuid not null references clinic.account,
    appointment_id uuid not null unique references clinic.appointment deferrable initially deferred,
    reason bytea not null,
    opened_at timestamptz not null,
    until timestamptz not null,
    ended_at timestamptz,
    due_on date not null,
    overdue_from timestamptz not null,       -- when that day has passed where it happened
    verdict text check (verdict in ('justified', 'not_justified')),
    reviewed_at timestamptz, reviewed_by uuid references clinic.account, review_note bytea,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid,
    constraint emergency_hour check (until > opened_at and until <= opened_at + interval '60 minutes'),
    constraint emergency_reviewed_once check ((verdict is null) = (reviewed_at is null) and (verdict is null) = (reviewed_by is null))
);
select clinic.seal_columns('emergency');
create index emergency_by_account on clinic.emergency (account_id, opened_at desc);
create index emergency_by_patient on clinic.emergency (patient_id, opened_at desc);

-- Whose requests, connections and emergencies: what may happen to them, whoever asks and however.
create function clinic.access_request_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); edge text; act text; theirs boolean;
begin
    theirs := exists (select from clinic.patient p where p.id = new.patient_id and p.account_id = me);
    if tg_op = 'INSERT' then
        if me is null or new.asker is distinct from me or auth.permits('access.request') is null then
            perform clinic.refuse('not_permitted', '{"action": "access.request"}');
        end if;
        if theirs then perform clinic.refuse('access_not_to_oneself'); end if;
        if clinic.may_read(new.patient_id) then perform clinic.refuse('access_is_there'); end if;
        new.state := 'asked'; new.asked_at := clinic.now();
        new.decided_at := null; new.decided_by := null; new.decided_as := null; new.until := null; new.note := null;
        new.ended_at := null; new.ended_by := null;
        return new;
    end if;
    edge := old.state || '>' || new.state;
    if edge = 'asked>withdrawn' then
        if me is distinct from old.asker then perform clinic.refuse('access_only_asker'); end if;
        if auth.permits('access.withdraw') is null then perform clinic.refuse('not_permitted', '{"action": "access.withdraw"}'); end if;
        new.ended_at := clinic.now(); new.ended_by := me; new.until := null;
    elsif edge in ('asked>granted', 'asked>refused') then
        if me = old.asker then perform clinic.refuse('access_not_to_oneself'); end if;
        act := case new.state when 'granted' then 'access.grant' else 'access.refuse' end;
        if not (theirs and auth.allowed(act, 'self_patient') or auth.unrestricted(act)) then
            perform clinic.refuse('not_permitted', jsonb_build_object('action', act));
        end if;
        if new.state = 'granted' then
            if not theirs and clinic.setting('history_policy') = 'strict' then perform clinic.refuse('access_patient_only'); end if;
            if exists (select from clinic.account a where a.id = old.asker and a.deactivated_at is not null) then
                perform clinic.refuse('access_asker_left');
            end if;
            if new.until is null or new.until <= clinic.now() or new.until > clinic.now() + interval '366 days' then
                perform clinic.refuse('access_at_most_a_year');
            end if;
        else
            new.until := null;
        end if;
        new.decided_at := clinic.now(); new.decided_by := me;
        new.decided_as := case when theirs then 'patient' else 'administrator' end;
    elsif edge = 'granted>ended' then
        if not (theirs and auth.allowed('access.end', 'self_patient') or auth.unrestricted('access.end')) then
            perform clinic.refuse('not_permitted', '{"action": "access.end"}');
        end if;
        if old.until <= clinic.now() then perform clinic.refuse('access_is_over'); end if;
        new.until := old.until; new.ended_at := clinic.now(); new.ended_by := me;
        new.note := old.note;
    else
        perform clinic.refuse('access_edge', jsonb_build_object('from', old.state, 'to', new.state));
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.access_request
    for each row execute function clinic.access_request_rules();

create function clinic.connection_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); p clinic.patient; a clinic.account; mine text; edge text; act text;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    select * into p from clinic.patient where id = new.patient_id;
    select x.* into a from clinic.account x join clinic.provider v on v.account_id = x.id where v.id = new.provider_id;
    if a.id = p.account_id then perform clinic.refuse('nobody_with_themselves'); end if;
    mine := case me when p.account_id then 'patient' when a.id then 'provider' end;
    if tg_op = 'UPDATE' then edge := old.state || '>' || new.state; else edge := 'new>' || new.state; end if;
    act := case new.state when 'asked' then 'connection.request' when 'approved' then 'connection.accept'
                          when 'declined' then 'connection.reject' else 'connection.end' end;
    if mine is null or auth.permits(act) is null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', act));
    end if;
    if edge in ('new>asked', 'declined>asked', 'ended>asked') then
        if a.deactivated_at is not null then perform clinic.refuse('provider_deactivated'); end if;
        -- Whoever was told no is not to ask again and again; the other side still may.
        if edge = 'declined>asked' and mine = old.asked_side then perform clinic.refuse('connection_declined'); end if;
        new.state := 'asked'; new.asked_side := mine; new.asked_at := clinic.now();
        new.until := null; new.decided_at := null; new.ended_at := null;
    elsif edge in ('asked>approved', 'asked>declined') then
        if mine = old.asked_side then perform clinic.refuse('connection_other_side'); end if;
        new.decided_at := clinic.now();
    elsif edge = 'asked>ended' then
        if mine <> old.asked_side then perform clinic.refuse('connection_other_side'); end if;
        new.ended_at := clinic.now();
    elsif edge = 'approved>ended' then
        new.ended_at := clinic.now();
    else
        perform clinic.refuse('connection_edge', jsonb_build_object('from', old.state, 'to', new.state));
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.connection for each row execute function clinic.connection_rules();

-- An emergency with oneself is made by breaking the glass and in no other way: booking one would open a stranger's
-- history without a reason and without a review.
create function clinic.emergency_appointment_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.kind = 'emergency'
       and (tg_op = 'INSERT' or (new.kind, new.provider_id) is distinct from (old.kind, old.provider_id))
       and exists (select from clinic.provider v where v.id = new.provider_id and v.account_id = auth.actor())
       and not exists (select from clinic.emergency e where e.appointment_id = new.id and e.account_id = auth.actor())
       and not clinic.related(new.patient_id, new.provider_id) then
        perform clinic.refuse('emergency_by_the_glass');
    end if;
    return new;
end $$;
create trigger b_emergency before insert or update on clinic.appointment
    for each row execute function clinic.emergency_appointment_rules();

-- In an emergency nobody asks whether the patient may be booked. (The rule itself stays where it is written.)
do $$
declare
    rules text := pg_get_functiondef('clinic.appointment_rules'::regproc);
    barred text := 'if p.blocked_until is not null and p.blocked_until >= new.day then';
begin
    if position(barred in rules) = 0 then raise exception 'the rule of blocked patients is not where it was'; end if;
    execute replace(rules, barred, 'if new.kind <> ''emergency'' and p.blocked_until is not null and p.blocked_until >= new.day then');
end $$;

-- The n-th working day after a day; Saturday and Sunday are none.
create function clinic.working_day_after(p_day date, p_days int) returns date
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select d::date from generate_series(p_day + 1, p_day + 14 + p_days * 2, interval '1 day') d
     where extract(isodow from d) < 6 order by d offset greatest(p_days, 1) - 1 limit 1
$$;

-- The patient who is exactly meant: a whole record, national or Medicare number and the birth date.
create function clinic.emergency_patient(p_number text, p_born date) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with typed(n) as (select regexp_replace(upper(p_number), '[\s-]', '', 'g')),
    found as (
        select p.id from typed, clinic.patient p
         where auth.provider_id() is not null and p.birth_date = p_born and typed.n <> ''
           and (p.record_number = case when ltrim(typed.n, '0') ~ '^[0-9]{1,9}$' then ltrim(typed.n, '0')::int end
                or regexp_replace(upper(p.national_number), '[\s-]', '', 'g') = typed.n
                or regexp_replace(upper(p.medicare_number), '[\s-]', '', 'g') = typed.n))
    select case when count(*) = 1 then min(id::text)::uuid end from found
$$;

-- Breaks the glass: who, whom, why, and the password again; then an appointment in progress and an hour.
create function clinic.emergency_open(p_id uuid, p_appointment uuid, p_number text, p_born date, p_reason bytea,
    p_centre uuid, p_proof bytea, out patient_id uuid, out until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid := auth.provider_id(); t timestamptz := clinic.now(); place uuid; zone text; due date;
begin
    if mine is null or auth.permits('emergency.open') is null then
        perform clinic.refuse('emergency_providers_only');
    end if;
    if not auth.step_up(p_proof) then perform clinic.refuse('step_up_wrong'); end if;
    if p_reason is null or length(p_reason) < 2 then perform clinic.refuse('emergency_needs_reason'); end if;
    patient_id := clinic.emergency_patient(p_number, p_born);
    if patient_id is null then perform clinic.refuse('emergency_no_such_patient'); end if;
    if patient_id = auth.own_patient() then perform clinic.refuse('emergency_not_for_oneself'); end if;
    -- One after the other, so that two terminals of one person cannot both begin one.
    perform pg_advisory_xact_lock(hashtext('praxis emergency'), hashtext(me::text));
    if exists (select from clinic.emergency e where e.account_id = me and e.ended_at is null and e.until > t) then
        perform clinic.refuse('emergency_one_at_a_time');
    end if;
    if clinic.may_read(patient_id) then perform clinic.refuse('access_is_there'); end if;
    select c.id, c.zone into place, zone from clinic.centre c
     where c.id in (select clinic.my_centres()) and c.retired_at is null order by c.id = p_centre desc nulls last, c.name limit 1;
    if place is null then perform clinic.refuse('emergency_needs_centre'); end if;
    until := t + interval '60 minutes';
    due := clinic.working_day_after((t at time zone zone)::date, clinic.setting('emergency_review_days')::int);
    insert into clinic.emergency (id, patient_id, provider_id, account_id, appointment_id, reason, opened_at, until, due_on, overdue_from)
    values (p_id, patient_id, mine, me, p_appointment, p_reason, t, until, due, (due + 1)::timestamp at time zone zone);
    insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
    values (p_appointment, patient_id, mine, place, 'emergency', 'in_progress', (t at time zone zone)::date, t, until, me);
    perform audit.record('emergency.open', 'emergency', p_id, patient_id, 'done',
        jsonb_build_object('until', until, 'due', due, 'appointment', p_appointment));
end $$;

-- Ends one's own emergency; what was written stays. An appointment in which nothing was written is completed with it.
create function clinic.emergency_end(p_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.emergency;
begin
    select * into e from clinic.emergency x where x.id = p_id and x.account_id = auth.actor() for update;
    if not found then perform clinic.refuse('not_permitted'); end if;
    if e.ended_at is not null or e.until <= clinic.now() then perform clinic.refuse('emergency_is_over'); end if;
    update clinic.emergency set ended_at = clinic.now() where id = p_id;
    update clinic.appointment a set status = 'completed'
     where a.id = e.appointment_id and a.status = 'in_progress'
       and not exists (select from clinic.encounter v where v.appointment_id = a.id);
    perform audit.record('emergency.end', 'emergency', p_id, e.patient_id, 'done', '{}');
end $$;

-- Says whether an emergency was justified: whom the table names, once, never about oneself.
create function clinic.emergency_review(p_id uuid, p_verdict text, p_note bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.emergency; me uuid := auth.actor();
begin
    if auth.permits('emergency.review') is null then perform clinic.refuse('emergency_reviewers_only'); end if;
    -- Locked: of two reviewers at once the second learns what the first decided.
    select * into e from clinic.emergency x where x.id = p_id for update;
    if not found then perform clinic.refuse('not_permitted'); end if;
    if e.account_id = me or e.patient_id = auth.own_patient() then perform clinic.refuse('emergency_own_review'); end if;
    if e.verdict is not null then
        perform clinic.refuse('emergency_is_reviewed', (select jsonb_build_object('by', upper(a.family_name) || ' ' || a.given_name)
            from clinic.account a where a.id = e.reviewed_by));
    end if;
    if e.ended_at is null and e.until > clinic.now() then perform clinic.refuse('emergency_still_open'); end if;
    if p_note is null or length(p_note) < 2 then perform clinic.refuse('emergency_review_needs_note'); end if;
    update clinic.emergency set verdict = p_verdict, reviewed_at = clinic.now(), reviewed_by = me, review_note = p_note
     where id = p_id;
    perform audit.record('emergency.review', 'emergency', p_id, e.patient_id, 'done', jsonb_build_object('verdict', p_verdict));
end $$;

-- An appointment that came of breaking the glass gives an hour, and neither the grace nor the right to book that a visit gives.
create or replace function clinic.related(p_patient uuid, p_provider uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.appointment a
                    where a.patient_id = p_patient and a.provider_id = p_provider
                      and not exists (select from clinic.emergency e where e.appointment_id = a.id)
                      and (a.status in ('booked', 'arrived', 'in_progress')
                           or a.status = 'completed' and a.ends_at > clinic.now() - make_interval(days =>
                              (select value::int from clinic.setting where key = 'history_grace_days'))))
        or exists (select from clinic.connection c where c.patient_id = p_patient and c.provider_id = p_provider
                      and c.state = 'approved' and (c.until is null or c.until >= clinic.now()::date))
$$;

-- The ties of before, and two more: access that was granted, and an emergency of one's own that is open. Both count under
-- the strict policy too, but an administrator's grant only where administrators may give one.
create or replace function clinic.patients_by(p_codes text[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with me as (select a.id, p.id as provider_id, make_interval(days => clinic.setting('history_grace_days')::int) as grace
                  from (select auth.actor() as id) a left join clinic.provider p on p.account_id = a.id)
    select x.patient_id from me, clinic.appointment x
     where 'relationship' = any (p_codes) and x.provider_id = me.provider_id
       and (x.status in ('booked', 'arrived', 'in_progress')
            or x.status = 'completed' and coalesce(x.ended_at, x.ends_at) > clinic.now() - me.grace)
       and not exists (select from clinic.emergency e where e.appointment_id = x.id)
    union
    select c.patient_id from me, clinic.connection c
     where 'connection' = any (p_codes) and c.provider_id = me.provider_id and c.state = 'approved'
       and (c.until is null or c.until >= clinic.now()::date)
    union
    select x.patient_id from clinic.appointment x
     where 'present_today' = any (p_codes) and x.status in ('arrived', 'in_progress')
       and x.day = (clinic.now() at time zone (select zone from clinic.centre where id = x.centre_id))::date
       and x.centre_id in (select clinic.my_centres())
       and not exists (select from clinic.emergency e where e.appointment_id = x.id)
    union
    select r.patient_id from me, clinic.access_request r
     where 'granted' = any (p_codes) and r.asker = me.id and r.state = 'granted' and r.until > clinic.now()
       and (r.decided_as = 'patient' or clinic.setting('history_policy') <> 'strict')
    union
    select e.patient_id from me, clinic.emergency e
     where 'emergency' = any (p_codes) and e.account_id = me.id and e.ended_at is null and e.until > clinic.now()
    union
    select p.id from me, clinic.patient p where 'self_patient' = any (p_codes) and p.account_id = me.id
$$;

create or replace function clinic.why_not_read(p_patient uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when clinic.may_read(p_patient) then null
        when not coalesce(auth.permits('history.open') && array['relationship', 'connection', 'present_today'], false) then 'role'
        when exists (select from clinic.emergency e where e.patient_id = p_patient and e.account_id = auth.actor()
                      and e.opened_at > clinic.now() - interval '1 day') then 'emergency_over'
        when clinic.setting('history_policy') = 'strict' then 'strict'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()
                      and a.status = 'completed' and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then 'expired'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()
                      and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then 'only_cancelled'
        else 'no_relationship' end
$$;

-- One's own record as a patient: what is signed and stands. Unsigned text and what was an error are the writers'.
create function clinic.is_signed(p_encounter uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.encounter e where e.id = p_encounter and e.state = 'signed' and e.patient_id = (select auth.own_patient()))
$$;
do $$
declare t text;
begin
    foreach t in array array['observation', 'note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment',
        'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create policy own_signed on clinic.%I as restrictive for select to praxis_app using (
            patient_id is distinct from (select auth.own_patient()) or author = (select auth.actor())
            or struck_at is null and (encounter_id is null or clinic.is_signed(encounter_id)))', t);
    end loop;
end $$;
create policy own_signed on clinic.encounter as restrictive for select to praxis_app
    using (patient_id is distinct from (select auth.own_patient()) or state = 'signed');
create policy own_signed on clinic.result as restrictive for select to praxis_app
    using (patient_id is distinct from (select auth.own_patient()) or author = (select auth.actor())
        or struck_at is null and exists (select from clinic.service_request r where r.id = service_request_id));
create policy own_signed on clinic.referral as restrictive for select to praxis_app
    using (patient_id is distinct from (select auth.own_patient()) or status <> 'draft' and struck_at is null);

-- Who sees requests and emergencies: whoever asked, whoever decides. The patient learns of an emergency from the list of
-- who viewed their record.
alter table clinic.access_request enable row level security;
create policy read on clinic.access_request for select to praxis_app
    using (asker = (select auth.actor()) or patient_id = (select auth.own_patient()) or (select auth.unrestricted('access.grant', 'access.refuse')));
create policy ask on clinic.access_request for insert to praxis_app with check (asker = (select auth.actor()));
create policy decide on clinic.access_request for update to praxis_app
    using (asker = (select auth.actor()) or patient_id = (select auth.own_patient()) or (select auth.unrestricted('access.grant', 'access.refuse', 'access.end')));
grant select, insert, update (state, until, note) on clinic.access_request to praxis_app;

create policy ask on clinic.connection for insert to praxis_app
    with check (patient_id = (select auth.own_patient()) or provider_id = (select auth.provider_id()));
create policy answer on clinic.connection for update to praxis_app
    using (patient_id = (select auth.own_patient()) or provider_id = (select auth.provider_id()));
grant insert (patient_id, provider_id, state), update (state) on clinic.connection to praxis_app;

alter table clinic.emergency enable row level security;
create policy read on clinic.emergency for select to praxis_app
    using (account_id = (select auth.actor()) or (select auth.permits('emergency.review')) is not null
        or (select auth.has_role('administrator')));
grant select on clinic.emergency to praxis_app;

select clinic.track(t) from unnest(array['access_request', 'connection', 'emergency']) t;
grant execute on function auth.own_patient() to praxis_app;
grant execute on function clinic.is_signed(uuid) to praxis_app;
grant execute on function clinic.emergency_open(uuid, uuid, text, date, bytea, uuid, bytea) to praxis_app;
grant execute on function clinic.emergency_end(uuid) to praxis_app;
grant execute on function clinic.emergency_review(uuid, text, bytea) to praxis_app;
update clinic.setting set value = greatest(value::bigint, 10)::text where key = 'schema_version';
reset role;
