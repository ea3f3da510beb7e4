//! The offer to install PostgreSQL: asked on a terminal, done unasked with --yes or by root under CI, never silently. The
//! package managers are scripts in a folder that is all the program has for a PATH.
use crate::support::pty::Tui;
use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// A machine without PostgreSQL: programs are looked for in a folder that is empty until somebody installs.
struct Machine {
    dir: PathBuf,
}

impl Machine {
    /// With these package managers; each writes down how it was called, and installs programs that only say so.
    fn with(managers: &[&str]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("praxis-install-{}-{number}", std::process::id()));
        for folder in ["bin", "postgresql"] {
            std::fs::create_dir_all(dir.join(folder)).unwrap();
        }
        let machine = Self { dir };
        for name in managers {
            let (calls, there) = (machine.dir.join("calls"), machine.dir.join("postgresql"));
            machine.script(
                name,
                &format!(
                    "echo {name} \"$@\" >>'{}'
                     case \"$*\" in *install*) for p in postgres initdb pg_ctl; do
                     printf '#!/bin/sh\\necho the installed programs run\\nexit 3\\n' >'{there}'/$p; /bin/chmod 755 '{there}'/$p
                     done;; esac",
                    calls.display(),
                    there = there.display(),
                ),
            );
        }
        // Who is not root installs through sudo.
        machine.script("sudo", "exec \"$@\"");
        machine
    }

    fn script(&self, name: &str, body: &str) {
        let path = self.dir.join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let at = |name: &str| self.dir.join(name).to_string_lossy().into_owned();
        vec![
            ("PATH", at("bin")),
            ("PRAXIS_PG_BINDIR", at("postgresql")),
            ("PRAXIS_DEMO_DIR", at("demo")),
            ("PRAXIS_LOG_FILE", at("log")),
        ]
    }

    /// Runs `praxis demo` without a terminal.
    fn demo(&self, args: &[&str], more: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_praxis"))
            .args(["demo", "--server-only"])
            .args(args)
            .env_clear()
            .envs(self.environment())
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs `praxis demo` on a terminal.
    fn demo_on_a_terminal(&self) -> Tui {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Tui::start(&["demo", "--server-only"], &environment, 24, 100)
    }

    /// How the package managers were called.
    fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.dir.join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    fn has_programs(&self) -> bool {
        self.dir.join("postgresql/postgres").exists()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.dir).ok();
    }
}

const APT: [&str; 2] = ["apt-get update", "apt-get install -y postgresql postgresql-contrib"];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn without_a_terminal_nothing_is_installed_and_it_says_what_would_be() {
    let machine = Machine::with(&["apt-get"]);
    let output = machine.demo(&[], &[]);
    assert_eq!(output.status.code(), Some(69));
    let said = said(&output);
    assert!(said.contains("PostgreSQL is not installed. This would install it:"), "{said}");
    assert!(said.contains("apt-get update &&") && said.contains(APT[1]), "{said}");
    assert!(said.contains("Install your system's postgresql package, or set PRAXIS_PG_BINDIR"), "{said}");
    assert_eq!(machine.calls(), [""; 0], "never silently");
}

#[test]
fn on_a_terminal_it_asks_and_a_no_installs_nothing() {
    for answer in ["n\r", "\r", "maybe\r"] {
        let machine = Machine::with(&["apt-get"]);
        let mut tui = machine.demo_on_a_terminal();
        tui.wait_for("Do it now? [y/N]");
        assert_eq!(machine.calls(), [""; 0], "it waits for the answer");
        tui.keys(answer);
        tui.wait_exit();
        assert!(tui.screen().contains("Install your system's"), "{}", tui.screen());
        assert_eq!(machine.calls(), [""; 0], "{answer:?}");
    }
}

#[test]
fn a_yes_on_a_terminal_installs_and_goes_on_with_what_was_installed() {
    let machine = Machine::with(&["apt-get"]);
    let mut tui = machine.demo_on_a_terminal();
    tui.wait_for("Do it now? [y/N]");
    tui.keys("y\r");
    tui.wait_exit();
    assert_eq!(machine.calls(), APT);
    assert!(tui.screen().contains("Making a private PostgreSQL server"), "{}", tui.screen());
}

#[test]
fn told_yes_it_installs_without_asking_with_the_manager_that_is_there() {
    for (managers, calls) in [
        (&["apt-get"][..], &APT[..]),
        (&["dnf"], &["dnf install -y postgresql-server postgresql-contrib"]),
        (&["brew"], &["brew install postgresql@17"]),
        (&["brew", "dnf", "apt-get"], &APT[..]),
    ] {
        let machine = Machine::with(managers);
        let output = machine.demo(&["--yes"], &[]);
        assert_eq!(machine.calls(), calls, "{managers:?}: {}", said(&output));
        assert!(machine.has_programs());
        assert!(!output.status.success(), "the installed programs cannot really make a server");
    }
}

#[test]
fn root_under_ci_is_not_asked_and_nobody_else_is_spared_the_question() {
    let machine = Machine::with(&["apt-get"]);
    let output = machine.demo(&[], &[("CI", "true")]);
    if is_root() {
        assert_eq!(machine.calls(), APT, "{}", said(&output));
    } else {
        assert_eq!(machine.calls(), [""; 0]);
    }
}

#[test]
fn an_installation_that_fails_is_told_with_its_command_and_ends_there() {
    let machine = Machine::with(&["apt-get"]);
    machine.script("apt-get", "echo no network >&2; exit 100");
    let output = machine.demo(&["--yes"], &[]);
    assert_eq!(output.status.code(), Some(69));
    let said = said(&output);
    assert!(said.contains("no network") && said.contains("apt-get update` failed"), "{said}");
    assert!(!machine.has_programs());
}

#[test]
fn a_machine_without_a_known_manager_is_told_what_to_install() {
    let machine = Machine::with(&[]);
    let output = machine.demo(&["--yes"], &[]);
    assert_eq!(output.status.code(), Some(69));
    let said = said(&output);
    assert!(said.contains("are not on this machine. Install your system's postgresql package"), "{said}");
}

#[test]
fn programs_that_are_there_are_used_and_nothing_is_offered() {
    let machine = Machine::with(&["apt-get"]);
    let there = machine.dir.join("postgresql");
    for program in ["postgres", "initdb", "pg_ctl"] {
        let path = there.join(program);
        std::fs::write(&path, "#!/bin/sh\nexit 3\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
    assert!(Path::new(&there).is_dir());
    let output = machine.demo(&["--yes"], &[]);
    assert!(!said(&output).contains("is not installed"), "{}", said(&output));
    assert_eq!(machine.calls(), [""; 0]);
}
