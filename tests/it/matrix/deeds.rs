//! The store's functions that write, by the action's name, each with what the cell has for it.
use super::clinic::Cell;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime};
use praxis::{
    domain::{
        access::{AccessStep, Connection, ConnectionStep, NewAccessRequest, NewEmergency, Side},
        account::{AccountDetails, Position, Profile},
        actor::Role,
        appointment::AppointmentKind,
        audit::AuditFilter,
        booking::{NewAppointment, NewTime},
        centre::{CentreDetails, CentreKind, DepartmentDetails},
        clinic_session::{NewSession, SessionHours, SessionRow},
        diagnosis::{Certainty, DiagnosisRole, parse_diagnosis},
        encounter::{NewNote, VisitField},
        history::{AllergyState, AllergyStatus, Entry, HistoryChange, HistoryItem},
        ids::{
            AccessRequestId, AccountId, AppointmentId, CallId, CentreId, DepartmentId, EmergencyId,
            HistoryItemId, MessageId, PatientId, PermissionChangeId, RequestId, WaitId,
        },
        message::{Letter, MessageKind, Note},
        name::PersonName,
        observation::parse_line,
        patient::{Identity, Sex},
        permission::Code,
        prescription::NewPrescription,
        provider::{ProviderDetails, WeeklyHours},
        record::{VisitRef, VisitRow},
        referral::{NewReferral, ReferralUrgency, Target},
        service_request::{NewReport, ReportType, TestStatus, parse_result, parse_tests},
        time::Period,
        treatment::parse_treatment,
        waitlist::{FreedTime, NewWait, Wish},
    },
    store::{Error, SignIn, Verifier},
};
use uuid::Uuid;

/// Somebody of this family name, with what a form asks.
pub fn identity(family: &str) -> Identity {
    Identity {
        family_name: family.into(),
        given_name: "Nina".into(),
        preferred_name: String::new(),
        second_script_name: String::new(),
        sex: Sex::Female,
        birth_date: NaiveDate::from_ymd_opt(1980, 1, 1),
        national_number: String::new(),
        medicare_number: String::new(),
        email: String::new(),
        phone: "0400 000 001".into(),
        address: String::new(),
        language: String::new(),
        contact_name: String::new(),
        contact_relationship: String::new(),
        contact_phone: String::new(),
        blood_group: String::new(),
    }
}

fn slot(cell: &Cell) -> NewAppointment {
    NewAppointment {
        id: AppointmentId::new(),
        patient: cell.ids["p"].into(),
        provider: cell.ids["with"].into(),
        centre: cell.plan.slot_centre.into(),
        session: Some(cell.plan.slot_session.into()),
        kind: AppointmentKind::Slot,
        period: Period { start: cell.plan.slot_ends - Duration::minutes(30), end: cell.plan.slot_ends },
        visit_type: None,
        reason: "cough".into(),
        arrived: false,
    }
}

fn allergy() -> Entry {
    Entry::Allergy {
        code: None,
        substance: "Nuts".into(),
        reaction: String::new(),
        severity: None,
        since: None,
        status: AllergyStatus::Active,
    }
}

fn item(id: Uuid, patient: PatientId) -> HistoryItem {
    HistoryItem {
        id: HistoryItemId(id),
        patient,
        origin: None,
        version: 1,
        entry: allergy(),
        encounter: None,
        author: PersonName::new("Busey", "Gary"),
        mine: false,
        created_at: DateTime::UNIX_EPOCH,
        changed_at: DateTime::UNIX_EPOCH,
        struck_at: None,
        news: false,
    }
}

fn connection(cell: &Cell, id: Uuid) -> Connection {
    Connection {
        id: id.into(),
        version: 1,
        patient: cell.ids["p"].into(),
        patient_name: PersonName::new("Cell", "Nr"),
        record_number: 1,
        provider: cell.ids["gary_provider"].into(),
        provider_name: PersonName::new("Busey", "Gary"),
        profession: "gp".into(),
        state: "asked".into(),
        asked_side: Side::Provider,
        asked_at: DateTime::UNIX_EPOCH,
        mine: Side::Patient,
    }
}

fn note() -> NewNote {
    NewNote { title: String::new(), body: "Better.".into(), system: None }
}

fn letter(cell: &Cell) -> NewReferral {
    NewReferral {
        target: Some(Target::Provider(cell.ids["sven_provider"].into())),
        reason: "murmur".into(),
        letter: "Dear".into(),
        urgency: ReferralUrgency::Soon,
        visits_allowed: Some(3),
        valid_until: None,
    }
}

/// What is done to the patient of a cell; none: it is no patient's.
#[expect(clippy::too_many_lines, reason = "one line for each action")]
pub async fn of_patient(s: &SignIn, action: &str, cell: &Cell) -> Option<Result<(), Error>> {
    let id = |name: &str| cell.ids[name];
    let (store, a, r) = (&s.store, &s.actor, RequestId::new());
    let patient: PatientId = id("p").into();
    let visit = VisitRef { encounter: id("t").into(), patient };
    let in_far = VisitRef { encounter: id("f").into(), patient };
    let now = cell.plan.slot_ends;
    Some(match action {
        "patient.change" => store.update_patient(a, r, patient, 1, identity("Cell")).await.map(drop),
        "patient.deactivate" => {
            store.set_patient_active(a, r, patient, 1, false, "moved".into()).await.map(drop)
        }
        "patient.reactivate" => {
            store.set_patient_active(a, r, patient, 1, true, "back".into()).await.map(drop)
        }
        "patient.block" => {
            let until = NaiveDate::from_ymd_opt(2030, 1, 1);
            store.block_patient(a, r, patient, 1, until, "threats".into()).await.map(drop)
        }
        "alert.add" => store.add_alert(a, r, Uuid::now_v7(), patient, "deaf".into()).await.map(drop),
        "alert.strike" => store.strike_alert(a, r, id("alert"), patient, true).await,
        "alert.restore" => store.strike_alert(a, r, id("struck"), patient, false).await,
        "appointment.book" => store.book(a, r, slot(cell)).await.map(drop),
        "appointment.move" => {
            let start = cell.plan.booked_later;
            let to = NewTime {
                provider: cell.plan.booked_with.into(),
                centre: id("bc").into(),
                session: Some(cell.plan.booked_session.into()),
                period: Period { start, end: start + Duration::minutes(30) },
            };
            store.move_appointment(a, r, id("booked").into(), 1, to).await.map(drop)
        }
        "appointment.set-status" => {
            store.set_status(a, r, id("due").into(), 1, "arrived", "").await.map(drop)
        }
        "appointment.cancel-own" => {
            store.cancel_own_appointment(a, r, id("later").into(), 1, "ill").await.map(drop)
        }
        "waitlist.add" => {
            let mut wish = Wish::between(cell.plan.today, cell.plan.today);
            (wish.profession, wish.centre) = (Some("gp".into()), Some(id("randwick").into()));
            let new = NewWait { id: WaitId::new(), patient: id("p").into(), wish, note: String::new() };
            store.add_wait(a, r, new).await.map(drop)
        }
        "waitlist.change" => {
            let mut wish = Wish::between(cell.plan.today, cell.plan.today);
            (wish.profession, wish.centre) = (Some("gp".into()), Some(id("bc").into()));
            store.change_wait(a, r, id("waits").into(), 1, wish, "").await.map(drop)
        }
        "waitlist.withdraw" => store.withdraw_wait(a, r, id("waits").into(), 1, false).await.map(drop),
        "waitlist.offer" => {
            let start = cell.plan.slot_ends + Duration::days(30);
            let period = Period { start, end: start + Duration::minutes(30) };
            let time = FreedTime { provider: id("with").into(), centre: id("bc").into(), period };
            store.offer_time(a, r, CallId::new(), id("waits").into(), time).await.map(drop)
        }
        "appointment.restore" => store.restore_appointment(a, r, id("off").into(), 1).await.map(drop),
        "visit.start" => store.start_visit(a, r, id("waiting").into()).await.map(drop),
        "visit.save" => {
            let field = VisitField::ChiefComplaint("cough".into());
            store.save_visit_field(a, r, visit.encounter, 1, field, None).await.map(drop)
        }
        "visit.pause" => store.pause_visit(a, r, visit.encounter, 1).await.map(drop),
        "visit.resume" => store.resume_visit(a, r, id("paused").into(), 1).await.map(drop),
        "visit.void" => store.void_visit(a, r, visit.encounter, 1, "mistake", false).await.map(drop),
        "visit.set-fee" => store.set_visit_fee(a, r, visit.encounter, 1, Some(100)).await.map(drop),
        "note.add" => store.add_note(a, r, visit.encounter, note(), None).await.map(drop),
        "note.change" => store.change_note(a, r, id("note").into(), 1, note(), None).await.map(drop),
        "note.strike" => store.strike_note(a, r, id("note").into()).await,
        "note.add-addendum" => store.add_addendum(a, r, id("signed").into(), note(), None).await.map(drop),
        "observation.add" => {
            let within = (!matches!(a.role, Role::Receptionist | Role::Nurse)).then_some(visit.encounter);
            let readings = parse_line("hr 70").expect("a reading");
            store.record_observations(a, r, patient, within, readings, None).await.map(drop)
        }
        "observation.strike" => store.strike_observation(a, r, id("observation").into()).await,
        "lists.add" => store.add_history(a, r, patient, None, allergy()).await.map(drop),
        "lists.correct" => store
            .correct_history(a, r, patient, None, &item(id("f_allergy"), patient), allergy())
            .await
            .map(drop),
        "lists.resolve" => {
            let change = HistoryChange::Allergy(AllergyStatus::Resolved);
            store.change_history(a, r, patient, &item(id("f_allergy"), patient), change).await.map(drop)
        }
        "lists.strike" => store.strike_history(a, r, &item(id("allergy"), patient)).await,
        "lists.none-known" => store.set_allergy_state(a, r, patient, AllergyState::NoneKnown).await,
        "tests.order" => store.order_tests(a, r, visit, parse_tests("crp").expect("a test")).await.map(drop),
        "tests.set-status" => {
            let order = id("f_order").into();
            store.set_test_status(a, r, in_far, order, 1, TestStatus::Collected).await.map(drop)
        }
        "tests.add-result" => {
            let result =
                parse_result("5.4 g/dL", now - Duration::days(30), chrono_tz::UTC).expect("a result");
            store.add_result(a, r, in_far, id("f_order").into(), result).await.map(drop)
        }
        "tests.acknowledge" => store.acknowledge_results(a, r, visit, id("order").into()).await.map(drop),
        "tests.add-report" => {
            let report = NewReport {
                kind: ReportType::Radiology,
                title: "film".into(),
                facility: String::new(),
                file_name: String::new(),
                order: None,
            };
            store.add_report(a, r, visit, report).await.map(drop)
        }
        "diagnosis.add" => store
            .add_diagnosis(a, r, visit, parse_diagnosis("J06.9 cold", false).expect("one"))
            .await
            .map(drop),
        "diagnosis.change" => {
            let to = (DiagnosisRole::Additional, Certainty::Suspected);
            store.change_diagnosis(a, r, visit, id("diagnosis").into(), 1, to).await.map(drop)
        }
        "diagnosis.promote" => store.promote_diagnosis(a, r, visit, id("diagnosis").into()).await.map(drop),
        "prescription.add" => {
            let drug =
                NewPrescription::parse("amoxicillin 500 mg po tds 7d", cell.plan.today).expect("a drug");
            store.prescribe(a, r, visit, drug, "needed").await.map(drop)
        }
        "prescription.stop" => {
            store.stop_prescription(a, r, visit, id("prescription").into(), 1).await.map(drop)
        }
        "treatment.add" => store
            .add_treatment(a, r, visit, parse_treatment("Rest: at home").expect("advice"))
            .await
            .map(drop),
        "end.book-follow-up" => store.book_follow_up(a, r, visit, 1, slot(cell)).await.map(drop),
        "referral.write" => store.write_referral(a, r, visit, letter(cell)).await.map(drop),
        "referral.change" => {
            store.change_referral(a, r, patient, (id("draft_letter").into(), 1), letter(cell)).await.map(drop)
        }
        "referral.send" => store.send_referral(a, r, patient, id("draft_letter").into(), 1).await.map(drop),
        "referral.withdraw" => {
            store.withdraw_referral(a, r, patient, id("sent_letter").into(), 1).await.map(drop)
        }
        "record.strike" => {
            let row = match a.role {
                Role::Receptionist => VisitRow::Note(id("note").into()),
                _ => VisitRow::Observation(id("observation").into()),
            };
            store.strike_row(a, r, patient, row).await
        }
        "access.request" => {
            let new = NewAccessRequest {
                id: AccessRequestId::new(),
                patient,
                reason: "second opinion".into(),
                days: 7,
            };
            store.ask_access(a, r, new).await
        }
        "access.grant" => {
            store.decide_access(a, r, id("asked").into(), patient, 1, AccessStep::Grant(7)).await
        }
        "access.refuse" => {
            store.decide_access(a, r, id("asked").into(), patient, 1, AccessStep::Refuse("no".into())).await
        }
        "access.withdraw" => {
            let own = if cell.things.contains_key(&id("own_asked")) { "own_asked" } else { "asked" };
            store.decide_access(a, r, id(own).into(), patient, 1, AccessStep::Withdraw).await
        }
        "access.end" => store.decide_access(a, r, id("granted").into(), patient, 1, AccessStep::End).await,
        "connection.request" => store.ask_connection(a, r, patient, id("to").into()).await,
        "connection.accept" => {
            store.answer_connection(a, r, &connection(cell, id("offer")), ConnectionStep::Accept).await
        }
        "connection.reject" => {
            store.answer_connection(a, r, &connection(cell, id("offer")), ConnectionStep::Reject).await
        }
        "connection.end" => {
            store.answer_connection(a, r, &connection(cell, id("tie")), ConnectionStep::End).await
        }
        "emergency.open" => {
            let new = NewEmergency {
                id: EmergencyId::new(),
                appointment: AppointmentId::new(),
                number: cell.plan.record.to_string(),
                born: NaiveDate::from_ymd_opt(1980, 1, 1).expect("a day"),
                reason: "unconscious".into(),
                centre: None,
            };
            store.open_emergency(a, r, new, cell.plan.proof.clone()).await.map(drop)
        }
        "emergency.end" => store.end_emergency(a, r, id("emergency").into()).await,
        "emergency.review" => store.review_emergency(a, r, id("glass").into(), true, "seen".into()).await,
        "message.send-to-staff" => {
            let note = Note {
                to: id("gary").into(),
                about: Some(patient),
                letter: Letter { subject: "Results".into(), body: "Please look.".into() },
                due_on: None,
                answer_to: None,
            };
            store.send_message(a, r, MessageId::new(), MessageKind::Staff, note).await.map(drop)
        }
        "message.mark-read" => store.mark_read(a, r, id("mail").into(), 1, true).await.map(drop),
        _ => return None,
    })
}

/// What is done to the clinic itself or to one's own account; none: there is no such action.
#[expect(clippy::too_many_lines, reason = "one line for each action")]
pub async fn of_clinic(s: &SignIn, action: &str, cell: &Cell) -> Option<Result<(), Error>> {
    let id = |name: &str| cell.ids[name];
    let (store, a, r) = (&s.store, &s.actor, RequestId::new());
    let code = || Verifier { salt: vec![1], params: "m=8,t=1,p=1".into(), verifier: vec![2; 32] };
    let day = NaiveDate::from_ymd_opt(2026, 6, 1).expect("a day");
    let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    let hours = SessionHours { day, from: at(10), to: at(12), slot_minutes: 30 };
    let details = |login: &str| AccountDetails {
        login: login.into(),
        email: String::new(),
        name: PersonName::new("Some", "Body"),
        phone: String::new(),
        position: Position::plain(Role::Receptionist),
        centres: vec![],
    };
    let centre = || CentreDetails {
        kind: CentreKind::Hospital,
        number: "11000000077".into(),
        name: "New".into(),
        phone: String::new(),
        email: String::new(),
        address: String::new(),
        suburb: String::new(),
        zone: "Australia/Sydney".into(),
    };
    let department = || DepartmentDetails {
        centre: id("randwick").into(),
        name: "New".into(),
        services: String::new(),
        closed: false,
        opens: String::new(),
    };
    let letter = Letter { subject: "Hours".into(), body: "When are you open?".into() };
    Some(match action {
        "patient.register" => store.register_patient(a, r, PatientId::new(), identity("New")).await.map(drop),
        "session.add" => {
            let new = NewSession { provider: id("with").into(), centre: cell.plan.works_at.into(), hours };
            store.add_clinic_session(a, r, new).await.map(drop)
        }
        "session.change" => {
            let row = SessionRow {
                id: cell.plan.session.into(),
                version: 1,
                provider: id("with").into(),
                provider_name: PersonName::new("A", "B"),
                centre: id("randwick").into(),
                centre_name: String::new(),
                zone: chrono_tz::Australia::Sydney,
                day: cell.plan.session_day,
                period: Period { start: cell.plan.slot_ends, end: cell.plan.slot_ends },
                slot_minutes: 30,
                booked: 0,
                free: 0,
                kept: praxis::domain::clinic_session::Kept::default(),
            };
            let hours =
                SessionHours { day: cell.plan.session_day, from: at(8), to: at(18), slot_minutes: 30 };
            store.change_clinic_session(a, r, &row, hours).await.map(drop)
        }
        "session.remove" => store.remove_clinic_session(a, r, cell.plan.session.into(), 1).await.map(drop),
        "message.send" => store.send_to_clinic(a, r, MessageId::new(), letter).await.map(drop),
        "profile.change" => {
            let profile = Profile {
                login: s.actor.login.clone(),
                email: String::new(),
                name: PersonName::new("New", "Name"),
                phone: String::new(),
            };
            store.change_profile(a, r, 1, profile).await.map(drop)
        }
        "sign-in.end" => {
            match store.sign_ins(a, a.account, false).await {
                Ok(all) => {
                    let other = all.iter().find(|x| !x.this).expect("the plain connection's");
                    store.end_sign_in(a, r, other.id).await.map(drop)
                }
                // Of somebody who is disabled.
                Err(e) => Err(e),
            }
        }
        "account.register" => store.reject_patient(a, r, id("/application").into(), 1, "unknown").await,
        "account.add" => {
            store.add_account(a, r, AccountId::new(), details("somebody"), code()).await.map(drop)
        }
        "account.change" => {
            store.change_account(a, r, id("/account").into(), 1, details("spare")).await.map(drop)
        }
        "account.deactivate" => {
            store.deactivate_account(a, r, id("/account").into(), 1, "left").await.map(drop)
        }
        "account.reactivate" => {
            store.reactivate_account(a, r, id("/off_account").into(), 1, "back").await.map(drop)
        }
        "account.block" => {
            let until = Some(cell.plan.slot_ends);
            store.block_account(a, r, id("/account").into(), 1, until, "stolen").await.map(drop)
        }
        "account.give-code" => store.give_code(a, r, id("/account").into(), code()).await,
        "centre.add" => store.add_centre(a, r, CentreId::new(), centre()).await.map(drop),
        "centre.change" => store.change_centre(a, r, id("/centre").into(), 1, centre()).await.map(drop),
        "centre.retire" => store.retire_centre(a, r, id("/centre").into(), 1, true).await.map(drop),
        "centre.reopen" => store.retire_centre(a, r, id("/off_centre").into(), 1, false).await.map(drop),
        "department.add" => store.add_department(a, r, DepartmentId::new(), department()).await.map(drop),
        "department.change" => {
            store.change_department(a, r, id("/department").into(), 1, department()).await.map(drop)
        }
        "provider.change" => {
            let details = ProviderDetails { expertise: "feet".into(), ..ProviderDetails::default() };
            store.change_provider(a, r, id("gary_provider").into(), 1, details).await.map(drop)
        }
        "provider.set-centres" => {
            let centres = vec![id("ultimo").into(), id("/centre").into()];
            store.set_affiliations(a, r, id("gary_provider").into(), 1, centres).await.map(drop)
        }
        "provider.set-hours" => {
            let hours = WeeklyHours {
                centre: id("ultimo").into(),
                weekday: 1,
                from_minute: 600,
                to_minute: 720,
                slot_minutes: 30,
            };
            store.set_weekly_hours(a, r, id("gary_provider").into(), 1, vec![hours]).await.map(drop)
        }
        "registration.accept" => {
            let centres = vec![id("ultimo").into()];
            let (row, new) = (id("/registration").into(), AccountId::new());
            store.accept_registration(a, r, row, 1, new, centres, code()).await.map(drop)
        }
        "registration.reject" => {
            store.reject_registration(a, r, id("/registration").into(), 1, "no licence").await
        }
        "permission.propose" => {
            let (cell, id) = (("visit.void".into(), Role::Nurse), PermissionChangeId::new());
            store.propose_permission(a, r, id, cell, vec![Code::OwnObject], "a reason".into()).await.map(drop)
        }
        "permission.confirm" => store.confirm_permission(a, r, id("/proposal").into()).await,
        "permission.withdraw" => store.withdraw_permission(a, r, id("/proposal").into()).await,
        "audit.export" => store.begin_audit_export(a, r, AuditFilter::default()).await,
        _ => return None,
    })
}
