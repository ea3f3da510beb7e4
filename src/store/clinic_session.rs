//! Clinic sessions: listed with their slots, added, changed and removed. The rules are the database's
//! (`clinic.clinic_session_rules` and the constraint that sessions of one provider never overlap).
use super::{
    Error, Event, Store,
    appointment::texts,
    lost_hold::{LostHold, held},
    refusal, sealed,
};
use crate::{
    domain::{
        actor::Actor,
        clinic_session::{Kept, NewSession, SessionAppointment, SessionHours, SessionRow},
        exception::ExceptionKind,
        ids::{CentreId, ClinicSessionId, ProviderId, RequestId},
        name::PersonName,
        time::Period,
        why::Why,
    },
    tr,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sqlx::PgConnection;

/// Whose sessions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionsOf {
    /// One provider's, at every centre.
    Provider(ProviderId),
    /// Everybody's at one centre.
    Centre(CentreId),
}

impl SessionsOf {
    /// The provider or the centre, for a query.
    pub(super) fn ids(self) -> (Option<uuid::Uuid>, Option<uuid::Uuid>) {
        match self {
            Self::Provider(p) => (Some(p.0), None),
            Self::Centre(c) => (None, Some(c.0)),
        }
    }
}

impl Store {
    /// The sessions of `days` days from `from` (dates where the centres are), in the order of time.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn clinic_sessions(
        &self,
        actor: &Actor,
        of: SessionsOf,
        from: NaiveDate,
        days: i32,
    ) -> Result<Vec<SessionRow>, Error> {
        let (provider, centre) = of.ids();
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"with these as materialized (
                            select x.id from clinic.clinic_session x
                             where x.removed_at is null and x.day >= $3 and x.day < $3 + $4::int
                               and ($1::uuid is null or x.provider_id = $1) and ($2::uuid is null or x.centre_id = $2)),
                       slots as materialized (
                            select x.clinic_session_id as id, (count(*) filter (where x.state = 'free'))::int as free,
                                   (count(*) filter (where x.state = 'past'))::int as past
                              from clinic.session_slots(array(select id from these)) x group by 1)
                       select s.id, s.version, s.provider_id, v.family_name, v.given_name, s.centre_id, c.name as centre_name,
                              c.zone, s.day, s.starts_at, s.ends_at, s.slot_minutes,
                              (select coalesce(sum(ceil(extract(epoch from a.ends_at - a.starts_at) / 60 / s.slot_minutes)), 0)::int
                                 from clinic.appointment a
                                where a.clinic_session_id = s.id and a.kind = 'slot'
                                  and a.status in ('booked', 'arrived', 'in_progress', 'completed')) as "booked!",
                              (select coalesce(sum(ceil(extract(epoch from h.ends_at - h.starts_at) / 60 / s.slot_minutes)), 0)::int
                                 from clinic.held_slot h
                                where h.clinic_session_id = s.id and h.release_at > (select clinic.now())) as "held!",
                              -- A holiday shuts the whole house; a leave may be of some of these hours.
                              (select e.kind from clinic.schedule_exception e
                                where e.removed_at is null and e.during && tstzrange(s.starts_at, s.ends_at)
                                  and (e.kind = 'leave' and e.provider_id = s.provider_id and (e.centre_id is null or e.centre_id = s.centre_id)
                                       or e.kind = 'holiday' and e.centre_id = s.centre_id)
                                order by e.kind limit 1) as "shut?",
                              coalesce(f.free, 0) as "free!", coalesce(f.past, 0) as "past!",
                              (select count(*) from clinic.appointment a where a.clinic_session_id = s.id and a.kind = 'overbook'
                                  and a.status in ('booked', 'arrived', 'in_progress', 'completed')) as "overbooked!",
                              s.overbook_cap, s.plan_from is not null as "planned!"
                       from these t
                       join clinic.clinic_session s on s.id = t.id
                       join clinic.centre c on c.id = s.centre_id
                       join clinic.provider p on p.id = s.provider_id
                       join clinic.account v on v.id = p.account_id
                       left join slots f on f.id = s.id
                       order by s.starts_at, v.family_name, v.given_name, s.id"#,
                    provider,
                    centre,
                    from,
                    days
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| SessionRow {
                        id: r.id.into(),
                        version: r.version,
                        provider: r.provider_id.into(),
                        provider_name: PersonName::new(r.family_name, r.given_name),
                        centre: r.centre_id.into(),
                        centre_name: r.centre_name,
                        zone: r.zone.parse().unwrap_or(Tz::UTC),
                        day: r.day,
                        period: Period { start: r.starts_at, end: r.ends_at },
                        slot_minutes: u32::try_from(r.slot_minutes).unwrap_or(30),
                        booked: u32::try_from(r.booked).unwrap_or(0),
                        free: u32::try_from(r.free).unwrap_or(0),
                        kept: Kept {
                            held: u32::try_from(r.held).unwrap_or(0),
                            shut: r.shut.as_deref().and_then(ExceptionKind::from_code),
                            past: u32::try_from(r.past).unwrap_or(0),
                            overbooked: u32::try_from(r.overbooked).unwrap_or(0),
                            cap: r.overbook_cap.and_then(|n| u32::try_from(n).ok()),
                            planned: r.planned,
                        },
                    })
                    .collect())
            })
        })
        .await
    }

    /// The appointments of a session that are not over: expected, waiting and being seen, in the order of time.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn session_appointments(
        &self,
        actor: &Actor,
        session: ClinicSessionId,
        opened: bool,
    ) -> Result<Vec<SessionAppointment>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select a.id, a.version, a.status, a.kind, a.starts_at, a.ends_at, a.patient_id, p.family_name, p.given_name,
                              p.sex, p.birth_date, a.arrived_at, clinic.allergy_state(p.id) as allergy_state,
                              (select e.id from clinic.encounter e where e.appointment_id = a.id and e.state in ('open', 'paused')) as encounter
                       from clinic.appointment a join clinic.patient p on p.id = a.patient_id
                       where a.clinic_session_id = $1 and a.status in ('booked', 'arrived', 'in_progress')
                       order by a.starts_at, p.family_name, a.id"#,
                    session.0
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("session.open-panel", "clinic_session").id(session.0).facts(facts).record(&mut *c).await?;
                }
                let mut texts = texts(&mut *c, rows.iter().map(|r| r.id).collect()).await?;
                let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("appointment", r.patient_id, r.id);
                        let said = texts.remove(&r.id).unwrap_or_default();
                        Ok(SessionAppointment {
                            id: r.id.into(),
                            version: r.version,
                            status: r.status,
                            kind: r.kind,
                            starts_at: r.starts_at,
                            ends_at: r.ends_at,
                            patient: r.patient_id.into(),
                            patient_name: PersonName::new(r.family_name, r.given_name),
                            sex: r.sex,
                            birth_date: r.birth_date,
                            reason: text.open("reason", said.reason.as_deref())?,
                            arrived_at: r.arrived_at,
                            encounter: r.encounter.map(Into::into),
                            allergy_state: r.allergy_state,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Adds a session.
    ///
    /// # Errors
    /// [`Error::Overlap`], naming the other session, wherever it is; [`Error::Refused`] when the hours make no session,
    /// when they are over, or when the provider does not work at the centre.
    pub async fn add_clinic_session(
        &self,
        actor: &Actor,
        request: RequestId,
        new: NewSession,
    ) -> Result<ClinicSessionId, Error> {
        let event = Event::new("session.add", "clinic_session").facts(
            serde_json::json!({ "provider": new.provider, "centre": new.centre, "day": new.hours.day }),
        );
        let period = self.session_period(actor, new.centre, new.hours).await?;
        let minutes = i32::try_from(new.hours.slot_minutes).unwrap_or(0);
        let writing = self.write(actor, request, event, &new, move |c| {
                Box::pin(async move {
                    let id = ClinicSessionId::new();
                    sqlx::query!(
                        "insert into clinic.clinic_session (id, provider_id, centre_id, day, starts_at, ends_at, slot_minutes)
                         values ($1, $2, $3, $4, $5, $6, $7)",
                        id.0,
                        new.provider.0,
                        new.centre.0,
                        new.hours.day,
                        period.start,
                        period.end,
                        minutes
                    )
                    .execute(c)
                    .await?;
                    Ok(id)
                })
            });
        self.with_the_other(actor, new.provider, None, period, writing.await).await
    }

    /// Changes date, hours and slot length of a session, when its bookings still fit. Returns its new version.
    ///
    /// # Errors
    /// As [`Store::add_clinic_session`]; [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when a
    /// booking would be outside.
    pub async fn change_clinic_session(
        &self,
        actor: &Actor,
        request: RequestId,
        session: &SessionRow,
        hours: SessionHours,
    ) -> Result<i64, Error> {
        let (id, seen, provider) = (session.id, session.version, session.provider);
        let event = Event::new("session.change", "clinic_session").id(id.0);
        let period = self.session_period(actor, session.centre, hours).await?;
        let minutes = i32::try_from(hours.slot_minutes).unwrap_or(0);
        let asked = (id, seen, hours);
        let writing = self.write(actor, request, event, &asked, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.clinic_session set starts_at = $3, ends_at = $4, slot_minutes = $5
                         where id = $1 and version = $2 and removed_at is null returning version",
                    id.0,
                    seen,
                    period.start,
                    period.end,
                    minutes
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale(c, id).await?),
                }
            })
        });
        self.with_the_other(actor, provider, Some(id), period, writing.await).await
    }

    /// Removes a session that nobody is booked in. Returns what was held in it and went with it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the rule `session_removed_with_bookings`; [`Error::Stale`].
    pub async fn remove_clinic_session(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ClinicSessionId,
        seen: i64,
    ) -> Result<Vec<LostHold>, Error> {
        let event = Event::new("session.remove", "clinic_session").id(id.0);
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                sqlx::query!("select id from clinic.clinic_session where id = $1 for update", id.0)
                    .fetch_optional(&mut *c)
                    .await?;
                let lost = held(&mut *c, &[id]).await?;
                let gone = sqlx::query!(
                    "update clinic.clinic_session set removed_at = clinic.now() where id = $1 and version = $2 and removed_at is null",
                    id.0,
                    seen
                )
                .execute(&mut *c)
                .await?;
                if gone.rows_affected() == 0 { Err(stale(c, id).await?) } else { Ok(lost) }
            })
        })
        .await
    }

    async fn session_period(
        &self,
        actor: &Actor,
        centre: CentreId,
        hours: SessionHours,
    ) -> Result<Period, Error> {
        let zone = self
            .read(actor, move |c| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar!("select c.zone from clinic.centre c where c.id = $1", centre.0)
                        .fetch_one(c)
                        .await?)
                })
            })
            .await?;
        hours.period(zone.parse().unwrap_or(Tz::UTC)).map_err(Error::Refused)
    }

    /// An overlap told with the session that is in the way.
    async fn with_the_other<T>(
        &self,
        actor: &Actor,
        provider: ProviderId,
        except: Option<ClinicSessionId>,
        period: Period,
        outcome: Result<T, Error>,
    ) -> Result<T, Error> {
        let Err(Error::Overlap(why)) = outcome else { return outcome };
        let other = self
            .read(actor, move |c| {
                Box::pin(async move {
                    Ok(sqlx::query!(
                        "select s.starts_at, s.ends_at, c.name, c.zone
                         from clinic.clinic_session s join clinic.centre c on c.id = s.centre_id
                         where s.provider_id = $1 and s.removed_at is null and s.id is distinct from $2
                           and tstzrange(s.starts_at, s.ends_at) && tstzrange($3, $4)
                         order by s.starts_at limit 1",
                        provider.0,
                        except.map(|e| e.0),
                        period.start,
                        period.end
                    )
                    .fetch_optional(c)
                    .await?)
                })
            })
            .await;
        Err(Error::Overlap(match other {
            Ok(Some(o)) => in_the_way(&o.name, &o.zone, o.starts_at, o.ends_at),
            _ => why,
        }))
    }
}

fn in_the_way(centre: &str, zone: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Why {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    let sentence = tr!(
        "The provider already has a session at that time: {from} to {to} at {centre}.",
        from = from.with_timezone(&zone).format("%H:%M"),
        to = to.with_timezone(&zone).format("%H:%M"),
        centre = centre
    );
    let general = refusal::why("clinic_session_overlap", &serde_json::Value::Null);
    Why { sentence, ..general }
}

/// Who changed the session since it was read, or that it is gone.
pub(super) async fn stale(c: &mut PgConnection, id: ClinicSessionId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select x.changed_at, x.removed_at, coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
           from clinic.clinic_session x left join clinic.account a on a.id = x.changed_by where x.id = $1"#,
        id.0
    )
    .fetch_optional(c)
    .await?;
    Ok(row
        .filter(|r| r.removed_at.is_none())
        .map_or(Error::NotFound, |r| Error::Stale { by: r.by, at: r.changed_at }))
}
