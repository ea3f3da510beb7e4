-- Who may see and do what, decided here whatever the program thinks. Policies ask the server's own answer to "who is
-- speaking"; a connection without a sign-in sees nothing at all.
set local role praxis_owner;

create function auth.is_staff() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select role <> 'patient' from clinic.account where id = auth.actor()), false)
$$;

create function auth.has_role(variadic p_roles text[]) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select role = any (p_roles) from clinic.account where id = auth.actor()), false)
$$;

create function auth.provider_id() returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select id from clinic.provider where account_id = auth.actor()
$$;

create function clinic.my_centres() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select centre_id from clinic.staff_centre where account_id = auth.actor()
    union
    select pc.centre_id from clinic.provider_centre pc join clinic.provider p on p.id = pc.provider_id
     where p.account_id = auth.actor()
$$;

-- The patients whose whole history the speaker may read (product.md, "reading a patient's history").
create function clinic.readable_patients() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with me as (select a.id, a.role, p.id as provider_id,
                       clinic.setting('history_policy') as policy,
                       make_interval(days => clinic.setting('history_grace_days')::int) as grace
                  from clinic.account a left join clinic.provider p on p.account_id = a.id where a.id = auth.actor())
    select x.patient_id from me, clinic.appointment x
     where me.policy = 'central' and x.provider_id = me.provider_id
       and (x.status in ('booked', 'arrived', 'in_progress')
            or x.status = 'completed' and coalesce(x.ended_at, x.ends_at) > clinic.now() - me.grace)
    union
    select c.patient_id from me, clinic.connection c
     where me.policy = 'central' and c.provider_id = me.provider_id and c.state = 'approved'
       and (c.until is null or c.until >= clinic.now()::date)
    union
    -- A nurse: visits arrived or in progress today at their centres.
    select x.patient_id from me, clinic.appointment x
     where me.policy = 'central' and me.role = 'nurse' and x.status in ('arrived', 'in_progress')
       and x.day = (clinic.now() at time zone (select zone from clinic.centre where id = x.centre_id))::date
       and x.centre_id in (select clinic.my_centres())
    union
    -- Everybody their own record.
    select p.id from me, clinic.patient p where p.account_id = me.id
$$;

create function clinic.may_read(p_patient uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p_patient in (select clinic.readable_patients())
$$;

-- May write clinical rows in this visit: its provider, or a nurse while the patient is there.
create function clinic.may_write(p_encounter uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.encounter e join clinic.provider p on p.id = e.provider_id
                    where e.id = p_encounter and p.account_id = auth.actor())
        or (auth.actor_role() = 'nurse' and exists (
            select from clinic.encounter e join clinic.appointment a on a.id = e.appointment_id
             where e.id = p_encounter and a.status in ('arrived', 'in_progress') and e.centre_id in (select clinic.my_centres())))
$$;

-- What may be known about allergies: listed | none_known | not_asked | hidden. Four different things.
create function clinic.allergy_state(p_patient uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when not (auth.is_staff() or p.account_id = auth.actor()) or auth.has_role('auditor', 'administrator') then 'hidden'
                when exists (select from clinic.allergy a where a.patient_id = p.id and a.status = 'active' and a.struck_at is null) then 'listed'
                else case p.allergy_state when 'listed' then 'none_known' else p.allergy_state end end
      from clinic.patient p where p.id = p_patient
$$;

-- The allergy marks: substances, reactions and severity of active allergies, for everybody who handles the patient.
create function clinic.allergy_marks(p_patient uuid) returns table (substance bytea, reaction bytea, severity text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.substance, a.reaction, a.severity from clinic.allergy a join clinic.patient p on p.id = a.patient_id
     where a.patient_id = p_patient and a.status = 'active' and a.struck_at is null
       and (auth.is_staff() and not auth.has_role('auditor', 'administrator') or p.account_id = auth.actor())
     order by case a.severity when 'severe' then 0 when 'moderate' then 1 else 2 end, a.created_at
$$;

-- Every text that begins with p_word lies from it up to here, in the order of bytes: an index finds them.
-- (Without a search path of its own, so that it becomes part of the query.)
create function clinic.word_end(p_word text) returns text
language sql immutable parallel safe as $$
    select p_word collate "C" operator(pg_catalog.||) pg_catalog.chr(1114111)
$$;

-- Words of names near a misspelled one, nearest first: alike by letters, two letters swapped, or one too many.
-- (The extension must be loaded before its setting is known.)
do $$ begin perform public.similarity('', ''); end $$;
create function clinic.near_words(p_word text) returns table (word text, nearness real)
language sql stable rows 40 security definer set search_path = pg_catalog, pg_temp set pg_trgm.similarity_threshold = 0.24 as $$
    with slip(w) as (
        select left(p_word, i - 1) || substr(p_word, i + 1, 1) || substr(p_word, i, 1) || substr(p_word, i + 2)
          from generate_series(1, length(p_word) - 1) i where length(p_word) >= 3
        union select left(p_word, i - 1) || substr(p_word, i + 1) from generate_series(1, length(p_word)) i where length(p_word) >= 4)
    select x.word, max(x.s)::real from (
        select n.word, 0.9 as s from slip join clinic.name_word n on n.word = slip.w collate "C"
        union all
        select n.word, public.similarity(n.word, p_word) from clinic.name_word n where n.word operator(public.%) p_word
        union all
        (select n.word, 0.95 from clinic.name_word n
          where n.word >= p_word collate "C" and n.word < clinic.word_end(p_word) limit 20)) x
     group by x.word order by 2 desc, 1 limit 40
$$;

-- Candidates of a search, at most 200, best first; the program ranks and marks them. Words are folded beginnings of words
-- of the name, in any order; digits are a record number, a national or Medicare number or the end of a phone; the rest
-- narrows. When words give few, words that are near are taken too.
create function clinic.find_patients(p_words text[], p_digits text, p_born date, p_born_year int, p_email text, p_limit int)
returns table (patient_id uuid, how text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    lim int := least(greatest(p_limit, 1), 200); lead text; ids uuid[]; more uuid[]; tail text := reverse(right(p_digits, 9));
    number int := case when ltrim(p_digits, '0') ~ '^[0-9]{1,9}$' then ltrim(p_digits, '0')::int end;
begin
    if not auth.is_staff() then return; end if;
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

-- Whose record the speaker opened or wrote last, the latest first.
create function clinic.recent_patients(p_limit int) returns table (patient_id uuid, at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.patient_id, max(e.at) from (
        select x.patient_id, x.at from audit.event x where x.account_id = auth.actor() order by x.at desc limit 500) e
     where e.patient_id is not null and auth.is_staff()
     group by e.patient_id order by 2 desc limit least(p_limit, 50)
$$;

-- Patients who may be the one being registered: the same or a near name, and the same birth date or phone; or the very
-- same name; or the same birth date and phone. The program says which and why.
create function clinic.look_alikes(p_words text[], p_born date, p_digits text, p_except uuid)
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
     where auth.is_staff() and c.id is distinct from p_except
     order by (coalesce(c.born, false)::int + coalesce(c.phone, false)::int) * 2 + c.alike desc, c.id limit 12
$$;

-- Why a specialist cannot be booked, and other facts that a refusal tells, looked at with the owner's eyes.
create function clinic.overlap_facts(p_patient uuid, p_provider uuid, p_from timestamptz, p_to timestamptz)
returns table (side text, starts_at timestamptz, ends_at timestamptz, provider_name text, centre_name text, appointment_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when a.patient_id = p_patient then 'patient' else 'provider' end, a.starts_at, a.ends_at,
           upper(v.family_name) || ' ' || v.given_name, c.name, a.id
      from clinic.appointment a
      join clinic.provider pr on pr.id = a.provider_id
      join clinic.account v on v.id = pr.account_id
      join clinic.centre c on c.id = a.centre_id
     where auth.is_staff() and (a.provider_id = p_provider or a.patient_id = p_patient)
       and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
       and a.during && tstzrange(p_from, p_to)
     order by 1 limit 2
$$;

-- What a patient may not change of themselves, and who may deactivate or block.
create function clinic.patient_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (new.deactivated_at, new.deactivated_why, new.blocked_until, new.blocked_why)
       is distinct from (old.deactivated_at, old.deactivated_why, old.blocked_until, old.blocked_why)
       and auth.actor() is not null and not auth.has_role('receptionist', 'administrator') then
        perform clinic.refuse('desk_only');
    end if;
    if (new.national_number, new.medicare_number, new.record_number)
       is distinct from (old.national_number, old.medicare_number, old.record_number) and auth.actor() is not null and not auth.is_staff() then
        perform clinic.refuse('numbers_are_locked');
    end if;
    return new;
end $$;
create trigger a_rules before update on clinic.patient for each row execute function clinic.patient_rules();

-- Why a record cannot be read: no_relationship | expired | only_cancelled | strict | role | unknown. Never its content.
create function clinic.why_not_read(p_patient uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when clinic.may_read(p_patient) then null
        when auth.has_role('receptionist', 'administrator', 'auditor', 'patient') then 'role'
        when clinic.setting('history_policy') = 'strict' then 'strict'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()
                      and a.status = 'completed') then 'expired'
        when exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = auth.provider_id()) then 'only_cancelled'
        else 'no_relationship' end
$$;

-- Why one visit cannot be read, when it cannot: the same reasons, or 'unknown' when there is no such visit.
create function clinic.why_not_record(p_encounter uuid, out why text, out patient_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when e.id is null then 'unknown'
                when e.author = auth.actor() or e.provider_id = auth.provider_id() then null
                else clinic.why_not_read(e.patient_id) end,
           case when auth.is_staff() then e.patient_id end
      from (select) one left join clinic.encounter e on e.id = p_encounter
$$;

-- A specialist has read the letter that was written to them or to their specialty.
create function clinic.referral_seen(p_referral uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update clinic.referral r set status = 'seen'
     where r.id = p_referral and r.status = 'sent' and r.struck_at is null
       and (r.to_provider_id = auth.provider_id()
            or r.to_provider_id is null and r.to_specialty in
               (select ps.specialty from clinic.provider_specialty ps where ps.provider_id = auth.provider_id()));
    return found;
end $$;

-- Row policies.
do $$
declare t text;
begin
    foreach t in array array['account', 'centre', 'department', 'specialty', 'staff_centre', 'provider', 'provider_specialty',
        'provider_centre', 'provider_hours', 'provider_registration', 'patient', 'patient_word', 'name_word', 'patient_alert', 'connection',
        'clinic_session', 'appointment', 'appointment_event', 'referral', 'encounter', 'observation', 'note', 'service_request',
        'result', 'report', 'diagnosis', 'prescription', 'treatment', 'allergy', 'condition', 'medication', 'surgery',
        'vaccination', 'family_history', 'draft', 'request', 'login_name', 'clock', 'setting'] loop
        execute format('alter table clinic.%I enable row level security', t);
    end loop;

    -- The directory: everybody who is signed in; changed by administrators.
    foreach t in array array['centre', 'department', 'specialty', 'staff_centre', 'provider', 'provider_specialty',
        'provider_centre', 'provider_hours'] loop
        execute format('create policy read on clinic.%I for select to praxis_app using ((select auth.actor()) is not null)', t);
        execute format('create policy administer on clinic.%I to praxis_app using ((select auth.has_role(''administrator''))) with check ((select auth.has_role(''administrator'')))', t);
        execute format('grant select, insert, update, delete on clinic.%I to praxis_app', t);
    end loop;
    revoke delete on clinic.centre, clinic.department, clinic.provider from praxis_app;

    -- What is written in a visit, and the patient's lists: whoever may read the patient, and the author.
    foreach t in array array['observation', 'note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment',
        'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create policy read on clinic.%I for select to praxis_app using (author = (select auth.actor()) or patient_id in (select clinic.readable_patients()))', t);
        execute format('grant select, insert on clinic.%I to praxis_app', t);
        execute format('grant update (struck_at, struck_by) on clinic.%I to praxis_app', t);
    end loop;
    foreach t in array array['note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment'] loop
        execute format('create policy add on clinic.%I for insert to praxis_app with check (author = (select auth.actor()) and (select clinic.may_write(encounter_id)))', t);
    end loop;
    -- Only the author changes what they wrote; the trigger refuses all of it once it is signed.
    foreach t in array array['observation', 'note', 'report', 'diagnosis', 'prescription', 'treatment'] loop
        execute format('create policy change on clinic.%I for update to praxis_app using (author = (select auth.actor())) with check (author = (select auth.actor()))', t);
    end loop;
    foreach t in array array['allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create policy add on clinic.%I for insert to praxis_app with check (author = (select auth.actor()) and (encounter_id is null or clinic.may_write(encounter_id)) and (patient_id in (select clinic.readable_patients()) or (select auth.has_role(''receptionist''))))', t);
        execute format('create policy change on clinic.%I for update to praxis_app using (author = (select auth.actor()) or patient_id in (select clinic.readable_patients()) and (select auth.is_staff()))', t);
    end loop;
end $$;

-- Receptionists enter allergies and vitals at intake, and none of the other lists.
create policy intake_only on clinic.condition as restrictive for insert to praxis_app with check (not (select auth.has_role('receptionist')));
create policy intake_only on clinic.medication as restrictive for insert to praxis_app with check (not (select auth.has_role('receptionist')));
create policy intake_only on clinic.surgery as restrictive for insert to praxis_app with check (not (select auth.has_role('receptionist')));
create policy intake_only on clinic.vaccination as restrictive for insert to praxis_app with check (not (select auth.has_role('receptionist')));
create policy intake_only on clinic.family_history as restrictive for insert to praxis_app with check (not (select auth.has_role('receptionist')));
create policy add on clinic.observation for insert to praxis_app with check (author = (select auth.actor())
    and (encounter_id is null and (select auth.has_role('receptionist', 'nurse')) or encounter_id is not null and clinic.may_write(encounter_id)));
create policy change on clinic.service_request for update to praxis_app
    using (author = (select auth.actor()) or patient_id in (select clinic.readable_patients()) and (select auth.is_staff()));

grant update (title, body, system) on clinic.note to praxis_app;
grant update (status, reviewed_at, reviewed_by, specimen, urgency, notes) on clinic.service_request to praxis_app;
grant update (role, certainty, condition_id) on clinic.diagnosis to praxis_app;
grant update (status) on clinic.prescription to praxis_app;
grant update (title, notes) on clinic.treatment to praxis_app;
grant update (status, reaction, severity, since) on clinic.allergy to praxis_app;
grant update (status, treatment, since) on clinic.condition to praxis_app;
grant update (ended_on) on clinic.medication to praxis_app;

create policy read on clinic.result for select to praxis_app using (author = (select auth.actor())
    or patient_id in (select clinic.readable_patients())
    or exists (select from clinic.service_request r where r.id = service_request_id and r.author = (select auth.actor())));
create policy add on clinic.result for insert to praxis_app with check (author = (select auth.actor())
    and exists (select from clinic.service_request r where r.id = service_request_id)
    and (select auth.is_staff()));
create policy change on clinic.result for update to praxis_app using (true);
grant select, insert on clinic.result to praxis_app;
grant update (acknowledged_at, acknowledged_by, struck_at, struck_by) on clinic.result to praxis_app;

-- Visits.
create policy read on clinic.encounter for select to praxis_app using (author = (select auth.actor())
    or provider_id = (select auth.provider_id()) or patient_id in (select clinic.readable_patients()));
create policy add on clinic.encounter for insert to praxis_app with check (author = (select auth.actor())
    and provider_id = (select auth.provider_id())
    -- Whoever is booked with a patient sees them, also where the history itself is closed (policy `strict`).
    and (patient_id in (select clinic.readable_patients())
         or appointment_id in (select a.id from clinic.appointment a where a.provider_id = (select auth.provider_id()) and a.status = 'in_progress')));
create policy change on clinic.encounter for update to praxis_app using (provider_id = (select auth.provider_id()));
grant select, insert on clinic.encounter to praxis_app;
grant update (state, ended_at, chief_complaint, follow_up_on, follow_up_notes, follow_up_appointment_id, fee_cents, sick_from,
    sick_to, documents, void_why, signed_at, signed_by) on clinic.encounter to praxis_app;

-- Referrals: the letter is for the writer, the one it is written to, and readers of the history.
create policy read on clinic.referral for select to praxis_app using (author = (select auth.actor())
    or status <> 'draft' and struck_at is null and (to_provider_id = (select auth.provider_id())
        or to_provider_id is null and to_specialty in (select ps.specialty from clinic.provider_specialty ps where ps.provider_id = (select auth.provider_id())))
    or patient_id in (select clinic.readable_patients()));
create policy add on clinic.referral for insert to praxis_app with check (author = (select auth.actor())
    and from_provider_id = (select auth.provider_id()) and clinic.may_write(encounter_id));
create policy change on clinic.referral for update to praxis_app using (author = (select auth.actor()) or to_provider_id = (select auth.provider_id()));
grant select, insert on clinic.referral to praxis_app;
grant update (to_provider_id, to_specialty, outside_name, outside_specialty, outside_contact, reason, letter, urgency,
    visits_allowed, valid_until, status, sent_at, struck_at, struck_by) on clinic.referral to praxis_app;
-- Reception sees that a referral exists, not its letter.
create function clinic.referral_exists(p_patient uuid, p_provider uuid, p_day date) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.is_staff() and clinic.open_referral(p_patient, p_provider, p_day) is not null
$$;

-- Identity: findable by all staff; patients see themselves.
create policy read on clinic.patient for select to praxis_app using ((select auth.is_staff()) or account_id = (select auth.actor()));
create policy add on clinic.patient for insert to praxis_app with check ((select auth.has_role('receptionist', 'nurse', 'gp', 'specialist', 'other_provider', 'administrator')));
create policy change on clinic.patient for update to praxis_app using ((select auth.has_role('receptionist', 'nurse', 'gp', 'specialist', 'other_provider', 'administrator')) or account_id = (select auth.actor()));
grant select, insert on clinic.patient to praxis_app;
grant usage on clinic.record_number_seq to praxis_app;
grant update (family_name, given_name, preferred_name, second_script_name, sex, birth_date, national_number, medicare_number,
    email, phone, phone_digits, address, language, contact_name, contact_relationship, contact_phone, blood_group,
    allergy_state, centre_id, incomplete, deactivated_at, deactivated_why, blocked_until, blocked_why) on clinic.patient to praxis_app;
create policy write on clinic.patient_word to praxis_app using ((select auth.is_staff())) with check ((select auth.is_staff()));
grant insert, delete, select (patient_id) on clinic.patient_word to praxis_app;
create policy read on clinic.patient_alert for select to praxis_app using ((select auth.is_staff()));
create policy add on clinic.patient_alert for insert to praxis_app with check (author = (select auth.actor()) and (select auth.is_staff()));
create policy change on clinic.patient_alert for update to praxis_app using ((select auth.is_staff()));
grant select, insert, update (struck_at) on clinic.patient_alert to praxis_app;
create policy read on clinic.connection for select to praxis_app using ((select auth.is_staff())
    or patient_id in (select p.id from clinic.patient p where p.account_id = (select auth.actor())));
grant select on clinic.connection to praxis_app;

-- The schedule: all staff see it (reasons are needed at the desk), patients their own.
create policy read on clinic.clinic_session for select to praxis_app using ((select auth.actor()) is not null);
create policy write on clinic.clinic_session to praxis_app
    using (provider_id = (select auth.provider_id()) or (select auth.has_role('receptionist', 'administrator')))
    with check (provider_id = (select auth.provider_id()) or (select auth.has_role('receptionist', 'administrator')));
grant select, insert, update (starts_at, ends_at, slot_minutes, removed_at) on clinic.clinic_session to praxis_app;
create policy read on clinic.appointment for select to praxis_app using ((select auth.has_role('receptionist', 'nurse', 'gp',
    'specialist', 'other_provider', 'diagnostics_provider', 'pharmacist', 'administrator'))
    or patient_id in (select p.id from clinic.patient p where p.account_id = (select auth.actor())));
create policy book on clinic.appointment for insert to praxis_app with check ((select auth.has_role('receptionist', 'nurse', 'gp',
    'specialist', 'other_provider', 'diagnostics_provider', 'pharmacist', 'administrator')));
create policy change on clinic.appointment for update to praxis_app using ((select auth.has_role('receptionist', 'nurse', 'gp',
    'specialist', 'other_provider', 'diagnostics_provider', 'pharmacist', 'administrator')));
grant select, insert on clinic.appointment to praxis_app;
grant update (provider_id, centre_id, clinic_session_id, referral_id, kind, status, starts_at, ends_at, day, reason, visit_type, room,
    status_why) on clinic.appointment to praxis_app;
create policy read on clinic.appointment_event for select to praxis_app using ((select auth.is_staff()));
grant select on clinic.appointment_event to praxis_app;

-- Accounts: staff see each other, patients see who treats them; administrators manage.
create policy read on clinic.account for select to praxis_app using (id = (select auth.actor()) or (select auth.is_staff()) or role <> 'patient' and (select auth.actor()) is not null);
create policy administer on clinic.account to praxis_app using ((select auth.has_role('administrator'))) with check ((select auth.has_role('administrator')));
grant select, insert, update (login, email, family_name, given_name, phone, role, incomplete, deactivated_at, deactivated_why) on clinic.account to praxis_app;

-- The clinic always has somebody who can administer it, nobody locks themselves out, and who has seen patients as a
-- provider stays one.
create function clinic.account_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare leaves boolean := old.role = 'administrator' and old.deactivated_at is null
            and (new.role <> 'administrator' or new.deactivated_at is not null);
begin
    if new.id = auth.actor() and (new.deactivated_at is not null or new.role <> old.role) then
        perform clinic.refuse('not_your_own_account');
    end if;
    if leaves then
        -- Two administrators who remove each other wait for each other here.
        perform pg_advisory_xact_lock(hashtext('praxis administrators'));
        if not exists (select from clinic.account a where a.role = 'administrator' and a.deactivated_at is null and a.id <> new.id) then
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
create trigger account_rules before update on clinic.account for each row execute function clinic.account_rules();

-- A centre is retired when nothing is planned there any more.
create function clinic.centre_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
    if new.retired_at is not null and old.retired_at is null then
        select count(*) into n from clinic.clinic_session s
         where s.centre_id = new.id and s.removed_at is null and s.ends_at > clinic.now();
        if n > 0 then perform clinic.refuse('centre_has_sessions', jsonb_build_object('sessions', n)); end if;
    end if;
    return new;
end $$;
create trigger centre_rules before update on clinic.centre for each row execute function clinic.centre_rules();

-- A provider leaves a centre when nothing is planned there any more, and no hours are lost by it.
create function clinic.affiliation_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
    select count(*) into n from clinic.clinic_session s
     where s.provider_id = old.provider_id and s.centre_id = old.centre_id and s.removed_at is null and s.ends_at > clinic.now();
    if n > 0 then perform clinic.refuse('affiliation_has_sessions', jsonb_build_object('sessions', n)); end if;
    if exists (select from clinic.provider_hours h where h.provider_id = old.provider_id and h.centre_id = old.centre_id) then
        perform clinic.refuse('affiliation_has_hours');
    end if;
    return old;
end $$;
create trigger affiliation_rules before delete on clinic.provider_centre for each row execute function clinic.affiliation_rules();

-- An administrator gives a one-time code: the program computes its verifier, only this stores it.
create function auth.set_code(p_account uuid, p_salt bytea, p_params text, p_verifier bytea, p_hours int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.has_role('administrator') then perform clinic.refuse('administrators_only'); end if;
    insert into auth.credential (account_id, salt, params, verifier, must_change, expires_at)
    values (p_account, p_salt, p_params, p_verifier, true, now() + make_interval(hours => least(p_hours, 168)))
    on conflict (account_id) do update set salt = excluded.salt, params = excluded.params, verifier = excluded.verifier,
        must_change = true, expires_at = excluded.expires_at, set_at = now();
    update auth.session set ended_at = now() where account_id = p_account and ended_at is null;
end $$;

-- A change of one's own place of work, remembered for the next sign-in.
create function auth.work_at(p_centre uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_centre not in (select clinic.my_centres()) then return false; end if;
    update auth.session set centre_id = p_centre where id = auth.session_id();
    update clinic.account set last_centre_id = p_centre where id = auth.actor();
    return true;
end $$;

-- Provider registrations: anybody may apply; administrators decide.
create function clinic.apply_as_provider(p_id uuid, p_email text, p_family text, p_given text, p_phone text, p_profession text,
    p_provider_number text, p_registration_number text, p_licence_number text, p_expertise text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (select count(*) from clinic.provider_registration where created_at > now() - interval '1 hour') >= 20 then
        perform clinic.refuse('too_many_applications');
    end if;
    insert into clinic.provider_registration (id, email, family_name, given_name, phone, profession, provider_number,
        registration_number, licence_number, expertise)
    values (p_id, left(lower(p_email), 254), left(p_family, 100), left(p_given, 100), left(p_phone, 40), left(p_profession, 40),
        left(p_provider_number, 40), left(p_registration_number, 40), left(p_licence_number, 40), left(p_expertise, 200))
    -- Sent again after a broken line: it is there already.
    on conflict (id) do nothing;
    if not found then return; end if;
    perform audit.record('registration.apply', 'provider_registration', p_id, null, 'done', '{}');
end $$;
create policy administer on clinic.provider_registration to praxis_app
    using ((select auth.has_role('administrator'))) with check ((select auth.has_role('administrator')));
grant select, update (state, decided_at, decided_by, decision_note) on clinic.provider_registration to praxis_app;

-- Drafts: one's own.
create policy own on clinic.draft to praxis_app using (account_id = (select auth.actor())) with check (account_id = (select auth.actor()));
grant select, insert, update (revision, payload, saved_at, version_seen, closed_at) on clinic.draft to praxis_app;
create policy read on clinic.setting for select to praxis_app using ((select auth.actor()) is not null or key in ('clinic_name', 'clinic_contact', 'schema_min_client'));
create policy administer on clinic.setting for update to praxis_app
    using ((select auth.has_role('administrator')) and key not like 'schema\_%') with check ((select auth.has_role('administrator')));
grant update (value, changed_at) on clinic.setting to praxis_app;

-- The log: auditors and administrators; the patient's side of it comes through its own function.
alter table audit.event enable row level security;
alter table audit.chain enable row level security;
create policy read on audit.event for select to praxis_app using ((select auth.has_role('auditor', 'administrator')));
grant select on audit.event to praxis_app;

-- What the program's role may call.
grant execute on function auth.is_staff() to praxis_app;
grant execute on function auth.has_role(text[]) to praxis_app;
grant execute on function auth.provider_id() to praxis_app;
grant execute on function clinic.my_centres() to praxis_app;
grant execute on function clinic.readable_patients() to praxis_app;
grant execute on function clinic.may_read(uuid) to praxis_app;
grant execute on function clinic.may_write(uuid) to praxis_app;
grant execute on function clinic.allergy_state(uuid) to praxis_app;
grant execute on function clinic.allergy_marks(uuid) to praxis_app;
grant execute on function clinic.find_patients(text[], text, date, int, text, int) to praxis_app;
grant execute on function clinic.recent_patients(int) to praxis_app;
grant execute on function clinic.look_alikes(text[], date, text, uuid) to praxis_app;
grant execute on function clinic.overlap_facts(uuid, uuid, timestamptz, timestamptz) to praxis_app;
grant execute on function clinic.why_not_read(uuid) to praxis_app;
grant execute on function clinic.next_free(uuid[]) to praxis_app;
grant execute on function clinic.referral_exists(uuid, uuid, date) to praxis_app;
grant execute on function auth.set_code(uuid, bytea, text, bytea, int) to praxis_app;
grant execute on function auth.work_at(uuid) to praxis_app;
grant execute on function clinic.why_not_record(uuid) to praxis_app;
grant execute on function clinic.referral_seen(uuid) to praxis_app;
grant execute on function clinic.apply_as_provider(uuid, text, text, text, text, text, text, text, text, text) to praxis_app;
grant execute on function clinic.refuse(text, jsonb) to praxis_app;
grant execute on function auth.is_staff(), auth.has_role(text[]), auth.provider_id(), clinic.my_centres(), clinic.readable_patients(),
    clinic.may_read(uuid), clinic.may_write(uuid), clinic.allergy_state(uuid), clinic.allergy_marks(uuid),
    clinic.find_patients(text[], text, date, int, text, int), clinic.recent_patients(int),
    clinic.look_alikes(text[], date, text, uuid), clinic.overlap_facts(uuid, uuid, timestamptz, timestamptz),
    clinic.why_not_read(uuid), clinic.why_not_record(uuid), clinic.referral_seen(uuid), clinic.referral_exists(uuid, uuid, date), auth.set_code(uuid, bytea, text, bytea, int), auth.work_at(uuid),
    clinic.apply_as_provider(uuid, text, text, text, text, text, text, text, text, text), clinic.refuse(text, jsonb) to praxis_app;

-- Who this connection's session is, for the program's status line: answered also to somebody who must choose a password.
create function auth.whoami() returns table (account_id uuid, session_id uuid, role text, login text, family_name text,
    given_name text, provider_id uuid, patient_id uuid, centre_id uuid, centre_name text, zone text, must_change boolean, locked boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id, s.session_id, a.role, a.login, a.family_name, a.given_name, p.id, pt.id, c.id, c.name, c.zone, k.must_change, s.locked
      from auth.session_any() s
      join clinic.account a on a.id = s.account_id
      join auth.credential k on k.account_id = a.id
      join auth.session os on os.id = s.session_id
      left join clinic.provider p on p.account_id = a.id
      left join clinic.patient pt on pt.account_id = a.id
      left join lateral (
          select c.* from clinic.centre c
           where c.id in (select x.centre_id from clinic.staff_centre x where x.account_id = a.id
                          union select y.centre_id from clinic.provider_centre y where y.provider_id = p.id
                          union select pt.centre_id where a.role = 'patient') -- their times are those of their centre
             and c.retired_at is null
           order by c.id = os.centre_id desc nulls last, c.id = a.last_centre_id desc nulls last, c.name limit 1) c on true
$$;
grant execute on function auth.whoami() to praxis_app;
reset role;
