//! Papers go out through the worker alone: handed to the configured program, tried again when it refuses, and gone afterwards.
use crate::support::{
    cluster::{Db, fresh_database},
    people::{self, Clinic},
};
use praxis::{
    domain::{
        ids::{PrintJobId, RequestId},
        paper::Paper,
    },
    store::{Error, PrintJob, SignIn},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tokio::runtime::Runtime;

struct Office {
    /// The one runtime of the test: a connection belongs to the runtime that opened it, and `mei` keeps hers.
    runtime: Runtime,
    db: Db,
    clinic: Clinic,
    folder: PathBuf,
    mei: SignIn,
}

impl Office {
    fn new() -> Self {
        let db = fresh_database();
        let folder = std::env::temp_dir().join(format!("praxis-print-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (clinic, mei) = runtime.block_on(async {
            let clinic = people::clinic(&db).await;
            (clinic, people::signed_in(&db, "mei").await)
        });
        let office = Self { runtime, db, clinic, folder, mei };
        let made = office.praxis(&["audit", "key", &office.file("audit.key")], "lp");
        assert!(made.status.success());
        office
    }
    fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }
    /// A program that stands for lp: keeps what it was given, or refuses.
    fn lp(&self, refuses: bool) -> String {
        let end = if refuses { "echo 'no paper' >&2; exit 1" } else { "exit 0" };
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> {0}/args\nenv > {0}/env\ncat >> {0}/printed\n{end}\n",
            self.folder.display()
        );
        let path = self.folder.join("lp");
        std::fs::write(&path, script).expect("a program");
        // Read by a shell, not run: a program that another thread's fork still holds open cannot be run.
        format!("/bin/sh {}", path.display())
    }
    fn praxis(&self, args: &[&str], lp: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(args)
            .env_clear()
            .env("HOME", &self.folder)
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("PRAXIS_DATABASE_URL", self.db.url())
            .env("PRAXIS_AUDIT_ROOT_FILE", self.file("roots.jsonl"))
            .env("PRAXIS_AUDIT_SIGNING_KEY_FILE", self.file("audit.key"))
            .env("PRAXIS_SEALING_KEY_FILE", &*crate::support::KEY_FILE)
            .env("PRAXIS_PRINT_COMMAND", lp)
            .env("PRAXIS_PRINT_PRINTERS", "11000000001=front desk")
            .output()
            .expect("the program")
    }
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }
    async fn print(&self, text: &str) -> Result<PrintJobId, Error> {
        let paper = Paper {
            kind: "slip",
            title: "Appointment slip".into(),
            text: text.into(),
            centre: self.clinic.randwick,
            patient: Some(self.clinic.jack),
        };
        self.mei.store.print(&self.mei.actor, RequestId::new(), PrintJobId::new(), paper).await
    }
    async fn job(&self) -> PrintJob {
        self.mei.store.print_jobs(&self.mei.actor).await.expect("the jobs").remove(0)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        std::fs::remove_dir_all(Path::new(&self.folder)).ok();
    }
}

#[test]
fn a_paper_is_handed_to_the_centre_s_printer_and_is_gone_afterwards() {
    let office = Office::new();
    office.runtime.block_on(office.print("Your appointment\nThu 12 Mar 09:30\n")).expect("a job");
    let lp = office.lp(false);
    let done = office.praxis(&["jobs", "run", "--once"], &lp);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(office.read("printed"), "Your appointment\nThu 12 Mar 09:30\n");
    assert_eq!(office.read("args"), "-d front desk -t Praxis slip\n");
    let env = office.read("env");
    assert!(env.contains("PATH=") && !env.contains("PRAXIS_"), "where the database and the keys are: {env}");
    office.runtime.block_on(async {
        assert_eq!(office.job().await.state, "printed");
        let mut c = office.db.superuser().await;
        let left: i64 = sqlx::query_scalar("select count(*) from clinic.print_job where content is not null")
            .fetch_one(&mut c)
            .await
            .unwrap();
        let told: i64 = sqlx::query_scalar(
            "select count(*) from audit.event where action = 'print.add' and outcome = 'done' and patient_id = $1",
        )
        .bind(office.clinic.jack.0)
        .fetch_one(&mut c)
        .await
        .unwrap();
        assert_eq!((left, told), (0, 1));
    });
}

#[test]
fn whatever_was_put_into_the_queue_the_printer_gets_lines_of_text() {
    let office = Office::new();
    let planted = "Name\u{1b}[2J\u{1b}%-12345X@PJL\r\n\u{202e}drow\u{0}\u{9b}31m\u{c}\nend\n";
    office.runtime.block_on(office.print(planted)).expect("a job");
    assert!(office.praxis(&["jobs", "run", "--once"], &office.lp(false)).status.success());
    let printed = office.read("printed");
    assert!(printed.starts_with("Name") && printed.ends_with("end\n"), "{printed:?}");
    assert!(!printed.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{printed:?}");
}

#[test]
fn a_printer_that_refuses_is_tried_again_and_says_why() {
    let office = Office::new();
    office.runtime.block_on(office.print("a receipt\n")).expect("a job");
    let lp = office.lp(true);
    assert!(office.praxis(&["jobs", "run", "--once"], &lp).status.success());
    let job = office.runtime.block_on(office.job());
    assert_eq!((job.state.as_str(), job.tries), ("waiting", 1));
    assert!(job.problem.contains("no paper"), "{}", job.problem);
    // Not at once again, but after some seconds.
    let lp = office.lp(false);
    office.praxis(&["jobs", "run", "--once"], &lp);
    assert_eq!(office.runtime.block_on(office.job()).tries, 1);
    office.runtime.block_on(async {
        let mut c = people::writer(&office.db).await;
        people::set_now(&mut c, people::at(office.clinic.today, 9, 5)).await;
    });
    office.praxis(&["jobs", "run", "--once"], &lp);
    let job = office.runtime.block_on(office.job());
    assert_eq!((job.state.as_str(), job.tries), ("printed", 2));
}
