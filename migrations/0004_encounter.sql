-- What happened: encounters ("visits") and everything written in them. Signed rows never change again.
set local role praxis_owner;

create table clinic.encounter (
    id uuid primary key,
    appointment_id uuid references clinic.appointment,
    patient_id uuid not null references clinic.patient,
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    kind text not null default 'visit' check (kind in ('visit', 'contact')),
    state text not null default 'open' check (state in ('open', 'paused', 'signed', 'voided')),
    day date not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    chief_complaint bytea,
    follow_up_on date,
    follow_up_notes bytea,
    follow_up_appointment_id uuid references clinic.appointment,
    fee_cents int check (fee_cents between 0 and 10000000),
    sick_from date, sick_to date,
    documents text[] not null default '{}' check (documents <@ array['visit_summary', 'prescriptions', 'referral',
        'sick_note', 'test_orders', 'receipt']),
    void_why bytea,
    signed_at timestamptz,
    signed_by uuid,
    author uuid not null,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint sick_note_period check (sick_from <= sick_to),
    constraint sick_note_ends check ((sick_from is null) = (sick_to is null)),
    constraint follow_up_says_when check (follow_up_appointment_id is null or follow_up_on is not null or follow_up_notes is not null),
    constraint signed_with_name check ((state = 'signed') = (signed_at is not null and signed_by is not null))
);
create unique index encounter_of_appointment on clinic.encounter (appointment_id) where state <> 'voided';
create index encounter_by_patient on clinic.encounter (patient_id, started_at desc);
create index encounter_by_provider on clinic.encounter (provider_id, started_at desc);
create index encounter_by_centre on clinic.encounter (centre_id, day);
create index encounter_unsigned on clinic.encounter (provider_id, started_at) where state in ('open', 'paused');

create table clinic.observation (
    id uuid primary key,
    encounter_id uuid references clinic.encounter,      -- null: taken at intake, outside a visit
    patient_id uuid not null references clinic.patient,
    sign text not null,                                 -- a code of the catalogue, or 'free'
    name bytea,                                         -- of a free sign
    value numeric,
    value2 numeric,                                     -- diastolic
    value_text bytea,                                   -- of a free sign without a figure
    unit text not null,
    flag text check (flag in ('low', 'high', 'unusual')),
    taken_at timestamptz not null,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    constraint observation_value check (num_nonnulls(value, value_text) = 1)
);
create index observation_by_patient on clinic.observation (patient_id, sign, taken_at desc);
create index observation_by_encounter on clinic.observation (encounter_id);

create table clinic.note (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    patient_id uuid not null references clinic.patient,
    kind text not null default 'examination' check (kind in ('examination', 'addendum')),
    system text,                                        -- body system, where wanted
    title bytea,
    body bytea not null,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index note_by_encounter on clinic.note (encounter_id);

create table clinic.service_request (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    patient_id uuid not null references clinic.patient,
    code text, name bytea not null,
    panel text,                                         -- the panel it was expanded from
    specimen text, urgency text not null default 'routine' check (urgency in ('routine', 'urgent', 'stat')),
    notes bytea,
    status text not null default 'ordered' check (status in ('ordered', 'collected', 'sent', 'received', 'reviewed', 'cancelled')),
    ordered_at timestamptz not null,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    reviewed_at timestamptz, reviewed_by uuid,
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index service_request_by_patient on clinic.service_request (patient_id, ordered_at desc);
create index service_request_by_encounter on clinic.service_request (encounter_id);

create table clinic.result (
    id uuid primary key,
    service_request_id uuid not null references clinic.service_request,
    patient_id uuid not null references clinic.patient,
    value bytea not null, numeric_value numeric, unit text,
    range_low numeric, range_high numeric, range_text text,
    flag text check (flag in ('low', 'high', 'critical_low', 'critical_high', 'abnormal', 'normal')),
    measured_at timestamptz not null,
    performed_by bytea,
    acknowledged_at timestamptz, acknowledged_by uuid,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid
);
create index result_by_request on clinic.result (service_request_id);
create index result_by_patient on clinic.result (patient_id, measured_at desc);

create table clinic.report (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    service_request_id uuid references clinic.service_request,
    patient_id uuid not null references clinic.patient,
    type text not null check (type in ('laboratory', 'radiology', 'pathology', 'cardiology', 'discharge_summary', 'operation',
        'referral_letter', 'immunisation', 'consent', 'other')),
    title bytea not null, facility bytea, file_name bytea,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid
);
create index report_by_encounter on clinic.report (encounter_id);

create table clinic.diagnosis (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    patient_id uuid not null references clinic.patient,
    code text, name bytea not null,
    role text not null default 'main' check (role in ('main', 'additional')),
    certainty text not null default 'certain' check (certainty in ('certain', 'suspected')),
    condition_id uuid references clinic.condition,      -- promoted to the condition list
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index diagnosis_by_encounter on clinic.diagnosis (encounter_id);
create unique index one_main_diagnosis on clinic.diagnosis (encounter_id) where role = 'main' and struck_at is null;

create table clinic.prescription (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    patient_id uuid not null references clinic.patient,
    code text, drug bytea not null, dose bytea,
    route text,
    frequency text,                                     -- od bd tds qid q1h q2h q3h q4h q6h q8h q12h prn
    frequency_text bytea,                               -- when it is none of those
    as_needed boolean not null default false,
    duration_days int check (duration_days between 1 and 366),
    starts_on date not null,
    quantity int check (quantity between 1 and 10000),
    repeats int check (repeats between 0 and 20),
    instructions bytea,
    override_why bytea,                                 -- going ahead against a warning
    warnings text[] not null default '{}',
    status text not null default 'active' check (status in ('active', 'ended', 'stopped')),
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index prescription_by_patient on clinic.prescription (patient_id, starts_on desc);
create index prescription_by_encounter on clinic.prescription (encounter_id);

create table clinic.treatment (
    id uuid primary key,
    encounter_id uuid not null references clinic.encounter,
    patient_id uuid not null references clinic.patient,
    title bytea not null, notes bytea,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index treatment_by_encounter on clinic.treatment (encounter_id);

-- Text that was typed and not yet saved. Guarded by its revision; a closed draft refuses late updates.
create table clinic.draft (
    id uuid primary key,
    account_id uuid not null references clinic.account,
    session_id uuid not null,
    form text not null,
    subject uuid not null,                              -- what the form is about: an encounter, a patient
    revision bigint not null,
    version_seen bigint,
    payload bytea not null,
    saved_at timestamptz not null default now(),
    closed_at timestamptz
);
create index draft_by_subject on clinic.draft (account_id, form, subject) where closed_at is null;

alter table clinic.referral add foreign key (encounter_id) references clinic.encounter;
alter table clinic.medication add foreign key (prescription_id) references clinic.prescription;

-- Signed is signed: no statement of anybody changes a signed visit or what was written in it. What remains possible
-- afterwards is an addendum, acknowledging a result, and marking one's own note as entered in error.
create function clinic.signed_is_signed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare st text; whose uuid; e uuid; row_of uuid; allowed text[] := array['struck_at', 'struck_by', 'version', 'changed_at', 'changed_by'];
begin
    if tg_table_name = 'encounter' then
        if old.state in ('signed', 'voided') then perform clinic.refuse('signed_is_signed'); end if;
        return coalesce(new, old);
    end if;
    -- The visit it was written in counts, not one it is moved to.
    e := case when tg_op = 'INSERT' then new.encounter_id else coalesce(old.encounter_id, new.encounter_id) end;
    if tg_op = 'UPDATE' and old.encounter_id is distinct from new.encounter_id and old.encounter_id is not null then
        perform clinic.refuse('row_keeps_its_visit');
    end if;
    if e is null then return coalesce(new, old); end if;
    -- Shared, so that signing and adding a row cannot pass each other.
    select state, patient_id into st, whose from clinic.encounter where id = e for share;
    row_of := (to_jsonb(coalesce(new, old)) ->> 'patient_id')::uuid;
    if row_of is distinct from whose then perform clinic.refuse('row_of_another_patient'); end if;
    if st in ('open', 'paused') then return coalesce(new, old); end if;
    if tg_op = 'INSERT' and tg_table_name = 'note' and st = 'signed' then
        if to_jsonb(new) ->> 'kind' = 'addendum' then return new; end if;
    elsif tg_op = 'UPDATE' and st = 'signed' then
        if tg_table_name in ('service_request') then allowed := allowed || array['status', 'reviewed_at', 'reviewed_by']; end if;
        if tg_table_name in ('referral', 'prescription') then allowed := allowed || array['status']; end if;
        if tg_table_name in ('referral') then allowed := allowed || array['sent_at']; end if;
        if tg_table_name in ('condition') then allowed := allowed || array['status']; end if;
        if tg_table_name in ('medication') then allowed := allowed || array['ended_on']; end if;
        if tg_table_name in ('allergy') then allowed := allowed || array['status']; end if;
        -- What is struck stays struck, under the name of whoever struck it.
        if to_jsonb(old) ->> 'struck_at' is not null then allowed := array_remove(array_remove(allowed, 'struck_at'), 'struck_by'); end if;
        if to_jsonb(new) - allowed = to_jsonb(old) - allowed then return new; end if;
    end if;
    if tg_op = 'INSERT' and pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    perform clinic.refuse('signed_is_signed');
    return null;
end $$;

-- How a visit lives, and what it needs to end: a chief complaint and, for the professions that diagnose, a diagnosis.
create function clinic.encounter_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment; edge text; wanted text := clinic.setting('diagnosing_professions');
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if new.state <> 'open' then perform clinic.refuse('visit_edge', jsonb_build_object('from', 'new', 'to', new.state)); end if;
        if new.appointment_id is not null then
            select * into a from clinic.appointment where id = new.appointment_id;
            if (a.patient_id, a.provider_id, a.centre_id) is distinct from (new.patient_id, new.provider_id, new.centre_id) then
                perform clinic.refuse('visit_of_another_appointment');
            end if;
        end if;
        return new;
    end if;
    if old.state in ('signed', 'voided') then perform clinic.refuse('signed_is_signed'); end if;
    if (new.patient_id, new.provider_id, new.appointment_id) is distinct from (old.patient_id, old.provider_id, old.appointment_id) then
        perform clinic.refuse('visit_keeps_its_patient');
    end if;
    if new.state = old.state then return new; end if;
    edge := old.state || '>' || new.state;
    if edge not in ('open>paused', 'paused>open', 'open>signed', 'paused>signed', 'open>voided', 'paused>voided') then
        perform clinic.refuse('visit_edge', jsonb_build_object('from', old.state, 'to', new.state));
    end if;
    if new.state = 'voided' then
        if new.void_why is null then perform clinic.refuse('void_needs_reason'); end if;
        new.ended_at := clinic.now();
    elsif new.state = 'signed' then
        if new.kind = 'visit' and new.chief_complaint is null then perform clinic.refuse('sign_needs_complaint'); end if;
        if new.kind = 'visit' and exists (select from clinic.provider v where v.id = new.provider_id
                                             and v.profession = any (string_to_array(wanted, ',')))
           and not exists (select from clinic.diagnosis d where d.encounter_id = new.id and d.struck_at is null) then
            perform clinic.refuse('sign_needs_diagnosis');
        end if;
        new.ended_at := clinic.now(); new.signed_at := clinic.now(); new.signed_by := auth.actor();
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.encounter for each row execute function clinic.encounter_rules();

-- A closed draft never comes back: a save that was late is refused.
create function clinic.draft_rules() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.closed_at is not null then perform clinic.refuse('draft_closed'); end if;
    return new;
end $$;
create trigger a_rules before update on clinic.draft for each row execute function clinic.draft_rules();

-- A test goes forward from ordered to reviewed, one step back when the step was a slip, and is cancelled before its result.
create function clinic.service_request_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.status <> old.status then
        if old.status || '>' || new.status not in ('ordered>collected', 'ordered>sent', 'ordered>received', 'collected>sent',
                'collected>received', 'sent>received', 'received>reviewed', 'collected>ordered', 'sent>collected',
                'ordered>cancelled', 'collected>cancelled', 'sent>cancelled', 'cancelled>ordered') then
            perform clinic.refuse('test_edge', jsonb_build_object('from', old.status, 'to', new.status));
        end if;
        if new.status = 'reviewed' then
            new.reviewed_at := clinic.now(); new.reviewed_by := auth.actor();
        end if;
    end if;
    return new;
end $$;
create trigger a_rules before update on clinic.service_request for each row execute function clinic.service_request_rules();

create trigger signed before update or delete on clinic.encounter for each row execute function clinic.signed_is_signed();
do $$
declare t text;
begin
    foreach t in array array['observation', 'note', 'service_request', 'report', 'diagnosis', 'prescription', 'treatment',
                             'referral', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create trigger signed before insert or update or delete on clinic.%I for each row execute function clinic.signed_is_signed()', t);
    end loop;
end $$;

select clinic.track(t) from unnest(array['encounter', 'note', 'service_request', 'result', 'diagnosis', 'prescription',
    'treatment', 'observation', 'report']) t;
reset role;
