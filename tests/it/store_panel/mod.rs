//! What the tabs Tests, Diagnosis and End enter comes back in the record, field by field, and in the words of its view;
//! who may read it and who is told why not; and what a referral unlocks.
mod info_and_examination;
mod reading;
mod referrals;

use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic, at},
};
use chrono::{Duration, NaiveDate};
use praxis::{
    domain::{
        appointment::AppointmentKind,
        booking::NewAppointment,
        diagnosis::{Certainty, DiagnosisRole, parse_diagnosis},
        encounter::{Document, NewNote, VisitField},
        ids::{AppointmentId, DiagnosisId, EncounterId, PatientId, RequestId},
        prescription::{NewPrescription, WarningKind},
        record::{Record, VisitRef, VisitRow},
        referral::{NewReferral, ReferralUrgency, Target},
        service_request::{NewReport, ReportType, TestStatus, parse_result, parse_tests},
        shorthand::Frequency,
        time::Period,
        treatment::parse_treatment,
    },
    store::{Error, SignIn},
    ui::record_text::record_text,
};

struct Room {
    db: Db,
    clinic: Clinic,
    anna: SignIn,
    visit: VisitRef,
}

/// Anna is seeing Jack.
async fn room() -> Room {
    let db = fresh_database();
    let clinic = people::clinic(&db).await;
    let mut c = people::writer(&db).await;
    let appointment =
        people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
    let encounter = people::visit(&mut c, &clinic.gp, appointment, "open").await;
    let anna = people::signed_in(&db, "anna").await;
    let visit = VisitRef { encounter, patient: clinic.jack };
    Room { db, clinic, anna, visit }
}

fn rule<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Refused(why) | Error::Duplicate(why) | Error::Overlap(why)) => {
            assert!(!why.sentence.contains("A rule of the database"), "no sentence for {}", why.rule);
            why.rule
        }
        other => panic!("not refused: {other:?}"),
    }
}

impl Room {
    async fn record(&self) -> Record {
        self.anna.store.record(&self.anna.actor, self.visit.encounter, true).await.unwrap()
    }

    async fn diagnose(&self, line: &str) -> DiagnosisId {
        let new = parse_diagnosis(line, true).unwrap();
        self.anna.store.add_diagnosis(&self.anna.actor, RequestId::new(), self.visit, new).await.unwrap()
    }

    async fn prescribe(&self, line: &str, reason: &str) -> Result<(), Error> {
        let new = NewPrescription::parse(line, self.clinic.today).unwrap();
        let done =
            self.anna.store.prescribe(&self.anna.actor, RequestId::new(), self.visit, new, reason).await;
        done.map(|_| ())
    }

    async fn field(&self, field: VisitField) {
        let (store, actor) = (&self.anna.store, &self.anna.actor);
        let seen = store.visit(actor, self.visit.encounter, false).await.unwrap().version;
        store
            .save_visit_field(actor, RequestId::new(), self.visit.encounter, seen, field, None)
            .await
            .unwrap();
    }

    fn referral(&self, target: Option<Target>) -> NewReferral {
        NewReferral {
            target,
            reason: "murmur".into(),
            letter: "Dear Liam,\nplease listen.".into(),
            urgency: ReferralUrgency::Soon,
            visits_allowed: Some(3),
            valid_until: Some(self.clinic.today + Duration::days(90)),
        }
    }
}

#[tokio::test]
async fn every_field_of_tests_diagnosis_and_end_stands_in_the_record() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    let zone = chrono_tz::Australia::Sydney;

    let tests = parse_tests("fbc; culture [630-4] on urine urgent: before antibiotics").unwrap();
    let orders = store.order_tests(actor, RequestId::new(), visit, tests).await.unwrap();
    assert_eq!(orders.len(), 5);
    let now = at(r.clinic.today, 9, 10);
    for (order, line) in
        [(orders[0], "5.4 g/dL 12-16 LL by Central Lab at 8:30"), (orders[4], "no growth range none")]
    {
        let result = parse_result(line, now, zone).unwrap();
        store.add_result(actor, RequestId::new(), visit, order, result).await.unwrap();
    }
    assert_eq!(store.acknowledge_results(actor, RequestId::new(), visit, orders[0]).await.unwrap(), 1);
    for (order, title) in [(Some(orders[4]), "Culture sheet"), (None, "Chest film")] {
        let kind = if order.is_some() { ReportType::Laboratory } else { ReportType::Radiology };
        let report = NewReport {
            kind,
            title: title.into(),
            facility: "Harbour Imaging".into(),
            file_name: "film-7.pdf".into(),
            order,
        };
        store.add_report(actor, RequestId::new(), visit, report).await.unwrap();
    }

    let main = r.diagnose("J06.9 acute cold").await;
    let other = parse_diagnosis("? asthma", false).unwrap();
    store.add_diagnosis(actor, RequestId::new(), visit, other).await.unwrap();
    store.promote_diagnosis(actor, RequestId::new(), visit, main).await.unwrap();
    r.prescribe("amoxicillin [723] 500 mg po q8h prn 7d #21 r2 \"with food\" from 14/3", "").await.unwrap();
    let mut again = NewPrescription::parse("amoxicillin 250 mg", r.clinic.today).unwrap();
    again.frequency = Some(Frequency::Free("twice a week".into()));
    let why = "rash was 20 years ago";
    store.prescribe(actor, RequestId::new(), visit, again, why).await.unwrap();
    let advice = parse_treatment("Rest at home: plenty to drink").unwrap();
    store.add_treatment(actor, RequestId::new(), visit, advice).await.unwrap();

    r.field(VisitField::FollowUp {
        on: NaiveDate::from_ymd_opt(2026, 4, 2),
        notes: "check the chest".into(),
    })
    .await;
    r.field(VisitField::Fee(Some(8505))).await;
    let (from, to) = (Some(r.clinic.today), Some(r.clinic.tomorrow));
    r.field(VisitField::SickNote { from, to }).await;
    r.field(VisitField::Documents(vec![Document::SickNote, Document::Receipt])).await;
    let slot = people::at(r.clinic.tomorrow, 10, 0);
    let seen = store.visit(actor, visit.encounter, false).await.unwrap().version;
    let follow_up = NewAppointment {
        id: AppointmentId::new(),
        patient: visit.patient,
        provider: r.clinic.gp.provider(),
        centre: r.clinic.randwick,
        session: r.clinic.gp.tomorrow,
        kind: AppointmentKind::Slot,
        period: Period { start: slot, end: slot + Duration::minutes(30) },
        visit_type: None,
        reason: "follow-up".into(),
        arrived: false,
    };
    store.book_follow_up(actor, RequestId::new(), visit, seen, follow_up).await.unwrap();
    let inside = r.referral(Some(Target::Provider(r.clinic.specialist.provider())));
    let sent = store.write_referral(actor, RequestId::new(), visit, inside).await.unwrap();
    store.send_referral(actor, RequestId::new(), visit.patient, sent, 1).await.unwrap();
    let outside = Target::Outside {
        name: "Dr Far Away".into(),
        specialty: "eyes".into(),
        contact: "02 5550 1234".into(),
    };
    store.write_referral(actor, RequestId::new(), visit, r.referral(Some(outside))).await.unwrap();

    let record = r.record().await;
    let text = record_text(&record);
    for (field, shown) in [
        ("test: name, code", "Haemoglobin [718-7]"),
        ("test: panel", "from Full blood count"),
        ("test: specimen", "on urine"),
        ("test: urgency, status", "urgent, received"),
        ("test: notes", "before antibiotics"),
        (
            "test: ordered by and when",
            "culture [630-4], on urine, urgent, received  (SMITH Anna, 12 Mar 2026",
        ),
        ("test: reviewed", "Reviewed: SMITH Anna, 12 Mar 2026"),
        ("result: value, unit, range, flag, by", "5.4 g/dL (12-16), critically low, by Central Lab"),
        ("result: measured", "measured 12 Mar 2026 08:30"),
        ("result: words and range in words", "no growth (none)"),
        ("result: acknowledged", "Acknowledged: SMITH Anna"),
        ("report: title, type", "Chest film, radiology"),
        ("report: of an order", "Culture sheet, laboratory"),
        ("report: facility", "Facility: Harbour Imaging"),
        ("report: file", "File: film-7.pdf"),
        ("diagnosis: code, name, role, certainty", "J06.9 acute cold, main, certain, in the condition list"),
        ("diagnosis: free, additional, suspected", "asthma, additional, suspected"),
        (
            "drug: everything on one line",
            "amoxicillin, 500 mg, by mouth, every 8 hours, when needed, for 7 days, 21 to supply, 2 repeats, with food",
        ),
        ("drug: code", "[723]"),
        ("drug: frequency in other words", "amoxicillin, 250 mg, twice a week"),
        ("drug: start", "from 14 Mar 2026, active"),
        ("drug: warnings", "Warnings: duplicate"),
        ("drug: reason", "Given nevertheless because: rash was 20 years ago"),
        ("drug: in the medication list", "since 14 Mar 2026"),
        ("treatment: title", "Rest at home"),
        ("treatment: notes", "Notes: plenty to drink"),
        ("condition list", "added in this visit"),
        ("follow-up: date is that of the booking", "Date: Fri 13 Mar 2026"),
        ("follow-up: notes", "Notes: check the chest"),
        ("follow-up: booked", "Booked: 13 Mar 2026 10:00, SMITH Anna"),
        ("referral: to, urgency, status", "NEESON Liam, soon, sent"),
        ("referral: reason", "Reason: murmur"),
        ("referral: letter", "please listen."),
        ("referral: written", "Written: 12 Mar 2026"),
        ("referral: valid until", "Valid until: 10 Jun 2026"),
        ("referral: visits", "Visits allowed: 3"),
        ("referral: sent", "Sent: 12 Mar 2026"),
        ("referral: outside", "Dr Far Away, soon, not sent"),
        ("referral: specialty outside", "Specialty: eyes"),
        ("referral: contact outside", "Contact: 02 5550 1234"),
        ("fee", "Fee: 85.05"),
        ("sick note", "Sick note: 12 Mar 2026 to 13 Mar 2026"),
        ("documents", "Documents: sick note, receipt"),
    ] {
        assert!(text.contains(shown), "{field}: {shown:?} is not in\n{text}");
    }
    assert_eq!(record.diagnoses[0].code.as_deref(), Some("J06.9"));
    assert!(record.whole && record.tests.len() == 5 && record.referrals.len() == 2);
}

#[tokio::test]
async fn a_test_moves_forward_one_step_back_and_never_loses_its_result() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    let tests = parse_tests("crp").unwrap();
    let order = store.order_tests(actor, RequestId::new(), visit, tests).await.unwrap()[0];
    let mut version = 1;
    for status in [TestStatus::Collected, TestStatus::Ordered, TestStatus::Collected, TestStatus::Sent] {
        version =
            store.set_test_status(actor, RequestId::new(), visit, order, version, status).await.unwrap();
    }
    let stale = store.set_test_status(actor, RequestId::new(), visit, order, 1, TestStatus::Received).await;
    assert!(matches!(stale, Err(Error::Stale { .. })));
    let result = parse_result("4 mg/L <5", at(r.clinic.today, 9, 0), chrono_tz::UTC).unwrap();
    store.add_result(actor, RequestId::new(), visit, order, result).await.unwrap();
    let seen = store.visit_tests(actor, visit, true).await.unwrap().orders[0].version;
    let cancel =
        store.set_test_status(actor, RequestId::new(), visit, order, seen, TestStatus::Cancelled).await;
    assert_eq!(rule(cancel), "test_edge");
}

#[tokio::test]
async fn results_of_earlier_visits_that_nobody_looked_at_stand_first() {
    let r = room().await;
    let (store, actor) = (&r.anna.store, &r.anna.actor);
    let mut c = people::writer(&r.db).await;
    let mut earlier = vec![];
    for day in [30, 20, 10] {
        let starts = at(r.clinic.today - Duration::days(day), 9, 0);
        let a = people::appointment_on(&mut c, &r.clinic.gp, r.clinic.jack, starts, "completed", "x").await;
        let encounter = people::visit(&mut c, &r.clinic.gp, a, "open").await;
        let visit = VisitRef { encounter, patient: r.clinic.jack };
        let tests = parse_tests(&format!("test {day}")).unwrap();
        let order = store.order_tests(actor, RequestId::new(), visit, tests).await.unwrap()[0];
        let result = parse_result("4", at(r.clinic.today, 9, 0), chrono_tz::UTC).unwrap();
        store.add_result(actor, RequestId::new(), visit, order, result).await.unwrap();
        earlier.push((visit, order));
    }
    for (visit, order) in [earlier[0], earlier[2]] {
        store.acknowledge_results(actor, RequestId::new(), visit, order).await.unwrap();
    }
    let shown = store.visit_tests(actor, r.visit, false).await.unwrap();
    let names: Vec<_> = shown.earlier.iter().map(|o| o.what.name.as_str()).collect();
    assert_eq!(names, ["test 20", "test 10", "test 30"]);
    assert!(shown.orders.is_empty());
}

#[tokio::test]
async fn a_warning_needs_a_reason_that_is_kept_and_the_drug_is_on_the_list_afterwards() {
    let r = room().await;
    let mut c = people::writer(&r.db).await;
    people::penicillin(&mut c, &r.clinic).await;
    assert_eq!(rule(r.prescribe("amoxicillin 500 mg tds 7d", "").await), "warning_needs_reason");
    r.prescribe("amoxicillin 500 mg tds 7d", "tolerated last year").await.unwrap();
    let record = r.record().await;
    assert_eq!(record.prescriptions[0].warnings, [WarningKind::Allergy]);
    assert_eq!(record.prescriptions[0].override_why, "tolerated last year");
    let taken = "select count(*) from clinic.medication where patient_id = $1 and struck_at is null and ended_on = '2026-03-18'";
    assert_eq!(people::count(&mut c, taken, r.clinic.jack).await, 1);
    let row = VisitRow::Prescription(record.prescriptions[0].id);
    r.anna.store.strike_row(&r.anna.actor, RequestId::new(), r.clinic.jack, row).await.unwrap();
    assert_eq!(people::count(&mut c, taken, r.clinic.jack).await, 0);
    let text = record_text(&r.record().await);
    assert!(text.contains("ENTERED IN ERROR by SMITH Anna, 12 Mar 2026"), "{text}");
}

#[tokio::test]
async fn a_visit_has_one_main_diagnosis_and_making_another_main_demotes_it() {
    let r = room().await;
    let (store, actor, visit) = (&r.anna.store, &r.anna.actor, r.visit);
    r.diagnose("cold").await;
    let second = parse_diagnosis("flu", true).unwrap();
    let twice = store.add_diagnosis(actor, RequestId::new(), visit, second).await;
    assert_eq!(rule(twice), "one_main_diagnosis");
    let flu = parse_diagnosis("flu", false).unwrap();
    let flu = store.add_diagnosis(actor, RequestId::new(), visit, flu).await.unwrap();
    let to = (DiagnosisRole::Main, Certainty::Suspected);
    store.change_diagnosis(actor, RequestId::new(), visit, flu, 1, to).await.unwrap();
    let found: Vec<_> = r.record().await.diagnoses.iter().map(|d| (d.name.clone(), d.role)).collect();
    assert_eq!(found, [("flu".into(), DiagnosisRole::Main), ("cold".into(), DiagnosisRole::Additional)]);
    let once = store.promote_diagnosis(actor, RequestId::new(), visit, flu).await.unwrap();
    assert_eq!(store.promote_diagnosis(actor, RequestId::new(), visit, flu).await.unwrap(), once);
}

#[tokio::test]
async fn a_write_for_one_patient_never_lands_in_anothers_visit() {
    let r = room().await;
    let (store, actor) = (&r.anna.store, &r.anna.actor);
    let wrong = VisitRef { encounter: r.visit.encounter, patient: r.clinic.linh };
    let cold = parse_diagnosis("cold", true).unwrap();
    let rest = parse_treatment("rest").unwrap();
    assert!(store.add_diagnosis(actor, RequestId::new(), wrong, cold).await.is_err());
    assert!(store.add_treatment(actor, RequestId::new(), wrong, rest).await.is_err());
    let tests = parse_tests("crp").unwrap();
    assert!(store.order_tests(actor, RequestId::new(), wrong, tests).await.is_err());
    assert!(r.record().await.diagnoses.is_empty());
}

#[tokio::test]
async fn a_colleague_cannot_write_in_the_visit_or_strike_what_others_wrote() {
    let r = room().await;
    let gary = people::signed_in(&r.db, "gary").await;
    let d = r.diagnose("cold").await;
    let cold = parse_diagnosis("flu", false).unwrap();
    assert!(gary.store.add_diagnosis(&gary.actor, RequestId::new(), r.visit, cold).await.is_err());
    let strike =
        gary.store.strike_row(&gary.actor, RequestId::new(), r.clinic.jack, VisitRow::Diagnosis(d)).await;
    assert_eq!(rule(strike), "strike_own_rows");
}
