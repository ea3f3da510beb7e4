-- What was written after 0017 is told to the log as well; everything about one person is taken out and erased, whatever table
-- it is in; and a text of an appointment is read by those whom the table of permissions lets read it.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- Nothing about a patient, the schedule or the till is kept without an event of a write in the same transaction. (The steps
-- of an appointment are written by its own trigger alone, and told with it.)
-- ---------------------------------------------------------------------------------------------------------------
do $$
declare t text;
begin
    foreach t in array array['patient_link', 'visit_type', 'room', 'schedule_exception', 'held_slot', 'series', 'series_member',
        'queue_entry', 'payment', 'day_close', 'print_job', 'appointment_event'] loop
        execute format('create constraint trigger z_told after insert or update or delete on clinic.%I deferrable initially deferred
            for each row execute function audit.told()', t);
    end loop;
    -- Where a patient's key was destroyed nothing more is written: no payment, no paper.
    foreach t in array array['payment', 'print_job', 'patient_link'] loop
        execute format('create trigger y_erased before insert on clinic.%I for each row when (new.patient_id is not null)
            execute function clinic.refuse_erased()', t);
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Why somebody comes, and why an appointment was cancelled, is clinical text: whoever sees appointments with fewer fields
-- (administrators) sees that there is one and when, and gets no byte of it. Columns that a later migration adds are granted there.
-- ---------------------------------------------------------------------------------------------------------------
do $$
declare t text;
begin
    foreach t in array array['appointment', 'appointment_event'] loop
        execute format('revoke select on clinic.%I from praxis_app', t);
        execute (select format('grant select (%s) on clinic.%I to praxis_app', string_agg(quote_ident(a.attname), ', ' order by a.attnum), t)
                   from pg_attribute a where a.attrelid = format('clinic.%I', t)::regclass and a.attnum > 0 and not a.attisdropped
                    and a.atttypid <> 'bytea'::regtype);
    end loop;
end $$;
create function clinic.reads_reasons() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.unrestricted('appointment.open') and not auth.allowed('appointment.open', 'fewer_fields')
$$;
-- The texts of these appointments, as far as the speaker may read them; asked once for a whole board.
create function clinic.appointment_texts(p_ids uuid[]) returns table (id uuid, reason bytea, status_why bytea)
language sql stable rows 100 security definer set search_path = pg_catalog, pg_temp as $$
    select a.id, a.reason, a.status_why from clinic.appointment a
     where a.id = any (p_ids) and (a.reason is not null or a.status_why is not null)
       and ((select clinic.reads_reasons()) or a.patient_id in (select clinic.own_records()))
$$;
-- The same of the steps of one appointment.
create function clinic.step_texts(p_appointment uuid) returns table (id uuid, why bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.id, e.why from clinic.appointment_event e
     where e.appointment_id = p_appointment and e.why is not null and (select clinic.reads_reasons())
$$;
grant execute on function clinic.appointment_texts(uuid[]) to praxis_app;
grant execute on function clinic.step_texts(uuid) to praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Everything kept about one person.
-- ---------------------------------------------------------------------------------------------------------------

-- The tables it is looked for in, and how a row of each is known to be about the person: by a column patient_id, so that a new
-- table is never forgotten, or by what it hangs on. $1: their records; $2: their account.
create function clinic.subject_tables() returns table (name text, which text)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select c.relname::text,
           case c.relname
               when 'patient' then 't.id = any ($1)'
               when 'account' then 't.id = any ($2)'
               when 'message' then 't.patient_id = any ($1) or t.patient_id is null and (t.from_account = any ($2) or t.to_account = any ($2))'
               when 'patient_registration' then 't.as_patient = any ($1)'
               when 'appointment_event' then 't.appointment_id in (select a.id from clinic.appointment a where a.patient_id = any ($1))'
               when 'queue_entry' then 't.id in (select a.id from clinic.appointment a where a.patient_id = any ($1))'
               when 'series_member' then 't.appointment_id in (select a.id from clinic.appointment a where a.patient_id = any ($1))'
               else 't.patient_id = any ($1)' end
      from pg_class c
     where c.relnamespace = 'clinic'::regnamespace and c.relkind = 'r' and (session_user <> 'praxis_app' or (select auth.actor()) is not null)
       and (c.relname in ('patient', 'account', 'appointment_event', 'patient_registration', 'queue_entry', 'series_member')
            or c.relname not in ('patient_key', 'patient_word')
               and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'patient_id' and not a.attisdropped))
     order by c.relname <> 'patient', c.relname <> 'account', c.relname
$$;

-- The rows about a person that the speaker may read, with the columns that they may read, and which of these are sealed text;
-- records that were merged are the same person's. By its owner: all of them, whole.
create or replace function clinic.subject_rows_seen(p_patient uuid) returns table (kind text, id uuid, doc jsonb, texts text[])
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare t record; own uuid[]; extra text; columns text; sealed text[]; records uuid[] := clinic.records_of(p_patient);
begin
    -- Called by itself it is a person's own: what anybody else gets goes through `subject_overview` and `subject_export`.
    if current_user = 'praxis_app' and not p_patient = any (array(select clinic.own_records())) then return; end if;
    own := array(select p.account_id from clinic.patient p where p.id = any (records) and p.account_id is not null);
    for t in select x.name, x.which, format('clinic.%I', x.name)::regclass as oid from clinic.subject_tables() x loop
        select string_agg(format('t.%I', a.attname), ', ' order by a.attnum),
               coalesce(array_agg(a.attname::text order by a.attnum) filter (where a.atttypid = 'bytea'::regtype), '{}')
          into columns, sealed
          from pg_attribute a
         where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege(t.oid, a.attnum, 'select');
        continue when columns is null;
        -- The text of a step is sealed in the place of the appointment, under the key of whose appointment it is.
        extra := case t.name
            when 'appointment_event' then '|| jsonb_build_object(''patient_id'', (select a.patient_id from clinic.appointment a where a.id = t.appointment_id))'
            when 'appointment' then '|| coalesce((select to_jsonb(y) - ''id'' from clinic.appointment_texts(array[t.id]) y), ''{}'')' else '' end;
        if t.name = 'appointment' then sealed := '{reason,status_why}'; end if;
        return query execute format(
            'select %1$L, (d.doc ->> case when %1$L in (''appointment_event'', ''series_member'') then ''appointment_id'' else ''id'' end)::uuid, d.doc, $3
               from (select to_jsonb(x) %3$s as doc from clinic.%1$I t cross join lateral (select %4$s) x where %2$s) d',
            t.name, t.which, extra, columns) using records, own, sealed;
    end loop;
end $$;

-- A person's own, to take away: after the password again, as when anybody else takes it out.
create function auth.demand_step_up(p_proof bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if auth.actor() is null then raise exception 'no session' using errcode = 'PX000'; end if;
    if not auth.step_up(p_proof) then perform clinic.refuse('step_up_wrong'); end if;
end $$;
create function clinic.subject_own(p_patient uuid, p_proof bytea) returns table (kind text, id uuid, doc jsonb, texts text[])
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform auth.demand_step_up(p_proof);
    return query select * from clinic.subject_rows_seen(p_patient);
end $$;
grant execute on function clinic.subject_tables() to praxis_app;
grant execute on function clinic.subject_own(uuid, bytea) to praxis_app;
grant execute on function auth.demand_step_up(bytea) to praxis_app;

-- What one paid oneself.
create policy own on clinic.payment for select to praxis_app using (patient_id in (select clinic.own_records()));

-- The same in numbers: how many of each kind, at which centres, by whom.
create or replace function clinic.subject_seen(p_patient uuid)
returns table (part text, name text, n bigint, first_at timestamptz, last_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query
    with r as materialized (
        select x.kind,
               coalesce(x.doc ->> 'created_at', x.doc ->> 'started_at', x.doc ->> 'starts_at', x.doc ->> 'ordered_at', x.doc ->> 'sent_at',
                        x.doc ->> 'saved_at', x.doc ->> 'asked_at', x.doc ->> 'opened_at', x.doc ->> 'proposed_at', x.doc ->> 'at',
                        x.doc ->> 'made_at', x.doc ->> 'merged_at', x.doc ->> 'changed_at')::timestamptz as at,
               coalesce(x.doc ->> 'author', x.doc ->> 'from_account', x.doc ->> 'booked_by', x.doc ->> 'asker', x.doc ->> 'proposed_by',
                        x.doc ->> 'made_by', x.doc ->> 'merged_by',
                        case when x.kind in ('draft', 'emergency', 'appointment_event', 'payment') then x.doc ->> 'account_id' end)::uuid as who,
               coalesce((x.doc ->> 'centre_id')::uuid,
                        (select e.centre_id from clinic.encounter e where e.id = (x.doc ->> 'encounter_id')::uuid)) as centre
          from clinic.subject_rows_seen(p_patient) x)
    select 'kind', r.kind, count(*), min(r.at), max(r.at) from r group by r.kind
    union all
    select 'centre', c.name, count(*), min(r.at), max(r.at) from r join clinic.centre c on c.id = r.centre group by c.id, c.name
    union all
    select 'author', btrim(upper(a.family_name) || ' ' || a.given_name) || ' (' || replace(a.role, '_', ' ') || ')', count(*), min(r.at), max(r.at)
      from r join clinic.account a on a.id = r.who group by a.id, a.family_name, a.given_name, a.role;
end $$;

-- Erasing destroys the patient's key. What is about them and sealed with the organisation's (so that auditors and the worker
-- read it without a patient's) is emptied in the same transaction.
create or replace function clinic.confirm_erasure(p_patient uuid, p_proof bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare erased timestamptz; whose uuid := (select p.account_id from clinic.patient p where p.id = p_patient);
begin
    perform clinic.erasure_refusals(p_patient);
    if not auth.step_up(p_proof) then perform clinic.refuse('step_up_wrong'); end if;
    erased := clinic.confirm_erasure_of(p_patient);
    update clinic.emergency e set reason = '\x00', review_note = case when e.review_note is not null then '\x00'::bytea end
     where e.patient_id = p_patient;
    update clinic.print_job j set content = null, state = case when j.state = 'printed' then j.state else 'failed' end, problem = 'erased'
     where j.patient_id = p_patient and j.content is not null;
    update clinic.patient_registration r set decision_note = null where r.as_patient = p_patient and r.decision_note is not null;
    -- (Of a member of staff who was a patient: why an account was closed is about the account.)
    update clinic.account a set deactivated_why = null, blocked_why = null, reactivated_why = null
     where a.id = whose and a.role = 'patient' and coalesce(a.deactivated_why, a.blocked_why, a.reactivated_why) is not null;
    return erased;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- An emergency is a visit in progress: the nurses of its centre see the patient and add vitals, notes and tests, as in every
-- other, and no longer than it is open. It stays no tie of its provider's own.
-- ---------------------------------------------------------------------------------------------------------------
create or replace function clinic.patients_tied(p_codes text[]) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid; t timestamptz := clinic.now(); since timestamptz;
begin
    if p_codes && array['relationship', 'connection'] then
        mine := auth.provider_id();
        since := t - make_interval(days => clinic.setting('history_grace_days')::int);
    end if;
    return query
    select x.patient_id from clinic.appointment x
     where 'relationship' = any (p_codes) and x.provider_id = mine
       and (x.status in ('booked', 'arrived', 'in_progress')
            or x.status = 'completed' and coalesce(x.ended_at, x.ends_at) > since)
       and not exists (select from clinic.emergency e where e.appointment_id = x.id)
    union
    select c.patient_id from clinic.connection c
     where 'connection' = any (p_codes) and c.provider_id = mine and c.state = 'approved'
       and (c.until is null or c.until >= t::date)
    union
    select x.patient_id
      from (select c.id, (t at time zone c.zone)::date as today
              from clinic.my_centres() m join clinic.centre c on c.id = m) here
      join clinic.appointment x on x.centre_id = here.id and x.day = here.today
     where 'present_today' = any (p_codes) and x.status in ('arrived', 'in_progress')
       and not exists (select from clinic.emergency e where e.appointment_id = x.id and (e.ended_at is not null or e.until <= t))
    union
    select r.patient_id from clinic.access_request r
     where 'granted' = any (p_codes) and r.asker = me and r.state = 'granted' and r.until > t
       and (r.decided_as = 'patient' or clinic.setting('history_policy') <> 'strict')
    union
    select e.patient_id from clinic.emergency e
     where 'emergency' = any (p_codes) and e.account_id = me and e.ended_at is null and e.until > t
    union
    select p.id from clinic.patient p where 'self_patient' = any (p_codes) and p.account_id = me;
end $$;

-- Nobody is connected with a record whose key was destroyed.
create trigger y_erased before insert on clinic.connection for each row execute function clinic.refuse_erased();
create trigger y_erased_again before update of state on clinic.connection for each row when (new.state in ('asked', 'approved'))
    execute function clinic.refuse_erased();
-- What stands in the lists of a merged record is marked as an error there, and changed where it goes on.
do $$
declare t text;
begin
    foreach t in array array['allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create trigger b_merged_changed before update on clinic.%I for each row
            when (new.struck_at is not distinct from old.struck_at) execute function clinic.nothing_new_in_merged()', t);
    end loop;
end $$;
-- That somebody has no allergies is said of the record that goes on.
create trigger b_merged_allergies before update of allergy_state on clinic.patient for each row
    when (new.allergy_state is distinct from old.allergy_state and new.allergy_state = 'none_known') execute function clinic.nothing_new_in_merged();

-- Who erases is asked of the table of permissions, so that nobody proposes their own record; and what is merged stands alone first.
create or replace function clinic.erasure_refusals(p_patient uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ends date; gone timestamptz; plain bigint; why text := auth.may('subject.erase', p_patient, null);
begin
    if why = 'no_session' then raise exception 'no session' using errcode = 'PX000'; end if;
    if why = 'role' then perform clinic.refuse('erasure_role'); end if;
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'subject.erase', 'why', why, 'role', auth.actor_role()));
    end if;
    select k.destroyed_at into gone from clinic.patient_key k where k.patient_id = p_patient order by k.version desc limit 1;
    if gone is not null then perform clinic.refuse('record_erased', jsonb_build_object('at', gone)); end if;
    if cardinality(clinic.records_of(p_patient)) > 1 then perform clinic.refuse('erasure_merged'); end if;
    ends := clinic.retention_ends(p_patient);
    if ends is null then perform clinic.refuse('erasure_no_patient'); end if;
    if ends >= clinic.now()::date then perform clinic.refuse('retention_not_ended', jsonb_build_object('until', ends)); end if;
    plain := clinic.plain_texts(p_patient);
    if plain > 0 then perform clinic.refuse('erasure_plain_text', jsonb_build_object('n', plain)); end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Asked for nearly every statement, and the speaker is looked up once: the same answers in a third of the time.
-- ---------------------------------------------------------------------------------------------------------------
create or replace function clinic.own_records() returns setof uuid
language plpgsql stable rows 2 security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor();
begin
    if me is null then return; end if;
    return query
        select distinct r.id from clinic.patient p
         cross join lateral (select coalesce((select l.survivor_id from clinic.patient_link l where l.patient_id = p.id and l.undone_at is null),
                                             p.id) as id) goes_on
         cross join lateral (select goes_on.id union all
                             select l.patient_id from clinic.patient_link l where l.survivor_id = goes_on.id and l.undone_at is null) r
         where p.account_id = me;
end $$;
create or replace function auth.may(p_action text, p_patient uuid, p_object uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare whose uuid; mine uuid[]; me uuid;
begin
    if exists (select from clinic.patient_link l where l.undone_at is null) then
        me := auth.actor();
        if exists (select from clinic.patient p join clinic.account a on a.id = p.account_id where p.account_id = me and a.role <> 'patient') then
            mine := array(select clinic.own_records());
            whose := coalesce((select x.patient from clinic.about(p_object) x), p_patient);
            if whose = any (mine) then
                return case when not clinic.as_patient(p_action) then 'own_record' end;
            end if;
        end if;
    end if;
    return auth.may_by_record(p_action, p_patient, p_object);
end $$;

update clinic.setting set value = greatest(value::bigint, 32)::text where key = 'schema_version';
reset role;
