//! Two hundred texts that nobody else writes go into every text field. Afterwards they stand in no log of the program or of
//! the server, in no file beside, not in the terminal, and in the database in plain only where the file [`PLAIN`] says so.
use crate::{
    privacy::kept,
    sealing::{asked, columns, columns::Typed, room_in, till},
    store_admin::code,
    support::{
        cluster::{Db, block_on, place, start},
        people,
        program::Program,
    },
};
use praxis::{
    domain::{
        account::{AccountDetails, Application, Position},
        actor::Role,
        centre::{CentreDetails, CentreKind, DepartmentDetails},
        ids::{
            AccountId, CentreId, DepartmentId, MessageId, PatientId, PermissionChangeId, RegistrationId,
            RequestId,
        },
        message::{Letter, MessageKind, Note, Sender},
        name::PersonName,
        patient::Identity,
        patient_query::PatientQuery,
        provider::{Profession, ProviderDetails},
    },
    server::{Binaries, SUPERUSER, migrate},
};
use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};

/// Every canary holds this, in small letters.
const CANARY: &str = "kanari";

/// The columns that hold text as it was typed, each with the reason. Everything else that a person types is sealed or kept
/// nowhere.
const PLAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/plain-columns.txt");

/// The columns of text in which nobody types, each with the reason.
const CODED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/coded-columns.txt");

/// Longer than a question must have been on the screen before it takes its key.
const READ: Duration = Duration::from_millis(400);

/// The canaries that no column of `Typed` names, numbered in letters so that they may be names too.
#[derive(Default)]
struct Numbered(Vec<String>);

impl Numbered {
    fn next(&mut self) -> String {
        let n = u8::try_from(self.0.len()).expect("few");
        let text = format!("{CANARY}{}{}x", char::from(b'a' + n / 26), char::from(b'a' + n % 26));
        self.0.push(text.clone());
        text
    }
}

/// What the directory, the messages, the policies and the searches take, through the store.
async fn write_plain(db: &Db, clinic: &people::Clinic, n: &mut Numbered) {
    let new = RequestId::new;
    let (root, mei) = (people::signed_in(db, "root").await, people::signed_in(db, "mei").await);
    let identity = Identity {
        family_name: n.next(),
        given_name: n.next(),
        preferred_name: n.next(),
        second_script_name: n.next(),
        national_number: n.next(),
        email: format!("{}@example.org", n.next()),
        phone: "0491 570 006".into(),
        address: n.next(),
        language: n.next(),
        contact_name: n.next(),
        contact_relationship: n.next(),
        contact_phone: "0491 570 156".into(),
        ..Identity::default()
    };
    mei.store.register_patient(&mei.actor, new(), PatientId::new(), identity.clone()).await.unwrap();
    // Refused for a number that is taken: the server tells the value to the program, and not to its log.
    let again = Identity { family_name: n.next(), given_name: n.next(), ..identity };
    mei.store.register_patient(&mei.actor, new(), PatientId::new(), again).await.unwrap_err();
    let query = PatientQuery::parse(&format!("{} {}", n.next(), n.next()), clinic.today);
    mei.store.find_patients(&mei.actor, query.clone(), true).await.unwrap();
    mei.store.accept_search(&mei.actor, query, 0).await.unwrap();

    let centre = CentreDetails {
        kind: CentreKind::Hospital,
        number: n.next(),
        name: n.next(),
        phone: "0491 570 157".into(),
        email: format!("{}@example.org", n.next()),
        address: n.next(),
        suburb: n.next(),
        zone: "Australia/Sydney".into(),
    };
    let (store, actor) = (&root.store, &root.actor);
    let at = store.add_centre(actor, new(), CentreId::new(), centre).await.unwrap();
    let department =
        DepartmentDetails { centre: at, name: n.next(), services: n.next(), closed: true, opens: n.next() };
    store.add_department(actor, new(), DepartmentId::new(), department).await.unwrap();
    let account = AccountDetails {
        login: n.next(),
        email: format!("{}@example.org", n.next()),
        name: PersonName::new(n.next(), n.next()),
        phone: "0491 570 158".into(),
        position: Position::plain(Role::Receptionist),
        centres: vec![at],
    };
    store.add_account(actor, new(), AccountId::new(), account, code(&n.next())).await.unwrap();
    let id = clinic.specialist.provider();
    let seen = store.provider_entries(actor, Some(id)).await.unwrap().remove(0);
    let details = ProviderDetails {
        provider_number: n.next(),
        registration_number: n.next(),
        licence_number: n.next(),
        expertise: n.next(),
        qualifications: n.next(),
        biography: n.next(),
        ..seen.details
    };
    store.change_provider(actor, new(), id, seen.version, details).await.unwrap();
    let (key, why) = ("history_grace_days", n.next());
    store.change_setting(actor, new(), key, "90".into(), "30".into(), why).await.unwrap();
    let cell = ("note.add".to_owned(), Role::Nurse);
    store.propose_permission(actor, new(), PermissionChangeId::new(), cell, vec![], n.next()).await.unwrap();

    let nobody = people::nobody(db).await;
    let application = Application {
        email: format!("{}@example.org", n.next()),
        name: PersonName::new(n.next(), n.next()),
        phone: "0491 570 159".into(),
        profession: Profession::Gp,
        provider_number: n.next(),
        registration_number: n.next(),
        licence_number: n.next(),
        expertise: n.next(),
    };
    nobody.apply_as_provider(RegistrationId::new(), application, &[8; 32]).await.unwrap();
    let mut letter = || Letter { subject: n.next(), body: n.next() };
    let (outside, answer, inside) = (letter(), letter(), letter());
    let from =
        Sender { name: n.next(), email: format!("{}@example.org", n.next()), phone: "0491 570 110".into() };
    nobody.write_to_clinic(MessageId::new(), from, outside).await.unwrap();
    let jack = people::signed_in(db, "jack").await;
    jack.store.send_to_clinic(&jack.actor, new(), MessageId::new(), answer).await.unwrap();
    let note = Note {
        to: mei.actor.account,
        about: Some(clinic.jack),
        letter: inside,
        due_on: None,
        answer_to: None,
    };
    let anna = people::signed_in(db, "anna").await;
    anna.store.send_message(&anna.actor, new(), MessageId::new(), MessageKind::Staff, note).await.unwrap();
    till::about_the_clinic(db, clinic, || n.next()).await;
}

/// Types into about twenty fields of the real program, with its own keys. What the terminals kept afterwards.
fn type_by_hand(db: &Db, home: &Path, n: &mut Numbered) -> String {
    let text = |p: &Path| p.to_string_lossy().into_owned();
    let (log, home) = (text(&home.join("praxis.log")), text(home));
    let env = [
        ("PRAXIS_LOG_FILE", log.as_str()),
        ("PRAXIS_LOG_LEVEL", "trace"),
        ("HOME", home.as_str()),
        ("TMPDIR", home.as_str()),
        ("XDG_STATE_HOME", home.as_str()),
        ("XDG_RUNTIME_DIR", home.as_str()),
        ("XDG_CACHE_HOME", home.as_str()),
    ];
    let then = |p: &mut Program, keys: &str, seen: &str| {
        p.keys(keys);
        p.wait_for(seen)
    };
    let mut left = String::new();
    let mut leave = |mut p: Program, signed_in: bool| {
        if signed_in {
            p.keys("\x1b[20~");
            p.wait_for("type your password");
            p.keys("\x0f");
            p.wait_for("Login or e-mail");
        }
        p.keys("\x11");
        p.wait_exit();
        left.push_str(&kept(&p.raw()));
    };

    let mut stranger = Program::open_with(&db.url(), &env);
    stranger.wait_for("Login or e-mail");
    then(&mut stranger, &format!("{}\r{}\r", n.next(), n.next()), "do not match");
    leave(stranger, false);

    let mut desk = Program::open_with(&db.url(), &env);
    desk.sign_in("mei", "NGUYEN Linh");
    desk.keys("gp");
    desk.wait_for("Find name");
    desk.keys("\x0e");
    desk.wait_for("Family name");
    desk.keys(&format!("{}\r{}\r29/2/88\x13", n.next(), n.next()));
    desk.wait_for("Registered:");
    desk.keys("gp");
    desk.wait_for("Find name");
    let looked_for = n.next();
    then(&mut desk, &looked_for, &looked_for);
    desk.keys("\x1b[20~");
    desk.wait_for("type your password");
    then(&mut desk, &format!("{}\r", n.next()), "not the password");
    desk.keys(&format!("{}\r", people::PASSWORD));
    desk.wait_gone("type your password");
    desk.keys("\x1b");
    desk.settle(Duration::from_millis(120));
    leave(desk, true);

    let mut doctor = Program::open_with(&db.url(), &env);
    doctor.sign_in("anna", "waiting 1");
    let tab = |p: &mut Program, number: char, seen: &str| {
        p.keys("\x1b");
        p.settle(Duration::from_millis(120));
        then(p, &number.to_string(), seen);
    };
    then(&mut doctor, "n", "1 Info");
    doctor.wait_for("NGUYEN Linh");
    then(&mut doctor, "n", "Record that no allergies are known?");
    doctor.settle(READ);
    then(&mut doctor, "y", "no known allergies");
    then(&mut doctor, "2", "Vital signs");
    let body = n.next();
    doctor.keys(&format!("{}\t", n.next()));
    doctor.keys(&format!("\t{}\t\t{body}\x13", n.next()));
    doctor.wait_for(&body);
    doctor.wait_screen("the note to be saved", |s| {
        s.lines().any(|l| l.contains("Note, ") || l.contains("saved"))
    });
    tab(&mut doctor, '3', "fbc, crp urgent");
    then(&mut doctor, &format!("crp on {}: {}\r", n.next(), n.next()), "The tests are ordered.");
    tab(&mut doctor, '4', "acute cold");
    then(&mut doctor, &format!("J06.9 {}\r", n.next()), "The diagnosis is entered.");
    let drug = format!("{} 500 mg tds 7d \"{}\"\r", n.next(), n.next());
    then(&mut doctor, &drug, "three times a day");
    then(&mut doctor, "\r", "It is prescribed.");
    tab(&mut doctor, '5', "Nothing is missing");
    then(&mut doctor, "f", "Refer to");
    then(&mut doctor, "nees", "NEESON Liam");
    then(&mut doctor, "\r", "Referral to NEESON Liam");
    then(&mut doctor, &format!("{}\t{}\x13", n.next(), n.next()), "The referral is sent");
    then(&mut doctor, "E", "End and sign the visit of NGUYEN Linh");
    doctor.settle(READ);
    then(&mut doctor, "y", "Signed NGUYEN Linh");
    doctor.keys("gr");
    doctor.wait_for("Search");
    let searched = n.next();
    doctor.keys(&format!("pt:{searched}\r"));
    doctor.wait_for(&searched);
    doctor.keys("\x1b");
    doctor.settle(Duration::from_millis(120));
    leave(doctor, true);
    left
}

/// The columns of a list, each with its reason.
fn listed(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines.map(|l| l.split_once(": ").expect("column: reason").0.to_owned()).collect()
}

#[test]
fn every_text_column_takes_a_canary_or_is_listed_as_one_in_which_nobody_types() {
    let db = crate::support::cluster::fresh_database();
    block_on(async {
        let mut c = db.superuser().await;
        // Sealed text is checked where it is written: `sealing::columns` writes each of its columns.
        let columns: Vec<String> = sqlx::query_scalar(
            "select c.table_schema || '.' || c.table_name || '.' || c.column_name from information_schema.columns c
               join information_schema.tables t using (table_schema, table_name)
              where c.table_schema in ('clinic', 'auth') and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
                and c.data_type in ('text', 'character varying', 'ARRAY', 'jsonb', 'json')
                and c.udt_name not in ('_uuid', '_int4', '_int8') order by 1",
        )
        .fetch_all(&mut c)
        .await
        .unwrap();
        let (typed, coded) = (listed(PLAIN), listed(CODED));
        let undecided: Vec<_> = columns.iter().filter(|x| !typed.contains(x) && !coded.contains(x)).collect();
        assert!(
            undecided.is_empty(),
            "type a canary into these, or say why nobody types there: {undecided:#?}"
        );
        let gone: Vec<_> = coded.iter().filter(|x| !columns.contains(x) || typed.contains(x)).collect();
        assert!(gone.is_empty(), "listed in vain: {gone:#?}");
    });
}

/// The names of an event's facts in which a canary stands.
fn facts_with_canaries(facts: &str) -> impl Iterator<Item = String> {
    let facts: serde_json::Value = serde_json::from_str(&facts.replace("\\\\", "\\"))
        .unwrap_or(serde_json::Value::String(facts.to_owned()));
    let named = match facts {
        serde_json::Value::Object(named) => named.into_iter().collect(),
        other => vec![("(unnamed)".to_owned(), other)],
    };
    named.into_iter().filter(|(_, value)| value.to_string().contains(CANARY)).map(|(name, _)| name)
}

/// The columns of a dump in which a canary stands, in plain or as the bytes of a `bytea`.
fn plain_columns(dump: &str) -> BTreeSet<String> {
    let hex: String = CANARY.bytes().map(|b| format!("{b:02x}")).collect();
    let mut found = BTreeSet::new();
    let mut columns: Option<(String, Vec<String>)> = None;
    for line in dump.lines() {
        if let Some(head) = line.strip_prefix("COPY ") {
            let (table, rest) = head.split_once(" (").expect("COPY table (columns)");
            let names = rest.split(')').next().unwrap_or_default().split(", ");
            columns = Some((table.to_owned(), names.map(|c| c.trim_matches('"').to_owned()).collect()));
        } else if line == "\\." {
            columns = None;
        } else if let Some((table, names)) = &columns {
            for (name, value) in names.iter().zip(line.split('\t')) {
                let value = value.to_lowercase();
                if name == "facts" {
                    found.extend(facts_with_canaries(&value).map(|fact| format!("{table}.facts.{fact}")));
                } else if value.contains(CANARY) || (value.starts_with("\\\\x") && value.contains(&hex)) {
                    found.insert(format!("{table}.{name}"));
                }
            }
        } else if line.to_lowercase().contains(CANARY) {
            found.insert(format!("outside of any table: {line}"));
        }
    }
    found
}

/// Every file under a folder in which a canary stands; and how many files there are.
fn files_with_canaries(folder: &Path) -> (usize, Vec<String>) {
    let (mut open, mut all, mut found) = (vec![folder.to_path_buf()], 0, vec![]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            all += 1;
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            found.extend(
                text.lines().find(|l| l.contains(CANARY)).map(|l| format!("{}: {l}", path.display())),
            );
        }
    }
    (all, found)
}

#[test]
fn of_two_hundred_texts_none_stands_in_a_log_a_file_the_terminal_or_in_plain_where_it_is_sealed() {
    let folder = place("pc");
    let everything = "listen_addresses = ''\nlog_statement = 'all'\nlog_min_duration_statement = 0\n\
                      log_connections = on\nlog_disconnections = on";
    let (endpoint, shell) = start(&folder, everything);
    let home = place("pch");
    std::fs::create_dir_all(&home).unwrap();
    let mut n = Numbered::default();
    let rounds = ["eins", "zwei", "drei"].map(|mark| Typed::new(&format!("{CANARY}{mark}")));
    block_on(async {
        endpoint.create_database("canaries", None).await.unwrap();
        migrate(&endpoint.options(SUPERUSER, "canaries")).await.unwrap();
    });
    let db = Db::elsewhere(&endpoint, "canaries");
    let (room, terminals) = block_on(async {
        let db = Db::elsewhere(&endpoint, "canaries");
        let mut room = room_in(db).await;
        for round in &rounds {
            columns::write_clinical(&mut room, round).await;
        }
        asked::ask_and_write(&room, &rounds[0]).await;
        write_plain(&room.db, &room.clinic, &mut n).await;
        let clinic = room.clinic.clone();
        people::appointment(&mut room.w, &clinic, &clinic.gp, clinic.linh, (10, 0), "arrived").await;
        let terminals = type_by_hand(&room.db, &home, &mut n);
        till::at_the_till(&mut room, &rounds[1]).await;
        columns::at_the_desk(&mut room, &rounds[1]).await;
        (room, terminals)
    });
    let mut typed: BTreeSet<String> = n.0.iter().cloned().collect();
    assert_eq!(typed.len(), n.0.len());
    typed.extend(rounds.iter().flat_map(|r| r.all.borrow().clone()));
    println!("{} canaries, {} of them by number", typed.len(), n.0.len());
    assert!(typed.len() >= 200, "{}", typed.len());

    let dump = Command::new(Binaries::find().unwrap().dir().join("pg_dump"))
        .args(["--data-only", "--dbname", &endpoint.url(SUPERUSER, "canaries")])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8_lossy(&dump.stdout).into_owned();
    let log = std::fs::read_to_string(folder.join("log")).unwrap();

    // The terminals, after they were left.
    assert!(!terminals.to_lowercase().contains(CANARY), "{terminals}");
    // The program's log, at its most talkative, and whatever else it wrote.
    let (files, found) = files_with_canaries(&home);
    assert!(files >= 1 && std::fs::metadata(home.join("praxis.log")).unwrap().len() > 1000, "it wrote a log");
    // The server's log, with every statement in it.
    let statements = log.matches("duration: ").count();
    assert!(statements > 1000 && log.contains("insert into clinic.note"), "{statements} statements");
    let said: Vec<&str> = log.lines().filter(|l| l.to_lowercase().contains(CANARY)).collect();
    // The database, as a backup of it holds it.
    assert!(dump.contains("COPY clinic.note "));
    let plain: Vec<String> = plain_columns(&dump).into_iter().collect();
    let allowed = listed(PLAIN);
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    println!("{files} files, {statements} statements in the server's log, {} plain columns", plain.len());
    assert_eq!(
        (found, said, plain.iter().map(String::as_str).collect::<Vec<_>>()),
        (vec![], vec![], allowed)
    );
    drop((room, db, shell));
    std::fs::remove_dir_all(&home).ok();
}
