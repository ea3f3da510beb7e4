-- Who and where: centres, departments, providers, patients and their standing lists.
-- Free clinical text is bytea whose first byte says how it is kept (0 = plain UTF-8), so that sealing needs no new schema.
set local role praxis_owner;

create table clinic.centre (
    id uuid primary key,
    kind text not null check (kind in ('hospital', 'medical_centre')),
    number text,                             -- the business number, as in MediSoft's `abn`
    name text not null,
    name_key text not null collate "C",      -- folded by the program, as every *_key
    phone text, email text, address text, suburb text,
    zone text not null default 'Australia/Sydney',
    retired_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index centre_number_key on clinic.centre (number);
create unique index centre_name_key on clinic.centre (name_key) where retired_at is null;
alter table clinic.account add foreign key (last_centre_id) references clinic.centre;
alter table auth.session add foreign key (centre_id) references clinic.centre;

create table clinic.department (
    id uuid primary key,
    centre_id uuid not null references clinic.centre,
    name text not null,
    services text,
    opens text,                              -- said when somebody asks for a closed department
    closed boolean not null default false,
    retired_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    unique (centre_id, name)
);

create table clinic.specialty (
    code text primary key,
    name text not null
);
insert into clinic.specialty (code, name) values
    ('allergy', 'Allergy and immunology'), ('cardiology', 'Cardiology'), ('dermatology', 'Dermatology'),
    ('endocrinology', 'Endocrinology'), ('gastroenterology', 'Gastroenterology'), ('general_surgery', 'General surgery'),
    ('geriatrics', 'Geriatrics'), ('gynaecology', 'Obstetrics and gynaecology'), ('haematology', 'Haematology'),
    ('neurology', 'Neurology'), ('oncology', 'Oncology'), ('ophthalmology', 'Ophthalmology'),
    ('orthopaedics', 'Orthopaedics'), ('otolaryngology', 'Ear, nose and throat'), ('paediatrics', 'Paediatrics'),
    ('psychiatry', 'Psychiatry'), ('respiratory', 'Respiratory medicine'), ('rheumatology', 'Rheumatology'),
    ('urology', 'Urology');

-- Which centres a member of staff works at. Providers' hours are in provider_hours.
create table clinic.staff_centre (
    account_id uuid not null references clinic.account,
    centre_id uuid not null references clinic.centre,
    primary key (account_id, centre_id)
);

create table clinic.provider (
    id uuid primary key,
    account_id uuid not null unique references clinic.account,
    profession text not null check (profession in ('gp', 'specialist', 'pathologist', 'pharmacist', 'physiotherapist',
        'radiographer', 'nurse', 'other')),
    department_id uuid references clinic.department,
    provider_number text, sex text check (sex in ('female', 'male', 'other', 'unknown')), birth_date date,
    registration_number text, licence_number text, licence_until date,
    expertise text, qualifications text, practising_since int, biography text,
    fee_cents int check (fee_cents between 0 and 10000000),
    name_key text not null collate "C",
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index provider_number_key on clinic.provider (provider_number);
create unique index provider_registration_key on clinic.provider (registration_number);

create table clinic.provider_specialty (
    provider_id uuid not null references clinic.provider,
    specialty text not null references clinic.specialty,
    primary key (provider_id, specialty)
);

create table clinic.provider_centre (
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    primary key (provider_id, centre_id)
);

-- Weekly hours, wall time at the centre; the hours of one provider never overlap, across centres.
create table clinic.provider_hours (
    id uuid primary key,
    provider_id uuid not null,
    centre_id uuid not null,
    weekday int not null check (weekday between 1 and 7),          -- ISO: Monday is 1
    from_minute int not null check (from_minute between 0 and 1439),
    to_minute int not null check (to_minute between 1 and 1440),
    slot_minutes int not null default 30 check (slot_minutes between 5 and 240),
    check (from_minute < to_minute),
    foreign key (provider_id, centre_id) references clinic.provider_centre on delete cascade,
    constraint provider_hours_overlap exclude using gist
        (provider_id with =, weekday with =, int4range(from_minute, to_minute) with &&)
);

-- A provider's application to be registered, until an administrator has checked it.
create table clinic.provider_registration (
    id uuid primary key,
    email text not null, family_name text not null, given_name text not null, phone text,
    profession text not null check (profession in ('gp', 'specialist', 'pathologist', 'pharmacist', 'physiotherapist',
        'radiographer', 'other')),
    provider_number text, registration_number text, licence_number text, expertise text,
    state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected')),
    created_at timestamptz not null default now(),
    decided_at timestamptz, decided_by uuid, decision_note bytea,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index registration_pending_key on clinic.provider_registration (email) where state = 'pending';

create sequence clinic.record_number_seq start 1;

create table clinic.patient (
    id uuid primary key,
    record_number int not null unique default nextval('clinic.record_number_seq'),
    family_name text not null default '',
    given_name text not null default '',
    preferred_name text,
    second_script_name text,
    sex text not null default 'unknown' check (sex in ('female', 'male', 'other', 'unknown')),
    birth_date date check (birth_date > '1850-01-01'),
    national_number text collate "C",
    medicare_number text collate "C",
    email text, phone text, address text,
    language text,                           -- BCP 47
    contact_name text, contact_relationship text, contact_phone text,
    blood_group text check (blood_group in ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    allergy_state text not null default 'not_asked' check (allergy_state in ('not_asked', 'none_known', 'listed')),
    account_id uuid unique references clinic.account,
    centre_id uuid references clinic.centre,
    incomplete boolean not null default false,
    deactivated_at timestamptz, deactivated_why bytea,
    blocked_until date, blocked_why bytea,
    phone_digits text not null default '',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index patient_national_key on clinic.patient (national_number);
create unique index patient_medicare_key on clinic.patient (medicare_number);
create index patient_by_birth on clinic.patient (birth_date);
create index patient_by_phone on clinic.patient (reverse(phone_digits) text_pattern_ops);
create index patient_by_email on clinic.patient (lower(email) collate "C");

-- The words of a patient's names, folded: what the search looks in. Reached through definer functions only.
create table clinic.patient_word (
    patient_id uuid not null references clinic.patient on delete cascade,
    word text not null collate "C",
    family boolean not null default false,
    primary key (patient_id, word)
);
create index patient_word_prefix on clinic.patient_word (word, patient_id);

-- Every different word once: what a misspelled word is compared with, so that near words cost little however many
-- patients there are. A word that nobody has any more stays and finds nobody.
create table clinic.name_word (
    word text primary key collate "C"
);
create index name_word_near on clinic.name_word using gin (word gin_trgm_ops);
create function clinic.keep_name_words() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into clinic.name_word select distinct word from fresh order by word on conflict do nothing;
    return null;
end $$;
create trigger name_words after insert on clinic.patient_word referencing new table as fresh
    for each statement execute function clinic.keep_name_words();

create table clinic.patient_alert (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    text bytea not null,
    author uuid not null,
    created_at timestamptz not null default now(),
    struck_at timestamptz
);
create index patient_alert_by_patient on clinic.patient_alert (patient_id);

-- The Info tab's lists. `struck_at`: entered in error, kept. `encounter_id`: the visit in which it was added.
create table clinic.allergy (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    code text, substance bytea not null, reaction bytea,
    severity text check (severity in ('mild', 'moderate', 'severe')),
    since date,
    status text not null default 'active' check (status in ('active', 'inactive', 'resolved')),
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create table clinic.condition (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    code text, name bytea not null, since date, treatment bytea,
    status text not null default 'active' check (status in ('active', 'resolved')),
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create table clinic.medication (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    prescription_id uuid,                    -- when it came from a prescription here
    code text, name bytea not null, dose bytea, frequency bytea, since date, prescriber bytea,
    ended_on date,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create table clinic.surgery (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    name bytea not null, performed_on date, notes bytea,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create table clinic.vaccination (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    code text, vaccine bytea not null, given_on date, dose_number int check (dose_number between 1 and 20), notes bytea,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create table clinic.family_history (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,
    relationship text not null, code text, condition bytea not null, notes bytea,
    author uuid not null, created_at timestamptz not null default clinic.now(),
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, changed_at timestamptz not null default now(), changed_by uuid
);
create index allergy_by_patient on clinic.allergy (patient_id);
create index condition_by_patient on clinic.condition (patient_id);
create index medication_by_patient on clinic.medication (patient_id);
create index surgery_by_patient on clinic.surgery (patient_id);
create index vaccination_by_patient on clinic.vaccination (patient_id);
create index family_history_by_patient on clinic.family_history (patient_id);

-- A patient and a provider who are connected without an appointment (asked for and approved).
create table clinic.connection (
    patient_id uuid not null references clinic.patient,
    provider_id uuid not null references clinic.provider,
    state text not null check (state in ('asked', 'approved', 'declined', 'ended')),
    until date,
    asked_at timestamptz not null default now(),
    primary key (patient_id, provider_id)
);

select clinic.track(t) from unnest(array['centre', 'department', 'provider', 'provider_hours', 'provider_registration',
    'patient', 'patient_alert', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history']) t;
reset role;
