//! `praxis audit verify`: names the first event that was altered, removed, put in or moved.
use super::ledger;
use crate::{
    audit::{Fault, PublicKeys, Root, differing, from_words, read_roots, to_hex},
    cli::{
        Context, Failure, block_on,
        failure::{DATA, USAGE},
        output::say,
        sealer::public_keys,
    },
    config::Config,
    logging::cleaned,
    server::JOBS,
    store::{Ledger, Proof, Verified},
};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use clap::Args;
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Checks every event against its chain, the chains against the signed roots, and
/// the roots against the file outside of the database. Ends with 65 and the first
/// fault when anything was changed.
#[derive(Debug, Args)]
pub struct Verify {
    /// Begin with this root, or the first root of this day (2026-03-12)
    #[arg(long, value_name = "ROOT|DATE")]
    from: Option<String>,
    /// The file with the roots outside (default: audit.root_file)
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// The public keys (default: audit.public_key_file)
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The 16 words of a root on paper; it must be one of the roots
    #[arg(long, value_name = "WORDS")]
    words: Option<String>,
    /// The database login to use
    #[arg(long = "as", value_name = "LOGIN", default_value = JOBS)]
    login: String,
}

/// What the answer says beside what was found.
struct Answer {
    done: Verified,
    seconds: f64,
    /// Whether there was a file outside.
    outside: bool,
    paper: Option<Root>,
}

impl Verify {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let keys = self.public_keys(&config)?;
        let roots = self.roots.clone().or_else(|| config.audit_root_file.clone());
        let answer = block_on(async {
            let mut ledger = ledger(&config, &self.login).await?;
            let paper = match &self.words {
                Some(words) => Some(on_paper(&mut ledger, words).await?),
                None => None,
            };
            let from = self.first(&mut ledger).await?;
            let began = Instant::now();
            let done = check(&mut ledger, &Proof { keys: &keys, from }, roots.as_deref()).await?;
            let seconds = began.elapsed().as_secs_f64();
            ledger.close().await;
            Ok::<_, Failure>(Answer { done, seconds, outside: roots.is_some(), paper })
        })??;
        say(&if context.json { answer.json() } else { answer.sentences() });
        Ok(if answer.done.faults.count() == 0 { ExitCode::SUCCESS } else { ExitCode::from(DATA) })
    }

    fn public_keys(&self, config: &Config) -> Result<PublicKeys, Failure> {
        let file = self.keys.as_deref().or(config.audit_public_key_file.as_deref());
        public_keys(file, config.audit_signing_key_file.as_deref())
    }

    /// The number of the root to begin with.
    async fn first(&self, ledger: &mut Ledger) -> Result<i64, Failure> {
        let Some(from) = &self.from else { return Ok(1) };
        if let Ok(day) = from.parse::<NaiveDate>() {
            let first = ledger.first_root_of(day).await?;
            return first.ok_or_else(|| Failure::new(DATA, format!("there is no root of {day} or later")));
        }
        let number = from.parse().ok().filter(|n| *n > 0);
        number.ok_or_else(|| {
            Failure::new(USAGE, "--from takes the number of a root, or a day as in 2026-03-12")
        })
    }
}

async fn check(ledger: &mut Ledger, proof: &Proof<'_>, roots: Option<&Path>) -> Result<Verified, Failure> {
    let Some(path) = roots else { return ledger.verify::<Failure>(proof, None).await };
    let mut lines = read_roots(path)?.map(|r| r.map_err(Failure::from));
    ledger.verify(proof, Some(&mut lines)).await
}

/// The root whose words were typed from paper.
async fn on_paper(ledger: &mut Ledger, words: &str) -> Result<Root, Failure> {
    let hash = from_words(words).map_err(|wrong| {
        Failure::new(
            USAGE,
            match wrong.parse::<usize>() {
                Ok(count) => format!("a root has 16 words, and {count} were given"),
                Err(_) => {
                    format!("`{}` is no word of a root; each has five letters, as in lusab", cleaned(&wrong))
                }
            },
        )
    })?;
    match ledger.root_like(&hash).await? {
        Some(root) if root.hash == hash => Ok(root),
        Some(root) => {
            let wrong: Vec<_> = differing(&hash, &root.hash).iter().map(ToString::to_string).collect();
            let said = format!(
                "no root has these words. Root {} of {} has others in place of number {}: look at the paper again; if they \
                 stand there, the root was exchanged",
                root.n,
                time(root.at),
                wrong.join(", ")
            );
            Err(Failure::new(DATA, said))
        }
        None => Err(Failure::new(
            DATA,
            "no root of the database has these words: the root on the paper was removed or exchanged, or the words are those \
             of another clinic",
        )),
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl Answer {
    fn per_second(&self) -> u64 {
        (self.done.events as f64 / self.seconds.max(0.001)) as u64
    }

    fn json(&self) -> String {
        let done = &self.done;
        let root = |r: &Root| json!({ "root": r.n, "at": r.at.to_rfc3339_opts(SecondsFormat::Micros, true), "hash": to_hex(&r.hash) });
        let fault = |f: &Fault| {
            json!({
                "kind": f.kind.code(), "event": f.event, "chain": f.chain, "n": f.n, "root": f.root,
                "at": f.at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)), "said": f.said,
            })
        };
        json!({
            "ok": done.faults.count() == 0, "events": done.events, "chains": done.chains, "roots": done.roots,
            "faults": done.faults.count(), "first": done.faults.earliest().first().map(fault),
            "earliest": done.faults.earliest().iter().map(fault).collect::<Vec<_>>(),
            "newest_root": done.newest.as_ref().map(root), "newest_outside": done.outside.as_ref().map(root),
            "outside_from": done.outside_from, "paper": self.paper.as_ref().map(root),
            "not_under_a_root": done.open,
            "not_under_a_root_since": done.open_since.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            "seconds": self.seconds, "events_per_second": self.per_second(),
        })
        .to_string()
    }

    fn sentences(&self) -> String {
        let done = &self.done;
        let mut lines = vec![];
        if let Some(paper) = &self.paper {
            lines.push(format!("The words are those of root {} of {}.", paper.n, time(paper.at)));
        }
        let what = format!("{} events in {} chains under {} roots", done.events, done.chains, done.roots);
        let count = done.faults.count();
        if count == 0 {
            lines.push(format!("{what}: nothing is altered, missing, inserted or out of order."));
        } else {
            lines.push(format!("{what}: THE LOG WAS CHANGED. {count} faults; the earliest:"));
            lines.extend(done.faults.earliest().iter().map(place));
        }
        lines.extend(self.guarantee());
        lines.push(format!("Checked in {:.1} s, {} events per second.", self.seconds, self.per_second()));
        lines.join("\n")
    }

    /// What is proven, and what is not yet.
    fn guarantee(&self) -> Vec<String> {
        let done = &self.done;
        let mut lines = vec![match (&done.outside, self.outside) {
            (Some(root), _) => {
                format!("The newest root outside of the database is number {} of {}.", root.n, time(root.at))
            }
            (None, true) => "The file outside of the database has none of these roots.".to_owned(),
            (None, false) => "There is no file outside (audit.root_file, --roots): that the whole database is an older copy, or that \
                              its newest roots were removed, cannot be seen."
                .to_owned(),
        }];
        if let Some(first) = done.outside_from.filter(|n| *n > 1) {
            lines.push(format!(
                "The file outside begins with root {first}; older ones are proven by their signatures."
            ));
        }
        lines.push(match done.open_since {
            Some(since) => format!(
                "{} events, the oldest of {}, are newer than any root: until the next one only their chain protects them.",
                done.open,
                time(since)
            ),
            None => "Every event is under a root.".to_owned(),
        });
        lines
    }
}

fn place(f: &Fault) -> String {
    let mut parts = vec![];
    if let Some(at) = f.at {
        parts.push(time(at));
    }
    if let Some(event) = f.event {
        parts.push(format!("event {event}"));
    }
    if let (Some(chain), Some(n)) = (f.chain, f.n) {
        parts.push(format!("number {n} of chain {chain}"));
    }
    format!("- {}: {}", cleaned(&parts.join(", ")), cleaned(&f.said))
}
