-- The statement behind each action, as the store runs it: past the program, over a connection of the person. A row counts as
-- allowed. {name} is an id of the cell; {me} the person, {provider} themselves as a provider, {with} who is booked with.
-- After `=` stands what it is done to, for the program's and the server's decision: `-` for nothing and nobody's patient, and a
-- second `-` for a thing that is no patient's. {role}, {login}, {sit} and {proof} are words of the cell.

--@ patients.open = -
select from clinic.find_patients(array['cell' || {i}], '', null, null, null, 10) where patient_id = {p};
--@ patient.open
select from auth.demand('patient.open', {p}, {p}), clinic.patient where id = {p} and family_name = 'Cell';
--@ patient.register = -
insert into clinic.patient (id, family_name, given_name, sex, birth_date) values (gen_random_uuid(), 'New', 'Nina', 'female', '1990-01-01');
--@ patient.change
update clinic.patient set phone = '0400 000 001' where id = {p};
--@ patient.deactivate
update clinic.patient set deactivated_at = clinic.now(), deactivated_why = '\x00' where id = {p};
--@ patient.reactivate
update clinic.patient set deactivated_at = null, deactivated_why = null, reactivated_why = '\x01', blocked_until = '2030-01-01' where id = {p};
--@ patient.block
update clinic.patient set blocked_until = '2030-01-01', blocked_why = '\x00' where id = {p};
--@ patient.merge
select clinic.merge_patients(gen_random_uuid(), (select id from clinic.patient where family_name = 'Zhang'), {p}, '\x0100');
--@ patient.unmerge
select clinic.unmerge_patient(x.id) from (select id, clinic.merge_patients(gen_random_uuid(), id, {p}, '\x0100') from clinic.patient
    where family_name = 'Zhang' offset 0) x;
--@ patient.unmerge/itself
select clinic.unmerge_patient({p});
--@ patient.change/words
delete from clinic.patient_word where patient_id = {p};
--@ patient.open/alerts
select from clinic.patient_alert where id = {alert};
--@ alert.add
insert into clinic.patient_alert (id, patient_id, text, author) values (gen_random_uuid(), {p}, '\x00', {me});
--@ alert.strike = alert
update clinic.patient_alert set struck_at = clinic.now() where id = {alert};
--@ alert.restore = struck
update clinic.patient_alert set struck_at = null where id = {struck};

--@ board.open = bc
select from auth.demand('board.open', null, {bc}), clinic.appointment where id = {due};
--@ appointment.open = booked
select from clinic.appointment where id = {booked};
--@ appointment.book
insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, kind, status, day, starts_at, ends_at, reason, booked_by)
select gen_random_uuid(), {p}, s.provider_id, s.centre_id, s.id, 'slot', 'booked', s.day, s.ends_at - interval '30 min', s.ends_at, '\x00', {me}
  from clinic.clinic_session s where s.provider_id = {with} and s.starts_at > clinic.now() + interval '1 day' order by s.starts_at limit 1;
--@ appointment.move = booked
update clinic.appointment set starts_at = (day + time '16:30') at time zone 'Australia/Sydney',
       ends_at = (day + time '17:00') at time zone 'Australia/Sydney' where id = {booked};
--@ appointment.set-status = due
update clinic.appointment set status = 'arrived' where id = {due};
--@ appointment.set-status/no-show
update clinic.appointment set status = 'booked' where id = {missed};
--@ appointment.open/history
select from clinic.appointment_event where appointment_id = {due};
--@ appointment.restore = off
update clinic.appointment set status = 'booked' where id = {off};
--@ appointment.cancel-own = later
select from clinic.cancel_own({later}, 1, '\x00') v where v is not null;
--@ session.add = -
insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at)
select gen_random_uuid(), {with}, pc.centre_id, '2026-06-01', '2026-06-01 00:00+00', '2026-06-01 02:00+00'
  from clinic.provider_centre pc where pc.provider_id = {with} limit 1;
--@ session.change = -
update clinic.clinic_session set ends_at = ends_at + interval '1 hour' where provider_id = {with} and centre_id = {randwick} and starts_at > clinic.now() + interval '10 days';
--@ session.remove = -
update clinic.clinic_session set removed_at = clinic.now()
 where provider_id = {with} and centre_id = {randwick} and starts_at > clinic.now() + interval '10 days';
--@ session.generate = -
insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at)
select gen_random_uuid(), {with}, pc.centre_id, '2026-06-01', '2026-06-01 00:00+00', '2026-06-01 02:00+00'
  from clinic.provider_centre pc where pc.provider_id = {with} limit 1;
--@ session.copy-week = -
insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at)
select gen_random_uuid(), {with}, pc.centre_id, '2026-06-08', '2026-06-08 00:00+00', '2026-06-08 02:00+00'
  from clinic.provider_centre pc where pc.provider_id = {with} limit 1;
--@ session.hold = -
insert into clinic.held_slot (id, clinic_session_id, provider_id, day, kind, starts_at, ends_at, release_at)
select gen_random_uuid(), s.id, s.provider_id, s.day, 'urgent', s.starts_at + interval '1 hour', s.starts_at + interval '90 min', null
  from clinic.clinic_session s where s.provider_id = {with} and s.centre_id = {randwick} and s.starts_at > clinic.now() + interval '10 days'
 order by s.starts_at limit 1;
--@ session.release = -
delete from clinic.held_slot where provider_id = {with};
--@ exception.add = -
insert into clinic.schedule_exception (id, kind, provider_id, centre_id, starts_at, ends_at)
values (gen_random_uuid(), 'leave', {with}, {randwick}, clinic.now() + interval '20 days', clinic.now() + interval '21 days');
--@ exception.remove = -
update clinic.schedule_exception set removed_at = clinic.now() where provider_id = {with};
--@ appointment.set-room = due
update clinic.appointment a set room_id = (select r.id from clinic.room r where r.centre_id = a.centre_id limit 1) where a.id = {due};
--@ fees.open = -
select from clinic.centres_for('fees.open') x where x = {randwick};
--@ fee.take = due
select clinic.fee_take(gen_random_uuid(), {due}, 'cash', 100, null);
--@ fee.refund = due
select clinic.fee_refund(gen_random_uuid(), {payment}, 100, '\x00');
--@ day.close = -
select clinic.close_day(gen_random_uuid(), {randwick}, clinic.now()::date - 3, 0, null);
--@ print.add = -
select clinic.print_add(gen_random_uuid(), {randwick}, null, 'slip', null);
--@ report.open = -
select from clinic.centres_for('report.open') x where x = {randwick};
--@ waitlist.open = waits
select from auth.demand('waitlist.open', null, {waits}), clinic.waitlist_entry where id = {waits};
--@ waitlist.add
select clinic.waitlist_add(gen_random_uuid(), {p}, null, 'gp', null, {randwick}, null, clinic.now()::date, clinic.now()::date + 20,
    'any', 127, 'routine', null);
--@ waitlist.change = waits
select clinic.waitlist_change({waits}, 1, null, 'gp', null, {bc}, null, clinic.now()::date, clinic.now()::date + 20, 'any', 127, 'soon', null);
--@ waitlist.withdraw = waits
select clinic.waitlist_withdraw({waits}, 1, false);
--@ waitlist.offer = waits
select clinic.waitlist_offer(gen_random_uuid(), {waits}, {with}, {bc}, clinic.now() + interval '40 days', clinic.now() + interval '40 days 1 hour');
--@ queue.call = waiting
select clinic.queue_call({waiting}, '2');
--@ queue.set-priority = due
select clinic.queue_set_priority({due}, 'soon');
--@ display.open = -
select from clinic.display_head({randwick});
--@ session.open-panel = -
select from clinic.appointment a join clinic.clinic_session s on s.id = a.clinic_session_id where a.id = {booked};
--@ session.open-panel patient lab_technician auditor = -
select from clinic.appointment a join clinic.clinic_session s on s.id = a.clinic_session_id
 where a.id = {booked} and a.patient_id not in (select id from clinic.patient where account_id = {me});
--@ home.open auditor administrator = -
select from auth.whoami();
--@ home.open = -
select from auth.whoami() w where w.provider_id is not null;
--@ own.open
select from clinic.appointment a join clinic.patient p on p.id = a.patient_id where a.id = {due} and p.account_id = auth.actor();

--@ visit.start = waiting
with started as (update clinic.appointment set status = 'in_progress' where id = {waiting} and provider_id = {provider}
    returning id, patient_id, provider_id, centre_id, day)
insert into clinic.encounter (id, appointment_id, patient_id, provider_id, centre_id, day, started_at, author)
select gen_random_uuid(), a.id, a.patient_id, a.provider_id, a.centre_id, a.day, clinic.now(), {me} from started a;
--@ visit.open = t
select from auth.demand('visit.open', null, {t}), clinic.encounter where id = {t};
--@ visit.save = t
update clinic.encounter set chief_complaint = '\x00' where id = {t};
--@ visit.pause = t
update clinic.encounter set state = 'paused' where id = {t};
--@ visit.resume = paused
update clinic.encounter set state = 'open' where id = {paused};
--@ visit.sign = t
update clinic.encounter set state = 'signed' where id = {t};
--@ visit.void = t
update clinic.encounter set state = 'voided', void_why = '\x00' where id = {t};
--@ visit.set-fee = t
select from clinic.set_visit_fee({t}, 1, 100) made where made is not null;
--@ note.add = t
insert into clinic.note (id, encounter_id, patient_id, body, author) values (gen_random_uuid(), {t}, {p}, '\x00', {me});
--@ note.change = note
update clinic.note set body = '\x0061' where id = {note};
--@ note.strike = note
update clinic.note set struck_at = clinic.now(), struck_by = {me} where id = {note};
--@ note.add-addendum = signed
insert into clinic.note (id, encounter_id, patient_id, kind, body, author) values (gen_random_uuid(), {signed}, {p}, 'addendum', '\x00', {me});
--@ observation.add = t
insert into clinic.observation (id, encounter_id, patient_id, sign, value, unit, taken_at, author)
values (gen_random_uuid(), {t}, {p}, 'heart_rate', 70, '/min', clinic.now(), {me});
--@ observation.add receptionist nurse
insert into clinic.observation (id, patient_id, sign, value, unit, taken_at, author)
values (gen_random_uuid(), {p}, 'heart_rate', 70, '/min', clinic.now(), {me});
--@ observation.strike = observation
update clinic.observation set struck_at = clinic.now(), struck_by = {me} where id = {observation};
--@ lists.add
insert into clinic.allergy (id, patient_id, substance, author) values (gen_random_uuid(), {p}, '\x00', {me});
--@ lists.add/condition
insert into clinic.condition (id, patient_id, name, author) values (gen_random_uuid(), {p}, '\x00', {me});
--@ lists.correct = f_allergy
update clinic.allergy set reaction = '\x00' where id = {f_allergy};
--@ lists.resolve = f_allergy
update clinic.allergy set status = 'resolved' where id = {f_allergy};
--@ lists.strike = allergy
update clinic.allergy set struck_at = clinic.now(), struck_by = {me} where id = {allergy};
--@ lists.none-known
update clinic.patient set allergy_state = 'none_known' where id = {p};
--@ tests.open = f_order
select from auth.demand('tests.open', {p}, {f_order}), clinic.service_request where id = {f_order};
--@ tests.order = t
insert into clinic.service_request (id, encounter_id, patient_id, name, ordered_at, author) values (gen_random_uuid(), {t}, {p}, '\x00', clinic.now(), {me});
--@ tests.set-status = f_order
update clinic.service_request set status = 'collected' where id = {f_order};
--@ tests.add-result = f_order
insert into clinic.result (id, service_request_id, patient_id, value, measured_at, author)
values (gen_random_uuid(), {f_order}, {p}, '\x00', clinic.now(), {me});
--@ tests.open/queue
select from clinic.service_request where id = {order};
--@ tests.set-status/queue
update clinic.service_request set status = 'collected' where id = {order};
--@ tests.add-result/queue
insert into clinic.result (id, service_request_id, patient_id, value, measured_at, author)
values (gen_random_uuid(), {order}, {p}, '\x00', clinic.now(), {me});
--@ tests.acknowledge = order
update clinic.result set acknowledged_at = clinic.now(), acknowledged_by = {me} where id = {result};
--@ record.strike/result
update clinic.result set struck_at = clinic.now(), struck_by = {me} where id = {result};
--@ tests.add-report = t
insert into clinic.report (id, encounter_id, patient_id, type, title, author) values (gen_random_uuid(), {t}, {p}, 'other', '\x00', {me});
--@ diagnosis.add = t
insert into clinic.diagnosis (id, encounter_id, patient_id, name, role, author) values (gen_random_uuid(), {t}, {p}, '\x00', 'additional', {me});
--@ diagnosis.change = diagnosis
update clinic.diagnosis set certainty = 'suspected' where id = {diagnosis};
--@ diagnosis.promote = diagnosis
with made as (insert into clinic.condition (id, patient_id, encounter_id, name, author) values (gen_random_uuid(), {p}, {t}, '\x00', {me}) returning id)
update clinic.diagnosis d set condition_id = made.id from made where d.id = {diagnosis};
--@ prescription.add = t
insert into clinic.prescription (id, encounter_id, patient_id, drug, starts_on, author) values (gen_random_uuid(), {t}, {p}, '\x00', current_date, {me});
--@ prescription.stop = prescription
update clinic.prescription set status = 'stopped' where id = {prescription};
--@ treatment.add = t
insert into clinic.treatment (id, encounter_id, patient_id, title, author) values (gen_random_uuid(), {t}, {p}, '\x00', {me});
--@ end.book-follow-up = t
with booked as (
    insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, kind, status, day, starts_at, ends_at, reason, booked_by)
    select gen_random_uuid(), {p}, s.provider_id, s.centre_id, s.id, 'slot', 'booked', s.day, s.ends_at - interval '30 min', s.ends_at, '\x00', {me}
      from clinic.clinic_session s where s.provider_id = {with} and s.starts_at > clinic.now() + interval '1 day' order by s.starts_at limit 1
    returning id)
update clinic.encounter e set follow_up_on = '2026-04-01' from booked where e.id = {t};

--@ referral.write = t
insert into clinic.referral (id, patient_id, encounter_id, from_provider_id, to_provider_id, reason, written_on, valid_until, author)
values (gen_random_uuid(), {p}, {t}, {provider}, {sven_provider}, '\x00', current_date, current_date + 100, {me});
--@ referral.change = draft_letter
update clinic.referral set letter = '\x0061' where id = {draft_letter};
--@ referral.send = draft_letter
update clinic.referral set status = 'sent' where id = {draft_letter};
--@ referral.withdraw = sent_letter
update clinic.referral set status = 'withdrawn' where id = {sent_letter};
--@ referral.open = letter
select from clinic.referral where id = {letter} and letter is not null;
--@ referrals.open = letter
select from clinic.referral where patient_id = {p} and to_provider_id = auth.provider_id() and status = 'sent';

--@ record.open = f
select from clinic.encounter e join clinic.note n on n.encounter_id = e.id where e.id = {f} and n.id = {f_note};
--@ record.strike = observation
update clinic.observation set struck_at = clinic.now(), struck_by = {me} where id = {observation};
--@ record.strike receptionist = note
update clinic.note set struck_at = clinic.now(), struck_by = {me} where id = {note};
--@ history.open
select from clinic.condition where id = {f_condition};
--@ records.search
select from clinic.encounter e join clinic.diagnosis d on d.encounter_id = e.id where d.id = {f_diagnosis};
--@ patient.visits = f
select from clinic.encounter where patient_id = {p} and id = {f};
--@ access.request
insert into clinic.access_request (id, patient_id, asker, reason, days)
values (gen_random_uuid(), {p}, {me}, '\x00', 7);
--@ access.grant = asked
update clinic.access_request set state = 'granted', until = clinic.now() + interval '7 days' where id = {asked};
--@ access.refuse = asked
update clinic.access_request set state = 'refused' where id = {asked};
--@ access.withdraw = own_asked
update clinic.access_request set state = 'withdrawn' where id in ({own_asked}, {asked}) and (asker = {me} or id = {asked} and
       not exists (select from clinic.access_request where id = {own_asked}));
--@ access.end = granted
update clinic.access_request set state = 'ended' where id = {granted};
-- One at a time: whichever else is open ends first, but for the cell's own.
--@ emergency.open
select from clinic.patient x, lateral clinic.emergency_open(gen_random_uuid(), gen_random_uuid(),
    x.record_number::text || coalesce((select clinic.emergency_end(e.id)::text from clinic.emergency e
        where e.account_id = {me} and e.id <> {emergency} and e.ended_at is null and e.until > clinic.now()), ''),
    x.birth_date, '\x0061', null, {proof}) where x.id = {p};
--@ emergency.end = emergency
select clinic.emergency_end({emergency});
--@ emergency.review = glass
select clinic.emergency_review({glass}, 'justified', '\x0061');
--@ emergency.open/by-hand
insert into clinic.appointment (id, patient_id, provider_id, centre_id, kind, status, day, starts_at, ends_at, booked_by)
select gen_random_uuid(), {p}, {with}, pc.centre_id, 'emergency', 'in_progress', clinic.now()::date, clinic.now(), clinic.now() + interval '1 hour', {me}
  from clinic.provider_centre pc where pc.provider_id = {with} limit 1;
--@ connection.request
insert into clinic.connection (patient_id, provider_id, state) values ({p}, {to}, 'asked')
on conflict (patient_id, provider_id) do update set state = 'asked';
--@ connection.accept = offer
update clinic.connection set state = 'approved' where id = {offer};
--@ connection.reject = offer
update clinic.connection set state = 'declined' where id = {offer};
--@ connection.end = tie
update clinic.connection set state = 'ended' where id = {tie};
--@ connection.accept/by-hand
insert into clinic.connection (patient_id, provider_id, state) values ({p}, {with}, 'approved');


--@ message.send = -
select clinic.write_to_clinic(gen_random_uuid(), '', '', '', '\x00', '\x00');
--@ message.send-to-staff
insert into clinic.message (id, kind, from_account, from_role, proven, from_name, to_account, patient_id, subject, body, sent_at)
values (gen_random_uuid(), 'staff', {me}, {role}, true, '', {gary}, {p}, '\x00', '\x00', clinic.now());
--@ message.open = mail -
select from clinic.message where id = {mail};
--@ message.mark-read = mail -
update clinic.message set read_at = clinic.now(), read_by = {me} where id = {mail};
--@ message.open/box
select from clinic.message where id = {box};
--@ message.mark-read/box
update clinic.message set read_at = clinic.now(), read_by = {me} where id = {box};

--@ sign-in.open = -
select from auth.open({login}, {proof}, 'matrix') o where o.outcome = 'open';
--@ sign-in.close = -
select from (select auth.actor() as id) s, lateral (select auth.close()) x where s.id is not null;
--@ sign-in.list = -
select from auth.sign_ins({me});
--@ sign-in.list/another
select from auth.sign_ins({otto});
--@ sign-in.end = -
select from auth.end_sign_in((select s.session_id from auth.sign_ins({me}) s limit 1)) e where e;
--@ sign-in.second-factor = -
select from auth.second_begin({proof}) b where b is not null;
--@ account.change-password = -
select from auth.change_password({proof}, '\x01', 'm=8,t=1,p=1', '\x02') c where c;
--@ profile.change = -
select from clinic.change_profile((select a.version from clinic.account a where a.id = {me}), {login}, '', 'New', 'Name', '', '', 'new name',
    array['new'], array[true]) v where v is not null;
--@ account.register = -
select from clinic.reject_patient({/application}, 1, '\x00') r where r;

--@ accounts.open = -
select id, login, email, phone, deactivated_why from auth.demand('accounts.open', null, null), clinic.account_details() where id = {/account};
--@ account.add = -
insert into clinic.account (id, login, role, family_name, given_name) values (gen_random_uuid(), 'somebody', 'receptionist', 'Some', 'Body');
--@ account.change = -
update clinic.account set family_name = 'Other' where id = {/account};
--@ account.deactivate = -
update clinic.account set deactivated_at = clinic.now(), deactivated_why = '\x00' where id = {/account};
--@ account.reactivate = -
update clinic.account set deactivated_at = null, deactivated_why = null, reactivated_why = '\x01' where id = {/off_account};
--@ account.block = -
update clinic.account set blocked_until = clinic.now() + interval '1 day', blocked_why = '\x0061' where id = {/account};
--@ account.give-code = -
select auth.set_code({/account}, '\x00', 'm=8,t=1,p=1', '\x00', 1);
--@ centre.add = -
insert into clinic.centre (id, kind, number, name, name_key) values (gen_random_uuid(), 'hospital', '11000000077', 'New', 'new');
--@ centre.change = -
update clinic.centre set phone = '02 0000 0000' where id = {/centre};
--@ centre.retire = -
update clinic.centre set retired_at = clinic.now() where id = {/centre};
--@ centre.reopen = -
update clinic.centre set retired_at = null where id = {/off_centre};
--@ department.add = -
insert into clinic.department (id, centre_id, name) values (gen_random_uuid(), {randwick}, 'New');
--@ department.change = -
update clinic.department set services = 'x' where id = {/department};
--@ visit-type.add = -
insert into clinic.visit_type (code, name, minutes) values ('new', 'New', 20);
--@ visit-type.change = -
update clinic.visit_type set minutes = 20 where code = 'short';
--@ visit-type.retire = -
update clinic.visit_type set retired_at = clinic.now() where code = 'short';
--@ visit-type.reopen = -
update clinic.visit_type set name = 'Nothing' where code = 'short';
--@ room.add = -
insert into clinic.room (id, centre_id, name) values (gen_random_uuid(), {randwick}, 'New');
--@ room.change = -
update clinic.room set equipment = 'x' where id = {/room};
--@ room.retire = -
update clinic.room set retired_at = clinic.now() where id = {/room};
--@ room.reopen = -
update clinic.room set retired_at = null where id = {/off_room};
--@ provider.change = -
update clinic.provider set expertise = 'x' where id = {gary_provider};
--@ provider.set-centres = -
insert into clinic.provider_centre values ({gary_provider}, {/centre});
--@ provider.set-hours = -
insert into clinic.provider_hours (id, provider_id, centre_id, weekday, from_minute, to_minute) values (gen_random_uuid(), {gary_provider}, {ultimo}, 1, 600, 700);
--@ registration.accept = -
update clinic.provider_registration set state = 'accepted', decided_at = clinic.now(), decided_by = {me} where id = {/registration};
--@ registration.reject = -
update clinic.provider_registration set state = 'rejected', decided_at = clinic.now(), decided_by = {me}, decision_note = '\x00' where id = {/registration};
--@ setting.change = -
update clinic.setting set value = '100', changed_at = clinic.now() where key = 'book_ahead_days';
--@ setting.change/schema
update clinic.setting set value = '1' where key = 'schema_version';
--@ permission.propose = -
select clinic.propose_permission(gen_random_uuid(), 'visit.void', 'nurse', array['own_object'], 'a reason');
--@ permission.confirm = -
select clinic.confirm_permission({/proposal});
--@ permission.withdraw = -
select clinic.withdraw_permission({/proposal});
--@ audit.open = -
select from audit.event limit 1;
--@ audit.export = -
select from audit.event limit 1;
--@ record.viewers
select count(*) from clinic.record_viewers({p}, null, null, 1);
-- One's own, or somebody's by who answers such requests; after the password again.
--@ subject.export
select from (select case when {p} in (select clinic.own_records()) then (select count(*) from clinic.subject_own({p}, {proof}))
                         else (select count(*) from clinic.subject_export({p}, {proof})) end as n) x where x.n > 0;
-- Every record of the clinic must be kept: whether nothing else stands against it.
--@ subject.erase
select from matrix.may_be_proposed({p}) x where x;
