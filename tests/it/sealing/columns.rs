//! A canary in every text that the program takes: it comes back as it was, and stands nowhere in the database in plain.
use super::{Room, room};
use crate::support::people;
use chrono::Duration;
use praxis::{
    domain::{
        account::Application,
        diagnosis::{Certainty, DiagnosisRole, NewDiagnosis},
        encounter::VisitField,
        history::{AllergyStatus, ConditionStatus, Entry},
        ids::{AccountId, DraftId, PatientId, RequestId},
        observation::parse_line,
        prescription::NewPrescription,
        provider::Profession,
        record::VisitRef,
        referral::{NewReferral, ReferralUrgency, Target},
        service_request::{NewReport, ReportType, parse_result, parse_tests},
        shorthand::Frequency,
        treatment::NewTreatment,
    },
    store::{Merge, NewDraft},
};
use std::{cell::RefCell, collections::BTreeSet};

/// Every canary begins so; what follows names its column.
const CANARY: &str = "CANARY";

fn c(column: &str) -> String {
    format!("{CANARY}-{column}")
}

/// Texts that were typed, each with a mark in front that no other round has.
pub(crate) struct Typed {
    mark: String,
    pub(crate) all: RefCell<BTreeSet<String>>,
}

impl Typed {
    pub(crate) fn new(mark: &str) -> Self {
        Self { mark: mark.to_owned(), all: RefCell::default() }
    }

    pub(crate) fn text(&self, column: &str) -> String {
        let text = format!("{}-{column}", self.mark);
        self.all.borrow_mut().insert(text.clone());
        text
    }
}

async fn write_everything(r: &mut Room) {
    let typed = Typed::new(CANARY);
    write_clinical(r, &typed).await;
    super::asked::ask_and_write(r, &typed).await;
    super::till::at_the_till(r, &typed).await;
    at_the_desk(r, &typed).await;
}

/// Every text that a doctor writes, through the store.
pub(crate) async fn write_clinical(r: &mut Room, typed: &Typed) {
    let c = |column: &str| typed.text(column);
    let (store, actor, jack) = (r.anna.store.clone(), r.anna.actor.clone(), r.clinic.jack);
    let visit = VisitRef { encounter: r.visit, patient: jack };
    let new = RequestId::new;
    r.note(&c("note.title"), &c("note.body")).await;
    for field in [
        VisitField::ChiefComplaint(c("encounter.chief_complaint")),
        VisitField::FollowUp { on: Some(r.clinic.tomorrow), notes: c("encounter.follow_up_notes") },
    ] {
        let seen = store.visit(&actor, r.visit, false).await.unwrap().version;
        store.save_visit_field(&actor, new(), r.visit, seen, field, None).await.unwrap();
    }
    let line = format!("{}={}", c("name"), c("words"));
    let readings = parse_line(&line).unwrap();
    store.record_observations(&actor, new(), jack, Some(r.visit), readings, None).await.unwrap();
    let tests = parse_tests(&format!("{} on {}: {}", c("test"), c("specimen"), c("notes"))).unwrap();
    let orders = store.order_tests(&actor, new(), visit, tests).await.unwrap();
    let mut result = parse_result("5.4 g/dL", people::at(r.clinic.today, 9, 0), chrono_tz::UTC).unwrap();
    (result.value, result.performed_by) = (c("result.value"), c("result.performed_by"));
    store.add_result(&actor, new(), visit, orders[0], result).await.unwrap();
    let report = NewReport {
        kind: ReportType::Laboratory,
        title: c("report.title"),
        facility: c("report.facility"),
        file_name: c("report.file_name"),
        order: None,
    };
    store.add_report(&actor, new(), visit, report).await.unwrap();
    let diagnosis = NewDiagnosis {
        code: None,
        name: c("diagnosis.name"),
        role: DiagnosisRole::Additional,
        certainty: Certainty::Certain,
    };
    let diagnosis = store.add_diagnosis(&actor, new(), visit, diagnosis).await.unwrap();
    store.promote_diagnosis(&actor, new(), visit, diagnosis).await.unwrap();
    let mut drug = NewPrescription::parse("amoxicillin 250 mg", r.clinic.today).unwrap();
    (drug.drug, drug.dose) = (c("prescription.drug"), c("prescription.dose"));
    (drug.instructions, drug.frequency) =
        (c("prescription.instructions"), Some(Frequency::Free(c("prescription.frequency_text"))));
    store.prescribe(&actor, new(), visit, drug.clone(), "").await.unwrap();
    // The same drug again is warned of, and needs a reason.
    store.prescribe(&actor, new(), visit, drug, &c("prescription.override_why")).await.unwrap();
    let advice = NewTreatment { title: c("treatment.title"), notes: c("treatment.notes") };
    store.add_treatment(&actor, new(), visit, advice).await.unwrap();
    let referral = NewReferral {
        target: Some(Target::Outside {
            name: c("referral.outside_name"),
            specialty: c("referral.outside_specialty"),
            contact: c("referral.outside_contact"),
        }),
        reason: c("referral.reason"),
        letter: c("referral.letter"),
        urgency: ReferralUrgency::Routine,
        visits_allowed: None,
        valid_until: None,
    };
    store.write_referral(&actor, new(), visit, referral).await.unwrap();
    for entry in entries(typed) {
        store.add_history(&actor, new(), jack, Some(r.visit), entry).await.unwrap();
    }
    for (subject, form) in [(r.visit.0, "visit.examination"), (uuid::Uuid::now_v7(), "patient.register")] {
        let draft = NewDraft {
            id: DraftId::new(),
            form,
            subject,
            part: String::new(),
            revision: 1,
            version_seen: None,
            payload: c("draft.payload"),
        };
        store.save_draft(&actor, draft).await.unwrap();
        assert_eq!(store.drafts(&actor, subject).await.unwrap()[0].payload, c("draft.payload"));
    }
}

fn entries(typed: &Typed) -> [Entry; 6] {
    let c = |column: &str| typed.text(column);
    [
        Entry::Allergy {
            code: None,
            substance: c("allergy.substance"),
            reaction: c("allergy.reaction"),
            severity: None,
            since: None,
            status: AllergyStatus::Active,
        },
        Entry::Condition {
            code: None,
            name: c("condition.name"),
            since: None,
            treatment: c("condition.treatment"),
            status: ConditionStatus::Active,
        },
        Entry::Medication {
            code: None,
            name: c("medication.name"),
            dose: c("medication.dose"),
            frequency: c("medication.frequency"),
            since: None,
            prescriber: c("medication.prescriber"),
            ended_on: None,
        },
        Entry::Surgery { name: c("surgery.name"), performed_on: None, notes: c("surgery.notes") },
        Entry::Vaccination {
            code: None,
            vaccine: c("vaccination.vaccine"),
            given_on: None,
            dose_number: None,
            notes: c("vaccination.notes"),
        },
        Entry::Family {
            relationship: "aunt".into(),
            code: None,
            condition: c("family_history.condition"),
            notes: c("family_history.notes"),
        },
    ]
}

/// Every sealed text of reception and administration; the patient is deactivated by it.
pub(crate) async fn at_the_desk(r: &mut Room, typed: &Typed) {
    let (new, jack) = (RequestId::new, r.clinic.jack);
    let c = |column: &str| typed.text(column);
    let (mei, root) = (people::signed_in(&r.db, "mei").await, people::signed_in(&r.db, "root").await);
    let (store, actor) = (&mei.store, &mei.actor);
    store.add_alert(actor, new(), uuid::Uuid::now_v7(), jack, c("patient_alert.text")).await.unwrap();
    let starts = people::at(r.clinic.tomorrow, 10, 0);
    let booked = people::appointment_on(
        &mut r.w,
        &r.clinic.gp,
        r.clinic.linh,
        starts,
        "booked",
        &c("appointment.reason"),
    )
    .await;
    store.cancel_appointment(actor, new(), booked, 1, &c("appointment.status_why")).await.unwrap();
    let (shown, steps) = store.appointment(actor, booked, true).await.unwrap();
    assert_eq!(shown.reason, c("appointment.reason"));
    assert!(steps.iter().any(|s| s.why == c("appointment.status_why")), "{steps:?}");
    let seen = store.patient_profile(actor, jack, false).await.unwrap().version;
    let until = Some(r.clinic.tomorrow + Duration::days(9));
    let seen = store.block_patient(actor, new(), jack, seen, until, c("patient.blocked_why")).await.unwrap();
    let seen = store.set_patient_active(actor, new(), jack, seen, false, "for a day".into()).await.unwrap();
    let again = c("patient.reactivated_why");
    let seen = store.set_patient_active(actor, new(), jack, seen, true, again).await.unwrap();
    store.set_patient_active(actor, new(), jack, seen, false, c("patient.deactivated_why")).await.unwrap();
    let profile = store.patient_profile(actor, jack, true).await.unwrap();
    assert_eq!(
        (profile.deactivated_why, profile.blocked_why),
        (c("patient.deactivated_why"), c("patient.blocked_why"))
    );
    assert_eq!(profile.alerts[0].text, c("patient_alert.text"));
    let (omar, hao) = (r.clinic.omar, r.clinic.hao);
    let link =
        Merge { id: uuid::Uuid::now_v7(), merged: omar, survivor: hao, reason: c("patient_link.reason") };
    root.store.merge_patients(&root.actor, new(), link).await.unwrap();
    let page = root.store.patient_profile(&root.actor, hao, false).await.unwrap();
    assert_eq!(page.merged[0].reason, c("patient_link.reason"));
    let gary = r.clinic.gp2.account;
    let until = Some(people::at(r.clinic.tomorrow, 9, 0) + Duration::days(4000));
    let seen = root
        .store
        .block_account(&root.actor, new(), gary, 1, until, &c("account.blocked_why"))
        .await
        .unwrap();
    let again = c("account.reactivated_why");
    let done = root.store.deactivate_account(&root.actor, new(), gary, seen, "for a day").await.unwrap();
    let seen = root.store.reactivate_account(&root.actor, new(), gary, done.version, &again).await.unwrap();
    let why = c("account.deactivated_why");
    root.store.deactivate_account(&root.actor, new(), gary, seen, &why).await.unwrap();
    let nobody = people::nobody(&r.db).await;
    let id = praxis::domain::ids::RegistrationId::new();
    let application = Application {
        email: "marie@example.org".into(),
        name: praxis::domain::name::PersonName::new("Curie", "Marie"),
        phone: "0491 570 156".into(),
        profession: Profession::Gp,
        provider_number: String::new(),
        registration_number: String::new(),
        licence_number: String::new(),
        expertise: String::new(),
    };
    nobody.apply_as_provider(id, application, &[7; 32]).await.unwrap();
    sqlx::query("update clinic.setting set value = 'pending' where key = 'patient_sign_up'")
        .execute(&mut r.w)
        .await
        .unwrap();
    let asks = praxis::domain::account::PatientApplication {
        email: "ines@example.org".into(),
        name: praxis::domain::name::PersonName::new("Moreau", "Ines"),
        sex: praxis::domain::patient::Sex::Unknown,
        birth_date: chrono::NaiveDate::from_ymd_opt(1991, 2, 3).unwrap(),
        phone: String::new(),
        record_number: None,
        national_number: String::new(),
        medicare_number: String::new(),
    };
    let (own, ids) = (praxis::domain::ids::RegistrationId::new(), (AccountId::new(), PatientId::new()));
    nobody.apply_as_patient(own, ids, asks, &[7; 32]).await.unwrap();
    let note = c("patient_registration.decision_note");
    root.store.reject_patient(&root.actor, new(), own, 1, &note).await.unwrap();
    let list = root.store.patient_registrations(&root.actor).await.unwrap();
    assert_eq!(list[0].decided.as_ref().map(|d| d.2.clone()), Some(note));
    let note = c("provider_registration.decision_note");
    root.store.reject_registration(&root.actor, new(), id, 1, &note).await.unwrap();
    let list = root.store.registrations(&root.actor).await.unwrap();
    let decided = list.iter().find(|a| a.id == id).and_then(|a| a.decided.as_ref());
    assert_eq!(decided.map(|d| d.2.clone()), Some(note));
}

#[tokio::test]
async fn every_text_column_is_sealed_and_no_canary_stands_in_plain_anywhere() {
    let mut r = room().await;
    write_everything(&mut r).await;
    let encounter = r.visit;
    let seen = r.anna.store.visit(&r.anna.actor, encounter, false).await.unwrap();
    assert_eq!(seen.chief_complaint, c("encounter.chief_complaint"));
    assert_eq!(seen.follow_up_notes, c("encounter.follow_up_notes"));
    let record = r.anna.store.record(&r.anna.actor, encounter, true).await.unwrap();
    let text = praxis::ui::record_text::record_text(&record);
    for shown in [
        "note.body",
        "result.value",
        "report.facility",
        "diagnosis.name",
        "prescription.override_why",
        "treatment.notes",
        "referral.letter",
        "referral.outside_contact",
    ] {
        assert!(text.contains(&c(shown)), "{shown} is not in\n{text}");
    }
    let history = r.anna.store.history(&r.anna.actor, r.clinic.jack, false).await.unwrap();
    let history = format!("{:?}", history.items);
    for entry in entries(&Typed::new(CANARY)) {
        let entry = format!("{entry:?}");
        assert!(history.contains(&entry), "{entry} is not in {history}");
    }
    let (store, actor, why) = (&r.anna.store, &r.anna.actor, c("void"));
    store.void_visit(actor, RequestId::new(), encounter, seen.version, &why, false).await.unwrap();
    assert_eq!(r.anna.store.visit(&r.anna.actor, encounter, false).await.unwrap().void_why, c("void"));

    let columns: Vec<(String, String)> = sqlx::query_as(
        "select table_schema || '.' || table_name, column_name::text || case when udt_name = 'bytea' then '|bytea' else '' end
           from information_schema.columns natural join information_schema.tables
          where table_schema in ('clinic', 'auth', 'audit', 'public') and table_type = 'BASE TABLE' order by 1, 2",
    )
    .fetch_all(&mut r.w)
    .await
    .unwrap();
    assert!(columns.len() > 250, "the catalogue is walked");
    let mut plain = vec![];
    for (table, column) in &columns {
        let name = column.trim_end_matches("|bytea");
        let sql = if column.ends_with("|bytea") {
            format!("select count(*) from {table} t where position('{CANARY}'::bytea in t.\"{name}\") > 0")
        } else {
            format!("select count(*) from {table} t where t.\"{name}\"::text like '%{CANARY}%'")
        };
        let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut r.w).await.unwrap();
        if n > 0 {
            plain.push(format!("{table}.{name}"));
        }
    }
    assert_eq!(plain, [""; 0]);
    // Each column of sealed text was written, and holds nothing but sealed text.
    let sealed: Vec<(String, String)> =
        sqlx::query_as("select table_name, column_name from clinic.sealed_columns()")
            .fetch_all(&mut r.w)
            .await
            .unwrap();
    assert!(sealed.len() >= 50, "{}", sealed.len());
    let mut missed = vec![];
    for (table, column) in sealed {
        let sql = format!(
            "select count(*) filter (where substring({column} from 1 for 1) = '\\x01'),
                    count(*) filter (where substring({column} from 1 for 1) <> '\\x01' and {column} <> '\\x00') from clinic.{table}"
        );
        let (written, other): (i64, i64) =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&mut r.w).await.unwrap();
        assert_eq!(other, 0, "{table}.{column}");
        if written == 0 {
            missed.push(format!("{table}.{column}"));
        }
    }
    assert_eq!(missed, [""; 0], "no text was written there");
    // A column of bytes is sealed text, or is named here as something else.
    let rest: Vec<String> = sqlx::query_scalar(
        "select table_name || '.' || column_name from information_schema.columns
          where table_schema = 'clinic' and data_type = 'bytea'
            and (table_name::text, column_name::text) not in (select * from clinic.sealed_columns()) order by 1",
    )
    .fetch_all(&mut r.w)
    .await
    .unwrap();
    assert_eq!(rest, ["patient_key.wrapped", "request.digest"]);
}
