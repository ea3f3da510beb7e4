//! `praxis schedule` and `praxis board`: what is free, and the day at a centre.
use super::{Desk, Run, Speaker, answer};
use crate::{
    cli::{Context, Failure, output::say_json},
    domain::{booking::FreeFilter, dates, patient::record_number, why::Why},
    tr,
};
use clap::Args;
use std::process::ExitCode;

/// Lists the first free times, soonest first.
#[derive(Debug, Args)]
pub struct Schedule {
    #[command(flatten)]
    speaker: Speaker,
    /// Only this provider: the beginning of each name, or the id
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only at this centre
    #[arg(long, value_name = "NAME")]
    centre: Option<String>,
    /// From this day or part of one: tomorrow, "tue pm", 24/11
    #[arg(long, value_name = "WHEN")]
    when: Option<String>,
    /// Only times that are long enough for this visit type
    #[arg(long = "type", value_name = "NAME")]
    visit_type: Option<String>,
    /// How many times at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
}

/// Lists who is booked on a day at a centre, in the order of time.
#[derive(Debug, Args)]
pub struct Board {
    #[command(flatten)]
    speaker: Speaker,
    /// The centre (default: where the account works)
    #[arg(long, value_name = "NAME")]
    centre: Option<String>,
    /// The day (default: today)
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
}

impl Schedule {
    async fn filter(&self, desk: &Desk) -> Result<FreeFilter, Failure> {
        let when = self.when.as_deref().map(|w| desk.when(w)).transpose()?.unwrap_or_default();
        if when.time.is_some() {
            let why = Why::new("only_the_day", tr!("--when takes a day and a part of it, and no time."))
                .instead(tr!("Write --when \"tue morning\"."));
            return Err(why.into());
        }
        let filter = FreeFilter::from(when.day.unwrap_or_else(|| desk.today()));
        Ok(FreeFilter {
            provider: self.provider.as_deref().map(|p| desk.provider(p)).transpose()?,
            centre: self.centre.as_deref().map(|c| desk.centre(c)).transpose()?,
            days: if when.day.is_some() { 1 } else { filter.days },
            part: when.part,
            visit_type: match &self.visit_type {
                Some(typed) => Some(desk.visit_type(typed).await?),
                None => None,
            },
            limit: self.limit,
            ..filter
        })
    }
}

impl Run for Schedule {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let filter = self.filter(desk).await?;
            let free = desk.store.first_free(&desk.actor, filter).await?;
            if context.json {
                let rows: Vec<_> = free.iter().map(answer::free).collect();
                say_json(&serde_json::json!({ "free": rows }));
                return Ok(ExitCode::SUCCESS);
            }
            let rows: Vec<Vec<String>> = free
                .iter()
                .map(|s| {
                    let (day, time) = (dates::full_day(s.day), dates::clock(s.time()));
                    vec![
                        day,
                        time,
                        s.period.minutes().to_string(),
                        s.provider_name.to_string(),
                        s.centre_name.clone(),
                    ]
                })
                .collect();
            answer::table(&["Day", "Time", "Min", "Provider", "Centre"], &rows);
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Run for Board {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let own = desk.actor.workplace.as_ref().map(|w| w.centre);
            let centre = match &self.centre {
                Some(name) => desk.centre(name)?,
                None => own.ok_or_else(|| {
                    Why::new("no_centre", tr!("This account works at no centre."))
                        .instead(tr!("Name one with --centre."))
                })?,
            };
            let today = desk.today();
            let day = match &self.day {
                Some(typed) => crate::domain::when::parse_day(typed, today)?,
                None => today,
            };
            let board = desk.store.board(&desk.actor, centre, day, true).await?;
            let zone = desk.directory.centre(centre).map_or(chrono_tz::UTC, |c| c.zone);
            if context.json {
                let rows: Vec<_> = board.rows.iter().map(|r| answer::row(r, zone)).collect();
                say_json(&serde_json::json!({ "day": day, "centre": centre, "appointments": rows }));
                return Ok(ExitCode::SUCCESS);
            }
            let rows: Vec<Vec<String>> = board
                .rows
                .iter()
                .map(|r| {
                    vec![
                        dates::clock(r.starts_at.with_timezone(&zone).time()),
                        record_number(r.record_number),
                        r.patient_name.to_string(),
                        r.provider_name.to_string(),
                        r.status.word().to_owned(),
                        r.appointment.to_string(),
                    ]
                })
                .collect();
            answer::table(&["Time", "Record", "Patient", "Provider", "Status", "Id"], &rows);
            Ok(ExitCode::SUCCESS)
        })
    }
}
