//! The time that somebody is choosing at a desk. A hold is a courtesy beside the appointments: it is written without a
//! request id, because one that is lost lapses by itself after 90 seconds.
use super::{Error, Store};
use crate::domain::{
    actor::Actor,
    ids::{CentreId, ProviderId},
    time::Period,
};
use chrono::{DateTime, Duration, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;

/// A time that is being chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub provider: ProviderId,
    pub centre: CentreId,
    /// Where the centre is.
    pub day: NaiveDate,
    pub period: Period,
    /// Who is choosing it.
    pub holder: String,
    pub until: DateTime<Utc>,
    /// This very sign-in holds it.
    pub mine: bool,
}

impl Hold {
    /// Somebody else holds this time now.
    #[must_use]
    pub fn keeps_off(&self, provider: ProviderId, period: &Period, now: DateTime<Utc>) -> bool {
        !self.mine && self.provider == provider && self.until > now && self.period.overlaps(period)
    }

    /// It covers any of the half hour that begins so many minutes after midnight on the wall.
    #[must_use]
    pub fn in_half_hour(&self, zone: Tz, minutes: u32) -> bool {
        let wall = |at: DateTime<Utc>| {
            let time = at.with_timezone(&zone).time();
            time.hour() * 60 + time.minute()
        };
        wall(self.period.start) < minutes + 30 && minutes < wall(self.period.end - Duration::seconds(1)) + 1
    }
}

/// What became of the wish to hold a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It is held until then.
    Until(DateTime<Utc>),
    /// Somebody else holds it until then.
    By(String, DateTime<Utc>),
}

impl Store {
    /// Holds a time for this sign-in for 90 seconds, instead of the one it held; asking again renews it.
    ///
    /// # Errors
    /// [`Error::Refused`] for those who do not book.
    pub async fn hold_slot(
        &self,
        actor: &Actor,
        provider: ProviderId,
        centre: CentreId,
        period: Period,
    ) -> Result<Held, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let row = sqlx::query!(
                    r#"select holder, until as "until!" from clinic.hold_slot($1, $2, $3, $4)"#,
                    provider.0,
                    centre.0,
                    period.start,
                    period.end
                )
                .fetch_one(c)
                .await?;
                Ok(match row.holder {
                    Some(who) => Held::By(who, row.until),
                    None => Held::Until(row.until),
                })
            })
        })
        .await
    }

    /// Lets go of the time that this sign-in holds, if any.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn let_go(&self, actor: &Actor) -> Result<(), Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.let_go()").execute(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// The times of these providers that are being chosen now, on the days from the first to the last.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn holds(
        &self,
        actor: &Actor,
        providers: Vec<ProviderId>,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<Hold>, Error> {
        self.read(actor, move |c| Box::pin(async move { holds(c, &providers, first, last).await })).await
    }
}

/// As [`Store::holds`], inside a transaction.
pub(super) async fn holds(
    c: &mut sqlx::PgConnection,
    providers: &[ProviderId],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Hold>, Error> {
    let ids: Vec<uuid::Uuid> = providers.iter().map(|p| p.0).collect();
    let rows = sqlx::query!(
        r#"select provider_id as "provider!", centre_id as "centre!", day as "day!", starts_at as "starts!", ends_at as "ends!",
                  holder as "holder!", until as "until!", mine as "mine!"
             from clinic.holds_of($1, $2, $3)"#,
        &ids,
        first,
        last
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Hold {
            provider: r.provider.into(),
            centre: r.centre.into(),
            day: r.day,
            period: Period { start: r.starts, end: r.ends },
            holder: r.holder,
            until: r.until,
            mine: r.mine,
        })
        .collect())
}
