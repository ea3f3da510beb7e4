-- Two records of one person: a link from the merged record to the one that goes on, never a rewrite. Every row stays under its own
-- patient and key, so that taking the link away gives back exactly what was.
set local role praxis_owner;

create table clinic.patient_link (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,      -- the merged record; the reason is sealed under its key
    survivor_id uuid not null references clinic.patient,
    reason bytea not null,
    merged_at timestamptz not null default clinic.now(),
    merged_by uuid not null references clinic.account,
    undone_at timestamptz,
    undone_by uuid references clinic.account,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint patient_link_two check (patient_id <> survivor_id),
    constraint patient_link_undone check ((undone_at is null) = (undone_by is null))
);
create unique index patient_link_merged on clinic.patient_link (patient_id) where undone_at is null;
create index patient_link_survivor on clinic.patient_link (survivor_id) where undone_at is null;
select clinic.seal_columns('patient_link');
select clinic.track('patient_link');

-- All records of the person whose record this is, the one that goes on first.
create function clinic.records_of(p_patient uuid) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare goes_on uuid := coalesce((select l.survivor_id from clinic.patient_link l where l.patient_id = p_patient and l.undone_at is null), p_patient);
begin
    if session_user = 'praxis_app' and auth.actor() is null then return null; end if;
    return goes_on || array(select l.patient_id from clinic.patient_link l
                             where l.survivor_id = goes_on and l.undone_at is null order by l.merged_at, l.id);
end $$;

-- The speaker's own records as a patient.
create function clinic.own_records() returns setof uuid
language plpgsql stable rows 2 security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select distinct r from clinic.patient p, unnest(clinic.records_of(p.id)) r where p.account_id = auth.actor();
end $$;

-- Whoever is tied to one record of a person is tied to the person.
alter function clinic.patients_by(text[]) rename to patients_tied;
create function clinic.patients_by(p_codes text[]) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from clinic.patient_link l where l.undone_at is null) then
        return query select t from clinic.patients_tied(p_codes) t;
        return;
    end if;
    return query
        with tied as materialized (select t.id from clinic.patients_tied(p_codes) t(id)),
        person as (select l.survivor_id as id from clinic.patient_link l
                    where l.undone_at is null and (l.patient_id in (select id from tied) or l.survivor_id in (select id from tied)))
        select id from tied
        union select id from person
        union select l.patient_id from clinic.patient_link l where l.undone_at is null and l.survivor_id in (select id from person);
end $$;
create or replace function clinic.patients_for(p_action text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select clinic.patients_by(clinic.codes_now(p_action))
        union
        select o from clinic.own_records() o where clinic.as_patient(p_action);
end $$;

create or replace function clinic.related(p_patient uuid, p_provider uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare ids uuid[] := clinic.records_of(p_patient);
begin
    return exists (select from clinic.appointment a
                    where a.patient_id = any (ids) and a.provider_id = p_provider
                      and not exists (select from clinic.emergency e where e.appointment_id = a.id)
                      and (a.status in ('booked', 'arrived', 'in_progress')
                           or a.status = 'completed' and a.ends_at > clinic.now() - make_interval(days =>
                              (select value::int from clinic.setting where key = 'history_grace_days'))))
        or exists (select from clinic.connection c where c.patient_id = any (ids) and c.provider_id = p_provider
                      and c.state = 'approved' and (c.until is null or c.until >= clinic.now()::date));
end $$;

create or replace function clinic.open_referral(p_patient uuid, p_provider uuid, p_day date, p_except uuid default null) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare ids uuid[] := clinic.records_of(p_patient);
begin
    return (select r.id from clinic.referral r
     where r.patient_id = any (ids) and r.status in ('sent', 'seen', 'booked') and r.struck_at is null
       and r.written_on <= p_day and r.valid_until >= p_day
       and (r.to_provider_id = p_provider
            or r.to_provider_id is null and r.to_specialty in
               (select specialty from clinic.provider_specialty where provider_id = p_provider))
       and (r.visits_allowed is null or r.visits_allowed > (
            select count(*) from clinic.appointment a where a.referral_id = r.id and a.id is distinct from p_except
               and a.status not in ('cancelled', 'no_show', 'voided', 'left')))
     order by r.to_provider_id is null, r.valid_until limit 1);
end $$;

create or replace function clinic.why_not_read(p_patient uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare ids uuid[] := clinic.records_of(p_patient); mine uuid := auth.provider_id();
begin
    return case
        when clinic.may_read(p_patient) then null
        when not coalesce(auth.permits('history.open') && array['relationship', 'connection', 'present_today'], false) then 'role'
        when exists (select from clinic.emergency e where e.patient_id = any (ids) and e.account_id = auth.actor()
                      and e.opened_at > clinic.now() - interval '1 day') then 'emergency_over'
        when clinic.setting('history_policy') = 'strict' then 'strict'
        when exists (select from clinic.appointment a where a.patient_id = any (ids) and a.provider_id = mine
                      and a.status = 'completed' and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then 'expired'
        when exists (select from clinic.appointment a where a.patient_id = any (ids) and a.provider_id = mine
                      and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then 'only_cancelled'
        else 'no_relationship' end;
end $$;

-- By which right somebody sees a record is told of the person too.
create or replace function audit.right_to(p_patient uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid := auth.provider_id(); ids uuid[] := clinic.records_of(p_patient);
begin
    if me is null then return null; end if;
    if exists (select from clinic.patient p where p.id = any (ids) and p.account_id = me) then return 'own'; end if;
    if exists (select from clinic.emergency e where e.patient_id = any (ids) and e.account_id = me
                  and e.ended_at is null and e.until > clinic.now()) then return 'emergency'; end if;
    if exists (select from clinic.appointment a where a.patient_id = any (ids) and a.provider_id = mine
                  and a.status not in ('cancelled', 'no_show')
                  and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then return 'appointment'; end if;
    if exists (select from clinic.connection c where c.patient_id = any (ids) and c.provider_id = mine and c.state = 'approved') then
        return 'connection';
    end if;
    if exists (select from clinic.access_request r where r.patient_id = any (ids) and r.asker = me
                  and r.state = 'granted' and r.until > clinic.now()) then return 'granted'; end if;
    return 'role';
end $$;

-- One's own keys and one's own signed rows: of each of one's records.
create or replace function clinic.key_is_given(p_owner uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return auth.actor() is not null and (
        p_owner = '00000000-0000-0000-0000-000000000000' or auth.is_staff() and not auth.has_role('auditor')
        or p_owner in (select clinic.own_records()));
end $$;
create or replace function clinic.patient_keys(p_owners uuid[])
returns table (owner uuid, version int, id uuid, kek text, wrapped bytea, destroyed_at timestamptz)
language sql stable rows 20 security definer set search_path = pg_catalog, pg_temp as $$
    with me as materialized (select auth.actor() as id, auth.is_staff() and not auth.has_role('auditor') as staff)
    select o, k.version, k.id, k.kek, k.wrapped, k.destroyed_at
      from me, unnest(p_owners) o
      join clinic.patient_key k on coalesce(k.patient_id, '00000000-0000-0000-0000-000000000000'::uuid) = o
     where me.id is not null and (me.staff or o = '00000000-0000-0000-0000-000000000000' or o in (select clinic.own_records()))
     limit 10000
$$;
create or replace function clinic.is_signed(p_encounter uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.encounter e where e.id = p_encounter and e.state = 'signed' and e.patient_id in (select clinic.own_records()))
$$;
do $$
declare t text;
begin
    foreach t in array array['observation', 'note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment',
        'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('alter policy own_signed on clinic.%I using (
            patient_id not in (select clinic.own_records()) or author = (select auth.actor())
            or struck_at is null and (encounter_id is null or clinic.is_signed(encounter_id)))', t);
    end loop;
end $$;
alter policy own_signed on clinic.encounter using (patient_id not in (select clinic.own_records()) or state = 'signed');
alter policy own_signed on clinic.result using (patient_id not in (select clinic.own_records()) or author = (select auth.actor())
    or struck_at is null and exists (select from clinic.service_request r where r.id = service_request_id));
alter policy own_signed on clinic.referral using (patient_id not in (select clinic.own_records()) or status <> 'draft' and struck_at is null);
create policy own_records on clinic.patient for select to praxis_app using (id in (select clinic.own_records()));
create policy own_records on clinic.appointment for select to praxis_app using (patient_id in (select clinic.own_records()));

-- The allergies of the person, of every record: listed when one is, none known when somebody has asked.
create or replace function clinic.allergy_state(p_patient uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare ids uuid[] := clinic.records_of(p_patient);
begin
    if not exists (select from clinic.patient p where p.id = p_patient) then return null; end if;
    return case when not (auth.unrestricted('patient.open') and not auth.allowed('patient.open', 'fewer_fields')
                          or p_patient in (select clinic.own_records()) and auth.allowed('patient.open', 'self_patient')) then 'hidden'
                when exists (select from clinic.allergy a where a.patient_id = any (ids) and a.status = 'active' and a.struck_at is null) then 'listed'
                when exists (select from clinic.patient p where p.id = any (ids) and p.allergy_state in ('listed', 'none_known')) then 'none_known'
                else 'not_asked' end;
end $$;
create function clinic.allergy_marks_of(p_patient uuid)
returns table (patient_id uuid, record_number int, id uuid, substance bytea, reaction bytea, severity text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.patient_id, p.record_number, a.id, a.substance, a.reaction, a.severity
      from clinic.allergy a join clinic.patient p on p.id = a.patient_id
     where a.patient_id = any ((select clinic.records_of(p_patient))::uuid[]) and a.status = 'active' and a.struck_at is null
       and coalesce(clinic.allergy_state(p_patient), 'hidden') <> 'hidden'
     order by case a.severity when 'severe' then 0 when 'moderate' then 1 else 2 end, a.created_at
$$;

-- Staff meet every record of their own only as a patient does.
alter function auth.may(text, uuid, uuid) rename to may_by_record;
revoke execute on function auth.may_by_record(text, uuid, uuid) from praxis_app;
create function auth.may(p_action text, p_patient uuid, p_object uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare whose uuid;
begin
    if auth.actor_role() <> 'patient' and exists (select from clinic.patient_link l where l.undone_at is null)
       and exists (select from clinic.own_records()) then
        whose := coalesce((select x.patient from clinic.about(p_object) x), p_patient);
        if whose in (select clinic.own_records()) then
            return case when not clinic.as_patient(p_action) then 'own_record' end;
        end if;
    end if;
    return auth.may_by_record(p_action, p_patient, p_object);
end $$;

-- In an emergency the number of a merged record finds the one that goes on.
alter function clinic.emergency_patient(text, date) rename to emergency_record;
create function clinic.emergency_patient(p_number text, p_born date) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select (clinic.records_of(x.id))[1] from (select clinic.emergency_record(p_number, p_born) as id) x where x.id is not null
$$;

-- Where a merged record leads: its number and the one it was merged into. Null when it was not.
create function clinic.merged_facts(p_patient uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('number', lpad(p.record_number::text, 6, '0'), 'into', lpad(s.record_number::text, 6, '0'))
      from clinic.patient_link l
      join clinic.patient p on p.id = l.patient_id
      join clinic.patient s on s.id = l.survivor_id
     where l.patient_id = p_patient and l.undone_at is null
$$;

create function clinic.merge_patients(p_id uuid, p_patient uuid, p_survivor uuid, p_reason bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare why text := coalesce(auth.may('patient.merge', p_patient, null), auth.may('patient.merge', p_survivor, null)); facts jsonb; other text;
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'patient.merge', 'why', why, 'role', auth.actor_role()));
    end if;
    if p_patient = p_survivor then perform clinic.refuse('merge_itself'); end if;
    if p_reason is null or length(p_reason) < 2 then perform clinic.refuse('merge_needs_reason'); end if;
    -- Both rows in one order: two desks that merge the same two wait for each other, and so does whoever books one of them.
    perform from clinic.patient p where p.id in (p_patient, p_survivor) order by p.id for update;
    if (select count(*) from clinic.patient p where p.id in (p_patient, p_survivor)) <> 2 then perform clinic.refuse('merge_no_patient'); end if;
    facts := clinic.merged_facts(p_patient);
    if facts is not null then perform clinic.refuse('merge_already', facts); end if;
    facts := clinic.merged_facts(p_survivor);
    if facts is not null then perform clinic.refuse('merge_chain', facts); end if;
    select lpad(m.record_number::text, 6, '0') into other
      from clinic.patient_link l join clinic.patient m on m.id = l.patient_id
     where l.survivor_id = p_patient and l.undone_at is null order by m.record_number limit 1;
    if other is not null then
        perform clinic.refuse('merge_goes_on', jsonb_build_object('other', other,
            'number', (select lpad(p.record_number::text, 6, '0') from clinic.patient p where p.id = p_patient)));
    end if;
    select lpad(p.record_number::text, 6, '0') into other
      from clinic.patient p join clinic.patient_key k on k.patient_id = p.id
     where p.id in (p_patient, p_survivor) and k.destroyed_at is not null limit 1;
    if other is not null then perform clinic.refuse('merge_erased', jsonb_build_object('number', other)); end if;
    if exists (select from clinic.appointment a where a.patient_id = p_patient and a.status = 'in_progress')
       or exists (select from clinic.encounter e where e.patient_id = p_patient and e.state in ('open', 'paused')) then
        perform clinic.refuse('merge_visit_open', jsonb_build_object(
            'number', (select lpad(p.record_number::text, 6, '0') from clinic.patient p where p.id = p_patient)));
    end if;
    insert into clinic.patient_link (id, patient_id, survivor_id, reason, merged_at, merged_by)
    values (p_id, p_patient, p_survivor, p_reason, clinic.now(), auth.actor());
end $$;

create function clinic.unmerge_patient(p_patient uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may('patient.unmerge', p_patient, null); l clinic.patient_link;
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'patient.unmerge', 'why', why, 'role', auth.actor_role()));
    end if;
    select * into l from clinic.patient_link x where x.patient_id = p_patient and x.undone_at is null;
    if not found then perform clinic.refuse('unmerge_not_merged'); end if;
    perform from clinic.patient p where p.id in (l.patient_id, l.survivor_id) order by p.id for update;
    update clinic.patient_link x set undone_at = clinic.now(), undone_by = auth.actor() where x.id = l.id and x.undone_at is null;
    if not found then perform clinic.refuse('unmerge_not_merged'); end if;
    return l.survivor_id;
end $$;

-- How much there is in a record, for whoever decides about merging it. Numbers only: what it says is for its readers.
create function clinic.merge_counts(p_patient uuid, out appointments int, out to_come int, out waiting int, out no_shows int,
    out visits int, out unsigned int, out last_visit date, out allergies int, out entries int, out results int, out signs_in boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if auth.permits('patient.merge') is null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'patient.merge', 'why', 'role', 'role', auth.actor_role()));
    end if;
    select count(*), count(*) filter (where a.status = 'booked' and a.ends_at > clinic.now()),
           count(*) filter (where a.status in ('arrived', 'in_progress')), count(*) filter (where a.status = 'no_show')
      into appointments, to_come, waiting, no_shows from clinic.appointment a where a.patient_id = p_patient;
    select count(*), count(*) filter (where e.state in ('open', 'paused')), max(e.day)
      into visits, unsigned, last_visit from clinic.encounter e where e.patient_id = p_patient and e.state <> 'voided';
    select count(*) into allergies from clinic.allergy x where x.patient_id = p_patient and x.struck_at is null;
    entries := (select count(*) from clinic.condition x where x.patient_id = p_patient and x.struck_at is null)
             + (select count(*) from clinic.medication x where x.patient_id = p_patient and x.struck_at is null)
             + (select count(*) from clinic.surgery x where x.patient_id = p_patient and x.struck_at is null)
             + (select count(*) from clinic.vaccination x where x.patient_id = p_patient and x.struck_at is null)
             + (select count(*) from clinic.family_history x where x.patient_id = p_patient and x.struck_at is null);
    select count(*) into results from clinic.result x where x.patient_id = p_patient and x.struck_at is null;
    select p.account_id is not null into signs_in from clinic.patient p where p.id = p_patient;
end $$;

-- Nothing new in a merged record: it belongs to the one that goes on. What is in it stays readable, and what was signed can
-- still be added to by its author or marked as an error.
create function clinic.nothing_new_in_merged() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n jsonb := to_jsonb(new); whose uuid; facts jsonb;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    whose := case tg_table_name
        when 'patient' then (n ->> 'id')::uuid
        when 'draft' then coalesce((select a.patient_id from clinic.appointment a where a.id = (n ->> 'subject')::uuid),
                                   (select p.id from clinic.patient p where p.id = (n ->> 'subject')::uuid))
        else (n ->> 'patient_id')::uuid end;
    if whose is null then return new; end if;
    -- A merge that is under way ends first.
    if tg_table_name <> 'patient' then perform from clinic.patient p where p.id = whose for key share; end if;
    facts := clinic.merged_facts(whose);
    if facts is not null then perform clinic.refuse('patient_merged', facts); end if;
    return new;
end $$;
do $$
declare t text;
begin
    foreach t in array array['encounter', 'observation', 'referral', 'patient_alert', 'connection', 'allergy', 'condition', 'medication', 'surgery',
        'vaccination', 'family_history', 'draft'] loop
        execute format('create trigger b_merged before insert on clinic.%I for each row execute function clinic.nothing_new_in_merged()', t);
    end loop;
end $$;
create trigger b_merged_changed before update on clinic.draft for each row when (new.closed_at is null)
    execute function clinic.nothing_new_in_merged();
create trigger b_merged before update of family_name, given_name, preferred_name, second_script_name, sex, birth_date, national_number,
    medicare_number, email, phone, address on clinic.patient for each row execute function clinic.nothing_new_in_merged();

-- Appointments: none is made, moved, restored or taken up for a merged record, and a person's records do not overlap.
create function clinic.merged_appointment() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ids uuid[]; facts jsonb; x record; books boolean;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    books := tg_op = 'INSERT';
    if not books then
        books := (new.starts_at, new.ends_at, new.provider_id, new.centre_id) is distinct from (old.starts_at, old.ends_at, old.provider_id, old.centre_id)
            or old.status = 'cancelled' and new.status = 'booked';
        if not books and not (new.status in ('arrived', 'in_progress') and new.status <> old.status) then return new; end if;
    end if;
    perform from clinic.patient p where p.id = new.patient_id for key share;
    facts := clinic.merged_facts(new.patient_id);
    if facts is not null then perform clinic.refuse('patient_merged', facts || jsonb_build_object('appointment', tg_op = 'UPDATE')); end if;
    ids := clinic.records_of(new.patient_id);
    if cardinality(ids) = 1 then return new; end if;
    if exists (select from clinic.patient p join clinic.provider v on v.account_id = p.account_id
                where p.id = any (ids) and v.id = new.provider_id) then
        perform clinic.refuse('nobody_with_themselves');
    end if;
    if not books then return new; end if;
    select p.blocked_until as until into x from clinic.patient p where p.id = any (ids) and p.blocked_until >= new.day order by 1 desc limit 1;
    if found and new.kind <> 'emergency' then perform clinic.refuse('patient_blocked', jsonb_build_object('until', x.until)); end if;
    select a.starts_at, p.record_number into x from clinic.appointment a join clinic.patient p on p.id = a.patient_id
     where a.patient_id = any (ids) and a.patient_id <> new.patient_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
       and a.during && tstzrange(new.starts_at, new.ends_at) limit 1;
    if found and new.kind = 'slot' and new.status in ('booked', 'arrived', 'in_progress') then
        perform clinic.refuse('merged_overlap', jsonb_build_object('starts', x.starts_at, 'number', lpad(x.record_number::text, 6, '0')));
    end if;
    return new;
end $$;
create trigger b_merged before insert or update on clinic.appointment for each row execute function clinic.merged_appointment();

-- A person's records are erased one by one, when they stand alone again.
create function clinic.erasure_of_merged() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.withdrawn_at is null and cardinality(clinic.records_of(new.patient_id)) > 1 then perform clinic.refuse('erasure_merged'); end if;
    return new;
end $$;
create trigger b_merged before insert or update on clinic.erasure for each row execute function clinic.erasure_of_merged();

alter table clinic.patient_link enable row level security;
create policy read on clinic.patient_link for select to praxis_app using ((select auth.unrestricted('patients.open', 'patient.open'))
    or patient_id in (select clinic.own_records()));
grant select on clinic.patient_link to praxis_app;
grant execute on function auth.may(text, uuid, uuid) to praxis_app;
grant execute on function clinic.records_of(uuid) to praxis_app;
grant execute on function clinic.own_records() to praxis_app;
grant execute on function clinic.allergy_marks_of(uuid) to praxis_app;
grant execute on function clinic.merge_counts(uuid) to praxis_app;
grant execute on function clinic.merge_patients(uuid, uuid, uuid, bytea) to praxis_app;
grant execute on function clinic.unmerge_patient(uuid) to praxis_app;
update clinic.setting set value = greatest(value::bigint, 19)::text where key = 'schema_version';
reset role;
