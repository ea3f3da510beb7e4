//! `praxis book`, `move`, `cancel` and `arrive`: one change each, by the store's own functions and the database's rules.
use super::{Desk, Run, Speaker, answer, failure};
use crate::{
    cli::{Context, Failure},
    domain::{
        appointment::{AppointmentKind, AppointmentStatus},
        booking::{Booked, FreeFilter, FreeSlot, NewAppointment, NewTime},
        dates,
        ids::{AppointmentId, CentreId, PatientId, ProviderId, RequestId},
        when,
        why::Why,
    },
    store::{Error, refusal},
    tr,
};
use clap::Args;
use std::process::ExitCode;
use uuid::Uuid;

/// Books a free time. The same --id is never booked twice: a script that does not
/// know what became of its call asks again with it.
#[derive(Debug, Args)]
#[command(override_usage = "praxis book [OPTIONS] --as FILE --patient N --provider NAME --when WHEN")]
pub struct Book {
    #[command(flatten)]
    speaker: Speaker,
    /// The patient's record number
    #[arg(long, value_name = "RECORD_NUMBER")]
    patient: i32,
    /// The provider: the beginning of each word of the name, or the id
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// Day and time: "tue 10:30", "2026-11-24 10:30"
    #[arg(long, value_name = "WHEN")]
    when: String,
    /// The centre, where the provider has free time at several
    #[arg(long, value_name = "NAME")]
    centre: Option<String>,
    /// The visit type: its code, or the beginning of each word
    #[arg(long = "type", value_name = "NAME")]
    visit_type: Option<String>,
    /// Why the patient comes
    #[arg(long, default_value = "")]
    reason: String,
    /// The id of the new appointment (default: a new one)
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

/// Moves a booked appointment to another free time.
#[derive(Debug, Args)]
pub struct Move {
    #[command(flatten)]
    speaker: Speaker,
    /// Its id, as board and book answer it
    appointment: Uuid,
    /// Day and time: "tue 10:30", "2026-11-24 10:30"
    #[arg(long, value_name = "WHEN")]
    when: String,
    /// To another provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// To another centre
    #[arg(long, value_name = "NAME")]
    centre: Option<String>,
}

/// Cancels an appointment, with a reason that is kept.
#[derive(Debug, Args)]
pub struct Cancel {
    #[command(flatten)]
    speaker: Speaker,
    /// Its id, as board and book answer it
    appointment: Uuid,
    /// Why
    #[arg(long, visible_alias = "reason")]
    why: String,
}

/// Checks a patient in who is booked today.
#[derive(Debug, Args)]
pub struct Arrive {
    #[command(flatten)]
    speaker: Speaker,
    /// Its id, as board and book answer it
    appointment: Uuid,
}

impl Desk {
    /// The free time that starts then, or why there is none and what is near.
    async fn slot(
        &self,
        typed: &str,
        patient: Option<PatientId>,
        provider: ProviderId,
        centre: Option<CentreId>,
        visit_type: Option<&str>,
    ) -> Result<FreeSlot, Failure> {
        let said = self.when(typed)?;
        let Some(time) = said.time else {
            let why = Why::new("when_needs_a_time", tr!("\"{typed}\" names no time of day.", typed = typed))
                .instead(tr!("Write day and time, as in tue 10:30; praxis schedule lists what is free."));
            return Err(why.into());
        };
        let day = said.day.unwrap_or_else(|| self.today());
        let filter = FreeFilter {
            patient,
            provider: Some(provider),
            centre,
            visit_type: visit_type.map(str::to_owned),
            days: 1,
            limit: 200,
            ..FreeFilter::from(day)
        };
        let mut free = self.store.first_free(&self.actor, filter).await?;
        let at: Vec<FreeSlot> = free.iter().filter(|s| s.time() == time).cloned().collect();
        match at.as_slice() {
            [one] => return Ok(one.clone()),
            [] => {}
            _ => {
                let why = Why::new("centre_is_ambiguous", tr!("That time is free at several centres."))
                    .instead(tr!("Name one with --centre."));
                return Err(why.into());
            }
        }
        free.sort_by_key(|s| (s.time() - time).num_minutes().abs());
        let near: Vec<String> = free.iter().take(3).map(|s| dates::clock(s.time())).collect();
        let why = Why::new(
            "time_not_free",
            tr!(
                "{time} on {day} is not free with that provider.",
                time = dates::clock(time),
                day = when::spoken_day(day, self.today())
            ),
        );
        Err(if near.is_empty() {
            why.instead(tr!("Nothing is free that day; praxis schedule lists other days.")).into()
        } else {
            why.instead(tr!("Nearest that day: {times}.", times = near.join(", "))).into()
        })
    }

    async fn appointment(&self, id: Uuid) -> Result<Booked, Failure> {
        let found = self.store.appointment(&self.actor, AppointmentId(id), false).await;
        found.map(|(b, _)| b).map_err(failure)
    }
}

impl Run for Book {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let id = self.id.map_or_else(AppointmentId::new, AppointmentId);
            if self.id.is_some()
                && let Ok((there, _)) = desk.store.appointment(&desk.actor, id, false).await
            {
                answer::tell(tr!("Booked already"), &there, context.json);
                return Ok(ExitCode::SUCCESS);
            }
            let patient = desk.patient(self.patient).await?;
            let provider = desk.provider(&self.provider)?;
            let centre = self.centre.as_deref().map(|c| desk.centre(c)).transpose()?;
            let visit_type = match &self.visit_type {
                Some(typed) => Some(desk.visit_type(typed).await?),
                None => None,
            };
            let slot = desk.slot(&self.when, Some(patient), provider, centre, visit_type.as_deref()).await?;
            let new = NewAppointment {
                id,
                patient,
                provider: slot.provider,
                centre: slot.centre,
                session: Some(slot.session),
                kind: AppointmentKind::Slot,
                period: slot.period,
                visit_type,
                reason: self.reason.clone(),
                arrived: false,
            };
            let booked = desk.store.book(&desk.actor, RequestId::new(), new).await.map_err(failure)?;
            answer::tell(tr!("Booked"), &booked, context.json);
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Run for Move {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let old = desk.appointment(self.appointment).await?;
            let provider = self.provider.as_deref().map(|p| desk.provider(p)).transpose()?;
            let centre = self.centre.as_deref().map(|c| desk.centre(c)).transpose()?;
            let provider = provider.unwrap_or(old.provider);
            let slot = desk.slot(&self.when, None, provider, centre, old.visit_type.as_deref()).await?;
            let to = NewTime {
                provider: slot.provider,
                centre: slot.centre,
                session: Some(slot.session),
                period: slot.period,
            };
            let moved = desk
                .store
                .move_appointment(&desk.actor, RequestId::new(), old.id, old.version, to)
                .await
                .map_err(failure)?;
            answer::tell(tr!("Moved"), &moved, context.json);
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Run for Cancel {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let old = desk.appointment(self.appointment).await?;
            desk.store
                .cancel_appointment(&desk.actor, RequestId::new(), old.id, old.version, &self.why)
                .await
                .map_err(failure)?;
            answer::tell(tr!("Cancelled"), &desk.appointment(self.appointment).await?, context.json);
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Run for Arrive {
    fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        self.speaker.speak(context, async |desk| {
            let old = desk.appointment(self.appointment).await?;
            if old.status == AppointmentStatus::Arrived {
                let facts = serde_json::json!({ "from": "arrived", "to": "arrived" });
                return Err(failure(Error::Refused(refusal("appointment_edge", &facts))));
            }
            desk.store
                .set_status(&desk.actor, RequestId::new(), old.id, old.version, "arrived", "")
                .await
                .map_err(failure)?;
            answer::tell(tr!("Checked in"), &desk.appointment(self.appointment).await?, context.json);
            Ok(ExitCode::SUCCESS)
        })
    }
}
