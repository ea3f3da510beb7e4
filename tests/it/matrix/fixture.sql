-- One clinic with every role in every situation, once: a patient per (role, situation) and the same rows around each.
-- matrix.actor and matrix.place are filled before; an id is the beginning of the SHA-256 of `role/situation/name`.
create function matrix.id(role text, sit text, name text) returns uuid language sql immutable as $$
    select encode(substr(sha256(convert_to(role || '/' || sit || '/' || name, 'UTF8')), 1, 16), 'hex')::uuid
$$;
create function matrix.place(name text) returns uuid language sql stable as $$
    select id from matrix.place where place.name = $1
$$;

-- All of this is history: it was allowed when it was written.
set session_replication_role = replica;

-- The cell's people: whose visit `t` is, where, and who wrote the rows in it.
create table matrix.cell as
select a.role, a.sit, a.account, a.provider, row_number() over (order by a.role, a.sit)::int - 1 as i,
       matrix.id(a.role, a.sit, 'p') as p, matrix.id(a.role, a.sit, 't') as t, matrix.id(a.role, a.sit, 'f') as f,
       matrix.id(a.role, a.sit, 'f2') as f2, a.sit in ('a', 'e', 'x', 'd', 'z', 'b', 'o', 's') as here,
       a.provider is not null and a.sit in ('a', 'e', 'x', 'd', 'z', 'b') as own,
       case when a.sit in ('c', 'n', 'r', 'k', 'm', 'w') then matrix.place('gary_provider')
            when a.provider is not null and a.sit in ('a', 'e', 'x', 'd', 'z', 'b') then a.provider
            when a.sit = 'e' then matrix.place('hal_provider') else matrix.place('otto_provider') end as tp,
       case when a.sit in ('c', 'n', 'r', 'k', 'm', 'w') then matrix.place('ultimo')
            when a.sit = 'e' then matrix.place('hospital') else matrix.place('randwick') end as tc
  from matrix.actor a;
alter table matrix.cell add ta uuid, add au uuid, add bp uuid, add bc uuid;
update matrix.cell c set ta = (select account_id from clinic.provider v where v.id = c.tp);
-- Who wrote the rows of the visit: its provider, or the nurse in visits of her centre.
update matrix.cell set au = case when role = 'nurse' and sit in ('a', 'o', 'x', 'd', 'z', 'b') then account else ta end,
    bp = case when sit in ('a', 'e', 'd', 'z', 'o', 's') then tp else matrix.place('gary_provider') end,
    bc = case when sit in ('a', 'e', 'd', 'z', 'o', 's') then tc else matrix.place('ultimo') end;

insert into clinic.patient (id, family_name, given_name, sex, birth_date, phone, centre_id, account_id)
select p, 'Cell', 'Nr' || i, 'female', '1980-01-01', '0400 000 000', tc, case when sit = 's' then account end from matrix.cell;
insert into clinic.patient_word select p, 'cell' || i, true from matrix.cell;
-- Merged: the other record of the person, in a visit with them now (of the others: with a colleague at their centre); it was
-- merged into the cell's, or the cell's into it.
insert into clinic.patient (id, family_name, given_name, sex, birth_date, centre_id)
select matrix.id(role, sit, 'other'), 'Cell', 'Other' || i, 'female', '1980-01-01', matrix.place('randwick') from matrix.cell where sit in ('m', 'w');
insert into clinic.patient_link (id, patient_id, survivor_id, reason, merged_by)
select gen_random_uuid(), matrix.id(role, sit, 'other'), p, '\x00'::bytea, account from matrix.cell where sit = 'm'
union all
select gen_random_uuid(), p, matrix.id(role, sit, 'other'), '\x00', account from matrix.cell where sit = 'w';
insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by, arrived_at, started_at)
select gen_random_uuid(), matrix.id(role, sit, 'other'), coalesce(provider, matrix.place('otto_provider')), matrix.place('randwick'), 'walk_in',
       'in_progress', (clinic.now() at time zone 'Australia/Sydney')::date, clinic.now() - interval '20 min', clinic.now() + interval '10 min',
       account, clinic.now() - interval '25 min', clinic.now() - interval '20 min' from matrix.cell where sit in ('m', 'w');

-- Sessions of slots on the coming days, for bookings that overlap nobody's; every provider's last day at the hospital.
insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at)
select gen_random_uuid(), v.id, case when n > 16 then matrix.place('hospital') else x.centre_id end, d.day,
       (d.day + time '08:00') at time zone 'Australia/Sydney', (d.day + time '17:00') at time zone 'Australia/Sydney'
  from clinic.provider v
  cross join lateral (select centre_id from clinic.provider_centre pc where pc.provider_id = v.id
                       order by pc.centre_id <> matrix.place('hospital') desc limit 1) x
  cross join generate_series(2, 20) n
  cross join lateral (select (clinic.now() at time zone 'Australia/Sydney')::date + n as day) d;

-- Each provider's held time and leave, and rooms at every centre.
insert into clinic.held_slot (id, clinic_session_id, provider_id, day, kind, starts_at, ends_at, release_at)
select distinct on (s.provider_id) gen_random_uuid(), s.id, s.provider_id, s.day, 'urgent', s.starts_at, s.starts_at + interval '30 min', s.starts_at
  from clinic.clinic_session s where s.centre_id = matrix.place('randwick') and s.starts_at > clinic.now() + interval '10 days'
 order by s.provider_id, s.starts_at;
insert into clinic.schedule_exception (id, kind, provider_id, centre_id, starts_at, ends_at)
select matrix.id('', v.id::text, 'leave'), 'leave', v.id, matrix.place('randwick'), clinic.now() + interval '30 days', clinic.now() + interval '31 days'
  from clinic.provider v;
update clinic.provider set fee_cents = 5000;
insert into clinic.visit_type (id, code, name, minutes, retired_at) values (matrix.id('', '', 'visit_type'), 'matrix', 'Matrix', 20, null),
    (matrix.id('', '', 'off_visit_type'), 'matrix-gone', 'Gone', 20, now());
-- Nobody has seen him for so long that he may be erased.
insert into clinic.patient (id, family_name, given_name, sex, birth_date, centre_id, created_at)
values (matrix.id('', '', 'old'), 'Ago', 'Long', 'male', '1940-01-01', matrix.place('randwick'), '2000-01-01');
-- Whether nothing but the time that a record must be kept stands against erasing it.
create function matrix.may_be_proposed(p_patient uuid) returns boolean language plpgsql as $$
declare rule text;
begin
    perform clinic.propose_erasure(gen_random_uuid(), p_patient);
    return true;
exception when sqlstate 'PX001' then
    get stacked diagnostics rule = constraint_name;
    return rule = 'retention_not_ended';
end $$;
insert into clinic.room (id, centre_id, name) select matrix.id('', c.id::text, 'room'), c.id, 'Room 1' from clinic.centre c;
insert into clinic.room (id, centre_id, name, retired_at) values
    (matrix.id('', '', 'room'), matrix.place('randwick'), 'Room 2', null),
    (matrix.id('', '', 'off_room'), matrix.place('randwick'), 'Room 3', now());

-- Appointments: what a cell is about (`now`), the other provider's (`far`, `far2`), and one to act on of each kind.
create table matrix.plan (name text, role text, sit text, patient uuid, provider uuid, centre uuid, kind text, status text,
    starts timestamptz, ended timestamptz);
insert into matrix.plan
-- The emergency of somebody at another centre, a week ago.
select 'glassed', role, sit, p, matrix.place('hal_provider'), matrix.place('hospital'), 'emergency', 'completed',
       clinic.now() - interval '7 days', clinic.now() - interval '7 days' + interval '1 hour' from matrix.cell
union all
select 'now', role, sit, p, tp, tc, case sit when 'b' then 'emergency' else 'walk_in' end,
       case when sit = 'x' then 'completed' else 'in_progress' end,
       clinic.now() - case when sit = 'x' then interval '120 days' else interval '20 min' end,
       case when sit = 'x' then clinic.now() - interval '120 days' + interval '25 min' end
  from matrix.cell where here
union all
select 'far', role, sit, p, matrix.place('gary_provider'), matrix.place('ultimo'), 'walk_in', 'completed',
       clinic.now() - interval '30 days', clinic.now() - interval '30 days' + interval '20 min' from matrix.cell
union all
select 'far2', role, sit, p, matrix.place('gary_provider'), matrix.place('ultimo'), 'walk_in', 'in_progress',
       clinic.now() - interval '1 day', null from matrix.cell
union all
select 'waiting', role, sit, p, bp, bc, 'walk_in', 'arrived', clinic.now() - interval '10 min', null from matrix.cell
union all
select 'due', role, sit, p, bp, bc, 'walk_in', 'booked', clinic.now() + interval '10 min', null from matrix.cell
union all
-- Late enough that a patient may still cancel it.
select 'later', role, sit, p, bp, bc, 'walk_in', 'booked', clinic.now() + interval '20 days', null from matrix.cell
union all
-- A slot of its own for each, three to a cell and sixteen to a day, in the sessions above.
select 'booked', role, sit, p, bp, bc, 'slot', 'booked', matrix.slot, null
  from (select c.*, (((clinic.now() at time zone 'Australia/Sydney')::date + case when bc = matrix.place('hospital') then 17 else 2 end + n / 16)
               + time '08:00' + make_interval(mins => 30 * (n % 16))) at time zone 'Australia/Sydney' as slot
          from (select c.*, row_number() over (partition by bp, bc order by i)::int - 1 as n from matrix.cell c) c) matrix
union all
select 'off', role, sit, p, bp, bc, 'slot', 'cancelled', matrix.slot, null
  from (select c.*, (((clinic.now() at time zone 'Australia/Sydney')::date + case when bc = matrix.place('hospital') then 19 else 8 end + n / 16)
               + time '08:00' + make_interval(mins => 30 * (n % 16))) at time zone 'Australia/Sydney' as slot
          from (select role, sit, p, i, case when sit = 'c' and provider is not null then provider else bp end as bp,
                       case when sit = 'c' and provider is not null then matrix.place('randwick') else bc end as bc,
                       row_number() over (partition by case when sit = 'c' and provider is not null then provider else bp end
                                          order by i)::int - 1 as n from matrix.cell) c) matrix
union all
-- Who did not come a month ago has not been seen.
select 'missed', role, sit, p, bp, bc, 'walk_in', 'no_show', clinic.now() - interval '40 days', null from matrix.cell where sit <> 'c'
union all
select 'missed', role, sit, p, coalesce(provider, bp), bc, 'walk_in', 'no_show', clinic.now() - interval '40 days', null
  from matrix.cell where sit = 'c';
insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, kind, status, day, starts_at, ends_at,
    reason, booked_by, arrived_at, started_at, ended_at, status_why)
select matrix.id(role, sit, name), patient, provider, centre,
       (select s.id from clinic.clinic_session s where s.provider_id = m.provider and m.starts >= s.starts_at and m.starts < s.ends_at),
       kind, status, (starts at time zone 'Australia/Sydney')::date, starts, starts + interval '30 min', '\x00',
       matrix.place('mei'), case when status in ('arrived', 'in_progress', 'completed') then starts end,
       case when status in ('in_progress', 'completed') then starts end, ended, case when status = 'cancelled' then '\x00'::bytea end
  from matrix.plan m;

-- What was paid for the one that is due.
insert into clinic.payment (id, appointment_id, patient_id, centre_id, day, kind, method, cents, receipt, at, account_id)
select matrix.id(role, sit, 'payment'), matrix.id(role, sit, 'due'), p, bc, (clinic.now() at time zone 'Australia/Sydney')::date, 'payment', 'cash',
       500, row_number() over (partition by bc order by i), clinic.now(), matrix.place('mei') from matrix.cell;

insert into clinic.appointment_event (appointment_id, at, to_status, to_starts_at, to_provider_id)
select a.id, a.booked_at, a.status, a.starts_at, a.provider_id from clinic.appointment a join matrix.cell c on a.id = matrix.id(c.role, c.sit, 'due');

-- Visits: the cell's, a paused one of the same person, the other provider's signed and unsigned ones, an own signed one.
create function matrix.visit(p_id uuid, p_appointment uuid, p_patient uuid, p_provider uuid, p_centre uuid, p_state text, p_age interval)
returns void language sql as $$
    insert into clinic.encounter (id, appointment_id, patient_id, provider_id, centre_id, state, day, started_at, ended_at,
        chief_complaint, signed_at, signed_by, author)
    select p_id, p_appointment, p_patient, p_provider, p_centre, p_state, ((clinic.now() - p_age) at time zone 'Australia/Sydney')::date,
           clinic.now() - p_age, case when p_state = 'signed' then clinic.now() - p_age end, '\x00',
           case when p_state = 'signed' then clinic.now() - p_age end, case when p_state = 'signed' then v.account_id end, v.account_id
      from clinic.provider v where v.id = p_provider
$$;
select matrix.visit(f, matrix.id(role, sit, 'far'), p, matrix.place('gary_provider'), matrix.place('ultimo'), 'signed', '30 days') from matrix.cell;
select matrix.visit(f2, matrix.id(role, sit, 'far2'), p, matrix.place('gary_provider'), matrix.place('ultimo'), 'paused', '1 day') from matrix.cell;
select matrix.visit(t, matrix.id(role, sit, 'now'), p, tp, tc, case when sit = 'x' then 'signed' else 'open' end,
                    case when sit = 'x' then interval '120 days' else interval '20 min' end) from matrix.cell where here;
select matrix.visit(matrix.id(role, sit, 'paused'), null, p, tp, tc, 'paused', '2 hours') from matrix.cell where sit <> 'x';
select matrix.visit(matrix.id(role, sit, 'paused'), null, p, matrix.place('gary_provider'), tc, 'paused', '2 hours') from matrix.cell where sit = 'x';
select matrix.visit(matrix.id(role, sit, 'signed'), null, p, case when own then provider else matrix.place('gary_provider') end,
                    tc, 'signed', '121 days') from matrix.cell;
-- Where the cell has no visit, the other provider's unsigned one is tried.
update matrix.cell set t = f2 where not here;

-- What is written in them. `au` wrote the cell's rows, the other provider (gary) those of `f`.
create table matrix.row as
select role, sit, '' as of, p, t as e, ta, au from matrix.cell
union all
select role, sit, 'f_', p, f, matrix.place('gary'), matrix.place('gary') from matrix.cell;
insert into clinic.note (id, encounter_id, patient_id, body, author)
select matrix.id(role, sit, of || 'note'), e, p, '\x00', au from matrix.row;
insert into clinic.observation (id, encounter_id, patient_id, sign, value, unit, taken_at, author)
select matrix.id(role, sit, of || 'observation'), e, p, 'heart_rate', 70, '/min', clinic.now(), au from matrix.row
 where of <> '' or role <> 'receptionist';
insert into clinic.observation (id, patient_id, sign, value, unit, taken_at, author)
select matrix.id(role, sit, 'observation'), p, 'heart_rate', 70, '/min', clinic.now(), case when sit = 's' then ta else account end
  from matrix.cell where role = 'receptionist';
insert into clinic.service_request (id, encounter_id, patient_id, name, ordered_at, author)
select matrix.id(role, sit, of || 'order'), e, p, '\x00', clinic.now(), ta from matrix.row;
insert into clinic.result (id, service_request_id, patient_id, value, measured_at, author)
select matrix.id(role, sit, of || 'result'), matrix.id(role, sit, of || 'order'), p, '\x00', clinic.now(), matrix.place('lab') from matrix.row;
insert into clinic.diagnosis (id, encounter_id, patient_id, name, author)
select matrix.id(role, sit, of || 'diagnosis'), e, p, '\x00', ta from matrix.row;
insert into clinic.prescription (id, encounter_id, patient_id, drug, starts_on, author)
select matrix.id(role, sit, of || 'prescription'), e, p, '\x00', current_date, ta from matrix.row;
insert into clinic.treatment (id, encounter_id, patient_id, title, author)
select matrix.id(role, sit, of || 'treatment'), e, p, '\x00', ta from matrix.row;
insert into clinic.report (id, encounter_id, patient_id, type, title, author)
select matrix.id(role, sit, of || 'report'), e, p, 'other', '\x00', ta from matrix.row;
-- A list entry of one's own: who may read wrote it, and the desk at intake.
insert into clinic.allergy (id, patient_id, substance, author)
select matrix.id(role, sit, 'allergy'), p, '\x00'::bytea,
       case when provider is not null and sit = 'k' or role = 'receptionist' and sit <> 's' then account else au end from matrix.cell
union all
select matrix.id(role, sit, 'f_allergy'), p, '\x00'::bytea, matrix.place('gary') from matrix.cell;
insert into clinic.condition (id, patient_id, name, author)
select matrix.id(role, sit, 'f_condition'), p, '\x00', matrix.place('gary') from matrix.cell;
insert into clinic.patient_alert (id, patient_id, text, author, struck_at)
select matrix.id(role, sit, 'alert'), p, '\x00'::bytea, matrix.place('otto'), null::timestamptz from matrix.cell
union all
select matrix.id(role, sit, 'struck'), p, '\x00'::bytea, matrix.place('otto'), clinic.now() from matrix.cell;

-- Letters: one that was sent (to the cell's provider where they are referred to), and a GP's own draft and sent one.
create function matrix.letter(p_id uuid, p_patient uuid, p_visit uuid, p_writer uuid, p_target uuid, p_status text)
returns void language sql as $$
    insert into clinic.referral (id, patient_id, encounter_id, from_provider_id, to_provider_id, reason, letter, written_on, valid_until,
        status, sent_at, author)
    select p_id, p_patient, p_visit, p_writer, p_target, '\x00', '\x00', clinic.now()::date - 200, '2027-01-01', p_status,
           case when p_status <> 'draft' then clinic.now() end, v.account_id from clinic.provider v where v.id = p_writer
$$;
select matrix.letter(matrix.id(role, sit, 'letter'), p, f, matrix.place('gary_provider'),
                     case when sit = 'r' and provider is not null then provider else matrix.place('sven_provider') end, 'sent') from matrix.cell;
select matrix.letter(matrix.id(role, sit, n || '_letter'), p, t, case when own and role = 'gp' then provider else matrix.place('gary_provider') end,
                     matrix.place('sven_provider'), n) from matrix.cell, unnest(array['draft', 'sent']) n;
-- Specialists are booked with a letter only.
select matrix.letter(matrix.id(role, sit, 'unlocks'), p, f, matrix.place('gary_provider'), provider, 'booked')
  from matrix.cell where role = 'specialist' and sit in ('a', 'e', 'd', 'z', 'k', 'b', 'm');

-- Connections: `tie` is the cell's own, or a stranger's; `offer` is what another provider asks of the patient.
insert into clinic.connection (id, patient_id, provider_id, state, asked_side)
select matrix.id(role, sit, 'tie'), p, case when sit = 'k' then coalesce(provider, matrix.place('otto_provider'))
                                            else matrix.place('sven_provider') end, 'approved', 'patient' from matrix.cell
union all
select matrix.id(role, sit, 'offer'), p, matrix.place('gary_provider'), 'asked', 'provider' from matrix.cell;

-- Requests of others for the record, one that waits and one that is granted; and one's own, from before
-- one was let in otherwise.
insert into clinic.access_request (id, patient_id, asker, state, reason, days, decided_at, decided_by, decided_as, until)
select matrix.id(role, sit, 'asked'), p, matrix.place('otto'), 'asked', '\x00'::bytea, 7, null::timestamptz, null::uuid, null, null::timestamptz
  from matrix.cell
union all
select matrix.id(role, sit, 'granted'), p, matrix.place('hal'), 'granted', '\x00', 7, clinic.now(), matrix.place('gary'), 'administrator',
       clinic.now() + interval '7 days' from matrix.cell
union all
select matrix.id(role, sit, 'own_asked'), p, account, 'asked', '\x00', 7, null, null, null, null
  from matrix.cell where provider is not null and sit in ('a', 'e', 'd', 'k', 'b');

-- Emergencies: the cell's own in `b` (for the others: their colleague's), and one of another centre that waits for its review.
insert into clinic.emergency (id, patient_id, provider_id, account_id, appointment_id, reason, opened_at, until, ended_at, due_on, overdue_from)
select matrix.id(role, sit, 'emergency'), p, tp, ta, matrix.id(role, sit, 'now'), '\x00'::bytea, clinic.now() - interval '20 min',
       clinic.now() + interval '40 min', null::timestamptz, clinic.now()::date + 3, clinic.now() + interval '4 days'
  from matrix.cell where sit = 'b'
union all
select matrix.id(role, sit, 'glass'), p, matrix.place('hal_provider'), matrix.place('hal'), matrix.id(role, sit, 'glassed'), '\x00',
       clinic.now() - interval '7 days', clinic.now() - interval '7 days' + interval '1 hour', null, clinic.now()::date - 3, clinic.now()
  from matrix.cell;

-- Messages: to the person of the cell, and to the clinic's own box by nobody it knows.
insert into clinic.message (id, kind, from_account, from_role, proven, to_account, patient_id, subject, body, sent_at)
select matrix.id(role, sit, 'mail'), case role when 'patient' then 'answer' else 'staff' end, matrix.place('otto'), 'gp', true, account, p,
       '\x00'::bytea, '\x00'::bytea, clinic.now() from matrix.cell
union all
select matrix.id(role, sit, 'box'), 'clinic', null, 'not_in_directory', false, null, null, '\x00', '\x00', clinic.now() from matrix.cell;

-- What administrators act on: nobody's patient.
set session_replication_role = origin;
insert into clinic.account (id, login, role, family_name, given_name, deactivated_at) values
    (matrix.id('', '', 'account'), 'spare', 'receptionist', 'Spare', 'Sam', null),
    (matrix.id('', '', 'off_account'), 'spare2', 'receptionist', 'Spare', 'Sue', now());
insert into clinic.centre (id, kind, number, name, name_key, retired_at) values
    (matrix.id('', '', 'centre'), 'medical_centre', '11000000008', 'Spare', 'spare', null),
    (matrix.id('', '', 'off_centre'), 'medical_centre', '11000000009', 'Gone', 'gone', now());
insert into clinic.department (id, centre_id, name) values (matrix.id('', '', 'department'), matrix.place('randwick'), 'Heart');
insert into clinic.provider_registration (id, email, family_name, given_name, profession) values
    (matrix.id('', '', 'registration'), 'new@example.org', 'New', 'Nora', 'gp');

insert into clinic.patient_registration (id, family_name, given_name, sex, birth_date, email, created_at) values
    (matrix.id('', '', 'application'), 'New', 'Nils', 'male', '1980-01-01', 'nils@example.org', clinic.now());
insert into clinic.policy_change (id, action, role, codes_before, codes, why, proposed_by) values
    (matrix.id('', '', 'proposal'), 'visit.sign', 'nurse', '{}', '{own_object}', 'a reason', matrix.place('otto'));

-- Each waits for somebody, where the cell's bookings are.
insert into clinic.waitlist_entry (id, patient_id, profession, centre_id, first_day, last_day, added_by, added_at)
select matrix.id(role, sit, 'waits'), p, 'nurse', bc, clinic.now()::date, clinic.now()::date + 60, matrix.place('mei'), clinic.now() from matrix.cell;

-- Whose each thing is, for the facts of a decision: said by the rows alone, not by the function that is being tried.
create table matrix.object as
select id, provider_id as provider, null::uuid as author, centre_id as centre from clinic.appointment
union all select id, provider_id, author, centre_id from clinic.encounter
union all select id, from_provider_id, author, null from clinic.referral
union all select x.id, null, x.author, e.centre_id
            from (select id, author, encounter_id from clinic.note union all select id, author, encounter_id from clinic.service_request
                  union all select id, author, encounter_id from clinic.diagnosis union all select id, author, encounter_id from clinic.prescription
                  union all select r.id, r.author, q.encounter_id from clinic.result r join clinic.service_request q on q.id = r.service_request_id) x
            join clinic.encounter e on e.id = x.encounter_id
union all select id, null, null, centre_id from clinic.waitlist_entry
union all select id, null, author, null from clinic.observation
union all select id, null, author, null from clinic.allergy
union all select id, null, author, null from clinic.patient_alert
union all select id, null, asker, null from clinic.access_request
union all select id, provider_id, null, null from clinic.connection
union all select id, null, account_id, null from clinic.emergency
union all select id, null, from_account, null from clinic.message;
insert into matrix.object select distinct bc, null::uuid, null::uuid, bc from matrix.cell;

-- Destroyed: the key is gone, and what it sealed with it.
insert into clinic.patient_key (id, patient_id, kek, destroyed_at) select gen_random_uuid(), p, 'gone', clinic.now() from matrix.cell where sit = 'd';
