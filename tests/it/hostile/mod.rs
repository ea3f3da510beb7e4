//! Hostile text: 600 payloads through every text column to every screen and every answer of the command line. Looked at is
//! what arrives, byte by byte: only the program's own sequences on a screen, none in an answer, no formula in a cell.
//!
//! A new screen is here by itself (`frames::everywhere`); a new sub-command, paper or file fails in [`ways`] until it is tried
//! with [`outputs`].
mod outputs;
mod payloads;
mod poison;
mod ways;

use crate::{
    frames::everywhere,
    support::{
        cluster::{Db, block_on, fresh_database},
        people::{self, Clinic},
    },
};
use outputs::{in_csv, in_json, in_plain_text, on_a_screen};
use payloads::{Payload, payloads};
use poison::Poison;
use praxis::{
    domain::{
        access::{NewAccessRequest, NewEmergency},
        actor::Role,
        diagnosis::parse_diagnosis,
        encounter::{NewNote, VisitField},
        history::{HistoryList, form},
        ids::{
            AccessRequestId, AppointmentId, AuditEventId, DraftId, EmergencyId, PatientId, ReferralId,
            RequestId,
        },
        observation::parse_line,
        prescription::NewPrescription,
        record::VisitRef,
        referral::{NewReferral, ReferralUrgency, Target},
        service_request::{NewReport, ReportType, parse_result, parse_tests},
        treatment::parse_treatment,
    },
    store::{NewDraft, SignIn, sealed::ORGANISATION},
    text::{clean, clean_lines, csv_cell},
    ui::{Picture, route::Route, screens::login::Login, testing::Stage},
};
use sqlx::Row as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Command, Output},
};

/// Sub-commands that show what is in the database; each is also asked with `--json`.
const ANSWERS: [&[&str]; 4] = [&["user", "list", "--patients"], &["user", "list"], &["get"], &["check"]];

/// Rounds of other payloads over every place, before the one with nonsense in codes too; four of them stand in each value.
/// `PRAXIS_FAULTS` asks for three.
fn rounds() -> i32 {
    if std::env::var_os("PRAXIS_FAULTS").is_some() { 3 } else { 1 }
}

/// Where codes without a list of their own are shown: with nonsense in them these may say that they cannot be read.
fn shows_codes(route: &Route) -> bool {
    matches!(
        route,
        Route::Visit(_)
            | Route::Record(_)
            | Route::Board(_)
            | Route::Patient(_)
            | Route::History(_)
            | Route::Referral(_)
            | Route::Provider(_)
            | Route::Home
    )
}

/// A clinic with a row in every table that a person writes in, and somebody signed in for each role.
struct Ground {
    db: Db,
    clinic: Clinic,
    people: BTreeMap<&'static str, SignIn>,
    visit: VisitRef,
    appointment: AppointmentId,
    /// Booked, and nothing else.
    due: AppointmentId,
    referral: ReferralId,
    event: AuditEventId,
}

impl Ground {
    async fn new() -> Self {
        let db = fresh_database();
        let clinic = people::clinic(&db).await;
        let mut c = people::writer(&db).await;
        let a = people::appointment(&mut c, &clinic, &clinic.gp, clinic.jack, (9, 0), "in_progress").await;
        let encounter = people::visit(&mut c, &clinic.gp, a, "open").await;
        let due = people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (11, 0), "booked").await;
        for (hour, patient, status) in
            [(10, clinic.linh, "arrived"), (12, clinic.jack, "cancelled"), (13, clinic.omar, "no_show")]
        {
            people::appointment(&mut c, &clinic, &clinic.gp, patient, (hour, 0), status).await;
        }
        for days in [5, 9] {
            let starts = people::at(clinic.today - chrono::Duration::days(days), 9, 0);
            let a = people::appointment_on(&mut c, &clinic.gp, clinic.jack, starts, "completed", "x").await;
            people::visit(&mut c, &clinic.gp, a, if days == 5 { "signed" } else { "paused" }).await;
        }
        let referral = people::referral(&mut c, &clinic, clinic.jack).await;
        sqlx::raw_sql(
            "update clinic.account set email = login || '@praxis.example', phone = '1';
             update clinic.centre set address = 'a', suburb = 'b', phone = '1', email = 'c@d.example';
             update clinic.provider set biography = 'a', expertise = 'b', qualifications = 'c', registration_number = id::text,
                    licence_number = id::text;
             insert into clinic.department (id, centre_id, name, services, opens, closed)
                  select gen_random_uuid(), id, 'Heart', 'beats', 'in May', true from clinic.centre;
             insert into clinic.provider_registration (id, family_name, given_name, email, phone, profession, expertise, licence_number)
                  values (gen_random_uuid(), 'New', 'Pat', 'new@praxis.example', '1', 'gp', 'feet', 'L1')",
        )
        .execute(&mut c)
        .await
        .expect("the directory");
        strangers(&mut c).await;
        let mut people = BTreeMap::new();
        for login in ["anna", "mei", "root", "jack", "nina", "liam", "paula", "ray", "lab", "audrey", "sam"] {
            people.insert(login, people::signed_in(&db, login).await);
        }
        let visit = VisitRef { encounter, patient: clinic.jack };
        let event = sqlx::query_scalar("select id from audit.event order by at limit 1");
        let event = AuditEventId(event.fetch_one(&mut c).await.expect("an event"));
        let ground = Self { db, clinic, people, visit, appointment: a, due, referral, event };
        ground.write().await;
        ground.ask_for_access().await;
        ground
    }

    /// Everything a doctor writes in a visit, and the 600 payloads as the text of its notes, through the store.
    async fn write(&self) {
        let (anna, visit, today) = (&self.people["anna"], self.visit, self.clinic.today);
        let (store, actor) = (&anna.store, &anna.actor);
        for list in HistoryList::ALL {
            let get = |key: &str| match key {
                "since" | "date" => "2010".to_owned(),
                "severity" => "mild".into(),
                "status" => "active".into(),
                "dose_number" => "2".into(),
                other => other.to_owned(),
            };
            let entry = form::entry(*list, None, get, today).unwrap();
            store
                .add_history(actor, RequestId::new(), visit.patient, Some(visit.encounter), entry)
                .await
                .unwrap();
        }
        let tests = parse_tests("culture [630-4] on urine urgent: before; fbc").unwrap();
        let orders = store.order_tests(actor, RequestId::new(), visit, tests).await.unwrap();
        let result =
            parse_result("5.4 g/dL 12-16 LL by Central Lab", people::at(today, 9, 0), chrono_tz::UTC)
                .unwrap();
        store.add_result(actor, RequestId::new(), visit, orders[0], result).await.unwrap();
        let report = NewReport {
            kind: ReportType::Radiology,
            title: "film".into(),
            facility: "there".into(),
            file_name: "a.pdf".into(),
            order: None,
        };
        store.add_report(actor, RequestId::new(), visit, report).await.unwrap();
        let cold = parse_diagnosis("J06.9 cold", true).unwrap();
        store.add_diagnosis(actor, RequestId::new(), visit, cold).await.unwrap();
        let drug = NewPrescription::parse("amoxicillin 500 mg po tds 7d \"with food\"", today).unwrap();
        store.prescribe(actor, RequestId::new(), visit, drug, "a reason").await.unwrap();
        let rest = parse_treatment("Rest: at home").unwrap();
        store.add_treatment(actor, RequestId::new(), visit, rest).await.unwrap();
        let outside = Target::Outside { name: "Far".into(), specialty: "eyes".into(), contact: "1".into() };
        let letter = NewReferral {
            target: Some(outside),
            reason: "murmur".into(),
            letter: "Dear".into(),
            urgency: ReferralUrgency::Soon,
            visits_allowed: Some(3),
            valid_until: None,
        };
        store.write_referral(actor, RequestId::new(), visit, letter).await.unwrap();
        let readings = parse_line("t 38 grip=19 kg gait=steady").unwrap();
        store
            .record_observations(
                actor,
                RequestId::new(),
                visit.patient,
                Some(visit.encounter),
                readings,
                None,
            )
            .await
            .unwrap();
        let seen = store.visit(actor, visit.encounter, false).await.unwrap().version;
        let follow = VisitField::FollowUp { on: None, notes: "check".into() };
        store.save_visit_field(actor, RequestId::new(), visit.encounter, seen, follow, None).await.unwrap();
        let alert = uuid::Uuid::now_v7();
        store.add_alert(actor, RequestId::new(), alert, visit.patient, "dog".into()).await.unwrap();
        let draft = NewDraft {
            id: DraftId::new(),
            form: "visit.diagnosis",
            part: String::new(),
            subject: visit.encounter.0,
            revision: 1,
            version_seen: None,
            payload: "[\"a\",\"b\",\"c\"]".into(),
        };
        store.save_draft(actor, draft).await.unwrap();
        for part in payloads().chunks(30) {
            let body: Vec<&str> = part.iter().map(|p| p.text.as_str()).collect();
            let note = NewNote { title: part[0].text.clone(), body: body.join("\n"), system: None };
            store.add_note(actor, RequestId::new(), visit.encounter, note, None).await.unwrap();
        }
    }

    /// A request, a connection and an emergency: somebody's words that others read.
    async fn ask_for_access(&self) {
        let (jack, gary) = (self.clinic.jack, people::signed_in(&self.db, "gary").await);
        let new = NewAccessRequest {
            id: AccessRequestId::new(),
            patient: jack,
            reason: "second opinion".into(),
            days: 7,
        };
        gary.store.ask_access(&gary.actor, RequestId::new(), new).await.unwrap();
        let patient = &self.people["jack"];
        let provider = self.clinic.gp2.provider();
        patient.store.ask_connection(&patient.actor, RequestId::new(), jack, provider).await.unwrap();
        let born = chrono::NaiveDate::from_ymd_opt(1996, 5, 4).unwrap();
        let emergency = NewEmergency {
            id: EmergencyId::new(),
            appointment: AppointmentId::new(),
            number: "N1234567".into(),
            born,
            reason: "unconscious".into(),
            centre: None,
        };
        let password = zeroize::Zeroizing::new(people::PASSWORD.to_owned());
        let proof = praxis::auth::login::proof(&gary.store, "gary", password).await.unwrap();
        gary.store.open_emergency(&gary.actor, RequestId::new(), emergency, proof.to_vec()).await.unwrap();
    }

    /// A place of `frames::everywhere` with ids that there are.
    fn with_ids(&self, route: Route) -> Route {
        match route {
            Route::SignIns(_) => Route::SignIns(self.clinic.reception.account),
            Route::AuditEvent(_) => Route::AuditEvent(self.event),
            Route::RecordViewers(_) => Route::RecordViewers(self.clinic.jack),
            Route::AskAccess(_) => Route::AskAccess(self.clinic.jack),
            Route::Patient(_) => Route::Patient(self.clinic.jack),
            Route::EditPatient(_) => Route::EditPatient(self.clinic.jack),
            Route::Provider(_) => Route::Provider(self.clinic.gp.provider()),
            Route::Centre(_) => Route::Centre(self.clinic.randwick),
            Route::Record(_) => Route::Record(self.visit.encounter),
            Route::Visit(_) => Route::Visit(self.visit.encounter),
            Route::History(_) => Route::History(self.clinic.jack),
            Route::Referral(_) => Route::Referral(self.referral),
            Route::StartVisit(_) => Route::StartVisit(self.appointment),
            other => other,
        }
    }

    /// Somebody who has this role.
    fn who(&self, role: Role) -> &SignIn {
        self.people.values().find(|p| p.actor.role == role).expect("somebody of each role")
    }
}

/// Messages of people nobody knows.
async fn strangers(c: &mut sqlx::PgConnection) {
    for _ in 0..3 {
        let id = uuid::Uuid::now_v7();
        // Their words are sealed under the organisation's key.
        let nobody = PatientId(ORGANISATION);
        let subject = people::sealed(c, nobody, ("message", "subject"), id, "a").await;
        let body = people::sealed(c, nobody, ("message", "body"), id, "b").await;
        sqlx::query(
            "insert into clinic.message (id, kind, from_role, proven, from_name, from_email, from_phone, subject, body, sent_at)
             values ($1, 'clinic', 'unknown', false, 'Somebody', 'x@y.example', '1', $2, $3, clinic.now())",
        )
        .bind(id)
        .bind(subject)
        .bind(body)
        .execute(&mut *c)
        .await
        .expect("a message");
    }
}

/// A sub-command on this database, by its owner.
fn run(db: &Db, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_praxis"))
        .args(args)
        .env_clear()
        .env("PRAXIS_DATABASE_URL", db.url_as("postgres"))
        .env("PRAXIS_LOG_FILE", "/nonexistent/log")
        .output()
        .unwrap()
}

/// What was seen on the way: marks of columns, and offences with where they were.
#[derive(Default)]
struct Seen {
    text: String,
    offences: Vec<String>,
    frames: usize,
    bytes: usize,
}

impl Seen {
    fn frame(&mut self, place: &str, stage: &mut Stage<Login>) {
        for (columns, lines) in [(80, 24), (200, 60)] {
            let bytes = Picture::sized(columns, lines).draw(stage.app());
            self.offences.extend(on_a_screen(&bytes).into_iter().map(|o| format!("{place}: {o}")));
            self.text.push_str(&String::from_utf8_lossy(&bytes));
            self.frames += 1;
            self.bytes += bytes.len();
        }
    }

    fn answer(&mut self, args: &[&str], output: &Output, json: bool) {
        let look = if json && !output.stdout.is_empty() { in_json } else { in_plain_text };
        let found = look(&output.stdout).into_iter().chain(in_plain_text(&output.stderr));
        self.offences.extend(found.map(|o| format!("praxis {}: {o}", args.join(" "))));
        self.text.push_str(&String::from_utf8_lossy(&output.stdout));
    }
}

/// What is pressed at a place after it was opened, so that what stands further down and behind it is drawn too.
fn further(route: &Route) -> &'static [&'static str] {
    match route {
        Route::Visit(_) => &["2", "3", "4", "5", "1"],
        Route::Record(_) => &["pagedown", "pagedown", "end"],
        Route::Login | Route::NextVisit | Route::StartVisit(_) => &[],
        _ => &["end", "enter"],
    }
}

async fn visit_every_place(ground: &Ground, seen: &mut Seen, coded: bool) {
    for (route, role) in everywhere::everywhere().into_iter().filter(|(r, _)| !coded || shows_codes(r)) {
        let route = ground.with_ids(route);
        let who = ground.who(role);
        let mut stage = Stage::live(Login::default(), who.actor.clone(), who.store.clone()).running();
        stage.app().open(route.clone());
        assert!(stage.until_idle().await, "{route:?} never ends reading");
        let place = format!("{route:?}");
        seen.frame(&place, &mut stage);
        for key in further(&route) {
            stage.keys(key);
            assert!(stage.until_idle().await, "{route:?} never ends after {key}");
            seen.frame(&format!("{place} {key}"), &mut stage);
        }
    }
}

#[test]
fn hostile_text_in_every_column_does_nothing_on_any_screen_and_in_any_answer() {
    block_on(async {
        let ground = Ground::new().await;
        let mut poison = Poison::new(&ground.db).await;
        let mut seen = Seen::default();
        for round in 0..=rounds() {
            let coded = round == rounds();
            poison.round(round, coded).await;
            visit_every_place(&ground, &mut seen, coded).await;
            if round == 0 {
                ways::sub_commands(&ground, &mut seen);
            }
        }
        for args in ANSWERS {
            seen.answer(args, &run(&ground.db, args), false);
            let json = [args, &["--json"]].concat();
            seen.answer(&json, &run(&ground.db, &json), true);
        }
        let carriers: Vec<_> = poison.carriers().collect();
        // Family names are written in capitals.
        let is_seen = |mark: &str| seen.text.contains(mark) || seen.text.contains(&mark.to_uppercase());
        let shown = carriers.iter().filter(|c| is_seen(&c.mark)).count();
        let hidden: BTreeSet<_> =
            carriers.iter().filter(|c| !is_seen(&c.mark)).map(|c| c.name.as_str()).collect();
        println!(
            "hostile text: {} columns carried it, {} of them came to a screen or an answer; {} frames, {} bytes",
            carriers.len(),
            shown,
            seen.frames,
            seen.bytes
        );
        println!("carried and not shown anywhere: {hidden:?}\nwithout a row: {:?}", poison.without_rows());
        seen.offences.sort();
        seen.offences.dedup();
        assert!(seen.offences.is_empty(), "{} offences:\n{}", seen.offences.len(), seen.offences.join("\n"));
        assert!(carriers.len() >= 80 && shown * 3 >= carriers.len() * 2, "it proves too little");
    });
}

#[test]
fn all_six_hundred_come_clean_out_of_a_visits_notes() {
    block_on(async {
        let ground = Ground::new().await;
        let who = ground.who(Role::Gp);
        let record = who.store.record(&who.actor, ground.visit.encounter, true).await.unwrap();
        let kept: String = record.notes.iter().map(|n| format!("{}\n", n.body)).collect();
        let lost: Vec<_> = payloads().into_iter().filter(|p| !kept.contains(p.text.trim())).collect();
        assert!(lost.is_empty(), "what is stored stays as it was written: {lost:?}");
        // High enough for the whole record, so that each line is drawn.
        let mut stage = Stage::live(Login::default(), who.actor.clone(), who.store.clone()).running();
        stage.app().open(Route::Record(ground.visit.encounter));
        assert!(stage.until_idle().await);
        let bytes = Picture::sized(240, 4000).draw(stage.app());
        assert_eq!(on_a_screen(&bytes), [""; 0]);
        let drawn = String::from_utf8(bytes).unwrap();
        assert!(drawn.contains("spaces") || drawn.contains("SMITH"), "the last kind is there");
        let mut c = ground.db.superuser().await;
        let rows = sqlx::query("select count(*) from clinic.note").fetch_one(&mut c).await.unwrap();
        assert_eq!(rows.get::<i64, _>(0), 20);
    });
}

#[test]
fn a_file_of_another_system_full_of_them_is_refused_line_by_line_in_plain_words() {
    let db = fresh_database();
    let folder = std::env::temp_dir().join(format!("praxis-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut texts = payloads().into_iter().cycle();
    for file in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/medisoft/full")).unwrap()
    {
        let file = file.unwrap().path();
        let header = csv::Reader::from_path(&file).unwrap().headers().unwrap().clone();
        let mut out = csv::Writer::from_path(folder.join(file.file_name().unwrap())).unwrap();
        out.write_record(&header).unwrap();
        for _ in 0..150 {
            out.write_record(header.iter().map(|_| texts.next().unwrap().text)).unwrap();
        }
        out.flush().unwrap();
    }
    let mut offences = vec![];
    for more in [&["--dry-run"][..], &["--dry-run", "--json"]] {
        let args = [&["import", "medisoft", folder.to_str().unwrap()], more].concat();
        let output = run(&db, &args);
        assert_eq!(output.status.code(), Some(65), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.len() + output.stderr.len() > 1000, "every bad line is reported");
        let json = more.len() == 2 && !output.stdout.is_empty();
        offences.extend(if json { in_json(&output.stdout) } else { in_plain_text(&output.stdout) });
        offences.extend(in_plain_text(&output.stderr));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(offences, [""; 0]);
}

#[test]
fn every_way_out_takes_all_six_hundred() {
    let mut table = csv::Writer::from_writer(vec![]);
    for Payload { kind, text } in payloads() {
        assert_eq!(on_a_screen(clean(&text).as_bytes()), [""; 0], "{kind}: {text:?} on one line");
        assert_eq!(on_a_screen(clean_lines(&text).as_bytes()), [""; 0], "{kind}: {text:?} as lines");
        assert_eq!(
            in_plain_text(praxis::logging::cleaned(&text).as_bytes()),
            [""; 0],
            "{kind}: {text:?} in the log"
        );
        table.write_record([kind, &csv_cell(&text)]).unwrap();
    }
    assert_eq!(in_csv(&table.into_inner().unwrap()), [""; 0]);
}
