//! `praxis audit export`: lines of the log for other programs, as CSV or FHIR. Taking them out is itself in the log.
use crate::{
    cli::{
        Context, Failure, block_on,
        failure::{DATA, USAGE},
        user,
    },
    domain::audit::{AuditEntry, AuditFilter},
    interop::audit::{COLUMNS, csv_row, fhir},
    store::System,
    text::escaped_json,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::Args;
use std::{
    io::{BufWriter, Write},
    process::ExitCode,
};
use uuid::Uuid;

/// How many lines are fetched at once.
const PAGE: i64 = 1_000;

/// Writes lines of the log to the output, newest first: CSV, or with --fhir FHIR R4
/// AuditEvents, one a line. Needs a database login that may act as the schema's
/// owner; the log says who took what.
#[derive(Debug, Args)]
pub struct Export {
    /// CSV that spreadsheets open (the default)
    #[arg(long, conflicts_with = "fhir")]
    csv: bool,
    /// FHIR R4 AuditEvents, one a line
    #[arg(long)]
    fhir: bool,
    /// The first day, in the clinic's zone
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// Only about this patient: the record's number, or its id
    #[arg(long, value_name = "NUMBER")]
    patient: Option<String>,
    /// Only actions that begin so, as in appointment or appointment.book
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The database login to use (default: the one of database.url)
    #[arg(long = "as", value_name = "LOGIN")]
    login: Option<String>,
}

impl Export {
    pub(super) fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        block_on(async {
            let mut system = user::connect(context, self.login.as_deref()).await?;
            let filter = self.filter(&mut system).await?;
            let (site, zone) = system.site().await?;
            system.tell_export(&filter, if self.fhir { "fhir" } else { "csv" }).await?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            self.write(&mut system, &filter, &site, zone, &mut out).await
        })?
    }

    async fn filter(&self, system: &mut System) -> Result<AuditFilter, Failure> {
        let patient = match &self.patient {
            None => None,
            Some(typed) => Some(match typed.parse::<Uuid>() {
                Ok(id) => id.into(),
                Err(_) => {
                    let number = typed.trim().parse::<i32>().map_err(|_| {
                        Failure::new(
                            USAGE,
                            "--patient takes a record number, as in 000123, or a patient's id",
                        )
                    })?;
                    let found = system.patient_of_number(number).await?;
                    found.ok_or_else(|| {
                        Failure::new(DATA, format!("no patient has the record number {number:06}"))
                    })?
                }
            }),
        };
        Ok(AuditFilter {
            patient,
            action: self.action.clone(),
            from: self.from,
            until: self.to,
            ..AuditFilter::default()
        })
    }

    async fn write(
        &self,
        system: &mut System,
        filter: &AuditFilter,
        site: &str,
        zone: Tz,
        out: &mut impl Write,
    ) -> Result<ExitCode, Failure> {
        if !self.fhir && write_csv(out, &COLUMNS).is_err() {
            return Ok(ExitCode::SUCCESS);
        }
        let mut after = None;
        loop {
            let page = system.audit_page(filter, zone, after, PAGE).await?;
            let line = |e: &AuditEntry, out: &mut dyn Write| match self.fhir {
                true => writeln!(out, "{}", escaped_json(&fhir(e, site).to_string())),
                false => write_csv(out, &csv_row(e, zone)),
            };
            // `| head` may close it early.
            if page.iter().try_for_each(|e| line(e, out)).and_then(|()| out.flush()).is_err() {
                return Ok(ExitCode::SUCCESS);
            }
            match page.last() {
                Some(last) if page.len() as i64 == PAGE => after = Some(last.key()),
                _ => return Ok(ExitCode::SUCCESS),
            }
        }
    }
}

fn write_csv(out: &mut (impl Write + ?Sized), row: &[impl AsRef<[u8]>]) -> std::io::Result<()> {
    let mut line = csv::WriterBuilder::new().from_writer(vec![]);
    line.write_record(row).map_err(std::io::Error::other)?;
    let line = line.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?;
    out.write_all(&line)
}
