//! The slots of sessions with what each of them is, and how many there are of which: `clinic.session_slots`, in one query.
use super::{Error, Event, SessionsOf, Store};
use crate::domain::{
    actor::Actor,
    ids::{CentreId, ClinicSessionId, HoldId, ProviderId, RequestId},
    slots::{SlotNow, SlotState, Tally},
    time::Period,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The slots of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSlots {
    pub session: ClinicSessionId,
    pub provider: ProviderId,
    pub centre: CentreId,
    /// The date where the centre is.
    pub day: NaiveDate,
    /// In the order of time.
    pub slots: Vec<SlotNow>,
}

/// What time is held back for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldKind {
    SameDay,
    Urgent,
}

impl HoldKind {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::Urgent => "urgent",
        }
    }
}

impl Store {
    /// Every slot of the sessions of `days` days from `from`, each with its state.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn session_slots(
        &self,
        actor: &Actor,
        of: SessionsOf,
        from: NaiveDate,
        days: i32,
    ) -> Result<Vec<SessionSlots>, Error> {
        let (provider, centre) = of.ids();
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select s.id, s.provider_id, s.centre_id, s.day, x.starts_at as "starts_at!", x.ends_at as "ends_at!", x.state as "state!"
                         from clinic.session_slots(array(
                                  select y.id from clinic.clinic_session y
                                   where y.removed_at is null and y.day >= $3 and y.day < $3 + $4::int
                                     and ($1::uuid is null or y.provider_id = $1) and ($2::uuid is null or y.centre_id = $2))) x
                         join clinic.clinic_session s on s.id = x.clinic_session_id
                        order by s.starts_at, s.id, x.starts_at"#,
                    provider,
                    centre,
                    from,
                    days
                )
                .fetch_all(c)
                .await?;
                let mut all: Vec<SessionSlots> = vec![];
                for r in rows {
                    let slot = SlotNow {
                        period: Period { start: r.starts_at, end: r.ends_at },
                        state: state_of(&r.state)?,
                    };
                    match all.last_mut().filter(|s| s.session.0 == r.id) {
                        Some(session) => session.slots.push(slot),
                        None => all.push(SessionSlots {
                            session: r.id.into(),
                            provider: r.provider_id.into(),
                            centre: r.centre_id.into(),
                            day: r.day,
                            slots: vec![slot],
                        }),
                    }
                }
                Ok(all)
            })
        })
        .await
    }

    /// How many slots of each day are what, for the days that have any.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn capacity(
        &self,
        actor: &Actor,
        of: SessionsOf,
        from: NaiveDate,
        days: i32,
    ) -> Result<Vec<(NaiveDate, Tally)>, Error> {
        let (provider, centre) = of.ids();
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select s.day, x.state as "state!", count(*)::int as "n!"
                         from clinic.session_slots(array(
                                  select y.id from clinic.clinic_session y
                                   where y.removed_at is null and y.day >= $3 and y.day < $3 + $4::int
                                     and ($1::uuid is null or y.provider_id = $1) and ($2::uuid is null or y.centre_id = $2))) x
                         join clinic.clinic_session s on s.id = x.clinic_session_id
                        group by s.day, x.state order by s.day"#,
                    provider,
                    centre,
                    from,
                    days
                )
                .fetch_all(c)
                .await?;
                let mut all: Vec<(NaiveDate, Tally)> = vec![];
                for r in rows {
                    if all.last().is_none_or(|(day, _)| *day != r.day) {
                        all.push((r.day, Tally::default()));
                    }
                    if let Some((_, tally)) = all.last_mut() {
                        tally.add(state_of(&r.state)?, u32::try_from(r.n).unwrap_or(0));
                    }
                }
                Ok(all)
            })
        })
        .await
    }

    /// The slots of one session.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn slots_of_session(
        &self,
        actor: &Actor,
        session: ClinicSessionId,
    ) -> Result<Vec<SlotNow>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select x.starts_at as "starts_at!", x.ends_at as "ends_at!", x.state as "state!"
                         from clinic.session_slots(array[$1::uuid]) x order by x.starts_at"#,
                    session.0
                )
                .fetch_all(c)
                .await?;
                rows.into_iter()
                    .map(|r| {
                        let period = Period { start: r.starts_at, end: r.ends_at };
                        Ok(SlotNow { period, state: state_of(&r.state)? })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Holds time of a session back until `release`, or until the policy's hour of that day.
    ///
    /// # Errors
    /// [`Error::Overlap`] when some of it is held already; [`Error::Refused`] for what is no slot of the session, has passed,
    /// or would be released before now.
    pub async fn hold_time(
        &self,
        actor: &Actor,
        request: RequestId,
        session: ClinicSessionId,
        period: Period,
        kind: HoldKind,
        release: Option<DateTime<Utc>>,
    ) -> Result<HoldId, Error> {
        let event = Event::new("session.hold", "clinic_session")
            .id(session.0)
            .facts(serde_json::json!({ "starts": period.start, "kind": kind.code() }));
        let arguments = (session, period, kind.code(), release);
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let id = HoldId::new();
                // What session and provider it is of, and when it is released, says the table's trigger.
                sqlx::query!(
                    "insert into clinic.held_slot (id, clinic_session_id, provider_id, day, kind, starts_at, ends_at, release_at)
                     select $1, s.id, s.provider_id, s.day, $3, $4, $5, $6
                       from clinic.clinic_session s where s.id = $2",
                    id.0,
                    session.0,
                    kind.code(),
                    period.start,
                    period.end,
                    release
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Releases whatever of this time is held. Returns how many holds there were.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is somebody else's session.
    pub async fn release_time(
        &self,
        actor: &Actor,
        request: RequestId,
        session: ClinicSessionId,
        period: Period,
    ) -> Result<u64, Error> {
        let event = Event::new("session.release", "clinic_session")
            .id(session.0)
            .facts(serde_json::json!({ "starts": period.start }));
        self.write(actor, request, event, &(session, period), move |c| {
            Box::pin(async move {
                let gone = sqlx::query!(
                    "delete from clinic.held_slot
                      where clinic_session_id = $1 and starts_at < $3 and ends_at > $2",
                    session.0,
                    period.start,
                    period.end
                )
                .execute(c)
                .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }

    /// Sets how many may be booked over the slots of this session; `None`: as the policy says. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed the session since `seen`.
    pub async fn set_overbook_cap(
        &self,
        actor: &Actor,
        request: RequestId,
        session: ClinicSessionId,
        seen: i64,
        cap: Option<u32>,
    ) -> Result<i64, Error> {
        let event = Event::new("session.change", "clinic_session")
            .id(session.0)
            .facts(serde_json::json!({ "overbook_cap": cap }));
        self.write(actor, request, event, &(session, seen, cap), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.clinic_session set overbook_cap = $3
                      where id = $1 and version = $2 and removed_at is null returning version",
                    session.0,
                    seen,
                    cap.and_then(|n| i32::try_from(n).ok())
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(super::clinic_session::stale(c, session).await?),
                }
            })
        })
        .await
    }
}

fn state_of(code: &str) -> Result<SlotState, Error> {
    SlotState::from_code(code)
        .ok_or_else(|| Error::bug("an unknown state of a slot", std::io::Error::other(code.to_owned())))
}
