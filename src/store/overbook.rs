//! Times that are taken and can be booked over, by those who may, within the cap of the session; and providers whom
//! nobody can be booked with, with the reason. Both are read to say so before anything is filled in.
use super::{Error, Store, appointment::zone_of, refusal, sealed};
use crate::domain::{
    actor::Actor,
    booking::{FreeFilter, FreeSlot},
    ids::ProviderId,
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Days, Utc};

/// A taken time with a place left over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overbookable {
    pub slot: FreeSlot,
    /// How many are overbooked in the session already, of how many that are allowed.
    pub used: i64,
    pub cap: i64,
}

/// Somebody with whom nobody is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbookable {
    pub provider: ProviderId,
    pub name: PersonName,
    pub profession: String,
    /// Until when; nothing for somebody who does not work here any more.
    pub until: Option<DateTime<Utc>>,
    pub why: String,
}

impl Store {
    /// The first taken times that this person may book over, soonest first.
    ///
    /// # Errors
    /// [`Error::Refused`] for those who do not overbook.
    pub async fn overbookable(&self, actor: &Actor, f: FreeFilter) -> Result<Vec<Overbookable>, Error> {
        let own = actor.provider.filter(|own| f.provider == Some(*own)).is_some();
        self.read(actor, move |c| {
            Box::pin(async move {
                let may =
                    sqlx::query_scalar!(r#"select auth.allowed('appointment.book', 'overbook') as "may!""#)
                        .fetch_one(&mut *c)
                        .await?;
                if !(may || own) {
                    let none = serde_json::Value::Null;
                    return Err(Error::Refused(refusal::why("overbook_not_permitted", &none)));
                }
                let (first_minute, end_minute) = f.part.minutes();
                let to = f.from.checked_add_days(Days::new(u64::from(f.days.max(1)) - 1)).unwrap_or(f.from);
                let rows = sqlx::query!(
                    r#"select s.id as "session!", s.provider_id as "provider!", v.family_name as "family!", v.given_name as "given!",
                              p.profession as "profession!", s.centre_id as "centre!", c.name as "centre_name!", c.zone as "zone!",
                              s.day as "day!", g.at as "at!", g.at + o.step as "ends!", o.used as "used!", o.cap as "cap!"
                         from clinic.clinic_session s
                         join clinic.provider p on p.id = s.provider_id
                         join clinic.account v on v.id = p.account_id
                         join clinic.centre c on c.id = s.centre_id
                         cross join lateral (
                             select make_interval(mins => s.slot_minutes) as step, coalesce(s.overbook_cap, clinic.setting('overbook_per_session')::int)::bigint as cap,
                                    count(*) filter (where x.kind = 'overbook') as used,
                                    range_agg(x.during) filter (where x.kind = 'slot') as busy
                               from clinic.appointment x
                              where x.provider_id = s.provider_id and x.status in ('booked', 'arrived', 'in_progress')
                                and x.starts_at > s.starts_at - interval '4 hours' and x.starts_at < s.ends_at) o
                         cross join lateral generate_series(s.starts_at, s.ends_at - o.step, o.step) g(at)
                        where s.removed_at is null and s.day between $1 and $2 and s.ends_at > clinic.now()
                          and v.deactivated_at is null and c.retired_at is null
                          and ($3::uuid is null or s.provider_id = $3) and ($4::text is null or p.profession = $4)
                          and ($5::uuid is null or p.department_id = $5) and ($6::uuid is null or s.centre_id = $6)
                          and g.at >= clinic.now() and o.used < o.cap and o.busy && tstzrange(g.at, g.at + o.step)
                          and extract(hour from g.at at time zone c.zone) * 60 + extract(minute from g.at at time zone c.zone) >= $7::int4
                          and extract(hour from g.at at time zone c.zone) * 60 + extract(minute from g.at at time zone c.zone) < $8::int4
                        order by g.at, v.family_name, v.given_name, s.id limit $9"#,
                    f.from,
                    to,
                    f.provider.map(|p| p.0),
                    f.profession,
                    f.department.map(|d| d.0),
                    f.centre.map(|c| c.0),
                    first_minute,
                    end_minute,
                    i64::from(f.limit)
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| Overbookable {
                        slot: FreeSlot {
                            session: r.session.into(),
                            provider: r.provider.into(),
                            provider_name: PersonName::new(r.family, r.given),
                            profession: r.profession,
                            centre: r.centre.into(),
                            centre_name: r.centre_name,
                            zone: zone_of(&r.zone),
                            day: r.day,
                            period: Period { start: r.at, end: r.ends },
                        },
                        used: r.used,
                        cap: r.cap,
                    })
                    .collect())
            })
        })
        .await
    }

    /// Providers whom nobody can be booked with now, and why.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn unbookable(&self, actor: &Actor) -> Result<Vec<Unbookable>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select p.id, a.id as account, a.family_name, a.given_name, p.profession, a.deactivated_at, d.deactivated_why,
                              a.blocked_until, d.blocked_why
                         from clinic.provider p join clinic.account a on a.id = p.account_id
                         left join clinic.account_details() d on d.id = a.id
                        where a.deactivated_at is not null or a.blocked_until > clinic.now()
                        order by a.family_name, a.given_name, p.id"#
                )
                .fetch_all(&mut *c)
                .await?;
                let sealed_ones = rows.iter().filter(|r| r.deactivated_why.is_some() || r.blocked_why.is_some());
                let keys = sealed::keys(c, sealed_ones.map(|_| sealed::ORGANISATION)).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("account", sealed::ORGANISATION, r.account);
                        let gone = r.deactivated_at.is_some();
                        Ok(Unbookable {
                            provider: r.id.into(),
                            name: PersonName::new(r.family_name, r.given_name),
                            profession: r.profession,
                            until: r.blocked_until.filter(|_| !gone),
                            why: match gone {
                                true => text.open("deactivated_why", r.deactivated_why.as_deref())?,
                                false => text.open("blocked_why", r.blocked_why.as_deref())?,
                            },
                        })
                    })
                    .collect()
            })
        })
        .await
    }
}
