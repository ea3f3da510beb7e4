//! What would happen, before anything is booked: the free time nearest to a wanted one, the visits of a series with their
//! clashes, and the places where a family fits.
use super::{Error, Store, appointment::overlap, hold::holds, slots::first_free_in};
use crate::{
    domain::{
        actor::Actor,
        booking::{FreeFilter, FreeSlot},
        dates,
        ids::{PatientId, ProviderId},
        series::{self, Planned},
        time::Period,
        why::Why,
    },
    tr,
};
use chrono::{Days, NaiveDate};
use sqlx::PgConnection;

/// How many days around a wanted time are looked at for another one.
const NEAR_DAYS: u16 = 14;

impl Store {
    /// The free time nearest to a wanted one that fits the filter and that nobody else is choosing: the same day before others.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn nearest_free(
        &self,
        actor: &Actor,
        filter: FreeFilter,
        wanted: Period,
    ) -> Result<Option<FreeSlot>, Error> {
        self.read(actor, move |c| Box::pin(async move { nearest_in(c, filter, wanted).await })).await
    }

    /// Whether the patient has an open referral that lets them be booked with this provider on this day.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn referred(
        &self,
        actor: &Actor,
        patient: PatientId,
        provider: ProviderId,
        day: NaiveDate,
    ) -> Result<bool, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = sqlx::query_scalar!(
                    r#"select clinic.referral_exists($1, $2, $3) as "found!""#,
                    patient.0,
                    provider.0,
                    day
                )
                .fetch_one(c)
                .await?;
                Ok(found)
            })
        })
        .await
    }

    /// The visits of a series: the first at `first`, the others at the same time on `days`. Each is free, or says why
    /// not and names the nearest free time.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn plan_series(
        &self,
        actor: &Actor,
        patient: PatientId,
        first: FreeSlot,
        visit_type: Option<String>,
        days: Vec<NaiveDate>,
    ) -> Result<Vec<Planned>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let mut planned = vec![];
                let last = days.iter().max().copied().unwrap_or(first.day);
                let held = holds(c, &[first.provider], first.day, last).await?;
                for day in days {
                    let wanted = series::same_time_on(&first, day);
                    let filter = of_provider(patient, &first, visit_type.clone(), day, 1);
                    let free: Vec<FreeSlot> = first_free_in(c, &filter)
                        .await?
                        .into_iter()
                        .filter(|s| !held.iter().any(|h| !h.mine && h.period.overlaps(&s.period)))
                        .collect();
                    if let Some(slot) = free.iter().find(|s| s.period == wanted) {
                        planned.push(Planned {
                            day,
                            slot: Some(slot.clone()),
                            clash: None,
                            nearest: None,
                            skipped: false,
                        });
                        continue;
                    }
                    let holder = held.iter().find(|h| !h.mine && h.period.overlaps(&wanted));
                    let clash = match overlap(
                        c,
                        patient,
                        first.provider,
                        wanted,
                        first.zone,
                        None,
                        visit_type.as_deref(),
                    )
                    .await?
                    {
                        Some(Error::Overlap(why)) => why,
                        Some(other) => return Err(other),
                        None => match holder {
                            Some(h) => Why::new(
                                "slot_being_chosen",
                                tr!("{who} is choosing that time just now.", who = h.holder),
                            ),
                            None => Why::new(
                                "no_session_then",
                                tr!(
                                    "{provider} has no session on {day} at {time}.",
                                    provider = first.provider_name,
                                    day = dates::short_day(day),
                                    time = dates::clock(first.time())
                                ),
                            ),
                        },
                    };
                    let near = match series::nearest(&free, wanted) {
                        Some(near) => Some(near.clone()),
                        None => {
                            let filter = FreeFilter {
                                limit: 1,
                                ..of_provider(patient, &first, visit_type.clone(), day, NEAR_DAYS)
                            };
                            first_free_in(c, &filter).await?.into_iter().next()
                        }
                    };
                    planned.push(Planned {
                        day,
                        slot: None,
                        clash: Some(clash),
                        nearest: near,
                        skipped: false,
                    });
                }
                Ok(planned)
            })
        })
        .await
    }

    /// Where these patients follow each other without a gap with one provider, in this order: a row of times for each
    /// place, soonest first, at most nine.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn plan_family(
        &self,
        actor: &Actor,
        patients: Vec<PatientId>,
        filter: FreeFilter,
    ) -> Result<Vec<Vec<FreeSlot>>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let mut found: Vec<Vec<FreeSlot>> = vec![];
                let (mut from, mut left) = (filter.from, filter.days);
                while left > 0 && found.len() < 9 {
                    let days = left.min(3);
                    let mut free = vec![];
                    for patient in &patients {
                        let of =
                            FreeFilter { patient: Some(*patient), from, days, limit: 200, ..filter.clone() };
                        free.push(first_free_in(c, &of).await?);
                    }
                    found.extend(series::adjacent(&free, 9 - found.len()));
                    (from, left) =
                        (from.checked_add_days(Days::new(days.into())).unwrap_or(from), left - days);
                }
                Ok(found)
            })
        })
        .await
    }
}

fn of_provider(
    patient: PatientId,
    like: &FreeSlot,
    visit_type: Option<String>,
    from: NaiveDate,
    days: u16,
) -> FreeFilter {
    FreeFilter {
        patient: Some(patient),
        provider: Some(like.provider),
        centre: Some(like.centre),
        visit_type,
        days,
        limit: 200,
        ..FreeFilter::from(from)
    }
}

async fn nearest_in(
    c: &mut PgConnection,
    filter: FreeFilter,
    wanted: Period,
) -> Result<Option<FreeSlot>, Error> {
    let same_day = FreeFilter { days: 1, limit: 200, ..filter.clone() };
    let mut free = first_free_in(c, &same_day).await?;
    // What somebody else is choosing is no way out.
    let mut providers: Vec<ProviderId> = free.iter().map(|s| s.provider).collect();
    providers.sort();
    providers.dedup();
    let held = holds(c, &providers, filter.from, filter.from).await?;
    free.retain(|s| {
        !held.iter().any(|h| !h.mine && h.provider == s.provider && h.period.overlaps(&s.period))
    });
    if let Some(near) = series::nearest(&free, wanted) {
        return Ok(Some(near.clone()));
    }
    if filter.days <= 1 {
        return Ok(None);
    }
    let later = filter.from.succ_opt().unwrap_or(filter.from);
    let later = FreeFilter { limit: 1, from: later, days: filter.days - 1, ..filter };
    Ok(first_free_in(c, &later).await?.into_iter().next())
}
