//! The tabs Info and Examination: the list of their fields, each filled with a value of its own through the store and found
//! again in the record's text.
use super::*;
use praxis::{
    domain::{
        encounter::BodySystem,
        history::{HistoryList, form},
        observation::parse_line,
        patient::{Identity, Sex},
    },
    store::SignIn,
};

/// The list of fields: the point of the list, the field, what the record shows of it.
const FIELDS: &[(&str, &[(&str, &str)])] = &[
    (
        "Info: identity",
        &[
            ("full name", "OKAFOR Chidi Emeka"),
            ("preferred name", "Preferred name: Chi"),
            ("name in a second script", "Name in a second script: 奇迪"),
            ("sex", "Sex: other"),
            ("date of birth, age computed", "Born: 03 Sep 1958, 67 y at this visit"),
            ("record number", "Record number: 000001"),
            ("national number", "National number: N7654321"),
            ("Medicare number", "Medicare number: 3987654321"),
            ("e-mail", "E-mail: chidi@example.net"),
            ("phone", "Phone: 0491 570 156"),
            ("address", "Address: 12 Belmore Rd, Coogee"),
            ("language", "Language: Igbo"),
            ("emergency contact: name, relationship, phone", "OKAFOR Ada, daughter, 0491 570 157"),
            ("blood group", "Blood group: AB-"),
        ],
    ),
    (
        "Info: allergies",
        &[
            ("substance", "ALLERGIES\n  allergy name"),
            ("reaction", "allergy reaction"),
            ("severity", "moderate"),
            ("since", "since 21 Jan 2001"),
            ("status", "since 21 Jan 2001, active"),
            ("status, when it no longer counts", "second allergy, resolved"),
        ],
    ),
    (
        "Info: conditions",
        &[
            ("name", "CONDITIONS\n  condition name"),
            ("code", "[C-condition]"),
            ("since", "since 22 Jan 2002"),
            ("treatment", "condition treatment"),
            ("status", "condition treatment, active"),
            ("status, when it is over", "second condition, resolved"),
        ],
    ),
    (
        "Info: current medication",
        &[
            ("name", "CURRENT MEDICATION\n  medication name"),
            ("code", "[C-medication]"),
            ("dose", "medication dose"),
            ("frequency", "medication frequency"),
            ("since", "since 23 Jan 2003"),
            ("prescriber", "medication prescriber"),
        ],
    ),
    (
        "Info: surgeries",
        &[("name", "SURGERIES\n  surgery name"), ("date", "24 Jan 2004"), ("notes", "surgery notes")],
    ),
    (
        "Info: vaccinations",
        &[
            ("vaccine", "VACCINATIONS\n  vaccination name"),
            ("code", "[C-vaccination]"),
            ("date", "25 Jan 2005"),
            ("dose number", "dose 3"),
            ("notes", "vaccination notes"),
        ],
    ),
    (
        "Info: family history",
        &[
            ("relationship", "family_history relationship"),
            ("condition", "FAMILY HISTORY\n  family_history name"),
            ("notes", "family_history notes"),
        ],
    ),
    (
        "Info: past visits, newest first",
        &[
            ("date", "PAST VISITS\n  02 Mar 2026"),
            ("provider", "SMITH Anna, "),
            ("centre", "Randwick Medical Centre: "),
            ("diagnosis", ": back pain of before"),
            (
                "newest first",
                "back pain of before\n  20 Feb 2026, BUSEY Gary, Ultimo Medical Centre: earlier still\n",
            ),
        ],
    ),
    ("Examination: chief complaint", &[("chief complaint", "Chief complaint: dizzy since Sunday")]),
    (
        "Examination: vital signs",
        &[
            ("temperature", "Temperature 38.9 °C H"),
            ("heart rate", "Heart rate 71/min"),
            ("respiratory rate", "Respiratory rate 15/min"),
            ("blood pressure, flagged by the range", "Blood pressure 171/83 mmHg H"),
            ("oxygen saturation", "Oxygen saturation 97 %"),
            ("height", "Height 176 cm"),
            ("weight", "Weight 69.5 kg"),
            ("BMI, computed", "BMI 22.4 kg/m²"),
            ("pain", "Pain 4/10"),
            ("glucose", "Glucose 5.6 mmol/L"),
            ("a free sign: name, value, unit", "grip 19 kg"),
            ("a free sign in words", "gait steady"),
            ("time", "gait steady  (SMITH Anna, 12 Mar 2026 09:0"),
        ],
    ),
    (
        "Examination: notes",
        &[
            ("title", "romberg"),
            ("text, every line", "    sways to the left\n    with eyes closed"),
            ("by body system", "Note: nerves: romberg"),
            ("without title or system", "Note  (SMITH Anna"),
        ],
    ),
];

fn identity() -> Identity {
    Identity {
        family_name: "Okafor".into(),
        given_name: "Chidi Emeka".into(),
        preferred_name: "Chi".into(),
        second_script_name: "奇迪".into(),
        sex: Sex::Other,
        birth_date: NaiveDate::from_ymd_opt(1958, 9, 3),
        national_number: "N7654321".into(),
        medicare_number: "3987654321".into(),
        email: "chidi@example.net".into(),
        phone: "0491 570 156".into(),
        address: "12 Belmore Rd, Coogee".into(),
        language: "Igbo".into(),
        contact_name: "OKAFOR Ada".into(),
        contact_relationship: "daughter".into(),
        contact_phone: "0491 570 157".into(),
        blood_group: "AB-".into(),
    }
}

/// Fills every field of an entry with its own words; each list has its own day.
async fn fill_lists(room: &Room, by: &SignIn, visit: VisitRef) {
    for (n, list) in HistoryList::ALL.iter().enumerate() {
        let code = (*list != HistoryList::Surgeries).then(|| format!("C-{}", list.code()));
        let get = |key: &str| match key {
            "since" | "date" => format!("{}/1/{}", 21 + n, 2001 + n),
            "severity" => "moderate".into(),
            "status" => "active".into(),
            "dose_number" => "3".into(),
            other => format!("{} {other}", list.code()),
        };
        let entry = form::entry(*list, code, get, room.clinic.today).unwrap();
        for (key, value) in form::values(&entry) {
            assert!(!value.is_empty(), "{list:?} {key} is filled");
        }
        let (store, actor) = (&by.store, &by.actor);
        store
            .add_history(actor, RequestId::new(), visit.patient, Some(visit.encounter), entry)
            .await
            .unwrap();
    }
    for (list, name) in
        [(HistoryList::Allergies, "second allergy"), (HistoryList::Conditions, "second condition")]
    {
        let get = |key: &str| match key {
            "name" => name.to_owned(),
            "status" => "resolved".into(),
            _ => String::new(),
        };
        let entry = form::entry(list, None, get, room.clinic.today).unwrap();
        by.store.add_history(&by.actor, RequestId::new(), visit.patient, None, entry).await.unwrap();
    }
}

/// Two earlier visits with a diagnosis each, of two providers at two centres.
async fn past_visits(r: &Room, patient: PatientId) {
    let mut c = people::writer(&r.db).await;
    for (with, days, code, name) in
        [(&r.clinic.gp, 10, Some("M54.5"), "back pain of before"), (&r.clinic.gp2, 20, None, "earlier still")]
    {
        let starts = at(r.clinic.today - Duration::days(days), 9, 0);
        let a = people::appointment_on(&mut c, with, patient, starts, "completed", "x").await;
        let encounter = people::visit(&mut c, with, a, "signed").await;
        let id = uuid::Uuid::now_v7();
        let name = people::sealed(&mut c, patient, ("diagnosis", "name"), id, name).await;
        sqlx::query(
            "insert into clinic.diagnosis (id, encounter_id, patient_id, code, name, role, certainty, author)
             values ($6, $1, $2, $3, $4, 'main', 'certain', $5)",
        )
        .bind(encounter.0)
        .bind(patient.0)
        .bind(code)
        .bind(name)
        .bind(with.account.0)
        .bind(id)
        .execute(&mut c)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn every_field_of_info_and_examination_stands_in_the_record() {
    let r = room().await;
    let mei = people::signed_in(&r.db, "mei").await;
    let checked = identity().checked(r.clinic.today).unwrap();
    let patient = PatientId::new();
    let registered =
        mei.store.register_patient(&mei.actor, RequestId::new(), patient, checked).await.unwrap();
    past_visits(&r, patient).await;

    let mut c = people::writer(&r.db).await;
    let a = people::appointment(&mut c, &r.clinic, &r.clinic.gp, patient, (9, 30), "arrived").await;
    let (store, actor) = (&r.anna.store, &r.anna.actor);
    let encounter = store.start_visit(actor, RequestId::new(), a).await.unwrap().encounter;
    let visit = VisitRef { encounter, patient };
    fill_lists(&r, &r.anna, visit).await;
    let seen = store.visit(actor, encounter, false).await.unwrap().version;
    let complaint = VisitField::ChiefComplaint("dizzy since Sunday".into());
    store.save_visit_field(actor, RequestId::new(), encounter, seen, complaint, None).await.unwrap();
    let line = "t 38.9 hr 71 rr 15 bp 171/83 spo2 97 ht 176 wt 69.5 pain 4 glu 5.6 grip=19 kg gait=steady";
    let readings = parse_line(line).unwrap();
    store
        .record_observations(actor, RequestId::new(), patient, Some(encounter), readings, None)
        .await
        .unwrap();
    for note in [
        NewNote {
            title: "romberg".into(),
            body: "sways to the left\nwith eyes closed".into(),
            system: Some(BodySystem::Nerves),
        },
        NewNote { title: String::new(), body: "no title".into(), system: None },
    ] {
        store.add_note(actor, RequestId::new(), encounter, note, None).await.unwrap();
    }

    let text = record_text(&store.record(actor, encounter, true).await.unwrap());
    let number = format!("Record number: {:06}", registered.record_number);
    for (point, fields) in FIELDS {
        for (field, shown) in *fields {
            let shown = if *field == "record number" { &number } else { *shown };
            assert!(text.contains(shown), "{point}, {field}: {shown:?} is not in\n{text}");
        }
    }
}
