-- Sealing: free clinical text under a key per patient, each wrapped by a key that the database never sees.
set local role praxis_owner;

-- `sealing_required`: on from the first key; then no plain text comes in. `sealing_keys`: the ids of the key-encryption keys in
-- use, newest first: a program without them refuses to start.
insert into clinic.setting (key, value) values
    ('sealing_required', 'off'), ('sealing_keys', ''), ('retention_years', '10'), ('retention_until_age', '25');

alter table clinic.setting add constraint setting_value_retention check (case key
    when 'retention_years' then value ~ '^[1-9][0-9]?$' when 'retention_until_age' then value ~ '^[0-9][0-9]?$' else true end);

create function clinic.sealing_settings_stay() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_has_role(current_user, 'praxis_owner', 'member') then perform clinic.refuse('sealing_settings_stay'); end if;
    return coalesce(new, old);
end $$;
create trigger sealing_settings_stay before update or delete on clinic.setting for each row
    when (old.key like 'sealing\_%') execute function clinic.sealing_settings_stay();

-- A patient's key as it is kept: useless without the key-encryption key. No patient: the organisation's own texts.
create table clinic.patient_key (
    id uuid primary key,
    patient_id uuid references clinic.patient,
    version int not null default 1 check (version between 1 and 65535),
    wrapped bytea,                           -- null once destroyed
    kek text not null,                       -- the id of the key-encryption key
    created_at timestamptz not null default clinic.now(), created_by uuid,
    destroyed_at timestamptz, destroyed_by uuid, confirmed_by uuid,
    constraint patient_key_destroyed check ((wrapped is null) = (destroyed_at is not null))
);
create unique index patient_key_owner on clinic.patient_key
    (coalesce(patient_id, '00000000-0000-0000-0000-000000000000'::uuid), version);
create index patient_key_by_kek on clinic.patient_key (kek);
alter table clinic.patient_key enable row level security;
-- A destroyed key is forgotten by the programs that still hold it.
create trigger wake after update on clinic.patient_key for each row when (new.destroyed_at is not null)
    execute function clinic.wake();

-- Whose keys the speaker is given: staff who handle patients, everybody their own, the organisation's whoever is signed in.
-- What they read with it is still decided by the policies of the rows.
create function clinic.key_is_given(p_owner uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.actor() is not null and (
        p_owner = '00000000-0000-0000-0000-000000000000' or auth.is_staff() and not auth.has_role('auditor')
        or exists (select from clinic.patient p where p.id = p_owner and p.account_id = auth.actor()))
$$;

create function clinic.patient_keys(p_owners uuid[])
returns table (owner uuid, version int, id uuid, kek text, wrapped bytea, destroyed_at timestamptz)
language sql stable rows 20 security definer set search_path = pg_catalog, pg_temp as $$
    with me as materialized (select auth.actor() as id, auth.is_staff() and not auth.has_role('auditor') as staff)
    select o, k.version, k.id, k.kek, k.wrapped, k.destroyed_at
      from me, unnest(p_owners) o
      join clinic.patient_key k on coalesce(k.patient_id, '00000000-0000-0000-0000-000000000000'::uuid) = o
     where me.id is not null and (me.staff or o = '00000000-0000-0000-0000-000000000000'
           or exists (select from clinic.patient p where p.id = o and p.account_id = me.id))
     limit 10000
$$;

-- The key to write with; made from what is offered when there is none. `wanted`: the offer was wrapped by a key-encryption
-- key that is not in use here, and nothing was kept.
create function clinic.keep_patient_key(p_owner uuid, p_id uuid, p_wrapped bytea, p_kek text)
returns table (owner uuid, version int, id uuid, kek text, wrapped bytea, destroyed_at timestamptz, wanted text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare k clinic.patient_key; wants text; nobody uuid := '00000000-0000-0000-0000-000000000000';
begin
    if auth.actor() is null then raise exception 'no session' using errcode = 'PX000'; end if;
    if not clinic.key_is_given(p_owner) then perform clinic.refuse('not_permitted'); end if;
    -- Locked, so that it is not destroyed while somebody writes with it.
    select * into k from clinic.patient_key x where coalesce(x.patient_id, nobody) = p_owner order by x.version desc limit 1 for key share;
    if not found then
        -- The first one decides; who comes at the same moment waits for it and finds it decided.
        if clinic.setting('sealing_keys') = '' then
            update clinic.setting set value = p_kek where key = 'sealing_keys' and value = '';
        end if;
        if clinic.setting('sealing_required') <> 'on' then
            update clinic.setting set value = 'on' where key = 'sealing_required' and value <> 'on';
        end if;
        -- A rotation that ends waits for us here.
        select s.value into wants from clinic.setting s where s.key = 'sealing_keys' for share;
        if p_kek <> all (string_to_array(wants, ' ')) then
            return query select p_owner, 0, p_id, p_kek, null::bytea, null::timestamptz, wants;
            return;
        end if;
        if p_owner <> nobody and not exists (select from clinic.patient p where p.id = p_owner) then
            perform clinic.refuse('not_permitted');
        end if;
        insert into clinic.patient_key (id, patient_id, wrapped, kek, created_by)
        values (p_id, nullif(p_owner, nobody), p_wrapped, p_kek, auth.actor()) on conflict do nothing;
        select * into k from clinic.patient_key x where coalesce(x.patient_id, nobody) = p_owner order by x.version desc limit 1 for key share;
    end if;
    if k.destroyed_at is not null then
        perform clinic.refuse('record_erased', jsonb_build_object('at', k.destroyed_at));
    end if;
    return query select p_owner, k.version, k.id, k.kek, k.wrapped, k.destroyed_at, ''::text;
end $$;

-- From now on this key-encryption key is needed, and no plain text comes in.
create function clinic.sealing_key_used(p_kek text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update clinic.setting set value = case when p_kek = any (string_to_array(value, ' ')) then value else trim(p_kek || ' ' || value) end
     where key = 'sealing_keys';
    update clinic.setting set value = 'on' where key = 'sealing_required' and value <> 'on';
$$;

-- To whom a draft belongs: the patient of the visit, the appointment or the record it is about, or nobody.
create function clinic.subject_patient(p_subject uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select x.id from (select coalesce((select e.patient_id from clinic.encounter e where e.id = p_subject),
                                      (select a.patient_id from clinic.appointment a where a.id = p_subject),
                                      (select p.id from clinic.patient p where p.id = p_subject)) as id) x
     where clinic.key_is_given(x.id)
$$;
alter table clinic.draft add column patient_id uuid references clinic.patient;
grant update (patient_id) on clinic.draft to praxis_app;

-- The allergy marks with their ids: a sealed text opens only in its own row.
create function clinic.allergy_mark_rows(p_patient uuid) returns table (id uuid, substance bytea, reaction bytea, severity text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id, a.substance, a.reaction, a.severity from clinic.allergy a
     where a.patient_id = p_patient and a.status = 'active' and a.struck_at is null
       and coalesce(clinic.allergy_state(p_patient), 'hidden') <> 'hidden'
     order by case a.severity when 'severe' then 0 when 'moderate' then 1 else 2 end, a.created_at
$$;

-- Plain text (version 0) is refused once sealing is on. No text at all may still say so.
create function clinic.refuse_plain() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if clinic.setting('sealing_required') = 'on' then
        perform clinic.refuse('plain_text_refused', jsonb_build_object('table', tg_table_name));
    end if;
    return new;
end $$;

-- Every bytea column of a table holds sealed text from now on: `select clinic.seal_columns('table')` in a migration.
create function clinic.seal_columns(p_table text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare names text; plain text;
begin
    select string_agg(quote_ident(column_name), ', '),
           string_agg(format('new.%1$I <> ''\x00'' and substring(new.%1$I from 1 for 1) <> ''\x01''', column_name), ' or ')
      into names, plain from information_schema.columns
     where table_schema = 'clinic' and table_name = p_table and data_type = 'bytea';
    execute format('create trigger z_sealed before insert or update of %s on clinic.%I for each row when (%s) execute function clinic.refuse_plain()',
                   names, p_table, plain);
end $$;
select clinic.seal_columns(t) from unnest(array['account', 'provider_registration', 'patient', 'patient_alert', 'allergy', 'condition',
    'medication', 'surgery', 'vaccination', 'family_history', 'referral', 'appointment', 'appointment_event', 'encounter',
    'observation', 'note', 'service_request', 'result', 'report', 'diagnosis', 'prescription', 'treatment', 'draft']) t;

-- The columns of sealed text.
create function clinic.sealed_columns() returns table (table_name text, column_name text)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select r.relname::text, a.attname::text
      from pg_trigger g join pg_class r on r.oid = g.tgrelid
      join pg_attribute a on a.attrelid = r.oid and a.atttypid = 'bytea'::regtype and a.attnum > 0 and not a.attisdropped
     where g.tgname = 'z_sealed' and r.relnamespace = 'clinic'::regnamespace order by 1, a.attnum
$$;

-- Rows with a plain text of before in this column: whose they are, and the row that the text belongs to.
create function clinic.plain_rows(p_table text, p_column text, p_limit bigint)
returns table (id uuid, place uuid, patient_id uuid, bytes bytea)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return query execute format(
        'select t.id, %3$s, %4$s, t.%2$I from clinic.%1$I t where t.%2$I <> ''\x00'' and substring(t.%2$I from 1 for 1) = ''\x00'' limit $1',
        p_table, p_column, case p_table when 'appointment_event' then 't.appointment_id' else 't.id' end,
        case when p_table = 'patient' then 't.id'
             when p_table = 'appointment_event' then '(select a.patient_id from clinic.appointment a where a.id = t.appointment_id)'
             when exists (select from pg_attribute p where p.attrelid = format('clinic.%I', p_table)::regclass and p.attname = 'patient_id')
             then 't.patient_id' else 'null::uuid' end)
      using p_limit;
end $$;

-- How many plain texts of before are left, of everybody or of one patient.
create function clinic.plain_texts(p_patient uuid default null) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select count(*) from clinic.sealed_columns() s, clinic.plain_rows(s.table_name, s.column_name, 9000000000) r
     where p_patient is null or r.patient_id = p_patient
$$;

-- Keeps texts sealed that were plain: the same words in another form, so the rules of change do not apply. Owner only.
create function clinic.keep_sealed(p_table text, p_column text, p_ids uuid[], p_bytes bytea[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    execute format('alter table clinic.%I disable trigger user', p_table);
    execute format('update clinic.%1$I t set %2$I = x.bytes from unnest($1, $2) x(id, bytes)
                     where t.id = x.id and substring(t.%2$I from 1 for 1) = ''\x00''', p_table, p_column) using p_ids, p_bytes;
    execute format('alter table clinic.%I enable trigger user', p_table);
end $$;

-- Erasing a record: one administrator proposes, another confirms, and not before it may be erased. What is erased is the
-- key; the rows stay, because what was signed does not change, and nobody reads them any more.
create table clinic.erasure (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    proposed_by uuid not null, proposed_at timestamptz not null default clinic.now(),
    confirmed_by uuid, confirmed_at timestamptz,
    withdrawn_by uuid, withdrawn_at timestamptz
);
create unique index erasure_open on clinic.erasure (patient_id) where confirmed_at is null and withdrawn_at is null;
alter table clinic.erasure enable row level security;
create policy read on clinic.erasure for select to praxis_app using ((select auth.has_role('administrator', 'auditor')));
grant select on clinic.erasure to praxis_app;

-- The last day on which the record must be kept: so many years after the last visit, and until so old.
create function clinic.retention_ends(p_patient uuid) returns date
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select greatest(
        (greatest(p.created_at::date,
            (select max(e.day) from clinic.encounter e where e.patient_id = p.id and e.state <> 'voided'),
            (select max(a.day) from clinic.appointment a where a.patient_id = p.id
                and a.status in ('booked', 'arrived', 'in_progress', 'completed')))
         + make_interval(years => clinic.setting('retention_years')::int))::date,
        (p.birth_date + make_interval(years => clinic.setting('retention_until_age')::int))::date)
      from clinic.patient p where p.id = p_patient and auth.is_staff()
$$;

create function clinic.erasure_refusals(p_patient uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare ends date; gone timestamptz; plain bigint;
begin
    if not auth.has_role('administrator') then perform clinic.refuse('erasure_role'); end if;
    select k.destroyed_at into gone from clinic.patient_key k where k.patient_id = p_patient order by k.version desc limit 1;
    if gone is not null then perform clinic.refuse('record_erased', jsonb_build_object('at', gone)); end if;
    ends := clinic.retention_ends(p_patient);
    if ends is null then perform clinic.refuse('erasure_no_patient'); end if;
    if ends >= clinic.now()::date then perform clinic.refuse('retention_not_ended', jsonb_build_object('until', ends)); end if;
    plain := clinic.plain_texts(p_patient);
    if plain > 0 then perform clinic.refuse('erasure_plain_text', jsonb_build_object('n', plain)); end if;
end $$;

create function clinic.propose_erasure(p_id uuid, p_patient uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.erasure_refusals(p_patient);
    insert into clinic.erasure (id, patient_id, proposed_by) values (p_id, p_patient, auth.actor()) on conflict do nothing;
    if not found then perform clinic.refuse('erasure_already_proposed'); end if;
end $$;

create function clinic.withdraw_erasure(p_patient uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not auth.has_role('administrator') then perform clinic.refuse('erasure_role'); end if;
    update clinic.erasure set withdrawn_by = auth.actor(), withdrawn_at = clinic.now()
     where patient_id = p_patient and confirmed_at is null and withdrawn_at is null;
    return found;
end $$;

create function clinic.confirm_erasure(p_patient uuid) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare x clinic.erasure; t timestamptz := clinic.now();
begin
    perform clinic.erasure_refusals(p_patient);
    select * into x from clinic.erasure e where e.patient_id = p_patient and e.confirmed_at is null and e.withdrawn_at is null for update;
    if not found then perform clinic.refuse('erasure_not_proposed'); end if;
    if x.proposed_by = auth.actor() then perform clinic.refuse('erasure_needs_second'); end if;
    update clinic.erasure set confirmed_by = auth.actor(), confirmed_at = t where id = x.id;
    -- Who is writing with it just now ends first; who comes later finds it destroyed.
    perform from clinic.patient_key k where k.patient_id = p_patient for update;
    update clinic.patient_key set wrapped = null, destroyed_at = t, destroyed_by = x.proposed_by, confirmed_by = auth.actor()
     where patient_id = p_patient and destroyed_at is null;
    -- One that never had a key gets a destroyed one, so that nobody writes there again.
    insert into clinic.patient_key (id, patient_id, kek, destroyed_at, destroyed_by, confirmed_by)
    select gen_random_uuid(), p_patient, 'none', t, x.proposed_by, auth.actor()
     where not exists (select from clinic.patient_key k where k.patient_id = p_patient);
    return t;
end $$;

grant execute on function clinic.patient_keys(uuid[]) to praxis_app;
grant execute on function clinic.keep_patient_key(uuid, uuid, bytea, text) to praxis_app;
grant execute on function clinic.subject_patient(uuid) to praxis_app;
grant execute on function clinic.allergy_mark_rows(uuid) to praxis_app;
grant execute on function clinic.retention_ends(uuid) to praxis_app;
grant execute on function clinic.propose_erasure(uuid, uuid) to praxis_app;
grant execute on function clinic.withdraw_erasure(uuid) to praxis_app;
grant execute on function clinic.confirm_erasure(uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 8)::text where key = 'schema_version';
reset role;
