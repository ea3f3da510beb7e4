//! `praxis import medisoft DIR`: centres, providers, patients and affiliations from CSV files, all or nothing.
use super::{
    Context, Failure, block_on,
    failure::{DATA, USAGE},
    output::{note, say, say_json},
    user::connect,
};
use crate::{
    auth::{login::credential, password::PARAMS},
    domain::{
        import::{ImportSet, Remark},
        validate::{Field, check_undated},
    },
    interop::medisoft,
    store::{ImportReport, System, Tally, Verifier},
    text::clean,
};
use clap::{Args, Subcommand};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::{collections::HashMap, path::PathBuf, process::ExitCode};

#[derive(Debug, Subcommand)]
pub enum Import {
    /// MediSoft's four CSV files
    Medisoft(Medisoft),
}

/// Brings in health_centres.csv, provider.csv, patient.csv and
/// provider_health_centre.csv. Every bad line is told; if there is one, nothing is
/// written. What is here already stays as it is. Needs a database login that may
/// act as the schema's owner.
#[derive(Debug, Args)]
pub struct Medisoft {
    /// The folder with the four files
    dir: PathBuf,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// The time zone of the centres
    #[arg(long, default_value = "Australia/Sydney")]
    zone: String,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    database_login: Option<String>,
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let Self::Medisoft(medisoft) = self;
        medisoft.run(context)
    }
}

impl Medisoft {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let zone = check_undated(Field::Zone, &self.zone)
            .map_err(|why| Failure::new(USAGE, format!("--zone: {why}")))?;
        if !self.dir.is_dir() {
            return Err(Failure::new(DATA, format!("{} is no folder that can be read", self.dir.display())));
        }
        let set = match medisoft::read_folder(&self.dir, &zone) {
            Ok(set) => set,
            Err(problems) => return Ok(refuse(&problems, context.json)),
        };
        block_on(async {
            let mut system = connect(context, self.database_login.as_deref()).await?;
            let done = if self.dry_run {
                system.plan_import(&set).await?.map(|plan| plan.report().clone())
            } else {
                write(&mut system, &set).await?
            };
            Ok(match done {
                Ok(report) => {
                    tell(&report, self.dry_run, context.json);
                    ExitCode::SUCCESS
                }
                Err(problems) => refuse(&problems, context.json),
            })
        })?
    }
}

async fn write(system: &mut System, set: &ImportSet) -> Result<Result<ImportReport, Vec<Remark>>, Failure> {
    let plan = match system.plan_import(set).await? {
        Ok(plan) => plan,
        Err(problems) => return Ok(Err(problems)),
    };
    // Two at a time: each needs 64 MiB and one processor.
    let verifiers: HashMap<String, Verifier> = stream::iter(plan.new_people(set))
        .map(|person| async move {
            let made = credential(person.password.clone(), PARAMS.to_owned()).await?;
            Ok::<_, crate::store::Error>((person.email.clone(), made.into()))
        })
        .buffer_unordered(2)
        .try_collect()
        .await?;
    Ok(system.write_import("medisoft", set, &verifiers).await?)
}

fn line(remark: &Remark) -> String {
    let at = if remark.place.line == 0 { String::new() } else { format!(":{}", remark.place.line) };
    clean(&format!("{}{at}: {}", remark.place.file, remark.reason)).into_owned()
}

fn json(remarks: &[Remark]) -> serde_json::Value {
    let one = |r: &Remark| serde_json::json!({ "file": r.place.file, "line": r.place.line, "reason": clean(&r.reason) });
    remarks.iter().map(one).collect()
}

/// Tells every bad line; nothing was written.
fn refuse(problems: &[Remark], as_json: bool) -> ExitCode {
    if as_json {
        note(
            &serde_json::json!({ "error": "nothing was written", "problems": json(problems), "exit": DATA })
                .to_string(),
        );
    } else {
        for problem in problems {
            note(&line(problem));
        }
        let lines =
            if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
        note(&format!("praxis: {lines}. Nothing was written"));
    }
    ExitCode::from(DATA)
}

fn tell(report: &ImportReport, dry_run: bool, as_json: bool) {
    let rows = [
        ("centres", report.centres),
        ("providers", report.providers),
        ("patients", report.patients),
        ("affiliations", report.affiliations),
    ];
    if as_json {
        let mut answer =
            serde_json::json!({ "dry_run": dry_run, "hours": report.hours, "notes": json(&report.notes) });
        for (name, tally) in rows {
            answer[name] = serde_json::json!(tally);
        }
        say_json(&answer);
        return;
    }
    for remark in &report.notes {
        note(&format!("note: {}", line(remark)));
    }
    for (name, Tally { added, unchanged }) in rows {
        say(&format!("{name:<13}{added:>7} added, {unchanged} unchanged"));
    }
    if dry_run {
        say("This was a dry run: nothing was written.");
    } else if report.is_empty() {
        say("Everything was here already: nothing was changed.");
    } else {
        note(
            "The passwords of the files must be changed at the first sign-in. Delete the files: they hold them in plain text.",
        );
    }
}
