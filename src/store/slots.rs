//! Free time: what is left of the clinic sessions when live appointments are taken away. Never stored, always computed.
use super::{Error, Store, appointment::zone_of};
use crate::domain::{
    actor::Actor,
    booking::{DayStrip, FreeFilter, FreeSlot},
    ids::{CentreId, ProviderId},
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::PgConnection;

/// How many days are looked at first, then, and last: the next free time is nearly always near, and a day of 200 providers is
/// a third of the time of three.
const REACH: [u16; 4] = [1, 3, 21, 366];

impl Store {
    /// The first free times that fit, soonest first, where the person may book. Days of a clock change have the slots they
    /// really have.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn first_free(&self, actor: &Actor, filter: FreeFilter) -> Result<Vec<FreeSlot>, Error> {
        self.read(actor, move |c| Box::pin(async move { first_free_in(c, &filter).await })).await
    }

    /// The day of these providers; without any, of everybody who has a session at the centre that day.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn day_strips(
        &self,
        actor: &Actor,
        providers: Vec<ProviderId>,
        centre: Option<CentreId>,
        day: NaiveDate,
    ) -> Result<Vec<DayStrip>, Error> {
        let ids: Vec<uuid::Uuid> = providers.into_iter().map(|p| p.0).collect();
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select s.provider_id, v.family_name, v.given_name,
                              array(select lower(r) from unnest(s.open) r order by r) as "starts!: Vec<DateTime<Utc>>",
                              array(select upper(r) from unnest(s.open) r order by r) as "ends!: Vec<DateTime<Utc>>",
                              array(select x.starts_at from clinic.appointment x
                                     where x.provider_id = s.provider_id and x.day = $3 and x.kind = 'slot'
                                       and x.status in ('booked', 'arrived', 'in_progress')
                                     order by x.starts_at, x.id) as "taken_from!: Vec<DateTime<Utc>>",
                              array(select upper(x.occupied) from clinic.appointment x
                                     where x.provider_id = s.provider_id and x.day = $3 and x.kind = 'slot'
                                       and x.status in ('booked', 'arrived', 'in_progress')
                                     order by x.starts_at, x.id) as "taken_to!: Vec<DateTime<Utc>>"
                         from (select w.provider_id,
                                      -- Leave, holidays and what is held are no time to book.
                                      w.whole
                                      - coalesce((select range_agg(e.during)
                                                    from clinic.clinic_session c
                                                    join clinic.schedule_exception e on e.during && tstzrange(c.starts_at, c.ends_at)
                                                   where c.provider_id = w.provider_id and c.day = $3 and c.removed_at is null
                                                     and e.removed_at is null
                                                     and (e.kind = 'leave' and e.provider_id = c.provider_id
                                                              and (e.centre_id is null or e.centre_id = c.centre_id)
                                                          or e.kind = 'holiday' and e.centre_id = c.centre_id)), '{}')
                                      - coalesce((select range_agg(h.during) from clinic.held_slot h
                                                   where h.provider_id = w.provider_id and h.day = $3
                                                     and h.release_at > clinic.now()), '{}') as open
                                 from (select c.provider_id, range_agg(tstzrange(c.starts_at, c.ends_at)) as whole
                                         from clinic.clinic_session c
                                        where c.removed_at is null and c.day = $3 and ($2::uuid is null or c.centre_id = $2)
                                          and (cardinality($1::uuid[]) = 0 or c.provider_id = any($1))
                                        group by c.provider_id) w) s
                         join clinic.provider p on p.id = s.provider_id
                         join clinic.account v on v.id = p.account_id
                        order by v.family_name, v.given_name, s.provider_id limit 40"#,
                    &ids,
                    centre.map(|c| c.0),
                    day
                )
                .fetch_all(c)
                .await?;
                let pairs = |from: Vec<DateTime<Utc>>, to: Vec<DateTime<Utc>>| {
                    from.into_iter().zip(to).map(|(start, end)| Period { start, end }).collect()
                };
                Ok(rows
                    .into_iter()
                    .map(|r| DayStrip {
                        provider: r.provider_id.into(),
                        name: PersonName::new(r.family_name, r.given_name),
                        sessions: pairs(r.starts, r.ends),
                        taken: pairs(r.taken_from, r.taken_to),
                    })
                    .collect())
            })
        })
        .await
    }
}

/// As [`Store::first_free`], inside a transaction.
pub(super) async fn first_free_in(c: &mut PgConnection, filter: &FreeFilter) -> Result<Vec<FreeSlot>, Error> {
    let (mut found, mut from, mut looked) = (vec![], filter.from, 0);
    for reach in REACH {
        let days = reach.min(filter.days.max(1)).saturating_sub(looked);
        if days == 0 || found.len() >= usize::from(filter.limit) {
            break;
        }
        let to = from.checked_add_days(Days::new(u64::from(days) - 1)).unwrap_or(from);
        free_between(c, filter, from, to, &mut found).await?;
        (from, looked) = (to.succ_opt().unwrap_or(to), looked + days);
    }
    Ok(found)
}

async fn free_between(
    c: &mut PgConnection,
    f: &FreeFilter,
    from: NaiveDate,
    to: NaiveDate,
    found: &mut Vec<FreeSlot>,
) -> Result<(), Error> {
    let (first_minute, end_minute) = f.minutes();
    let wanted = i64::from(f.limit.min(200)) - i64::try_from(found.len()).unwrap_or(0);
    // No appointment keeps its provider for more than five hours: the lower bound lets an index find what overlaps a session, once for each.
    let rows = sqlx::query!(
        r#"with t as materialized (select clinic.now() as now, clinic.setting('book_ahead_days')::int as ahead),
           exc as materialized (
                select e.kind, e.provider_id, e.centre_id, e.during from clinic.schedule_exception e
                 where e.removed_at is null and e.during && tstzrange($1::date - interval '2 days', $2::date + interval '3 days')),
           hold as materialized (
                select h.clinic_session_id as id, range_agg(h.during) as at from clinic.held_slot h cross join t
                 where h.day between $1 and $2 and h.release_at > t.now and not $11::boolean group by 1),
           vt as materialized (select v.minutes, v.buffer_minutes, v.professions, v.room_kind from clinic.visit_type v where v.code = $12::text),
           open as materialized (
                select s.id, s.provider_id, s.centre_id, s.day, s.starts_at, s.ends_at, make_interval(mins => s.slot_minutes) as step,
                       make_interval(mins => coalesce(ceil(vt.minutes::numeric / s.slot_minutes)::int, 1) * s.slot_minutes) as need,
                       make_interval(mins => greatest(coalesce(ceil(vt.minutes::numeric / s.slot_minutes)::int, 1) * s.slot_minutes,
                           case when vt.buffer_minutes > 0 then vt.minutes + vt.buffer_minutes end)) as keep, vt.room_kind,
                       (select range_agg(e.during) from exc e
                         where e.kind = 'leave' and e.provider_id = s.provider_id and (e.centre_id is null or e.centre_id = s.centre_id)
                            or e.kind = 'holiday' and e.centre_id = s.centre_id) as away,
                       (select hold.at from hold where hold.id = s.id) as held,
                       v.family_name, v.given_name, p.profession, c.name as centre_name, c.zone,
                       (select range_agg(x.occupied) from clinic.appointment x
                         where x.provider_id = s.provider_id and x.kind = 'slot'
                           and x.status in ('booked', 'arrived', 'in_progress')
                           and x.starts_at > s.starts_at - interval '5 hours'
                           and x.starts_at < s.ends_at + coalesce(make_interval(mins => vt.buffer_minutes), '0')) as busy
                  from clinic.clinic_session s
                  join clinic.provider p on p.id = s.provider_id
                  join clinic.account v on v.id = p.account_id
                  join clinic.centre c on c.id = s.centre_id
                  left join clinic.department d on d.id = p.department_id
                  left join vt on true
                 where s.removed_at is null and s.day between $1 and $2 and s.ends_at > (select now from t)
                   and s.centre_id in (select clinic.centres_for('appointment.book'))
                   and (vt.minutes is null or cardinality(vt.professions) = 0 or p.profession = any (vt.professions))
                   and v.deactivated_at is null and c.retired_at is null and d.closed is not true
                   and ($3::uuid is null or s.provider_id = $3) and ($4::text is null or p.profession = $4)
                   and ($5::uuid is null or p.department_id = $5) and ($6::uuid is null or s.centre_id = $6)
                   and ($9::uuid is null or $3::uuid is not null
                        or p.account_id is distinct from (select y.account_id from clinic.patient y where y.id = $9)
                           and (p.profession <> 'specialist' or clinic.referral_exists($9, s.provider_id, s.day)))),
           away as materialized (
                select range_agg(x.during) as at from clinic.appointment x
                 where x.patient_id = any ((select clinic.records_of($9))::uuid[]) and x.kind = 'slot' and x.status in ('booked', 'arrived', 'in_progress'))
           select o.id as "session!", o.provider_id as "provider_id!", o.family_name as "family_name!", o.given_name as "given_name!",
                  o.profession as "profession!", o.centre_id as "centre_id!", o.centre_name as "centre_name!", o.zone as "zone!",
                  o.day as "day!", g.at as "starts_at!", g.at + o.need as "ends_at!"
             from open o cross join t cross join away
             cross join lateral generate_series(o.starts_at, o.ends_at - o.need, o.step) g(at)
            where g.at >= t.now and g.at <= t.now + make_interval(days => t.ahead)
              and ($7::int4 = 0 and $8::int4 = 1440
                   or extract(hour from g.at at time zone o.zone) * 60 + extract(minute from g.at at time zone o.zone) >= $7::int4
                  and extract(hour from g.at at time zone o.zone) * 60 + extract(minute from g.at at time zone o.zone) < $8::int4)
              and not coalesce(o.busy && tstzrange(g.at, g.at + o.keep), false)
              and not coalesce(o.away && tstzrange(g.at, g.at + o.need), false)
              and not coalesce(o.held && tstzrange(g.at, g.at + o.need), false)
              and not coalesce(away.at && tstzrange(g.at, g.at + o.need), false)
              -- Where the centre has rooms of the kind, one of them must be free.
              and (o.room_kind is null
                   or not exists (select from clinic.room r where r.centre_id = o.centre_id and r.kind = o.room_kind and r.retired_at is null)
                   or exists (select from clinic.room r where r.centre_id = o.centre_id and r.kind = o.room_kind and r.retired_at is null
                                 and not exists (select from clinic.appointment x
                                                  where x.room_id = r.id and x.status in ('booked', 'arrived', 'in_progress')
                                                    and x.occupied && tstzrange(g.at, g.at + o.keep))))
            order by g.at, o.family_name, o.given_name, o.id limit $10"#,
        from,
        to,
        f.provider.map(|p| p.0),
        f.profession,
        f.department.map(|d| d.0),
        f.centre.map(|c| c.0),
        first_minute,
        end_minute,
        f.patient.map(|p| p.0),
        wanted,
        f.held,
        f.visit_type
    )
    .fetch_all(c)
    .await?;
    found.extend(rows.into_iter().map(|r| FreeSlot {
        session: r.session.into(),
        provider: r.provider_id.into(),
        provider_name: PersonName::new(r.family_name, r.given_name),
        profession: r.profession,
        centre: r.centre_id.into(),
        centre_name: r.centre_name,
        zone: zone_of(&r.zone),
        day: r.day,
        period: Period { start: r.starts_at, end: r.ends_at },
    }));
    Ok(())
}
