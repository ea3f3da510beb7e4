//! A week of sessions copied from the one before, as far as there is room for it. Can be asked for again and does nothing twice.
use super::{
    Error, Event, Store,
    appointment::{lock_in_order, zone_of},
    session_plan::{Made, existing, insert, may_some, now},
};
use crate::domain::{
    actor::Actor,
    clinic_session::SessionHours,
    ids::{ClinicSessionId, ProviderId, RequestId},
    time::Period,
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// What copying a week did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The new sessions.
    pub added: Vec<ClinicSessionId>,
    /// Sessions that are there already as they would be copied, or have passed.
    pub kept: u32,
    /// Sessions that found no room, in the order of time.
    pub left: Vec<LeftOut>,
    /// Sessions at centres where the person may not add any.
    pub elsewhere: u32,
}

/// A session that was not copied because the provider is busy then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub day: NaiveDate,
    /// Wall time at its centre.
    pub from: NaiveTime,
    pub to: NaiveTime,
    pub centre_name: String,
    /// The session in the way is of a centre whose sessions the person does not keep: nothing more is said of it.
    pub elsewhere: bool,
}

impl Store {
    /// Copies the sessions of the seven days before `from` to the seven days from it on, at the same hours on the wall. What
    /// finds no room is left out and told.
    ///
    /// # Errors
    /// [`Error::Refused`] for who may not add sessions of this provider.
    pub async fn copy_week(
        &self,
        actor: &Actor,
        request: RequestId,
        provider: ProviderId,
        from: NaiveDate,
    ) -> Result<Copied, Error> {
        let event = Event::new("session.copy-week", "provider")
            .id(provider.0)
            .facts(serde_json::json!({ "from": from }));
        self.write(actor, request, event, &(provider, from), move |c| {
            Box::pin(async move {
                lock_in_order(c, vec![format!("sessions {provider}")]).await?;
                let week = Days::new(7);
                let before = from.checked_sub_days(week).unwrap_or(from);
                let to = from.checked_add_days(week).unwrap_or(from);
                let old = sqlx::query!(
                    r#"select s.centre_id, x.name, x.zone, s.day, s.starts_at, s.ends_at, s.slot_minutes, s.overbook_cap,
                              (s.centre_id in (select clinic.centres_for('session.add'))
                   or s.provider_id = (select auth.provider_id()) and (select auth.allowed('session.add', 'own_object'))) as "permitted!"
                       from clinic.clinic_session s join clinic.centre x on x.id = s.centre_id
                      where s.provider_id = $1 and s.removed_at is null and s.day >= $2 and s.day < $3
                        and x.retired_at is null and s.exception_id is null
                      order by s.starts_at"#,
                    provider.0,
                    before,
                    from
                )
                .fetch_all(&mut *c)
                .await?;
                may_some(old.iter().map(|s| s.permitted), "session.copy-week")?;
                let there: Vec<Period> = existing(c, provider, from, to)
                    .await?
                    .iter()
                    .filter(|s| !s.removed)
                    .map(|s| s.period)
                    .collect();
                let now = now(c).await?;
                let mut copied = Copied::default();
                for s in old {
                    if !s.permitted {
                        copied.elsewhere += 1;
                        continue;
                    }
                    let zone = zone_of(&s.zone);
                    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local().time();
                    let day = s.day.checked_add_days(week).unwrap_or(s.day);
                    let hours = SessionHours {
                        day,
                        from: wall(s.starts_at),
                        to: wall(s.ends_at),
                        slot_minutes: u32::try_from(s.slot_minutes).unwrap_or(30),
                    };
                    let period = hours.period(zone);
                    let Some(period) = period.ok().filter(|p| p.end > now && !there.contains(p)) else {
                        copied.kept += 1;
                        continue;
                    };
                    let seen = there.iter().any(|t| t.overlaps(&period));
                    let made = Made {
                        centre: s.centre_id.into(),
                        day,
                        period,
                        slot_minutes: s.slot_minutes,
                        plan: None,
                        cap: s.overbook_cap,
                    };
                    let new = if seen { None } else { insert(c, provider, &made).await? };
                    match new {
                        Some(id) => copied.added.push(id),
                        None => copied.left.push(LeftOut {
                            day,
                            from: hours.from,
                            to: hours.to,
                            centre_name: s.name,
                            elsewhere: !seen,
                        }),
                    }
                }
                Ok(copied)
            })
        })
        .await
    }
}
