//! The ways out that are no screen: what each sub-command says, papers, files for other programs, the waiting room's screen. A
//! new sub-command or a new function that makes a file or a paper fails here until it is tried, or it is said why it need not be.
use super::{
    Ground, Seen,
    outputs::{in_csv, in_json, in_plain_text},
    payloads::payloads,
};
use crate::support::{KEY_FILE, people::PASSWORD};
use chrono::{DateTime, Utc};
use clap::CommandFactory as _;
use praxis::{
    domain::{
        appointment::{AppointmentKind, AppointmentStatus},
        audit::AuditEntry,
        fee::{DayClose, FeeDay, FeeLine, Method, Payment, Till},
        ids::{AppointmentId, AuditEventId, PatientId, PaymentId, ProviderId},
        name::PersonName,
        paper::PaperRow,
        predict::Slot,
        queue::{Priority, QueuePlace},
    },
    interop::{audit, paper},
    store::{DisplayDay, DisplayPlace},
    ui::{display::Display, theme::Theme},
};
use std::{
    collections::BTreeSet,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
};

/// Sub-commands that are asked here, of a database full of hostile text.
const ASKED: [&str; 9] =
    ["user list", "get", "check", "audit export", "subject export", "schedule", "board", "arrive", "cancel"];
/// The others, and what they say or where they are tried.
const APART: [(&str, &str); 28] = [
    ("demo", "its own invented clinic"),
    ("migrate", "names and counts of its own"),
    ("import medisoft", "files full of them, in this module"),
    ("user add", "what was typed at its own command line, checked"),
    ("user deactivate", "what was typed at its own command line"),
    ("user reactivate", "what was typed at its own command line"),
    ("user code", "a code of its own"),
    ("audit verify", "numbers, times, ids and kinds of faults"),
    ("audit root", "a number, a time, words and a picture"),
    ("audit key", "the names of files"),
    ("display", "the same screen, below"),
    ("jobs run", "the printer's text: tests of printing"),
    ("set", "what was typed at its own command line; the value is checked"),
    ("role", "what was typed at its own command line"),
    ("config", "the operator's own configuration"),
    ("permissions", "the built-in table"),
    ("subject erase", "dates and a number"),
    ("book", "the same answer as arrive and cancel"),
    ("move", "the same answer as arrive and cancel"),
    ("waitlist", "the same table and words as board and schedule"),
    ("keys print", "the keymap"),
    ("keys markdown", "the keymap"),
    ("keys check", "the keymap"),
    ("keys make", "ids of keys"),
    ("keys add", "ids of keys"),
    ("keys status", "ids of keys and counts"),
    ("keys seal", "counts"),
    ("keys rotate", "counts"),
];
/// What makes a paper or a file for another program, each tried in this module.
const MADE: [(&str, &[&str]); 3] = [
    ("audit.rs", &["csv_row", "fhir"]),
    ("paper.rs", &["day_sheet", "slip", "routing_slip", "receipt", "day_close"]),
    ("subject.rs", &["kind_word", "text", "json"]),
];

/// The names of the sub-commands that do something.
fn leaves(command: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
    for sub in command.get_subcommands() {
        let name = format!("{before}{}", sub.get_name());
        if sub.has_subcommands() {
            leaves(sub, &format!("{name} "), found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn every_sub_command_and_every_maker_of_files_is_tried_or_it_is_said_why_not() {
    let mut all = BTreeSet::new();
    leaves(&praxis::cli::Cli::command(), "", &mut all);
    let known: BTreeSet<String> =
        ASKED.iter().copied().chain(APART.iter().map(|(c, _)| *c)).map(str::to_owned).collect();
    let new: Vec<_> = all.difference(&known).collect();
    let gone: Vec<_> = known.difference(&all).collect();
    assert!(new.is_empty() && gone.is_empty(), "not decided: {new:?}; gone: {gone:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/interop");
    for file in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let made: Vec<&str> = text
            .lines()
            .filter_map(|l| l.strip_prefix("pub fn "))
            .map(|l| l.split(['(', '<']).next().unwrap_or_default())
            .collect();
        let tried = MADE.iter().find(|(f, _)| *f == name).map_or(&[][..], |(_, made)| made);
        assert_eq!(made, tried, "{name}");
    }
}

/// A sub-command with what it needs, by whoever the database's login is.
fn ask(ground: &Ground, home: &Path, login: &str, args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_praxis"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("PRAXIS_DATABASE_URL", ground.db.url_as(login))
        .env("PRAXIS_SEALING_KEY_FILE", &*KEY_FILE)
        .env("PRAXIS_LOG_FILE", "/nonexistent/log")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").ok();
    child.wait_with_output().unwrap()
}

/// What the sub-commands say of this clinic.
pub fn sub_commands(ground: &Ground, seen: &mut Seen) {
    let home = std::env::temp_dir().join(format!("praxis-ways-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir(&home).unwrap();
    let desk = home.join("desk");
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&desk).unwrap();
    writeln!(file, "login = \"mei\"\npassword = \"{PASSWORD}\"").unwrap();
    let (desk, due) = (desk.to_str().unwrap(), ground.due.0.to_string());
    for args in [
        &["board", "--as", desk][..],
        &["schedule", "--as", desk, "--limit", "3"],
        &["arrive", &due, "--as", desk],
        &["cancel", &due, "--why", "x", "--as", desk],
    ] {
        for more in [&[][..], &["--json"]] {
            let args = [args, more].concat();
            seen.answer(&args, &ask(ground, &home, "praxis_app", &args), !more.is_empty());
        }
    }
    let csv = ask(ground, &home, "postgres", &["audit", "export", "--csv"]);
    assert!(csv.status.success() && csv.stdout.len() > 500, "{}", String::from_utf8_lossy(&csv.stderr));
    seen.offences.extend(in_csv(&csv.stdout).into_iter().map(|o| format!("audit export --csv: {o}")));
    let fhir = ask(ground, &home, "postgres", &["audit", "export", "--fhir"]);
    for line in fhir.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        seen.offences.extend(in_json(line).into_iter().map(|o| format!("audit export --fhir: {o}")));
    }
    for (to, json) in [("subject.txt", false), ("subject.json", true)] {
        let to = home.join(to);
        let patient = ground.clinic.jack.0.to_string();
        let mut args = vec!["subject", "export", &patient, "--to", to.to_str().unwrap(), "--login", "root"];
        args.extend(json.then_some("--json"));
        let answer = ask(ground, &home, "praxis_app", &args);
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        seen.answer(&args, &answer, json);
        let text = std::fs::read(&to).unwrap();
        assert!(text.len() > 5000, "everything kept about somebody");
        let found = if json { in_json(&text) } else { in_plain_text(&text) };
        seen.offences.extend(found.into_iter().map(|o| format!("{}: {o}", to.display())));
        seen.text.push_str(&String::from_utf8_lossy(&text));
    }
    std::fs::remove_dir_all(&home).unwrap();
}

/// What stands on the waiting room's screen when every text that it takes is one of these.
fn waiting_room(texts: &[&str]) -> String {
    let mut next = texts.iter().cycle().map(|t| (*t).to_owned());
    let mut text = || next.next().expect("texts");
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut places = vec![];
    for called in [true, false] {
        for _ in 0..2 {
            let place = QueuePlace {
                ticket: None,
                priority: Priority::Routine,
                priority_by: text(),
                priority_at: None,
                called_at: called.then_some(now),
                room: called.then(&mut text),
                calls: 1,
                absents: 0,
                retry_at: None,
            };
            let slot = Slot {
                id: AppointmentId::new(),
                provider: ProviderId::new(),
                status: AppointmentStatus::Arrived,
                kind: AppointmentKind::Slot,
                habit: None,
                starts_at: now,
                ends_at: now,
                arrived_at: Some(now),
                started_at: None,
                place,
            };
            places.push(DisplayPlace { slot, name: Some(text()), provider_name: text() });
        }
    }
    let zone = chrono_tz::Australia::Sydney;
    let (centre_name, habits) = (text(), Arc::default());
    let mut drawn = String::new();
    for (large, problem) in [(false, None), (true, Some(text()))] {
        let mut display = Display::default();
        display.large = large;
        let (places, habits, centre_name) = (places.clone(), Arc::clone(&habits), centre_name.clone());
        display.show(DisplayDay { centre_name, zone, now, by_ticket: false, places, habits }, now);
        problem.into_iter().for_each(|p| display.keep(p));
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| display.view(frame, now, Theme::default())).unwrap();
        drawn.extend(terminal.backend().buffer().content().iter().map(ratatui::buffer::Cell::symbol));
    }
    drawn
}

#[test]
fn papers_lines_of_the_log_and_the_waiting_rooms_screen_take_all_six_hundred() {
    let all = payloads();
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let zone = chrono_tz::Australia::Sydney;
    let mut table = csv::Writer::from_writer(vec![]);
    table.write_record(audit::COLUMNS).unwrap();
    let mut offences = vec![];
    for p in &all {
        let t = || p.text.clone();
        let name = || PersonName::new(t(), t());
        let row = PaperRow {
            time: t(),
            patient: t(),
            number: t(),
            born: t(),
            provider: t(),
            reason: t(),
            status: t(),
            room: t(),
            ticket: t(),
            date: t(),
        };
        let payment = Payment {
            id: PaymentId::new(),
            appointment: AppointmentId::new(),
            kind: "payment".into(),
            method: Method::Cash,
            cents: 100,
            rest: 100,
            why: t(),
            correction: true,
            receipt: 1,
            at,
            by: t(),
        };
        let line = FeeLine {
            appointment: AppointmentId::new(),
            patient: PatientId::new(),
            patient_name: name(),
            record_number: 1,
            provider_name: name(),
            starts_at: at,
            status: AppointmentStatus::Completed,
            what: t(),
            due: 100,
            payments: vec![payment.clone()],
        };
        let day = FeeDay {
            day: at.date_naive(),
            currency: t(),
            lines: vec![line.clone()],
            till: Till { by_method: vec![], by_person: vec![(t(), 1)], entries: 1, corrections: 1 },
            closed: Some(DayClose { cash: 1, counted: 2, note: t(), at, by: t() }),
        };
        let papers = [
            paper::day_sheet(&t(), &t(), std::slice::from_ref(&row)),
            paper::slip(&t(), &t(), &row),
            paper::routing_slip(&t(), &row),
            paper::receipt(&t(), &t(), &line, &t(), zone, Some(&payment)),
            paper::day_close(&t(), &t(), &day),
            praxis::interop::subject::kind_word(&t()).lines().map(|l| praxis::text::clean(l)).collect(),
        ];
        offences.extend(
            papers.iter().flat_map(|text| in_plain_text(text.as_bytes())).map(|o| format!("{}: {o}", p.kind)),
        );
        let event = AuditEntry {
            id: AuditEventId::new(),
            at,
            account: None,
            who: name(),
            login: t(),
            role: t(),
            action: t(),
            entity: t(),
            entity_id: None,
            patient: None,
            patient_name: Some(name()),
            record_number: None,
            refused: true,
            facts: serde_json::json!({ "login": t(), "right": t(), "why": t() }),
        };
        table.write_record(audit::csv_row(&event, zone)).unwrap();
        let line = praxis::text::escaped_json(&audit::fhir(&event, &t()).to_string());
        offences.extend(in_json(line.as_bytes()).into_iter().map(|o| format!("{} as FHIR: {o}", p.kind)));
    }
    offences.extend(in_csv(&table.into_inner().unwrap()));
    // The waiting room's screen, with payloads for every text that it takes.
    for part in all.chunks(6) {
        let texts: Vec<&str> = part.iter().map(|p| p.text.as_str()).collect();
        offences.extend(
            in_plain_text(waiting_room(&texts).as_bytes())
                .into_iter()
                .map(|o| format!("the waiting room: {o}")),
        );
    }
    assert_eq!(offences, [""; 0]);
}
