-- The slots of sessions without a function for each: a month of a centre is thousands of them.
set local role praxis_owner;

create or replace function clinic.session_slots(p_sessions uuid[])
returns table (clinic_session_id uuid, starts_at timestamptz, ends_at timestamptz, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with s as materialized (
        select c.id, c.provider_id, c.centre_id, c.starts_at, c.ends_at, make_interval(mins => c.slot_minutes) as step,
               -- What takes time away, looked up once for each session. No visit is kept clear for more than five hours.
               (select range_agg(a.during) from clinic.appointment a
                 where a.provider_id = c.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                   and a.starts_at > c.starts_at - interval '5 hours' and a.starts_at < c.ends_at) as booked,
               (select range_agg(a.occupied) from clinic.appointment a
                 where a.provider_id = c.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                   and a.starts_at > c.starts_at - interval '5 hours' and a.starts_at < c.ends_at) as busy,
               (select range_agg(a.during) from clinic.appointment a
                 where a.clinic_session_id = c.id and a.kind = 'slot' and a.status = 'completed') as done,
               (select range_agg(h.during) from clinic.held_slot h
                 where h.clinic_session_id = c.id and h.release_at > t.now) as held,
               (select range_agg(e.during) from clinic.schedule_exception e
                 where e.removed_at is null and e.during && tstzrange(c.starts_at, c.ends_at)
                   and (e.kind = 'leave' and e.provider_id = c.provider_id and (e.centre_id is null or e.centre_id = c.centre_id)
                        or e.kind = 'holiday' and e.centre_id = c.centre_id)) as away,
               t.now
          from clinic.clinic_session c cross join (select clinic.now() as now, auth.is_staff() as staff) t
         where c.id = any (p_sessions) and c.removed_at is null and t.staff)
    select s.id, g.at, g.at + s.step,
           case when s.booked && x.slot or s.done && x.slot and g.at < s.now then 'booked'
                when s.away && x.slot then 'away'
                when g.at < s.now then 'past'
                when s.busy && x.slot then 'buffer'
                when s.held && x.slot then 'held'
                else 'free' end
      from s
      cross join lateral generate_series(s.starts_at, s.ends_at - s.step, s.step) g(at)
      cross join lateral (select tstzrange(g.at, g.at + s.step) as slot) x
     order by s.starts_at, s.id, g.at
$$;

update clinic.setting set value = greatest(value::bigint, 26)::text where key = 'schema_version';
reset role;
