//! What the schedule's views show, one query each: whole provider-days, only those that somebody sees, and the days of a
//! month with what is free in them. A notification names one provider-day, which the same query reads again alone.
use super::{
    Error, Event, Store,
    appointment::{kind_of, status_of, zone_of},
};
use crate::domain::{
    actor::Actor,
    calendar::{Choosing, DayBooking, DaySession, MonthDay, OffKind, OffTime, ProviderDay},
    ids::{AppointmentId, CentreId, ClinicSessionId, PatientId, ProviderId},
    name::PersonName,
    patient::Sex,
    time::Period,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::types::Json;

/// Which provider-days are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysOf {
    /// Of everybody who has a session at this centre on this day the sessions, and the bookings of the window.
    pub centre: Option<(CentreId, NaiveDate)>,
    /// These with their bookings, whether they have a session or not.
    pub days: Vec<(ProviderId, NaiveDate)>,
    /// The first provider of the window, in the order of names; without one, or when they are not there, who follows.
    pub from: Option<ProviderId>,
    /// How many providers the window shows.
    pub window: u16,
}

/// Whose month is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthOf {
    /// One provider's, at every centre.
    Provider(ProviderId),
    /// Everybody's at one centre.
    Centre(CentreId),
}

#[derive(Debug, Deserialize)]
struct SessionPart {
    id: ClinicSessionId,
    centre: CentreId,
    name: String,
    zone: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    minutes: u32,
}

#[derive(Debug, Deserialize)]
struct BookingPart {
    id: AppointmentId,
    version: i64,
    patient: PatientId,
    family: String,
    given: String,
    sex: String,
    born: Option<NaiveDate>,
    centre: CentreId,
    zone: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    status: String,
    kind: String,
    visit: Option<String>,
    busy: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct OffPart {
    kind: String,
    text: Option<String>,
    centre: Option<CentreId>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct ChoosingPart {
    who: String,
    until: DateTime<Utc>,
}

impl BookingPart {
    fn read(self) -> Result<DayBooking, Error> {
        Ok(DayBooking {
            id: self.id,
            version: self.version,
            patient: self.patient,
            patient_name: PersonName::new(self.family, self.given),
            sex: Sex::from_code(&self.sex),
            birth_date: self.born,
            centre: self.centre,
            zone: zone_of(&self.zone),
            period: Period { start: self.from, end: self.to },
            status: status_of(&self.status)?,
            kind: kind_of(&self.kind)?,
            visit_type: self.visit.unwrap_or_default(),
            busy_until: self.busy,
        })
    }
}

impl From<OffPart> for OffTime {
    fn from(o: OffPart) -> Self {
        Self {
            period: Period { start: o.from, end: o.to },
            kind: match o.kind.as_str() {
                "leave" => OffKind::Leave,
                "holiday" => OffKind::Holiday,
                "same_day" => OffKind::SameDay,
                "urgent" => OffKind::Urgent,
                "mine" => OffKind::Mine,
                _ => OffKind::Chosen,
            },
            text: o.text.unwrap_or_default(),
            centre: o.centre,
            until: o.until,
        }
    }
}

impl From<SessionPart> for DaySession {
    fn from(s: SessionPart) -> Self {
        Self {
            id: s.id,
            centre: s.centre,
            centre_name: s.name,
            zone: zone_of(&s.zone),
            period: Period { start: s.from, end: s.to },
            slot_minutes: s.minutes,
        }
    }
}

impl Store {
    /// Provider-days in the order of names and days. `opened` says that a person opened the view: that is logged, reading
    /// again is not.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn provider_days(
        &self,
        actor: &Actor,
        of: DaysOf,
        opened: bool,
    ) -> Result<Vec<ProviderDay>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let day = of.centre.map(|c| c.1);
                let (providers, days): (Vec<uuid::Uuid>, Vec<NaiveDate>) =
                    of.days.iter().map(|(p, d)| (p.0, *d)).unzip();
                let rows = sqlx::query!(
                    r#"select provider as "provider!", day as "day!", family as "family!", given as "given!",
                              profession as "profession!", sessions as "sessions!: Json<Vec<SessionPart>>",
                              bookings as "bookings: Json<Vec<BookingPart>>", "off" as "off: Json<Vec<OffPart>>"
                         from clinic.provider_days($1, $2, $3, $4, $5, $6)"#,
                    of.centre.map(|c| c.0.0),
                    day,
                    &providers,
                    &days,
                    of.from.map(|p| p.0),
                    i64::from(of.window)
                )
                .fetch_all(&mut *c)
                .await?;
                let found: Vec<ProviderDay> = rows
                    .into_iter()
                    .map(|r| {
                        let bookings = r.bookings.map(|b| b.0.into_iter().map(BookingPart::read).collect());
                        Ok(ProviderDay {
                            provider: r.provider.into(),
                            name: PersonName::new(r.family, r.given),
                            profession: r.profession,
                            day: r.day,
                            sessions: r.sessions.0.into_iter().map(Into::into).collect(),
                            bookings: bookings.transpose()?,
                            off: r.off.map(|o| o.0.into_iter().map(Into::into).collect()).unwrap_or_default(),
                        })
                    })
                    .collect::<Result<_, Error>>()?;
                if opened {
                    let (entity, id) = match of.centre {
                        Some((centre, _)) => ("centre", Some(centre.0)),
                        None => ("provider", of.days.first().map(|d| d.0.0)),
                    };
                    let bookings: usize = found.iter().map(|d| d.booked().len()).sum();
                    let day = day.or_else(|| of.days.first().map(|d| d.1));
                    let facts = serde_json::json!({ "day": day, "days": found.len(), "rows": bookings });
                    let mut event = Event::new("appointment.open", entity).facts(facts);
                    event.entity_id = id;
                    event.record(&mut *c).await?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// The days from `first` to `last` with what is free from now on; days without a session are left out.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn month_days(
        &self,
        actor: &Actor,
        of: MonthOf,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<MonthDay>, Error> {
        let (provider, centre) = match of {
            MonthOf::Provider(p) => (Some(p.0), None),
            MonthOf::Centre(c) => (None, Some(c.0)),
        };
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"with t as materialized (select clinic.now() as now),
                       open as materialized (
                            select s.day, s.provider_id, s.starts_at, s.ends_at, make_interval(mins => s.slot_minutes) as step,
                                   (select range_agg(x.occupied) from clinic.appointment x
                                     where s.ends_at > t.now and x.provider_id = s.provider_id and x.kind = 'slot'
                                       and x.status in ('booked', 'arrived', 'in_progress')
                                       and x.starts_at > s.starts_at - interval '5 hours' and x.starts_at < s.ends_at) as busy,
                                   (select range_agg(e.during) from clinic.schedule_exception e
                                     where s.ends_at > t.now and e.removed_at is null and e.during && tstzrange(s.starts_at, s.ends_at)
                                       and (e.kind = 'leave' and e.provider_id = s.provider_id and (e.centre_id is null or e.centre_id = s.centre_id)
                                            or e.kind = 'holiday' and e.centre_id = s.centre_id)) as away,
                                   (select range_agg(h.during) from clinic.held_slot h
                                     where s.ends_at > t.now and h.provider_id = s.provider_id and h.day = s.day and h.release_at > t.now) as held
                              from clinic.clinic_session s cross join t
                             where s.removed_at is null and s.day between $3 and $4
                               and ($1::uuid is null or s.provider_id = $1) and ($2::uuid is null or s.centre_id = $2)),
                       chosen as materialized (
                            select h.provider_id, h.day, h.holder, h.until, tstzrange(h.starts_at, h.ends_at) as during
                              from clinic.holds_of(array(select distinct o.provider_id from open o), $3, $4) h
                             where not h.mine and ($2::uuid is null or h.centre_id = $2))
                       select o.day as "day!", count(g.at)::int as "slots!",
                              count(g.at) filter (where o.busy && tstzrange(g.at, g.at + o.step) or o.away && tstzrange(g.at, g.at + o.step)
                                                     or o.held && tstzrange(g.at, g.at + o.step)
                                                     or exists (select from chosen h where h.provider_id = o.provider_id and h.day = o.day
                                                                   and h.during && tstzrange(g.at, g.at + o.step)))::int as "taken!",
                              count(distinct o.provider_id)::int as "providers!",
                              coalesce((select jsonb_agg(jsonb_build_object('who', h.holder, 'until', h.until) order by h.until)
                                          from chosen h where h.day = o.day), '[]') as "choosing!: Json<Vec<ChoosingPart>>"
                         from open o cross join t
                         left join lateral generate_series(o.starts_at, o.ends_at - o.step, o.step) g(at) on o.ends_at > t.now and g.at >= t.now
                        group by o.day order by o.day"#,
                    provider,
                    centre,
                    first,
                    last
                )
                .fetch_all(c)
                .await?;
                let count = |n: i32| u32::try_from(n).unwrap_or(0);
                Ok(rows
                    .into_iter()
                    .map(|r| MonthDay {
                        day: r.day,
                        slots: count(r.slots),
                        taken: count(r.taken),
                        providers: count(r.providers),
                        choosing: r.choosing.0.into_iter().map(|c| Choosing { who: c.who, until: c.until }).collect(),
                    })
                    .collect())
            })
        })
        .await
    }
}
