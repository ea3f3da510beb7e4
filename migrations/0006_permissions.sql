-- Permissions as data: one row for each action and role, asked by every row policy, definer function and trigger. The rows come
-- from the table that the program carries (`praxis migrate` loads them); administrators change them by proposing and confirming.
set local role praxis_owner;

-- The actions, with the codes that have a meaning for them; `strict` ones are narrowed by the strict history policy.
create table clinic.policy_action (
    action text primary key check (action ~ '^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$'),
    codes text[] not null,
    strict boolean not null default false
);
create table clinic.policy_rule (
    action text not null references clinic.policy_action,
    role text not null check (role in ('patient', 'receptionist', 'nurse', 'gp', 'specialist', 'pharmacist',
        'other_provider', 'diagnostics_provider', 'lab_technician', 'auditor', 'administrator')),
    codes text[] not null default '{}',      -- none: not permitted
    -- What a change without a second administrator turns it into, and from when on.
    next_codes text[],
    next_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    primary key (action, role),
    constraint policy_rule_next check ((next_codes is null) = (next_at is null))
);
create table clinic.policy_change (
    id uuid primary key,
    action text not null,
    role text not null,
    codes_before text[] not null,
    codes text[] not null,
    why text not null check (length(btrim(why)) between 1 and 300),
    state text not null default 'proposed' check (state in ('proposed', 'confirmed', 'withdrawn')),
    proposed_by uuid not null references clinic.account,
    proposed_at timestamptz not null default clinic.now(),
    effective_at timestamptz,                -- set where nobody else could confirm it
    decided_by uuid references clinic.account,
    decided_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    foreign key (action, role) references clinic.policy_rule
);
create index policy_change_by_rule on clinic.policy_change (action, role) where state = 'proposed';

-- The codes of the speaker's role for an action; null: not permitted.
create function auth.permits(p_action text) returns text[]
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
declare found text[];
begin
    select case when r.next_at <= clinic.now() then r.next_codes else r.codes end into found
      from clinic.policy_rule r where r.action = p_action and r.role = auth.actor_role();
    return nullif(found, '{}');
end $$;

create function auth.allowed(p_action text, p_code text) returns boolean
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(p_code = any (auth.permits(p_action)), false)
$$;

-- One of these actions is permitted without any tie.
create function auth.unrestricted(variadic p_actions text[]) returns boolean
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from unnest(p_actions) a where 'any' = any (auth.permits(a)))
$$;

-- Everything the speaker's role may do, for the program to draw by.
create function auth.permissions() returns table (action text, codes text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.action, case when r.next_at <= t.now then r.next_codes else r.codes end
      from (select clinic.now() as now, auth.actor_role() as role) t join clinic.policy_rule r on r.role = t.role
     where case when r.next_at <= t.now then r.next_codes else r.codes end <> '{}'
$$;

-- Codes of an action that the strict history policy leaves.
create function clinic.codes_now(p_action text) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when a.strict and clinic.setting('history_policy') = 'strict'
                then array(select c from unnest(auth.permits(p_action)) c where c not in ('relationship', 'connection', 'present_today'))
                else auth.permits(p_action) end
      from clinic.policy_action a where a.action = p_action
$$;

-- The patients to whom these codes tie the speaker. A new tie is one more branch.
create function clinic.patients_by(p_codes text[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with me as (select a.id, p.id as provider_id, make_interval(days => clinic.setting('history_grace_days')::int) as grace
                  from (select auth.actor() as id) a left join clinic.provider p on p.account_id = a.id)
    select x.patient_id from me, clinic.appointment x
     where 'relationship' = any (p_codes) and x.provider_id = me.provider_id
       and (x.status in ('booked', 'arrived', 'in_progress')
            or x.status = 'completed' and coalesce(x.ended_at, x.ends_at) > clinic.now() - me.grace)
    union
    select c.patient_id from me, clinic.connection c
     where 'connection' = any (p_codes) and c.provider_id = me.provider_id and c.state = 'approved'
       and (c.until is null or c.until >= clinic.now()::date)
    union
    select x.patient_id from clinic.appointment x
     where 'present_today' = any (p_codes) and x.status in ('arrived', 'in_progress')
       and x.day = (clinic.now() at time zone (select zone from clinic.centre where id = x.centre_id))::date
       and x.centre_id in (select clinic.my_centres())
    union
    select p.id from me, clinic.patient p where 'self_patient' = any (p_codes) and p.account_id = me.id
$$;

create function clinic.patients_for(p_action text) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select clinic.patients_by(clinic.codes_now(p_action))
$$;

-- The patients whose whole history the speaker may read (product.md, "reading a patient's history").
create or replace function clinic.readable_patients() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select clinic.patients_by(clinic.codes_now('history.open'))
$$;

-- Centres where the speaker may do it.
create function clinic.centres_for(p_action text) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.id from (select auth.permits(p_action) as codes) m, clinic.centre c
     where 'any' = any (m.codes) or 'own_centre' = any (m.codes) and c.id in (select clinic.my_centres())
$$;

-- Orders that wait for a laboratory or a diagnostics provider of the centre they were made at.
create function clinic.routed_orders() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.id from clinic.service_request r join clinic.encounter e on e.id = r.encounter_id
     where r.status in ('ordered', 'collected', 'sent', 'received') and r.struck_at is null
       and e.state <> 'voided' and e.centre_id in (select clinic.my_centres())
$$;

-- Prescriptions that a pharmacist of the centre gives out, and the patients who have them.
create function clinic.routed_prescriptions() returns table (prescription_id uuid, patient_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.id, p.patient_id from clinic.prescription p join clinic.encounter e on e.id = p.encounter_id
     where auth.actor_role() = 'pharmacist' and p.status = 'active' and p.struck_at is null and e.state = 'signed'
       and p.starts_on > clinic.now()::date - 30 and e.centre_id in (select clinic.my_centres())
$$;

-- What an id is about: whose, where, with whom and by whom. No row: there is no such thing.
create function clinic.about(p_object uuid, out kind text, out patient uuid, out centre uuid, out provider uuid, out author uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select * from (
        select 'appointment', a.patient_id, a.centre_id, a.provider_id, null::uuid from clinic.appointment a where a.id = p_object
        union all select 'encounter', e.patient_id, e.centre_id, e.provider_id, e.author from clinic.encounter e where e.id = p_object
        union all select 'clinic_session', null, s.centre_id, s.provider_id, null from clinic.clinic_session s where s.id = p_object
        union all select 'referral', r.patient_id, null, r.from_provider_id, r.author from clinic.referral r where r.id = p_object
        union all select 'service_request', r.patient_id, e.centre_id, null, r.author
                    from clinic.service_request r join clinic.encounter e on e.id = r.encounter_id where r.id = p_object
        union all select 'result', r.patient_id, e.centre_id, null, r.author
                    from clinic.result r join clinic.service_request q on q.id = r.service_request_id
                    join clinic.encounter e on e.id = q.encounter_id where r.id = p_object
        union all select 'note', x.patient_id, e.centre_id, null, x.author from clinic.note x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object
        union all select 'diagnosis', x.patient_id, e.centre_id, null, x.author from clinic.diagnosis x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object
        union all select 'prescription', x.patient_id, e.centre_id, null, x.author from clinic.prescription x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object
        union all select 'treatment', x.patient_id, e.centre_id, null, x.author from clinic.treatment x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object
        union all select 'report', x.patient_id, e.centre_id, null, x.author from clinic.report x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object
        union all select 'observation', x.patient_id, null, null, x.author from clinic.observation x where x.id = p_object
        union all select 'allergy', x.patient_id, null, null, x.author from clinic.allergy x where x.id = p_object
        union all select 'condition', x.patient_id, null, null, x.author from clinic.condition x where x.id = p_object
        union all select 'medication', x.patient_id, null, null, x.author from clinic.medication x where x.id = p_object
        union all select 'surgery', x.patient_id, null, null, x.author from clinic.surgery x where x.id = p_object
        union all select 'vaccination', x.patient_id, null, null, x.author from clinic.vaccination x where x.id = p_object
        union all select 'family_history', x.patient_id, null, null, x.author from clinic.family_history x where x.id = p_object
        union all select 'patient_alert', x.patient_id, null, null, x.author from clinic.patient_alert x where x.id = p_object
        union all select 'patient', x.id, null, null, null from clinic.patient x where x.id = p_object
        union all select 'centre', null, x.id, null, null from clinic.centre x where x.id = p_object
        union all select 'provider', null, null, x.id, null from clinic.provider x where x.id = p_object
        union all select 'account', null, null, null, x.id from clinic.account x where x.id = p_object
        union all select 'sign-in', null, null, null, x.account_id from auth.session x where x.id = p_object
        union all select 'draft', null, null, null, x.account_id from clinic.draft x where x.id = p_object) x limit 1
$$;

-- A letter, an order or a prescription that is for the speaker.
create function clinic.routed_to_me(p_object uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.referral r
                    where r.id = p_object and r.status <> 'draft' and r.struck_at is null
                      and (r.to_provider_id = auth.provider_id() or r.to_provider_id is null and r.to_specialty in
                           (select s.specialty from clinic.provider_specialty s where s.provider_id = auth.provider_id())))
        or p_object in (select clinic.routed_orders())
        or exists (select from clinic.result r where r.id = p_object and r.service_request_id in (select clinic.routed_orders()))
        or p_object in (select prescription_id from clinic.routed_prescriptions())
$$;

-- May the speaker do this, of this patient, to this thing? Null: yes; else why not. `p_object` is the id of what it is done
-- to or in (an appointment, a visit, an entry, a centre …); the patient is known from it where it has one.
create function auth.may(p_action text, p_patient uuid, p_object uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    me uuid := auth.actor(); my uuid := auth.provider_id(); codes text[]; x record; whose uuid; present boolean; ties text[];
begin
    if me is null then return 'no_session'; end if;
    codes := clinic.codes_now(p_action);
    if auth.permits(p_action) is null then return 'role'; end if;
    select * into x from clinic.about(p_object);
    whose := coalesce(x.patient, p_patient);
    if x.patient is not null and p_patient is not null and x.patient <> p_patient then return 'another_patient'; end if;
    if 'referring' = any (codes) and not exists (select from clinic.provider v where v.id = my
            and v.profession = any (string_to_array(clinic.setting('referring_professions'), ','))) then
        return 'profession';
    end if;
    if 'any' = any (codes) then return null; end if;
    if 'own_centre' = any (codes) and (p_object is null or x.centre in (select clinic.my_centres())) then return null; end if;
    -- Whatever has an author belongs to its author alone; a visit and an appointment to their provider.
    if 'own_object' = any (codes) and (p_object is null and p_patient is null
        or x.author = me or x.provider = my and (x.author is null or x.kind in ('encounter', 'referral'))) then return null; end if;
    if 'routed' = any (codes) and (p_object is null and p_patient is null or clinic.routed_to_me(p_object)) then return null; end if;
    -- A nurse writes in a visit while the patient of that visit is there, not in an older one.
    present := x.kind is distinct from 'encounter' or exists (
        select from clinic.encounter e join clinic.appointment a on a.id = e.appointment_id
         where e.id = p_object and a.status in ('arrived', 'in_progress') and e.centre_id in (select clinic.my_centres()));
    ties := array(select c from unnest(codes) c where c <> 'present_today' or present or p_action ~ '\.(open|search|visits)$');
    if whose is null and (ties && array['relationship', 'connection', 'present_today', 'self_patient', 'granted', 'emergency']) then return null; end if;
    if whose in (select clinic.patients_by(ties)) then return null; end if;
    if p_action in ('record.open', 'history.open', 'visit.open', 'patient.visits', 'tests.open') then
        return coalesce(clinic.why_not_read(whose), 'no_relationship');
    end if;
    return case when codes && array['relationship', 'connection'] then coalesce(nullif(clinic.why_not_read(whose), 'role'), 'no_relationship')
                when 'present_today' = any (codes) then 'not_present'
                when 'own_centre' = any (codes) then 'not_own_centre'
                when 'own_object' = any (codes) then 'not_own_object'
                when 'routed' = any (codes) then 'not_routed'
                when 'self_patient' = any (codes) then 'not_self'
                else 'tie' end;
end $$;

-- The search, as before; whose it is says the table.
create or replace function clinic.find_patients(p_words text[], p_digits text, p_born date, p_born_year int, p_email text, p_limit int)
returns table (patient_id uuid, how text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    lim int := least(greatest(p_limit, 1), 200); lead text; ids uuid[]; more uuid[]; tail text := reverse(right(p_digits, 9));
    number int := case when ltrim(p_digits, '0') ~ '^[0-9]{1,9}$' then ltrim(p_digits, '0')::int end;
begin
    if not auth.unrestricted('patients.open') then return; end if;
    if cardinality(p_words) > 0 then
        -- The longest word is the rarest: it leads, the others are looked up for each patient it gives.
        select w into lead from unnest(p_words) w order by length(w) desc, w limit 1;
        ids := array(
            select l.patient_id from (
                (select pw.patient_id, 0 as o from clinic.patient_word pw where pw.word = lead)
                union all
                (select pw.patient_id, 1 from clinic.patient_word pw
                  where pw.word > lead and pw.word < clinic.word_end(lead)
                  limit case when cardinality(p_words) = 1 and p_digits = '' and coalesce(p_born_year::text, p_born::text) is null
                             then lim else 20000 end)) l
              join clinic.patient p on p.id = l.patient_id
             where (p_born_year is null or extract(year from p.birth_date) = p_born_year)
               and (p_born is null or p.birth_date = p_born)
               and (p_digits = '' or reverse(p.phone_digits) ^@ tail or p.record_number = number
                    or p.medicare_number ^@ p_digits or p.national_number ^@ p_digits)
               and not exists (select from unnest(p_words) q(w) where not exists (
                    select from clinic.patient_word x where x.patient_id = p.id and x.word >= q.w and x.word < clinic.word_end(q.w)))
             group by l.patient_id order by min(l.o) limit lim);
        return query select unnest(ids), 'name';
        if cardinality(ids) < 8 then
            return query
                with near as materialized (
                    select q.i, n.word, n.nearness from unnest(p_words) with ordinality q(w, i), clinic.near_words(q.w) n),
                found as (
                    select x.patient_id, near.i, max(near.nearness) as s
                      from near join clinic.patient_word x on x.word = near.word collate "C" group by x.patient_id, near.i)
                select f.patient_id, 'near' from found f join clinic.patient p on p.id = f.patient_id
                 where (p_born_year is null or extract(year from p.birth_date) = p_born_year)
                   and (p_born is null or p.birth_date = p_born)
                   and (p_digits = '' or reverse(p.phone_digits) ^@ tail)
                   and f.patient_id <> all (ids)
                 group by f.patient_id having count(*) = cardinality(p_words)
                 order by sum(f.s) desc, f.patient_id limit lim - cardinality(ids);
        end if;
        return;
    end if;
    if p_digits <> '' then
        ids := array(
            select x.id from (
                select p.id, 1 as o from clinic.patient p where p.record_number = number
                union all select p.id, 2 from clinic.patient p where p.medicare_number = p_digits
                union all select p.id, 2 from clinic.patient p where p.national_number = p_digits
                union all (select p.id, 3 from clinic.patient p
                            where length(p_digits) >= 3 and reverse(p.phone_digits) ~>=~ tail and reverse(p.phone_digits) ~<~ clinic.word_end(tail)
                            limit lim)
                union all (select p.id, 6 from clinic.patient p where length(p_digits) >= 4
                              and p.medicare_number collate "C" >= p_digits and p.medicare_number collate "C" < clinic.word_end(p_digits) limit lim)
                union all (select p.id, 6 from clinic.patient p where length(p_digits) >= 4
                              and p.national_number collate "C" >= p_digits and p.national_number collate "C" < clinic.word_end(p_digits) limit lim)
            ) x group by x.id order by min(x.o) limit lim);
        return query select unnest(ids), 'digits';
    end if;
    if p_born is not null then
        return query select p.id, 'born' from clinic.patient p
            where p.birth_date = p_born and p.id <> all (coalesce(ids, '{}')) limit lim - coalesce(cardinality(ids), 0);
    elsif p_email is not null then
        return query select p.id, 'email' from clinic.patient p
            where lower(p.email) collate "C" >= lower(p_email) and lower(p.email) collate "C" < clinic.word_end(lower(p_email)) limit lim;
    end if;
end $$;

create or replace function clinic.recent_patients(p_limit int) returns table (patient_id uuid, at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.patient_id, max(e.at) from (
        select x.patient_id, x.at from audit.event x where x.account_id = auth.actor() order by x.at desc limit 500) e
     where e.patient_id is not null and (select auth.unrestricted('patients.open'))
     group by e.patient_id order by 2 desc limit least(p_limit, 50)
$$;

create or replace function clinic.look_alikes(p_words text[], p_born date, p_digits text, p_except uuid)
returns table (patient_id uuid, words_alike int, born_alike boolean, phone_alike boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with near as materialized (
        select q.i, n.word from unnest(p_words) with ordinality q(w, i), clinic.near_words(q.w) n
         where n.word = q.w collate "C" or n.nearness >= 0.3),
    named as (
        select x.patient_id, count(distinct near.i)::int as alike
          from near join clinic.patient_word x on x.word = near.word collate "C" group by x.patient_id),
    tail(t) as (select reverse(right(p_digits, 8)) where length(p_digits) >= 6),
    -- One index for each way of being alike.
    maybe(id) as (
        select patient_id from named where alike >= least(2, cardinality(p_words))
        union select p.id from clinic.patient p join named n on n.patient_id = p.id where p.birth_date = p_born
        union select p.id from tail, clinic.patient p
               where reverse(p.phone_digits) ~>=~ tail.t and reverse(p.phone_digits) ~<~ clinic.word_end(tail.t)
                 and (p.birth_date = p_born or p.id in (select patient_id from named))),
    candidate as (
        select p.id, coalesce(n.alike, 0) as alike, p.birth_date = p_born as born,
               length(p_digits) >= 6 and right(p.phone_digits, 8) = right(p_digits, 8) as phone
          from maybe join clinic.patient p on p.id = maybe.id left join named n on n.patient_id = p.id)
    select c.id, c.alike, coalesce(c.born, false), coalesce(c.phone, false) from candidate c
     where (select auth.unrestricted('patients.open', 'patient.register')) and c.id is distinct from p_except
     order by (coalesce(c.born, false)::int + coalesce(c.phone, false)::int) * 2 + c.alike desc, c.id limit 12
$$;

create or replace function clinic.overlap_facts(p_patient uuid, p_provider uuid, p_from timestamptz, p_to timestamptz)
returns table (side text, starts_at timestamptz, ends_at timestamptz, provider_name text, centre_name text, appointment_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when a.patient_id = p_patient then 'patient' else 'provider' end, a.starts_at, a.ends_at,
           upper(v.family_name) || ' ' || v.given_name, c.name, a.id
      from clinic.appointment a
      join clinic.provider pr on pr.id = a.provider_id
      join clinic.account v on v.id = pr.account_id
      join clinic.centre c on c.id = a.centre_id
     where (select auth.permits('appointment.book')) is not null and (a.provider_id = p_provider or a.patient_id = p_patient)
       and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
       and a.during && tstzrange(p_from, p_to)
     order by 1 limit 2
$$;

create or replace function clinic.why_not_record(p_encounter uuid, out why text, out patient_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when e.id is null then 'unknown'
                when auth.allowed('record.open', 'own_object') and (e.author = auth.actor() or e.provider_id = auth.provider_id()) then null
                else clinic.why_not_read(e.patient_id) end,
           case when auth.unrestricted('patients.open') then e.patient_id end
      from (select) one left join clinic.encounter e on e.id = p_encounter
$$;

create or replace function clinic.referral_seen(p_referral uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update clinic.referral r set status = 'seen'
     where auth.allowed('referral.open', 'routed') and r.id = p_referral and r.status = 'sent' and r.struck_at is null
       and (r.to_provider_id = auth.provider_id()
            or r.to_provider_id is null and r.to_specialty in
               (select ps.specialty from clinic.provider_specialty ps where ps.provider_id = auth.provider_id()));
    return found;
end $$;

create or replace function auth.set_code(p_account uuid, p_salt bytea, p_params text, p_verifier bytea, p_hours int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.unrestricted('account.give-code', 'account.add', 'registration.accept') then
        perform clinic.refuse('not_permitted', '{"action": "account.give-code"}');
    end if;
    insert into auth.credential (account_id, salt, params, verifier, must_change, expires_at)
    values (p_account, p_salt, p_params, p_verifier, true, now() + make_interval(hours => least(p_hours, 168)))
    on conflict (account_id) do update set salt = excluded.salt, params = excluded.params, verifier = excluded.verifier,
        must_change = true, expires_at = excluded.expires_at, set_at = now();
    update auth.session set ended_at = now() where account_id = p_account and ended_at is null;
end $$;

create or replace function clinic.referral_exists(p_patient uuid, p_provider uuid, p_day date) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.permits('appointment.book') is not null and clinic.open_referral(p_patient, p_provider, p_day) is not null
$$;

create or replace function clinic.why_not_read(p_patient uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when clinic.may_read(p_patient) then null
        when not coalesce(auth.permits('history.open') && array['relationship', 'connection', 'present_today'], false) then 'role'
        when clinic.setting('history_policy') = 'strict' then 'strict'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()
                      and a.status = 'completed') then 'expired'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()) then 'only_cancelled'
        else 'no_relationship' end
$$;

-- Booking, as before; who overbooks and who books with themselves says the table.
create or replace function clinic.appointment_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p clinic.patient; v clinic.provider; va clinic.account; s clinic.clinic_session; me uuid := auth.actor();
    t timestamptz := clinic.now(); zone text; books boolean; edge text;
begin
    -- Demo data and imports are written by the owner and bring their own past.
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    select * into p from clinic.patient where id = new.patient_id;
    select * into v from clinic.provider where id = new.provider_id;
    select * into va from clinic.account where id = v.account_id;
    select c.zone into zone from clinic.centre c where c.id = new.centre_id;
    new.day := (new.starts_at at time zone zone)::date;
    books := tg_op = 'INSERT'
        or (new.starts_at, new.ends_at, new.provider_id, new.centre_id) is distinct from
           (old.starts_at, old.ends_at, old.provider_id, old.centre_id)
        or old.status = 'cancelled' and new.status = 'booked';

    if tg_op = 'INSERT' then
        if new.status <> 'booked' and not (new.kind in ('walk_in', 'emergency') and new.status in ('arrived', 'in_progress')) then
            perform clinic.refuse('appointment_starts_booked');
        end if;
        new.booked_by := me; new.booked_at := t;
        if new.status = 'arrived' then new.arrived_at := t; end if;
        if new.status = 'in_progress' then new.arrived_at := t; new.started_at := t; end if;
    else
        if new.patient_id <> old.patient_id then perform clinic.refuse('appointment_keeps_its_patient'); end if;
        if new.status <> old.status then
            edge := old.status || '>' || new.status;
            if edge not in ('booked>arrived', 'booked>in_progress', 'booked>cancelled', 'booked>no_show',
                'arrived>booked', 'arrived>in_progress', 'arrived>left', 'arrived>cancelled',
                'in_progress>completed', 'in_progress>voided', 'in_progress>arrived',
                'left>arrived', 'no_show>booked', 'no_show>arrived', 'cancelled>booked') then
                perform clinic.refuse('appointment_edge', jsonb_build_object('from', old.status, 'to', new.status));
            end if;
            if new.status in ('arrived', 'in_progress') and new.day <> (t at time zone zone)::date then
                perform clinic.refuse('appointment_only_today', jsonb_build_object('day', new.day));
            end if;
            if new.status = 'no_show' and new.starts_at > t then
                perform clinic.refuse('no_show_before_start', jsonb_build_object('starts', new.starts_at));
            end if;
            if new.status = 'arrived' and old.status <> 'in_progress' then new.arrived_at := t; end if;
            if new.status = 'booked' then new.arrived_at := null; new.status_why := null; end if;
            if new.status = 'in_progress' then new.started_at := t; end if;
            if new.status = 'arrived' then new.started_at := null; end if;
            if new.status in ('completed', 'left', 'voided') then new.ended_at := t; end if;
            if new.status = 'cancelled' and new.status_why is null then perform clinic.refuse('cancel_needs_reason'); end if;
        end if;
        if books and old.status not in ('booked', 'cancelled', 'no_show') then perform clinic.refuse('only_booked_moves'); end if;
    end if;

    if v.account_id = p.account_id then perform clinic.refuse('nobody_with_themselves'); end if;
    -- Who writes for themselves: a member of staff meets their own record only as a patient does.
    if me is not null and p.account_id = me and tg_op = 'INSERT' and (select role from clinic.account where id = me) <> 'patient' then
        perform clinic.refuse('not_for_oneself');
    end if;

    if books then
        if new.kind in ('slot', 'overbook') and new.starts_at < t then
            perform clinic.refuse('nothing_in_the_past', jsonb_build_object('starts', new.starts_at, 'now', t));
        end if;
        if new.starts_at > t + make_interval(days => (select value::int from clinic.setting where key = 'book_ahead_days')) then
            perform clinic.refuse('too_far_ahead', jsonb_build_object('days', clinic.setting('book_ahead_days')));
        end if;
        if p.deactivated_at is not null then perform clinic.refuse('patient_deactivated'); end if;
        if p.blocked_until is not null and p.blocked_until >= new.day then
            perform clinic.refuse('patient_blocked', jsonb_build_object('until', p.blocked_until));
        end if;
        if va.deactivated_at is not null then perform clinic.refuse('provider_deactivated'); end if;
        if new.kind = 'slot' then
            -- Shared, so that the session cannot be removed while it is being booked.
            select * into s from clinic.clinic_session x where x.id = new.clinic_session_id for share;
            if not found or s.removed_at is not null or s.provider_id <> new.provider_id or s.centre_id <> new.centre_id
               or new.starts_at < s.starts_at or new.ends_at > s.ends_at
               or mod(extract(epoch from new.starts_at - s.starts_at)::int, s.slot_minutes * 60) <> 0
               or mod(extract(epoch from new.ends_at - new.starts_at)::int, s.slot_minutes * 60) <> 0 then
                perform clinic.refuse('not_a_slot', jsonb_build_object('starts', new.starts_at));
            end if;
        end if;
        if new.kind = 'overbook' then
            if me is not null and v.account_id is distinct from me and not auth.allowed('appointment.book', 'overbook') then
                perform clinic.refuse('overbook_not_permitted');
            end if;
            if new.reason is null then perform clinic.refuse('overbook_needs_reason'); end if;
            -- Locked, so that two desks cannot both take the last place.
            select * into s from clinic.clinic_session x where x.id = new.clinic_session_id for update;
            if not found or s.removed_at is not null or s.provider_id <> new.provider_id or s.centre_id <> new.centre_id
               or new.starts_at < s.starts_at or new.starts_at >= s.ends_at then
                perform clinic.refuse('not_a_slot', jsonb_build_object('starts', new.starts_at));
            end if;
            if (select count(*) from clinic.appointment x where x.clinic_session_id = s.id and x.kind = 'overbook'
                   and x.id <> new.id and x.status in ('booked', 'arrived', 'in_progress'))
               >= clinic.setting('overbook_per_session')::int then
                perform clinic.refuse('overbook_cap', jsonb_build_object('cap', clinic.setting('overbook_per_session')));
            end if;
        end if;
        if new.kind in ('walk_in', 'emergency') and new.day <> (t at time zone zone)::date then
            perform clinic.refuse('walk_in_today', jsonb_build_object('day', new.day));
        end if;
        if v.profession = 'specialist' and new.kind <> 'emergency' then
            if new.referral_id is null or new.referral_id is distinct from
               clinic.open_referral(new.patient_id, new.provider_id, new.day, new.id) then
                new.referral_id := clinic.open_referral(new.patient_id, new.provider_id, new.day, new.id);
            end if;
            if new.referral_id is null then perform clinic.refuse('specialist_needs_referral'); end if;
        end if;
        -- Whom the table gives the condition: with oneself only whom one already sees.
        if v.account_id = me and (auth.allowed('appointment.book', 'related_if_mine')
               or auth.allowed('appointment.move', 'related_if_mine')) and new.kind <> 'emergency' and clinic.setting('self_booking') <> 'any'
           and not clinic.related(new.patient_id, new.provider_id) then
            perform clinic.refuse('provider_books_only_own_patients');
        end if;
    end if;
    return new;
end $$;

create or replace function clinic.may_write(p_encounter uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.may('note.add', null, p_encounter) is null
$$;

-- Allergies are known to everybody who handles the patient: not where the table says fewer fields, nor to who may not open them.
create or replace function clinic.allergy_state(p_patient uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when not (auth.unrestricted('patient.open') and not auth.allowed('patient.open', 'fewer_fields')
                          or coalesce(p.account_id = auth.actor(), false) and auth.allowed('patient.open', 'self_patient')) then 'hidden'
                when exists (select from clinic.allergy a where a.patient_id = p.id and a.status = 'active' and a.struck_at is null) then 'listed'
                else case p.allergy_state when 'listed' then 'none_known' else p.allergy_state end end
      from clinic.patient p where p.id = p_patient
$$;
create or replace function clinic.allergy_marks(p_patient uuid) returns table (substance bytea, reaction bytea, severity text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.substance, a.reaction, a.severity from clinic.allergy a join clinic.patient p on p.id = a.patient_id
     where a.patient_id = p_patient and a.status = 'active' and a.struck_at is null
       and (auth.unrestricted('patient.open') and not auth.allowed('patient.open', 'fewer_fields')
            or p.account_id = auth.actor() and auth.allowed('patient.open', 'self_patient'))
     order by case a.severity when 'severe' then 0 when 'moderate' then 1 else 2 end, a.created_at
$$;

-- The fee of a visit, by its provider or whoever the table names, who need not read the visit. Returns the new version; null:
-- somebody changed the visit since.
create function clinic.set_visit_fee(p_encounter uuid, p_seen bigint, p_cents int) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may('visit.set-fee', null, p_encounter); made bigint;
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'visit.set-fee', 'why', why, 'role', auth.actor_role()));
    end if;
    update clinic.encounter set fee_cents = p_cents where id = p_encounter and version = p_seen returning version into made;
    return made;
end $$;

-- Which action a change of a row is, by its table and what differs.
create function clinic.action_of(p_table text, p_op text, o jsonb, n jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    ch text[] := array(select k from jsonb_object_keys(n) k where n -> k is distinct from o -> k
                          and k not in ('version', 'changed_at', 'changed_by', 'during'));
    list boolean := p_table in ('allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history');
begin
    if p_op = 'INSERT' then
        return case when list then 'lists.add' else case p_table
            when 'appointment' then 'appointment.book' when 'encounter' then 'visit.start' when 'observation' then 'observation.add'
            when 'note' then case n ->> 'kind' when 'addendum' then 'note.add-addendum' else 'note.add' end
            when 'service_request' then 'tests.order' when 'result' then 'tests.add-result' when 'report' then 'tests.add-report'
            when 'diagnosis' then 'diagnosis.add' when 'prescription' then 'prescription.add' when 'treatment' then 'treatment.add'
            when 'referral' then 'referral.write' when 'patient' then 'patient.register' when 'patient_alert' then 'alert.add'
            when 'clinic_session' then 'session.add' when 'centre' then 'centre.add' when 'department' then 'department.add'
            when 'account' then 'account.add' end end;
    end if;
    if cardinality(ch) = 0 then return null; end if;
    if list then
        return case when 'struck_at' = any (ch) then 'lists.strike' else 'lists.resolve' end;
    end if;
    if 'struck_at' = any (ch) and p_table <> 'patient_alert' then
        return case p_table when 'note' then 'note.strike' when 'observation' then 'observation.strike' else 'record.strike' end;
    end if;
    return case p_table
        when 'appointment' then case
            when ch && array['starts_at', 'ends_at', 'provider_id', 'centre_id'] then 'appointment.move'
            when 'status' = any (ch) and o ->> 'status' = 'cancelled' then 'appointment.restore'
            when 'status' = any (ch) and n ->> 'status' = 'in_progress' then 'visit.start'
            else 'appointment.set-status' end
        when 'encounter' then case
            when 'state' = any (ch) then case n ->> 'state' when 'signed' then 'visit.sign' when 'voided' then 'visit.void'
                when 'paused' then 'visit.pause' else 'visit.resume' end
            when ch = array['fee_cents'] then 'visit.set-fee' else 'visit.save' end
        when 'note' then 'note.change' when 'treatment' then 'treatment.add' when 'prescription' then 'prescription.stop'
        when 'diagnosis' then case when 'condition_id' = any (ch) then 'diagnosis.promote' else 'diagnosis.change' end
        when 'service_request' then case when n ->> 'status' = 'reviewed' and 'status' = any (ch) then 'tests.acknowledge' else 'tests.set-status' end
        when 'result' then 'tests.acknowledge'
        when 'referral' then case when 'status' = any (ch) and n ->> 'status' = 'sent' then 'referral.send'
            when 'status' = any (ch) and n ->> 'status' = 'withdrawn' then 'referral.withdraw' else 'referral.change' end
        when 'patient' then case
            when 'deactivated_at' = any (ch) and n ->> 'deactivated_at' is null then 'patient.reactivate'
            when ch && array['deactivated_at', 'deactivated_why'] then 'patient.deactivate'
            when ch && array['blocked_until', 'blocked_why'] then 'patient.block'
            when ch = array['allergy_state'] then 'lists.none-known' else 'patient.change' end
        when 'patient_alert' then case when n ->> 'struck_at' is null then 'alert.restore' else 'alert.strike' end
        when 'clinic_session' then case when 'removed_at' = any (ch) then 'session.remove' else 'session.change' end
        when 'centre' then case when not 'retired_at' = any (ch) then 'centre.change'
            when n ->> 'retired_at' is null then 'centre.reopen' else 'centre.retire' end
        when 'department' then 'department.change' when 'provider' then 'provider.change'
        when 'account' then case when not 'deactivated_at' = any (ch) then 'account.change'
            when n ->> 'deactivated_at' is null then 'account.reactivate' else 'account.deactivate' end
        when 'provider_registration' then case n ->> 'state' when 'rejected' then 'registration.reject' else 'registration.accept' end
        when 'setting' then 'setting.change' end;
end $$;

-- Every row that the program's role writes is asked about by the action that the change is. What definer functions, the
-- owner and imports write has been asked about by themselves.
create function clinic.permitted() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o jsonb; n jsonb := to_jsonb(new); act text; object uuid; why text;
begin
    if current_user <> 'praxis_app' then return new; end if;
    if tg_op = 'UPDATE' then o := to_jsonb(old); end if;
    act := clinic.action_of(tg_table_name, tg_op, o, n);
    if act is null then return new; end if;
    if tg_op = 'INSERT' then
        object := coalesce(n ->> case tg_table_name
            when 'appointment' then 'centre_id' when 'encounter' then 'appointment_id' when 'result' then 'service_request_id'
            when 'clinic_session' then 'centre_id' when 'patient_alert' then 'patient_id' else 'encounter_id' end,
            case when tg_table_name = 'encounter' then n ->> 'provider_id' else n ->> 'patient_id' end)::uuid;
    else
        object := case tg_table_name when 'result' then n ->> 'service_request_id' else n ->> 'id' end::uuid;
    end if;
    if tg_op = 'UPDATE' and tg_table_name = 'result' and act = 'record.strike' then object := (n ->> 'id')::uuid; end if;
    why := auth.may(act, (n ->> 'patient_id')::uuid, object);
    if why is not null then
        -- A session is made by who works there, or by the provider whose it is; its provider starts a visit from the board.
        if tg_table_name = 'clinic_session' then why := auth.may(act, null, (n ->> 'provider_id')::uuid); end if;
        if tg_table_name = 'appointment' and act = 'appointment.move' and o ->> 'status' = 'cancelled' then
            why := auth.may('appointment.restore', null, object);
        end if;
    end if;
    -- It is moved to where one may book as well.
    if why is null and act = 'appointment.move' and n ->> 'centre_id' <> o ->> 'centre_id' then
        why := auth.may(act, null, (n ->> 'centre_id')::uuid);
    end if;
    if why is null then return new; end if;
    perform clinic.refuse('not_permitted', jsonb_build_object('action', act, 'why', why, 'role', auth.actor_role()));
    return null;
end $$;
do $$
declare t text;
begin
    foreach t in array array['appointment', 'encounter', 'observation', 'note', 'service_request', 'result', 'report', 'diagnosis',
        'prescription', 'treatment', 'referral', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history',
        'patient', 'patient_alert', 'clinic_session', 'centre', 'department', 'provider', 'account', 'provider_registration', 'setting'] loop
        execute format('create trigger a_permitted before insert or update on clinic.%I for each row execute function clinic.permitted()', t);
    end loop;
end $$;

-- What a patient may not change of themselves.
create or replace function clinic.patient_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (new.national_number, new.medicare_number, new.record_number)
       is distinct from (old.national_number, old.medicare_number, old.record_number)
       and auth.actor() is not null and not auth.unrestricted('patient.change') then
        perform clinic.refuse('numbers_are_locked');
    end if;
    return new;
end $$;

-- The clinic always has somebody who can administer it, nobody locks themselves out, and who has seen patients as a
-- provider stays one. Who administers is whose role may change accounts and confirm permissions.
create function clinic.administers(p_role text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select not exists (select from unnest(array['account.add', 'account.change', 'permission.propose', 'permission.confirm']) a
                        where not exists (select from clinic.policy_rule r where r.action = a and r.role = p_role and r.codes <> '{}'))
$$;

create or replace function clinic.account_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare leaves boolean := old.deactivated_at is null and clinic.administers(old.role)
            and (not clinic.administers(new.role) or new.deactivated_at is not null);
begin
    if new.id = auth.actor() and (new.deactivated_at is not null or new.role <> old.role) then
        perform clinic.refuse('not_your_own_account');
    end if;
    if leaves then
        -- Two administrators who remove each other wait for each other here.
        perform pg_advisory_xact_lock(hashtext('praxis administrators'));
        if not exists (select from clinic.account a where clinic.administers(a.role) and a.deactivated_at is null and a.id <> new.id) then
            perform clinic.refuse('last_administrator');
        end if;
    end if;
    if new.role <> old.role and new.role not in ('gp', 'specialist', 'pharmacist', 'other_provider', 'diagnostics_provider')
        and exists (select from clinic.provider p where p.account_id = new.id) then
        perform clinic.refuse('provider_stays_provider');
    end if;
    if new.deactivated_at is not null and old.deactivated_at is null then
        -- Reactivating never brings an old sign-in back.
        update auth.session set ended_at = now() where account_id = new.id and ended_at is null;
    end if;
    return new;
end $$;

-- Row policies, all of them anew: each asks the table. A name in parentheses with `select` is asked once for a statement,
-- and sets of ids are looked up, never a function for each row.
do $$
declare p record; t text;
    mine constant text := 'author = (select auth.actor()) and (select auth.allowed(''record.open'', ''own_object''))';
begin
    for p in select schemaname, tablename, policyname from pg_policies where schemaname in ('clinic', 'audit') loop
        execute format('drop policy %I on %I.%I', p.policyname, p.schemaname, p.tablename);
    end loop;
    foreach t in array array['policy_action', 'policy_rule', 'policy_change'] loop
        execute format('alter table clinic.%I enable row level security', t);
    end loop;

    -- The directory: read by everybody who is signed in.
    foreach t in array array['centre', 'department', 'specialty', 'staff_centre', 'provider', 'provider_specialty',
        'provider_centre', 'provider_hours', 'clinic_session', 'policy_action', 'policy_rule'] loop
        execute format('create policy read on clinic.%I for select to praxis_app using ((select auth.actor()) is not null)', t);
    end loop;

    -- What is written in a visit, and the patient's lists: whoever may read the patient, and the author.
    foreach t in array array['observation', 'note', 'report', 'diagnosis', 'treatment', 'allergy', 'condition', 'surgery',
        'vaccination', 'family_history'] loop
        execute format('create policy read on clinic.%I for select to praxis_app using (%s or patient_id in (select clinic.readable_patients()))', t, mine);
    end loop;
    -- Orders and results also for the laboratory they go to, prescriptions and current medication for the pharmacist.
    execute format('create policy read on clinic.service_request for select to praxis_app using (%s or patient_id in (select clinic.readable_patients())
        or (select auth.allowed(''tests.open'', ''routed'')) and id in (select clinic.routed_orders()))', mine);
    execute format('create policy read on clinic.result for select to praxis_app using (%s or patient_id in (select clinic.readable_patients())
        or service_request_id in (select r.id from clinic.service_request r where r.author = (select auth.actor())
             and (select auth.allowed(''tests.open'', ''own_object'')))
        or (select auth.allowed(''tests.open'', ''routed'')) and service_request_id in (select clinic.routed_orders()))', mine);
    execute format('create policy read on clinic.prescription for select to praxis_app using (%s or patient_id in (select clinic.readable_patients())
        or id in (select r.prescription_id from clinic.routed_prescriptions() r))', mine);
    execute format('create policy read on clinic.medication for select to praxis_app using (%s or patient_id in (select clinic.readable_patients())
        or ended_on is null and struck_at is null and patient_id in (select r.patient_id from clinic.routed_prescriptions() r))', mine);

    -- Written under one's own name; in which visit, says the trigger. Changed by the author alone, but for the lists, the
    -- orders and the results, which whoever treats the patient carries on.
    foreach t in array array['observation', 'note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment', 'referral',
        'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history', 'result', 'patient_alert'] loop
        execute format('create policy add on clinic.%I for insert to praxis_app with check (author = (select auth.actor())
            and (select auth.permits(clinic.action_of(%L, ''INSERT'', null, ''{}''))) is not null)', t, t);
    end loop;
    foreach t in array array['observation', 'note', 'report', 'diagnosis', 'prescription', 'treatment'] loop
        execute format('create policy change on clinic.%I for update to praxis_app using (author = (select auth.actor())) with check (author = (select auth.actor()))', t);
    end loop;
    foreach t in array array['allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create policy change on clinic.%I for update to praxis_app using (author = (select auth.actor()) or patient_id in (select clinic.patients_for(''lists.resolve'')))', t);
    end loop;
    -- Who enters the allergies alone enters none of the other lists.
    foreach t in array array['condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create policy intake_only on clinic.%I as restrictive for insert to praxis_app with check (not (select auth.allowed(''lists.add'', ''fewer_fields'')))', t);
    end loop;
end $$;

create policy change on clinic.service_request for update to praxis_app using (author = (select auth.actor())
    or patient_id in (select clinic.patients_for('tests.set-status'))
    or (select auth.allowed('tests.set-status', 'routed')) and id in (select clinic.routed_orders()));
create policy change on clinic.result for update to praxis_app using (author = (select auth.actor())
    or patient_id in (select clinic.patients_for('tests.acknowledge'))
    or service_request_id in (select r.id from clinic.service_request r where r.author = (select auth.actor())));

-- Visits: their provider, whoever may read the patient.
create policy read on clinic.encounter for select to praxis_app using (
    (author = (select auth.actor()) or provider_id = (select auth.provider_id())) and (select auth.allowed('record.open', 'own_object'))
    or patient_id in (select clinic.readable_patients()));
create policy add on clinic.encounter for insert to praxis_app with check (author = (select auth.actor())
    and provider_id = (select auth.provider_id()) and (select auth.permits('visit.start')) is not null
    -- Whoever is booked with a patient sees them, also where the history itself is closed (policy `strict`).
    and (patient_id in (select clinic.readable_patients())
         or appointment_id in (select a.id from clinic.appointment a where a.provider_id = (select auth.provider_id()) and a.status = 'in_progress')));
create policy change on clinic.encounter for update to praxis_app using (provider_id = (select auth.provider_id())
    and (select auth.permits('visit.save')) is not null);

-- Referrals: the letter is for the writer, the one it is written to, and readers of the history.
create policy read on clinic.referral for select to praxis_app using (
    author = (select auth.actor()) and (select auth.allowed('referral.open', 'own_object'))
    or (select auth.allowed('referral.open', 'routed')) and status <> 'draft' and struck_at is null
        and (to_provider_id = (select auth.provider_id())
             or to_provider_id is null and to_specialty in (select ps.specialty from clinic.provider_specialty ps where ps.provider_id = (select auth.provider_id())))
    or patient_id in (select clinic.patients_for('referral.open')));
create policy own_name on clinic.referral as restrictive for insert to praxis_app with check (from_provider_id = (select auth.provider_id()));
create policy change on clinic.referral for update to praxis_app using (author = (select auth.actor()));

-- Identity: findable by all staff; patients see themselves.
create policy read on clinic.patient for select to praxis_app using ((select auth.unrestricted('patients.open', 'patient.open')) or account_id = (select auth.actor()));
create policy add on clinic.patient for insert to praxis_app with check ((select auth.unrestricted('patient.register')));
create policy change on clinic.patient for update to praxis_app using ((select auth.unrestricted('patient.change', 'patient.deactivate', 'patient.reactivate', 'patient.block', 'lists.none-known'))
    or account_id = (select auth.actor()) and (select auth.allowed('patient.change', 'self_patient'))
    or id in (select clinic.patients_for('lists.none-known')));
create policy write on clinic.patient_word to praxis_app using ((select auth.unrestricted('patient.register', 'patient.change')))
    with check ((select auth.unrestricted('patient.register', 'patient.change')));
create policy read on clinic.patient_alert for select to praxis_app using ((select auth.unrestricted('patient.open')) and not (select auth.allowed('patient.open', 'fewer_fields')));
create policy change on clinic.patient_alert for update to praxis_app using ((select auth.unrestricted('alert.strike', 'alert.restore')));
create policy read on clinic.connection for select to praxis_app using (provider_id = (select auth.provider_id())
    or (select auth.unrestricted('connection.end'))
    or patient_id in (select p.id from clinic.patient p where p.account_id = (select auth.actor())));

-- The schedule: who works with it sees it (reasons are needed at the desk), patients their own.
create policy add on clinic.clinic_session for insert to praxis_app with check (
    provider_id = (select auth.provider_id()) and (select auth.allowed('session.add', 'own_object'))
    or centre_id in (select clinic.centres_for('session.add')));
create policy change on clinic.clinic_session for update to praxis_app using (
    provider_id = (select auth.provider_id()) and (select auth.allowed('session.change', 'own_object'))
    or centre_id in (select clinic.centres_for('session.change')));
create policy read on clinic.appointment for select to praxis_app using ((select auth.unrestricted('appointment.open'))
    or patient_id in (select p.id from clinic.patient p where p.account_id = (select auth.actor())));
create policy book on clinic.appointment for insert to praxis_app with check (centre_id in (select clinic.centres_for('appointment.book')));
create policy change on clinic.appointment for update to praxis_app using (centre_id in (select clinic.centres_for('appointment.set-status'))
    or provider_id = (select auth.provider_id()) and (select auth.allowed('appointment.set-status', 'own_object')));
create policy read on clinic.appointment_event for select to praxis_app using ((select auth.unrestricted('appointment.open')));

-- Accounts: staff see each other, patients see who treats them; administrators manage.
create policy read on clinic.account for select to praxis_app using (id = (select auth.actor())
    or (select auth.unrestricted('patients.open', 'accounts.open')) or role <> 'patient' and (select auth.actor()) is not null);
create policy add on clinic.account for insert to praxis_app with check ((select auth.unrestricted('account.add', 'registration.accept')));
create policy change on clinic.account for update to praxis_app using ((select auth.unrestricted('account.change', 'account.deactivate', 'account.reactivate', 'account.block')));

-- The directory, changed by administrators.
create policy add on clinic.centre for insert to praxis_app with check ((select auth.unrestricted('centre.add')));
create policy change on clinic.centre for update to praxis_app using ((select auth.unrestricted('centre.change', 'centre.retire', 'centre.reopen')));
create policy add on clinic.department for insert to praxis_app with check ((select auth.unrestricted('department.add')));
create policy change on clinic.department for update to praxis_app using ((select auth.unrestricted('department.change')));
create policy write on clinic.specialty to praxis_app using ((select auth.unrestricted('provider.change'))) with check ((select auth.unrestricted('provider.change')));
create policy write on clinic.staff_centre to praxis_app using ((select auth.unrestricted('account.add', 'account.change')))
    with check ((select auth.unrestricted('account.add', 'account.change')));
create policy add on clinic.provider for insert to praxis_app with check ((select auth.unrestricted('account.add', 'account.change', 'registration.accept')));
create policy change on clinic.provider for update to praxis_app using ((select auth.unrestricted('provider.change', 'account.change', 'registration.accept')));
create policy write on clinic.provider_specialty to praxis_app using ((select auth.unrestricted('provider.change', 'registration.accept')))
    with check ((select auth.unrestricted('provider.change', 'registration.accept')));
create policy write on clinic.provider_centre to praxis_app
    using ((select auth.unrestricted('provider.set-centres', 'account.add', 'account.change', 'registration.accept')))
    with check ((select auth.unrestricted('provider.set-centres', 'account.add', 'account.change', 'registration.accept')));
create policy write on clinic.provider_hours to praxis_app using ((select auth.unrestricted('provider.set-hours'))) with check ((select auth.unrestricted('provider.set-hours')));
create policy read on clinic.provider_registration for select to praxis_app using ((select auth.unrestricted('registration.accept', 'registration.reject')));
create policy change on clinic.provider_registration for update to praxis_app using ((select auth.unrestricted('registration.accept', 'registration.reject')));

-- Drafts: one's own.
create policy own on clinic.draft to praxis_app using (account_id = (select auth.actor())) with check (account_id = (select auth.actor()));
create policy read on clinic.setting for select to praxis_app using ((select auth.actor()) is not null or key in ('clinic_name', 'clinic_contact', 'schema_min_client'));
create policy change on clinic.setting for update to praxis_app
    using ((select auth.unrestricted('setting.change')) and key not like 'schema\_%') with check ((select auth.unrestricted('setting.change')));

-- The log; the patient's side of it comes through its own function.
create policy read on audit.event for select to praxis_app using ((select auth.unrestricted('audit.open')));

-- Permissions: the rules are no secret among those who are signed in, proposals are for those who decide.
create policy read on clinic.policy_change for select to praxis_app using ((select auth.unrestricted('permission.propose', 'permission.confirm')));
grant select on clinic.policy_action, clinic.policy_rule, clinic.policy_change to praxis_app;

-- Where the rules differ from those handed over: `action role` of each. For `praxis check`, which nobody has signed in to.
create function clinic.policy_differs(p_rules jsonb) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(b.action, r.action) || ' ' || coalesce(b.role, r.role)
      from (select x ->> 'action' as action, x ->> 'role' as role, array(select jsonb_array_elements_text(x -> 'codes') order by 1) as codes
              from jsonb_array_elements(p_rules) x) b
      full join clinic.policy_rule r on r.action = b.action and r.role = b.role
     where b.codes is distinct from array(select unnest(case when r.next_at <= clinic.now() then r.next_codes else r.codes end) order by 1)
     order by 1
$$;

-- Changing a permission: one administrator proposes, another confirms. Where nobody else could confirm, it takes effect after
-- 24 hours by itself, and can be withdrawn until then.
create function clinic.propose_permission(p_id uuid, p_action text, p_role text, p_codes text[], p_why text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r clinic.policy_rule; t timestamptz := clinic.now(); due timestamptz; now_codes text[]; lost text;
begin
    if not auth.unrestricted('permission.propose') then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'permission.propose', 'why', 'role', 'role', auth.actor_role()));
    end if;
    perform pg_advisory_xact_lock(hashtext('praxis permissions'));
    select * into r from clinic.policy_rule x where x.action = p_action and x.role = p_role for update;
    if not found or not p_codes <@ (select a.codes from clinic.policy_action a where a.action = p_action) then
        perform clinic.refuse('permission_code', jsonb_build_object('action', p_action));
    end if;
    if exists (select from clinic.policy_change c where c.action = p_action and c.role = p_role and c.state = 'proposed'
                  and (c.effective_at is null or c.effective_at > t)) then
        perform clinic.refuse('permission_pending');
    end if;
    now_codes := case when r.next_at <= t then r.next_codes else r.codes end;
    if now_codes @> p_codes and now_codes <@ p_codes then perform clinic.refuse('permission_unchanged'); end if;
    -- Somebody who is active must be able to administer, whatever else is under way.
    select a into lost from unnest(array['account.add', 'account.change', 'permission.propose', 'permission.confirm', 'permission.withdraw']) a
     where not exists (
        select from clinic.policy_rule x join clinic.account p on p.role = x.role and p.deactivated_at is null
         where x.action = a
           and case when (x.action, x.role) = (p_action, p_role) then 'any' = any (p_codes)
                    else 'any' = any (x.codes) and 'any' = any (coalesce(x.next_codes, x.codes)) end)
     limit 1;
    if lost is not null then perform clinic.refuse('permission_leaves_nobody', jsonb_build_object('action', lost)); end if;
    if not exists (select from clinic.policy_rule x join clinic.account p on p.role = x.role and p.deactivated_at is null
                    where x.action = 'permission.confirm' and x.codes <> '{}' and p.id <> auth.actor()) then
        due := t + interval '24 hours';
    end if;
    insert into clinic.policy_change (id, action, role, codes_before, codes, why, proposed_by, proposed_at, effective_at)
    values (p_id, p_action, p_role, now_codes, p_codes, btrim(p_why), auth.actor(), t, due);
    update clinic.policy_rule x set codes = now_codes, next_codes = case when due is not null then p_codes end, next_at = due
     where x.action = p_action and x.role = p_role;
    return due;
end $$;

create function clinic.confirm_permission(p_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c clinic.policy_change; t timestamptz := clinic.now();
begin
    if not auth.unrestricted('permission.confirm') then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'permission.confirm', 'why', 'role', 'role', auth.actor_role()));
    end if;
    perform pg_advisory_xact_lock(hashtext('praxis permissions'));
    select * into c from clinic.policy_change x where x.id = p_id for update;
    if not found or c.state <> 'proposed' or c.effective_at <= t then perform clinic.refuse('permission_decided'); end if;
    if c.proposed_by = auth.actor() then perform clinic.refuse('permission_second_person'); end if;
    update clinic.policy_change x set state = 'confirmed', decided_by = auth.actor(), decided_at = t where x.id = p_id;
    update clinic.policy_rule x set codes = c.codes, next_codes = null, next_at = null where x.action = c.action and x.role = c.role;
end $$;

create function clinic.withdraw_permission(p_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c clinic.policy_change; t timestamptz := clinic.now();
begin
    if not auth.unrestricted('permission.withdraw') then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'permission.withdraw', 'why', 'role', 'role', auth.actor_role()));
    end if;
    perform pg_advisory_xact_lock(hashtext('praxis permissions'));
    select * into c from clinic.policy_change x where x.id = p_id for update;
    if not found or c.state <> 'proposed' or c.effective_at <= t then perform clinic.refuse('permission_decided'); end if;
    update clinic.policy_change x set state = 'withdrawn', decided_by = auth.actor(), decided_at = t where x.id = p_id;
    update clinic.policy_rule x set next_codes = null, next_at = null where x.action = c.action and x.role = c.role;
end $$;

select clinic.track(t) from unnest(array['policy_rule', 'policy_change']) t;

grant execute on function auth.permits(text) to praxis_app;
grant execute on function auth.allowed(text, text) to praxis_app;
grant execute on function auth.unrestricted(text[]) to praxis_app;
grant execute on function auth.permissions() to praxis_app;
grant execute on function auth.may(text, uuid, uuid) to praxis_app;
grant execute on function clinic.patients_for(text) to praxis_app;
grant execute on function clinic.centres_for(text) to praxis_app;
grant execute on function clinic.routed_orders() to praxis_app;
grant execute on function clinic.routed_prescriptions() to praxis_app;
grant execute on function clinic.action_of(text, text, jsonb, jsonb) to praxis_app;
grant execute on function clinic.set_visit_fee(uuid, bigint, int) to praxis_app;
grant execute on function clinic.policy_differs(jsonb) to praxis_app;
grant execute on function clinic.propose_permission(uuid, text, text, text[], text) to praxis_app;
grant execute on function clinic.confirm_permission(uuid) to praxis_app;
grant execute on function clinic.withdraw_permission(uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 6)::text where key = 'schema_version';
reset role;
