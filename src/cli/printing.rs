//! The worker hands papers to the printer: one program of the configuration for each paper, its text on standard input. The screens
//! start no program.
use super::Failure;
use crate::{
    config::Config,
    server,
    store::{PrintQueue, sealed::KekSource},
    text::{clean, clean_lines},
};
use sqlx::postgres::PgConnectOptions;
use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How often papers are looked for.
const BEAT: Duration = Duration::from_secs(2);
/// How long a worker that lost its server waits.
const REST: Duration = Duration::from_secs(5);
/// How long the printer's program may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What papers are printed with.
#[derive(Clone)]
pub(super) struct Printing {
    pub hosts: Vec<PgConnectOptions>,
    pub keys: KekSource,
    command: Vec<String>,
    /// The printer of a centre, by its number.
    printers: Vec<(String, String)>,
}

impl Printing {
    /// Printing by this configuration; `None` when the worker is given no keys, without which no paper can be opened.
    pub(super) fn of(config: &Config, hosts: Vec<PgConnectOptions>) -> Result<Option<Self>, Failure> {
        if config.sealing_key_file.is_none() {
            return Ok(None);
        }
        let keys = super::program::keys_of(config)?;
        let printers = config
            .print_printers
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(centre, printer)| (centre.trim().to_owned(), printer.trim().to_owned()))
            .collect();
        let command = config.print_command.split_whitespace().map(str::to_owned).collect();
        Ok(Some(Self { hosts, keys, command, printers }))
    }

    /// Prints what waits, until nothing does. Says how many papers went out and how many did not.
    pub(super) async fn once(&self) -> Result<(usize, usize), Failure> {
        let mut queue = self.connect().await?;
        self.drain(&mut queue).await
    }

    /// Prints until asked to stop.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut queue = None;
        loop {
            let rest = match self.beat(&mut queue).await {
                Ok(()) => BEAT,
                Err(e) => {
                    tracing::warn!(error = %e, "printing");
                    queue = None;
                    REST
                }
            };
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    async fn beat(&self, queue: &mut Option<PrintQueue>) -> Result<(), Failure> {
        if queue.is_none() {
            *queue = Some(self.connect().await?);
        }
        if let Some(queue) = queue {
            self.drain(queue).await?;
        }
        Ok(())
    }

    async fn connect(&self) -> Result<PrintQueue, Failure> {
        let (connection, _) = server::primary(&self.hosts).await?;
        Ok(PrintQueue::new(connection, self.keys.clone()))
    }

    async fn drain(&self, queue: &mut PrintQueue) -> Result<(usize, usize), Failure> {
        let (mut printed, mut failed) = (0, 0);
        while let Some(paper) = queue.claim_paper().await? {
            let (command, printer) = (self.command.clone(), self.printer(&paper.centre_number));
            // Whatever was put into the queue past the program, the printer gets lines of text.
            let (title, text) =
                (format!("Praxis {}", clean(&paper.kind)), clean_lines(&paper.text).into_owned());
            let done = tokio::task::spawn_blocking(move || {
                hand_on(&command, printer.as_deref(), &title, &text, LIMIT)
            })
            .await;
            let problem = match done {
                Ok(Ok(())) => None,
                Ok(Err(why)) => Some(why),
                Err(_) => Some("the printer's program broke off".to_owned()),
            };
            let state = queue.end_paper(paper.id, problem.as_deref()).await?;
            tracing::info!(job = %paper.id, state = %state, "a paper");
            if problem.is_none() {
                printed += 1;
            } else {
                failed += 1;
            }
        }
        Ok((printed, failed))
    }

    fn printer(&self, centre: &str) -> Option<String> {
        self.printers.iter().find(|(number, _)| number == centre).map(|(_, printer)| printer.clone())
    }
}

/// Runs the printer's program on one paper; why it did not take it, in words without the paper's.
fn hand_on(
    command: &[String],
    printer: Option<&str>,
    title: &str,
    text: &str,
    limit: Duration,
) -> Result<(), String> {
    let (program, before) = command.split_first().ok_or("print.command is empty")?;
    let mut lp = Command::new(program);
    server::without_settings(&mut lp).args(before);
    if let Some(printer) = printer {
        lp.args(["-d", printer]);
    }
    lp.args(["-t", title]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = lp.spawn().map_err(|e| format!("{program} cannot be started: {e}"))?;
    // Beside the waiting: a program that reads nothing is ended like one that does not end.
    let (stdin, text) = (child.stdin.take(), text.to_owned());
    let writing = std::thread::spawn(move || stdin.map_or(Ok(()), |mut to| to.write_all(text.as_bytes())));
    let since = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) if writing.is_finished() || !status.success() => break status,
            _ if since.elapsed() > limit => {
                child.kill().ok();
                child.wait().ok();
                return Err(format!("{program} did not end within {} s", limit.as_secs()));
            }
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    if status.success() {
        let written = writing.join().unwrap_or_else(|_| Err(std::io::Error::other("it broke off")));
        return written.map_err(|e| format!("{program} did not read the paper: {e}"));
    }
    let said = child.stderr.take().and_then(|e| std::io::read_to_string(e).ok()).unwrap_or_default();
    let said: String = clean(said.lines().next().unwrap_or_default()).chars().take(150).collect();
    Err(format!("{program} refused ({status}): {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_reads_nothing_is_ended_at_its_limit() {
        // More than a pipe holds.
        let text = "line\n".repeat(100_000);
        let why = hand_on(
            &["sh".into(), "-c".into(), "exec sleep 60".into()],
            None,
            "x",
            &text,
            Duration::from_millis(50),
        );
        assert_eq!(why.unwrap_err(), "sh did not end within 0 s");
    }
}
