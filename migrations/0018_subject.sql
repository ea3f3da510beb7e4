-- What is kept about one person: the specimen sealed, all of it told and handed over, erased by two; why somebody was made
-- active again; and what waits for each, with own read marks.
set local role praxis_owner;

-- What a test is taken from is typed freely ("crp on serum"): it is clinical text, and sealed like the rest of the order.
alter table clinic.service_request alter column specimen type bytea using '\x00'::bytea || convert_to(specimen, 'UTF8');
drop trigger z_sealed on clinic.service_request;
select clinic.seal_columns('service_request');

-- ---------------------------------------------------------------------------------------------------------------
-- Making active again takes a reason, as deactivating does.
-- ---------------------------------------------------------------------------------------------------------------
alter table clinic.patient add column reactivated_at timestamptz, add column reactivated_by uuid, add column reactivated_why bytea;
alter table clinic.account add column reactivated_at timestamptz, add column reactivated_by uuid, add column reactivated_why bytea;
drop trigger z_sealed on clinic.patient;
drop trigger z_sealed on clinic.account;
select clinic.seal_columns('patient'), clinic.seal_columns('account');

create function clinic.reactivation_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.reactivated_why is null or new.reactivated_why in ('', '\x00') or new.reactivated_why is not distinct from old.reactivated_why then
        perform clinic.refuse('reactivation_needs_reason');
    end if;
    new.reactivated_at := clinic.now();
    new.reactivated_by := auth.actor();
    return new;
end $$;
create trigger b_reactivation before update on clinic.patient for each row
    when (old.deactivated_at is not null and new.deactivated_at is null) execute function clinic.reactivation_rules();
create trigger b_reactivation before update on clinic.account for each row
    when (old.deactivated_at is not null and new.deactivated_at is null) execute function clinic.reactivation_rules();
grant update (reactivated_why) on clinic.patient to praxis_app;
grant update (reactivated_why) on clinic.account to praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Everything kept about one person: whatever table has a column patient_id, so that a new one is never forgotten.
-- ---------------------------------------------------------------------------------------------------------------

-- The rows about a person that the speaker may read, whole, and which of their columns are sealed text; records that were merged
-- are the same person's. By its owner: all of them.
create function clinic.subject_rows_seen(p_patient uuid) returns table (kind text, id uuid, doc jsonb, texts text[])
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare t text; own uuid[]; which text; extra text; sealed text[]; records uuid[] := clinic.records_of(p_patient);
begin
    -- Called by itself it is a person's own: what anybody else gets goes through `subject_overview` and `subject_export`.
    if current_user = 'praxis_app' and not p_patient = any (array(select clinic.own_records())) then return; end if;
    own := array(select p.account_id from clinic.patient p where p.id = any (records) and p.account_id is not null);
    for t in
        select c.relname::text from pg_class c
         where c.relnamespace = 'clinic'::regnamespace and c.relkind = 'r' and has_table_privilege(c.oid, 'select')
           and (c.relname in ('patient', 'account', 'appointment_event', 'patient_registration')
                or c.relname not in ('patient_key', 'patient_word')
                   and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'patient_id' and not a.attisdropped))
         order by c.relname <> 'patient', c.relname <> 'account', c.relname
    loop
        which := case t when 'patient' then 't.id = any ($1)' when 'account' then 't.id = any ($2)'
            when 'message' then 't.patient_id = any ($1) or t.patient_id is null and (t.from_account = any ($2) or t.to_account = any ($2))'
            when 'appointment_event' then 't.appointment_id in (select a.id from clinic.appointment a where a.patient_id = any ($1))'
            when 'patient_registration' then 't.as_patient = any ($1)' else 't.patient_id = any ($1)' end;
        -- Its text is sealed in the place of the appointment, under the key of whose appointment it is.
        extra := case t when 'appointment_event'
            then '|| jsonb_build_object(''patient_id'', (select a.patient_id from clinic.appointment a where a.id = t.appointment_id))' else '' end;
        select coalesce(array_agg(a.attname::text order by a.attnum), '{}') into sealed from pg_attribute a
         where a.attrelid = format('clinic.%I', t)::regclass and a.atttypid = 'bytea'::regtype and a.attnum > 0 and not a.attisdropped;
        return query execute format(
            'select %1$L, (d.doc ->> case %1$L when ''appointment_event'' then ''appointment_id'' else ''id'' end)::uuid, d.doc, $3 from (select to_jsonb(t) %3$s as doc from clinic.%1$I t where %2$s) d',
            t, which, extra) using records, own, sealed;
    end loop;
end $$;

-- The same in numbers: how many of each kind, at which centres, by whom.
create function clinic.subject_seen(p_patient uuid)
returns table (part text, name text, n bigint, first_at timestamptz, last_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query
    with r as materialized (
        select x.kind,
               coalesce(x.doc ->> 'created_at', x.doc ->> 'started_at', x.doc ->> 'starts_at', x.doc ->> 'ordered_at', x.doc ->> 'sent_at',
                        x.doc ->> 'saved_at', x.doc ->> 'asked_at', x.doc ->> 'opened_at', x.doc ->> 'proposed_at', x.doc ->> 'at',
                        x.doc ->> 'changed_at')::timestamptz as at,
               coalesce(x.doc ->> 'author', x.doc ->> 'from_account', x.doc ->> 'booked_by', x.doc ->> 'asker', x.doc ->> 'proposed_by',
                        case when x.kind in ('draft', 'emergency', 'appointment_event') then x.doc ->> 'account_id' end)::uuid as who,
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

create function clinic.check_subject(p_patient uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare why text;
begin
    if auth.actor() is null then raise exception 'no session' using errcode = 'PX000'; end if;
    why := auth.may('subject.export', p_patient, null);
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'subject.export', 'why', why, 'role', auth.actor_role()));
    end if;
end $$;

-- Who has what: for those who answer such a request. A patient is told what they may read themselves (`subject_seen`).
create function clinic.subject_overview(p_patient uuid)
returns table (part text, name text, n bigint, first_at timestamptz, last_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.check_subject(p_patient);
    if p_patient in (select clinic.own_records()) then perform clinic.refuse('not_permitted', '{"action": "subject.export", "why": "own_record"}'); end if;
    return query select * from clinic.subject_seen(p_patient);
end $$;

-- Who looked at the record, how often and when last: for whoever may see each single view.
create function clinic.subject_viewers(p_patient uuid)
returns table (family_name text, given_name text, role text, n bigint, last_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not clinic.may_see_viewers(p_patient) then perform clinic.refuse('viewers_not_for_you'); end if;
    return query
        select a.family_name, a.given_name, e.role, count(*), max(e.at)
          from audit.event e join clinic.account a on a.id = e.account_id
         where e.patient_id = p_patient and e.outcome = 'done' and audit.is_view(e.action)
         group by a.id, a.family_name, a.given_name, e.role order by 5 desc limit 500;
end $$;

-- Everything, whole, after the password again; the log is told by the function, so plain SQL leaves the same trace.
create function clinic.subject_export(p_patient uuid, p_proof bytea) returns table (kind text, id uuid, doc jsonb, texts text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare rows bigint;
begin
    perform clinic.check_subject(p_patient);
    if p_patient in (select clinic.own_records()) then perform clinic.refuse('not_permitted', '{"action": "subject.export", "why": "own_record"}'); end if;
    if 'step_up' = any (auth.permits('subject.export')) and not auth.step_up(p_proof) then perform clinic.refuse('step_up_wrong'); end if;
    return query select * from clinic.subject_rows_seen(p_patient);
    get diagnostics rows = row_count;
    perform audit.record('subject.export', 'patient', p_patient, p_patient, 'done', jsonb_build_object('rows', rows));
end $$;

-- The last word on erasing is the password of the second administrator.
alter function clinic.confirm_erasure(uuid) rename to confirm_erasure_of;
revoke execute on function clinic.confirm_erasure_of(uuid) from praxis_app;
create function clinic.confirm_erasure(p_patient uuid, p_proof bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.erasure_refusals(p_patient);
    if not auth.step_up(p_proof) then perform clinic.refuse('step_up_wrong'); end if;
    return clinic.confirm_erasure_of(p_patient);
end $$;
create trigger wake after insert or update on clinic.erasure for each row execute function clinic.wake();

grant execute on function clinic.subject_rows_seen(uuid) to praxis_app;
grant execute on function clinic.subject_seen(uuid) to praxis_app;
grant execute on function clinic.subject_overview(uuid) to praxis_app;
grant execute on function clinic.subject_viewers(uuid) to praxis_app;
grant execute on function clinic.subject_export(uuid, bytea) to praxis_app;
grant execute on function clinic.confirm_erasure(uuid, bytea) to praxis_app;

-- The fee of an appointment's visit, for whoever sets it: the desk reads nothing else of a visit.
create function clinic.visit_fee(p_appointment uuid) returns table (id uuid, version bigint, fee_cents int, signed boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare v uuid := (select e.id from clinic.encounter e where e.appointment_id = p_appointment and e.state <> 'voided'
                    order by e.started_at desc limit 1); why text;
begin
    if v is null then return; end if;
    why := auth.may('visit.set-fee', null, v);
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'visit.set-fee', 'why', why, 'role', auth.actor_role()));
    end if;
    return query select e.id, e.version, e.fee_cents, e.state = 'signed' from clinic.encounter e where e.id = v;
end $$;
grant execute on function clinic.visit_fee(uuid) to praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Notices are no rows of their own: they are read from what they are about. Kept is only who has read which.
-- ---------------------------------------------------------------------------------------------------------------
create table clinic.notice_read (
    account_id uuid not null references clinic.account,
    kind text not null check (length(kind) between 1 and 40),
    id uuid not null,
    read_at timestamptz not null default clinic.now(),
    primary key (account_id, kind, id)
);
alter table clinic.notice_read enable row level security;
create policy own on clinic.notice_read for all to praxis_app
    using (account_id = (select auth.actor())) with check (account_id = (select auth.actor()));
grant select, insert (account_id, kind, id), delete on clinic.notice_read to praxis_app;
-- Read here, counted anew at the other terminals of the same person.
create function clinic.wake_notice() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('change', jsonb_build_object('entity', 'notice_read', 'op', lower(left(tg_op, 1)), 'version', 1,
        'account', coalesce(new.account_id, old.account_id))::text);
    return null;
end $$;
create trigger wake after insert or delete on clinic.notice_read for each row execute function clinic.wake_notice();
-- Whoever asked for an account learns that it was accepted.
create policy own on clinic.patient_registration for select to praxis_app
    using (state = 'accepted' and account_id = (select auth.actor()));

-- Tests whose result may wait for whoever ordered them.
create index service_request_waits on clinic.service_request (author)
    where status in ('ordered', 'collected', 'sent', 'received') and struck_at is null;

update clinic.setting set value = greatest(value::bigint, 18)::text where key = 'schema_version';
reset role;
