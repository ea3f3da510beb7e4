//! A receptionist's busy hour with keys, through the real program and the real server: thirty-four actions, the keys of each
//! counted from where it begins (letters of names, reasons and times are not), and afterwards what the database and the
//! printer have of it. A key that only leads to the next piece of work counts for the hour alone.
use crate::{
    invariants::broken,
    support::{
        budgets::counted,
        cluster::{Db, block_on, fresh_database},
        people,
        program::{Program, stray},
    },
};
use std::{path::PathBuf, process::Command, time::Duration};

/// Longer than a question must have been on the screen before it takes its key.
const READ: Duration = Duration::from_millis(400);

struct Hour {
    desk: Program,
    keys: usize,
    /// Keys on the way to where a piece of work begins.
    way: usize,
    done: Vec<(&'static str, usize)>,
}

/// How many keys these bytes are: a key that a terminal sends as a sequence is one.
fn keys_in(bytes: &str) -> usize {
    let mut keys = 0;
    let mut rest = bytes.chars().peekable();
    while let Some(c) = rest.next() {
        keys += 1;
        if c == '\x1b' && rest.next_if_eq(&'[').is_some() {
            rest.by_ref().find(char::is_ascii_alphabetic);
        }
    }
    keys
}

impl Hour {
    /// Keys that do something.
    fn press(&mut self, keys: &str) -> &mut Self {
        self.keys += keys_in(keys);
        self.desk.keys(keys);
        self
    }
    /// What somebody says and the receptionist writes.
    fn types(&mut self, text: &str) -> &mut Self {
        assert!(!text.contains(char::is_control), "a key, not a letter: {text:?}");
        self.desk.keys(text);
        self
    }
    fn sees(&mut self, text: &str) -> &mut Self {
        self.desk.wait_for(text);
        self
    }
    /// The selected row of a list is this one.
    fn on(&mut self, row: &str) -> &mut Self {
        self.desk.wait_screen(row, |s| s.lines().any(|l| l.starts_with('▌') && l.contains(row)));
        self
    }
    /// Here the next piece of work begins: what was pressed until now only led here.
    fn here(&mut self) -> &mut Self {
        self.way += std::mem::take(&mut self.keys);
        self
    }
    /// The end of one action, which may take so many keys; as many as it took.
    fn end(&mut self, action: &'static str, budget: usize) -> usize {
        let keys = std::mem::take(&mut self.keys);
        assert!(keys <= budget, "{action} took {keys} keys of {budget}:\n{}", self.desk.screen());
        self.done.push((action, keys));
        keys
    }
    /// Picks a patient in the box that asks for one.
    fn picks(&mut self, letters: &str, name: &str) -> &mut Self {
        self.types(letters).sees(name).press("\r")
    }
}

/// A clinic with one visit that is over and unpaid, a room, and a physiotherapist's next Thursdays.
async fn ground(db: &Db) {
    let clinic = people::clinic(db).await;
    let mut c = people::writer(db).await;
    people::appointment(&mut c, &clinic, &clinic.gp, clinic.hao, (8, 0), "completed").await;
    for n in [7, 14, 21] {
        let day = clinic.today + chrono::Duration::days(n);
        people::session(&mut c, clinic.physio.provider(), clinic.randwick, day, (8, 17)).await;
    }
    sqlx::query("insert into clinic.room (id, centre_id, name) values (gen_random_uuid(), $1, 'Room 1')")
        .bind(clinic.randwick.0)
        .execute(&mut c)
        .await
        .expect("a room");
    sqlx::query("update clinic.centre set phone = '02 5550 1234', address = '1 High Street' where id = $1")
        .bind(clinic.randwick.0)
        .execute(&mut c)
        .await
        .expect("how the centre is reached");
}

fn finds_registers_and_books(hour: &mut Hour) {
    hour.press("3")
        .sees("Find")
        .types("jack bla")
        .sees("BLACK Jack (Jacko)")
        .press("\r")
        .sees("No visits yet");
    hour.end("find a patient", 2);
    hour.press("a").sees("What must everybody read").types("hard of hearing").press("\r");
    hour.sees("! hard of hearing").end("write an alert", 2);
    hour.press("3").sees("Find").press("\x0e").sees("Family name").types("Black").press("\r").types("Jacky");
    hour.press("\r").types("1/12/1996").sees("May be the same person").press("\x13");
    hour.sees("registered already. Register another").desk.settle(READ);
    hour.press("y").sees("Registered: BLACK Jacky").end("register beside a look-alike", 6);

    hour.press("gb").sees("Today 1").press("b").sees("Book whom?").picks("jack bla", "BLACK Jack (Jacko)");
    hour.sees("With whom?").picks("smith", "SMITH Anna").sees(" 9 today").press("\r");
    hour.sees("Booked: BLACK Jack (000001) Thu 12 Mar 2026 09:30").end("book the first free time", 6);
    hour.press(":").types("bk ngu li smith tom 10:30 blood test").sees("visit type Blood test 10 + 5 min");
    hour.sees("Enter books it.").press("\r").sees("Booked: NGUYEN Linh (000002) Fri 13 Mar 2026 10:30");
    hour.end("book in the line of the desk", 2);
    hour.press(":").types("free smith tom pm").sees("Free on").press("\x1b").desk.wait_gone("Free on");
    hour.end("ask for free times in the line", 2);
    hour.press("w").sees("whom").picks("rashid", "RASHID Omar").sees("Who takes the patient?");
    hour.sees("1 today").press("\r").sees("Waiting, number 1 in the queue: RASHID Omar").end("walk-in", 3);

    hour.press("b").sees("Book whom?").picks("zhang", "ZHANG Hao");
    hour.sees("With whom?").picks("jackson", "JACKSON Sam").sees(" 9 today").press("y");
    hour.sees("How often?").types("4 weekly").press("\r").sees("enter books all 4 visits").press("\r");
    hour.sees("Booked 4 visits: ZHANG Hao").end("series", 6);
    hour.press("b").sees("Book whom?").picks("black jackie", "BLACK Jackie");
    hour.sees("With whom?").picks("smith", "SMITH Anna").sees(" 9 today").press("m");
    hour.picks("nguyen", "NGUYEN Linh").sees("then NGUYEN Linh").sees(" 2 today").press("\r");
    hour.sees("10:30 NGUYEN Linh").sees("10:30  NGUYEN Linh").end("family", 6);
}

fn moves_and_looks(hour: &mut Hour) {
    hour.press("G")
        .on("NGUYEN Linh")
        .here()
        .press("x")
        .sees("Cut: Thu 12 Mar 10:30 NGUYEN Linh")
        .press("]")
        .sees("10:30  NGUYEN Linh")
        .press("p");
    // She has 10:30 on Friday already: the nearest free time.
    hour.sees("Moved from Thu 12 Mar 10:30: NGUYEN Linh").sees("11:00  NGUYEN").end("cut and paste", 3);
    hour.press("u").sees("Moved back: NGUYEN Linh").end("undo the move", 1);
    hour.press("[")
        .sees("10:00  BLACK Jackie")
        .press("G")
        .on("NGUYEN Linh")
        .here()
        .press("m")
        .sees("Now Thu 12 Mar 10:30")
        .sees(" 3 today")
        .press("3\r");
    let keys = hour.sees("Moved from Thu 12 Mar 10:30: NGUYEN Linh").end("move to one of the first free", 4);
    counted("move a visit to one of the first free times", &[keys]);

    hour.press("gs").sees("JACKSON Sam   ").end("the day sheet", 2);
    for (key, seen, action) in [
        ("S", "free 00  02", "the strip"),
        ("W", "week of Mon 09 Mar", "the week"),
        ("M", "March 2026", "the month"),
        ("A", "slots free", "the agenda"),
        ("D", "08:30", "the day sheet again"),
    ] {
        hour.press(key).sees(seen).end(action, 1);
    }

    hour.press("gb")
        .sees("Today 6")
        .press("\x1b[H")
        .on("08:00")
        .press("jj")
        .on("BLACK Jack ")
        .here()
        .press("X");
    hour.sees("Cancel 09:30 BLACK Jack").types("rang, ill").press("\r").sees("Cancelled: 09:30 BLACK Jack");
    let cancelled = hour.end("cancel with a reason", 3);
    hour.press("c").sees("cancelled").press("k").on("BLACK Jack ").press("R");
    let again = hour.sees("Booked again: 09:30 BLACK Jack").on("booked").end("restore", 3);
    counted("cancel with a reason; show what is cancelled and book it again", &[cancelled, again]);
    hour.press("c").press("X").sees("Cancel 09:30 BLACK Jack").types("again").press("\r");
    hour.sees("Cancelled: 09:30 BLACK Jack")
        .press("u")
        .sees("Taken back")
        .sees("BLACK Jack ")
        .press("k")
        .on("BLACK Jack ");
    hour.end("cancel and undo", 5);
}

fn runs_the_queue(hour: &mut Hour) {
    hour.press(" ").sees("Checked in: 09:30 BLACK Jack").on("arrived").end("check in", 1);
    hour.press("a").sees("Called to JACKSON Sam: RASHID Omar").end("call next", 1);
    hour.press("k").on("RASHID Omar").on("called").here().press("qa").sees("Not there (1 time): RASHID Omar");
    let absent = hour.end("called and not there", 2);
    hour.on("away").press("qc").sees("Called to JACKSON Sam: RASHID Omar").on("called");
    let again = hour.end("call again", 2);
    hour.press("qr").sees("Call the next one to which room?").sees("Room 1  free").press("\r");
    let room = hour.sees("Called to Room 1: BLACK Jack").end("call next to a room", 3);
    let work = "call the next one to a room; called and not there; call again";
    counted(work, &[room, absent, again]);
    hour.press("i")
        .sees("2  Identity")
        .press("\x0e")
        .sees("Vital signs")
        .types("bp 120/80 hr 72")
        .press("\x13");
    hour.sees("Substance").press("\x19").sees("no known allergies").press("f").sees("JACKSON Sam");
    let keys = hour.end("intake", 5);
    counted("intake of somebody who waits: vital signs in one line, no allergies known", &[keys]);
}

fn takes_money_and_prints(hour: &mut Hour, sheet: &str) {
    hour.press("g$")
        .sees("still to be paid 510.00")
        .here()
        .press("t")
        .sees("how?")
        .press("1")
        .sees("how much");
    hour.press("\r").sees("Receipt 1: ZHANG Hao paid AUD 85.00.").end("take a fee", 3);
    // At once: the receipt waits for what was paid.
    hour.press("p").sees("Still to be paid").press("p").sees("on its way to the printer");
    let receipt = hour.end("receipt", 2);
    hour.press("\x1b").sees("close day").here().press("c").sees("lies in the till?").types("85").press("\r");
    let closed = hour.sees("The day is closed; difference 0.00.").end("close the day", 3);
    let work =
        "show the receipt and print it; close the till of the day, counted right (in the list of fees)";
    counted(work, &[receipt, closed]);
    // At once: the paper waits for the day.
    hour.press("gb")
        .here()
        .press("od")
        .sees("6 appointments")
        .press("s")
        .sees("Into which new file?")
        .press("\x15")
        .types(sheet);
    let keys = hour.press("\r").sees("Saved in").end("day sheet to a file", 6);
    counted("day sheet into a file of another name", &[keys]);
    hour.press("\x1b")
        .sees("Today 6")
        .press("G")
        .on("NGUYEN Linh")
        .press("os")
        .sees("Questions     02 5550 1234, 1 High Street");
    hour.press("p").sees("on its way to the printer").end("slip", 5);
    hour.press("6").sees("Nothing waits for you").end("inbox", 1);
    hour.press("gb").sees("Today 6").press("qq").sees("only queue: 2").end("the queue alone", 4);
}

#[test]
fn a_busy_hour_at_the_desk() {
    let db = fresh_database();
    block_on(ground(&db));
    let folder = std::env::temp_dir().join(format!("praxis-hour-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let sheet = folder.join("sheet.txt").to_string_lossy().into_owned();
    let since = std::time::Instant::now();
    let mut hour = Hour { desk: Program::signed_in(&db, "mei", "ZHANG Hao"), keys: 0, way: 0, done: vec![] };
    finds_registers_and_books(&mut hour);
    moves_and_looks(&mut hour);
    runs_the_queue(&mut hour);
    takes_money_and_prints(&mut hour, &sheet);
    hour.desk.quit();
    assert_eq!(stray(&hour.desk.raw()), [""; 0]);
    for (action, keys) in &hour.done {
        println!("{keys:>2} keys  {action}");
    }
    let keys: usize = hour.done.iter().map(|d| d.1).sum();
    let keys = keys + hour.way;
    println!("{} actions, {keys} keys, {} ms", hour.done.len(), since.elapsed().as_millis());
    assert!(hour.done.len() >= 30 && keys <= 110, "{} actions, {keys} keys", hour.done.len());

    let paper = std::fs::read_to_string(&sheet).expect("the day sheet");
    assert!(paper.contains("09:30 BLACK Jack") && paper.contains("000001 / to Room 1"), "{paper}");
    block_on(left_behind(&db));
    let printed = print(&db, &folder);
    assert!(printed.contains("Receipt 1") && printed.contains("Name          NGUYEN Linh"), "{printed}");
    std::fs::remove_dir_all(&folder).ok();
}

/// What the database has of the hour.
async fn left_behind(db: &Db) {
    assert_eq!(broken(db).await, [""; 0]);
    let mut c = db.superuser().await;
    let rows: Vec<(String,)> = sqlx::query_as(
        "select p.given_name || ' ' || a.status || ' ' || a.kind || ' ' || to_char(a.starts_at at time zone 'Australia/Sydney', 'DD HH24:MI')
                || coalesce(' ' || a.visit_type, '')
           from clinic.appointment a join clinic.patient p on p.id = a.patient_id where a.kind = 'slot' order by a.starts_at, 1",
    )
    .fetch_all(&mut c)
    .await
    .expect("appointments");
    assert_eq!(
        rows.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(),
        [
            "Hao completed slot 12 08:00",
            "Hao booked slot 12 09:30",
            "Jack arrived slot 12 09:30",
            "Jackie booked slot 12 10:00",
            "Linh booked slot 12 12:00",
            "Linh booked slot 13 10:30 blood-test",
            "Hao booked slot 19 09:30",
            "Hao booked slot 26 09:30",
            "Hao booked slot 02 09:30",
        ]
    );
    let told: Vec<(String, i64)> = sqlx::query_as(
        "select action, count(*) from audit.event where outcome = 'done' and action !~ '^sign-in|[.]open$' group by 1 order by 1",
    )
    .fetch_all(&mut c)
    .await
    .expect("the log");
    let told: Vec<_> = told.iter().map(|(a, n)| (a.as_str(), *n)).collect();
    assert_eq!(
        told,
        [
            ("alert.add", 1),
            ("appointment.book", 9),
            ("appointment.move", 3),
            ("appointment.restore", 2),
            ("appointment.set-status", 3),
            ("day.close", 1),
            ("fee.take", 1),
            ("lists.none-known", 1),
            ("observation.add", 1),
            ("patient.register", 1),
            ("print.add", 3),
            ("queue.call", 4),
        ]
    );
}

/// Hands what waits to a program that stands for lp; what it was given.
fn print(db: &Db, folder: &std::path::Path) -> String {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let script: PathBuf = folder.join("lp");
    std::fs::write(&script, format!("#!/bin/sh\ncat >> {}\n", file("printed"))).expect("a program");
    let praxis = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(args)
            .env_clear()
            .env("HOME", folder)
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("PRAXIS_DATABASE_URL", db.url())
            .env("PRAXIS_AUDIT_ROOT_FILE", file("roots.jsonl"))
            .env("PRAXIS_AUDIT_SIGNING_KEY_FILE", file("audit.key"))
            .env("PRAXIS_SEALING_KEY_FILE", &*crate::support::KEY_FILE)
            .env("PRAXIS_PRINT_COMMAND", format!("/bin/sh {}", script.display()))
            .output()
            .expect("the program")
    };
    assert!(praxis(&["audit", "key", &file("audit.key")]).status.success());
    let done = praxis(&["jobs", "run", "--once"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read_to_string(folder.join("printed")).unwrap_or_default()
}
