//! Free time: what is left of the clinic sessions when live appointments are taken away. Never stored, always computed.
use super::{Error, Store, appointment::zone_of};
use crate::domain::{
    actor::Actor,
    booking::{DayPart, DayStrip, FreeFilter, FreeSlot},
    ids::{CentreId, ProviderId},
    name::PersonName,
    time::Period,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::PgConnection;

/// How many sessions that may have time are looked at, beside those that have begun: the first of these nearly always have it,
/// so more are looked at only when they have not. In the end all.
const REACH: [i64; 3] = [12, 600, 1_000_000];

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
    let mut found = vec![];
    for reach in REACH {
        let whole;
        (found, whole) = free_among(c, filter, reach + i64::from(filter.limit)).await?;
        if whole || found.len() >= usize::from(filter.limit) {
            break;
        }
    }
    Ok(found)
}

/// The first free times of the first `reach` sessions that may have time, and whether these were all there are. No time is left
/// out that is earlier than one of these.
async fn free_among(
    c: &mut PgConnection,
    f: &FreeFilter,
    reach: i64,
) -> Result<(Vec<FreeSlot>, bool), Error> {
    let (first_minute, end_minute) = f.minutes();
    let to = f.from.checked_add_days(Days::new(u64::from(f.days.max(1)) - 1)).unwrap_or(f.from);
    // No appointment keeps its provider for more than five hours: the bounds let an index find what overlaps a session. A
    // `coalesce` in one of them would not: it might leak, so that the row policies come first.
    let rows = sqlx::query!(
        r#"with t as materialized (select clinic.now() as now, clinic.setting('book_ahead_days')::int as ahead),
           vt as materialized (select v.minutes, v.buffer_minutes, v.professions, v.room_kind from clinic.visit_type v where v.code = $12::text),
           who as materialized (
                select p.id, p.profession
                  from clinic.provider p
                  join clinic.account v on v.id = p.account_id
                  left join clinic.department d on d.id = p.department_id
                  left join vt on true
                 where v.deactivated_at is null and d.closed is not true
                   and (vt.minutes is null or cardinality(vt.professions) = 0 or p.profession = any (vt.professions))
                   and ($3::uuid is null or p.id = $3) and ($4::text is null or p.profession = $4)
                   and ($5::uuid is null or p.department_id = $5)
                   and ($9::uuid is null or $3::uuid is not null
                        or p.account_id is distinct from (select y.account_id from clinic.patient y where y.id = $9))),
           place as materialized (
                select c.id from clinic.centre c
                 where c.retired_at is null and c.id in (select clinic.centres_for('appointment.book')) and ($6::uuid is null or c.id = $6)),
           near as materialized (
                select n.* from clinic.near_open_time($13, $1, $2, array(select place.id from place), array(select who.id from who),
                           array(select who.id from who where who.profession = 'specialist' and $3::uuid is null), $9,
                           coalesce((select vt.minutes from vt), 0), $14) n),
           known as materialized (
                select n.more, case when n.more then n.last else 'infinity' end as until
                  from (select count(*) >= min(near.wanted) as more, max(near.first_at) as last from near) n),
           open as materialized (
                select s.id, s.provider_id, s.centre_id, s.day, s.starts_at, s.ends_at, make_interval(mins => s.slot_minutes) as step,
                       make_interval(mins => coalesce(ceil(vt.minutes::numeric / s.slot_minutes)::int, 1) * s.slot_minutes) as need,
                       make_interval(mins => greatest(coalesce(ceil(vt.minutes::numeric / s.slot_minutes)::int, 1) * s.slot_minutes,
                           case when vt.buffer_minutes > 0 then vt.minutes + vt.buffer_minutes end)) as keep, vt.room_kind,
                       (select range_agg(e.during)
                          from (select l.during from clinic.schedule_exception l
                                 where l.provider_id = s.provider_id and l.ends_at > s.starts_at and l.starts_at < s.ends_at and l.removed_at is null
                                   and l.kind = 'leave' and (l.centre_id is null or l.centre_id = s.centre_id)
                                union all
                                select h.during from clinic.schedule_exception h
                                 where h.centre_id = s.centre_id and h.ends_at > s.starts_at and h.starts_at < s.ends_at and h.removed_at is null
                                   and h.kind = 'holiday') e) as away,
                       (select range_agg(h.during) from clinic.held_slot h
                         where h.clinic_session_id = s.id and h.release_at > (select t.now from t) and not $11::boolean) as held,
                       v.family_name, v.given_name, p.profession, c.name as centre_name, c.zone,
                       (select range_agg(x.occupied) from clinic.appointment x
                         where x.provider_id = s.provider_id and x.kind = 'slot'
                           and x.status in ('booked', 'arrived', 'in_progress')
                           and x.starts_at > s.starts_at - interval '5 hours'
                           and x.starts_at < case when vt.buffer_minutes > 0 then s.ends_at + make_interval(mins => vt.buffer_minutes) else s.ends_at end) as busy
                  from near
                  join clinic.clinic_session s on s.id = near.id
                  join clinic.provider p on p.id = s.provider_id
                  join clinic.account v on v.id = p.account_id
                  join clinic.centre c on c.id = s.centre_id
                  left join vt on true),
           away as materialized (
                select range_agg(x.during) as at from clinic.appointment x
                 where x.patient_id = any ((select clinic.records_of($9))::uuid[]) and x.kind = 'slot' and x.status in ('booked', 'arrived', 'in_progress'))
           select coalesce(known.more, false) as "more!", f.id as "session?", f.provider_id as "provider_id?", f.family_name as "family_name?",
                  f.given_name as "given_name?", f.profession as "profession?", f.centre_id as "centre_id?", f.centre_name as "centre_name?",
                  f.zone as "zone?", f.day as "day?", f.at as "starts_at?", f.at + f.need as "ends_at?"
             from known left join (
           select o.id, o.provider_id, o.family_name, o.given_name, o.profession, o.centre_id, o.centre_name, o.zone, o.day, o.need, g.at
             from open o cross join t cross join away cross join known
             cross join lateral generate_series(o.starts_at, o.ends_at - o.need, o.step) g(at)
            where g.at >= t.now and g.at <= t.now + make_interval(days => t.ahead) and g.at <= known.until
              and ($7::int4 = 0 and $8::int4 = 1440
                   or extract(hour from g.at at time zone o.zone) * 60 + extract(minute from g.at at time zone o.zone) >= $7::int4
                  and extract(hour from g.at at time zone o.zone) * 60 + extract(minute from g.at at time zone o.zone) < $8::int4)
              and (o.busy is null or not o.busy && tstzrange(g.at, g.at + o.keep))
              and (o.away is null or not o.away && tstzrange(g.at, g.at + o.need))
              and (o.held is null or not o.held && tstzrange(g.at, g.at + o.need))
              and (away.at is null or not away.at && tstzrange(g.at, g.at + o.need))
              -- Where the centre has rooms of the kind, one of them must be free.
              and (o.room_kind is null
                   or not exists (select from clinic.room r where r.centre_id = o.centre_id and r.kind = o.room_kind and r.retired_at is null)
                   or exists (select from clinic.room r where r.centre_id = o.centre_id and r.kind = o.room_kind and r.retired_at is null
                                 and not exists (select from clinic.appointment x
                                                  where x.room_id = r.id and x.status in ('booked', 'arrived', 'in_progress')
                                                    and x.occupied && tstzrange(g.at, g.at + o.keep))))
            order by g.at, o.family_name, o.given_name, o.id limit $10) f on true
            order by f.at, f.family_name, f.given_name, f.id"#,
        f.from,
        to,
        f.provider.map(|p| p.0),
        f.profession,
        f.department.map(|d| d.0),
        f.centre.map(|c| c.0),
        first_minute,
        end_minute,
        f.patient.map(|p| p.0),
        i64::from(f.limit.min(200)),
        f.held,
        f.visit_type,
        part_of(first_minute, end_minute),
        reach
    )
    .fetch_all(c)
    .await?;
    let whole = rows.first().is_none_or(|r| !r.more);
    let free = rows.into_iter().filter_map(|r| {
        Some(FreeSlot {
            session: r.session?.into(),
            provider: r.provider_id?.into(),
            provider_name: PersonName::new(r.family_name?, r.given_name?),
            profession: r.profession?,
            centre: r.centre_id?.into(),
            centre_name: r.centre_name?,
            zone: zone_of(&r.zone?),
            day: r.day?,
            period: Period { start: r.starts_at?, end: r.ends_at? },
        })
    });
    Ok((free.collect(), whole))
}

/// The part of the day, as `clinic.open_time` numbers them, that these minutes lie in; 0 where they lie in more than one.
fn part_of(first_minute: i32, end_minute: i32) -> i16 {
    let parts = [DayPart::Morning, DayPart::Afternoon, DayPart::Evening].into_iter().zip(1..);
    let within = |part: DayPart| part.minutes().0 <= first_minute && end_minute <= part.minutes().1;
    parts.filter(|(part, _)| within(*part)).map(|(_, n)| n).next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_of_one_part_of_the_day_are_looked_for_there_alone() {
        let part = |p: DayPart| part_of(p.minutes().0, p.minutes().1);
        let all = [DayPart::Any, DayPart::Morning, DayPart::Afternoon, DayPart::Evening].map(part);
        assert_eq!(all, [0, 1, 2, 3]);
        assert_eq!((part_of(540, 600), part_of(700, 730), part_of(1100, 1439)), (1, 0, 3));
    }
}
