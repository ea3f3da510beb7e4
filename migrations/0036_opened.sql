-- The waiting list and time that nobody had before: a session that was added or made longer, and what was held back and released,
-- come free for those who wait like what was cancelled. And a move closes the wish that it meets, as a booking does.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- Which time was opened when. What was cancelled, moved or taken back stands in the schedule; that a session is new, was shorter,
-- or had a hold that was let go does not. A row says nothing about whether the time is free, and nothing has to clear it.
-- ---------------------------------------------------------------------------------------------------------------
create table clinic.opened_time (
    id bigint generated always as identity primary key,
    clinic_session_id uuid not null references clinic.clinic_session,
    provider_id uuid not null,
    centre_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    opened_at timestamptz not null,
    check (starts_at < ends_at)
);
create index opened_time_by_provider on clinic.opened_time (provider_id, starts_at, id);
create index opened_time_by_centre on clinic.opened_time (centre_id, starts_at, id);
alter table clinic.opened_time enable row level security;

create function clinic.session_opened() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return null; end if;
    insert into clinic.opened_time (clinic_session_id, provider_id, centre_id, starts_at, ends_at, opened_at)
    select new.id, new.provider_id, new.centre_id, lower(p), upper(p), clinic.now()
      from unnest(tstzmultirange(tstzrange(new.starts_at, new.ends_at))
                  - case when tg_op = 'INSERT' or old.removed_at is not null then '{}'::tstzmultirange
                         else tstzmultirange(tstzrange(old.starts_at, old.ends_at)) end) p
     where new.removed_at is null and upper(p) > clinic.now();
    return null;
end $$;
create trigger opened after insert or update of starts_at, ends_at, removed_at on clinic.clinic_session
    for each row execute function clinic.session_opened();

-- What is released at its hour stays where it is; what is let go by hand is gone.
create function clinic.hold_released() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into clinic.opened_time (clinic_session_id, provider_id, centre_id, starts_at, ends_at, opened_at)
    select s.id, s.provider_id, s.centre_id, old.starts_at, old.ends_at, least(old.release_at, clinic.now())
      from clinic.clinic_session s where s.id = old.clinic_session_id and old.ends_at > clinic.now();
    return null;
end $$;
create trigger released after delete on clinic.held_slot for each row execute function clinic.hold_released();

-- The first few times that were opened after this wish was put on the list, at one centre: in the order of an index, and no further
-- than needed (as `near_open_time`, 0034). Whether the session has any time in that part of the day is kept beside it.
create function clinic.opened_since(p_entry uuid, p_centre uuid, p_providers uuid[], p_part smallint, p_minutes int, p_now timestamptz)
returns table (session uuid, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable rows 4 security definer set search_path = pg_catalog, pg_temp set enable_sort = off set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    w clinic.waitlist_entry;
    since timestamptz;
    until timestamptz;
begin
    select * into w from clinic.waitlist_entry e where e.id = p_entry;
    since := greatest((w.first_day - 2)::timestamp at time zone 'UTC', p_now - interval '25 hours');
    until := (w.last_day + 2)::timestamp at time zone 'UTC';
    if cardinality(p_providers) = 1 then
        return query
        select o.clinic_session_id, o.starts_at, o.ends_at from clinic.opened_time o
         where o.provider_id = p_providers[1] and o.starts_at > since and o.starts_at < until and o.centre_id = p_centre
           and o.ends_at > p_now and o.opened_at > w.added_at
           and exists (select from clinic.open_time f
                        where f.clinic_session_id = o.clinic_session_id and f.part = p_part and f.last_at >= p_now and f.longest >= p_minutes
                          and f.day between w.first_day and w.last_day and w.weekdays >> (extract(isodow from f.day)::int - 1) & 1 = 1)
           and not exists (select from clinic.waitlist_call k where k.entry_id = p_entry and k.provider_id = o.provider_id
                              and k.outcome = 'declined' and k.starts_at >= o.starts_at and k.starts_at < o.ends_at)
         order by o.starts_at, o.id limit 4;
        return;
    end if;
    return query
    select o.clinic_session_id, o.starts_at, o.ends_at from clinic.opened_time o
     where o.centre_id = p_centre and o.starts_at > since and o.starts_at < until
       -- Looked up, session after session in their order, and never joined.
       and (o.provider_id = any (p_providers)) is true
       and o.ends_at > p_now and o.opened_at > w.added_at
       and exists (select from clinic.open_time f
                    where f.clinic_session_id = o.clinic_session_id and f.part = p_part and f.last_at >= p_now and f.longest >= p_minutes
                      and f.day between w.first_day and w.last_day and w.weekdays >> (extract(isodow from f.day)::int - 1) & 1 = 1)
       and not exists (select from clinic.waitlist_call k where k.entry_id = p_entry and k.provider_id = o.provider_id
                          and k.outcome = 'declined' and k.starts_at >= o.starts_at and k.starts_at < o.ends_at)
     order by o.starts_at, o.id limit 4;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- As in 0033; and for each wish the earliest that suits it of what was opened after it was put on the list: one time for a wish,
-- so that a week that is made anew is a few rows. Of the first hundred wishes, in the order of the list. Planned once for a
-- connection: planning it takes longer than asking.
-- ---------------------------------------------------------------------------------------------------------------
create or replace function clinic.freed_times(p_most int)
returns table (provider_id uuid, centre_id uuid, starts_at timestamptz, ends_at timestamptz, held_by text, held_until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    -- Where nobody waits, nothing is looked for.
    if not exists (select from clinic.waitlist_entry e where e.status = 'waiting' and e.last_day >= clinic.now()::date - 1) then return; end if;
    return query
    with t as materialized (select clinic.now() as now),
    place as materialized (
        select c.id, c.zone from clinic.centre c where c.retired_at is null and c.id in (select clinic.centres_for('waitlist.offer'))),
    wish as materialized (
        select e.id, e.patient_id, e.provider_id, e.profession, e.department_id, e.centre_id, e.first_day, e.last_day, e.weekdays, e.added_at,
               b.first_minute, b.end_minute, b.part, coalesce(y.minutes, 0) as minutes,
               row_number() over (order by case e.priority when 'urgent' then 0 when 'soon' then 1 else 2 end, e.added_at, e.id) as place
          from clinic.waitlist_entry e
          join clinic.patient p on p.id = (clinic.records_of(e.patient_id))[1]
          left join clinic.visit_type y on y.code = e.visit_type
          cross join lateral (select case e.part when 'afternoon' then 720 when 'evening' then 1020 else 0 end as first_minute,
                                     case e.part when 'morning' then 720 when 'afternoon' then 1020 else 1440 end as end_minute,
                                     (case e.part when 'morning' then 1 when 'afternoon' then 2 when 'evening' then 3 else 0 end)::smallint as part) b
         where e.status = 'waiting' and e.last_day >= (select t.now from t)::date - 1
           and p.deactivated_at is null and (p.blocked_until is null or p.blocked_until < (select t.now from t)::date)
           and (e.centre_id is null or e.centre_id in (select place.id from place))),
    who as materialized (
        select p.id, p.profession, p.department_id
          from clinic.provider p join clinic.account a on a.id = p.account_id
         where a.deactivated_at is null
           and exists (select from wish w where w.provider_id = p.id
                           or w.profession = p.profession and (w.department_id is null or w.department_id = p.department_id))),
    last as materialized (select (max(wish.last_day) + 2)::timestamptz as at from wish),
    -- Held back and released at its hour.
    released as materialized (
        select s.id, s.provider_id, s.centre_id, s.day, h.starts_at, h.ends_at, h.release_at
          from clinic.held_slot h
          join clinic.clinic_session s on s.id = h.clinic_session_id and s.removed_at is null
         where h.day >= (select t.now from t)::date - 1 and h.ends_at > (select t.now from t) and h.release_at <= (select t.now from t)),
    -- For each wish the first few that were opened since, in sessions that have time.
    news as materialized (
        select w.id as wish, n.session, n.starts_at, n.ends_at
          from wish w
          cross join lateral (
            select x.session, x.starts_at, x.ends_at
              from place
              cross join lateral clinic.opened_since(w.id, place.id, case when w.provider_id is not null then array[w.provider_id]
                  else array(select who.id from who where who.profession = w.profession
                                and (w.department_id is null or who.department_id = w.department_id)) end,
                  w.part, w.minutes, (select t.now from t)) x
             where w.centre_id is null or place.id = w.centre_id
            union all
            select r.id, r.starts_at, r.ends_at
              from released r join who on who.id = r.provider_id
             where (w.provider_id = who.id or w.profession = who.profession and (w.department_id is null or w.department_id = who.department_id))
               and (w.centre_id is null or w.centre_id = r.centre_id) and r.release_at > w.added_at
               and not exists (select from clinic.waitlist_call k where k.entry_id = w.id and k.provider_id = who.id
                                  and k.outcome = 'declined' and k.starts_at >= r.starts_at and k.starts_at < r.ends_at)) n
         where w.place <= 100),
    -- What of it is free.
    fresh as materialized (
        select d.session, d.starts_at, d.ends_at, s.provider_id, s.centre_id, place.zone,
               tstzmultirange(tstzrange(greatest(d.starts_at, s.starts_at, (select t.now from t)),
                                        greatest(least(d.ends_at, s.ends_at), d.starts_at, s.starts_at, (select t.now from t))))
               - coalesce((select range_agg(x.occupied) from clinic.appointment x
                            where x.clinic_session_id = s.id and x.kind = 'slot' and x.status in ('booked', 'arrived', 'in_progress')), '{}')
               - coalesce((select range_agg(l.during) from clinic.schedule_exception l
                            where l.removed_at is null and l.ends_at > d.starts_at and l.starts_at < d.ends_at
                              and (l.kind = 'leave' and l.provider_id = s.provider_id and (l.centre_id is null or l.centre_id = s.centre_id)
                                   or l.kind = 'holiday' and l.centre_id = s.centre_id)), '{}')
               - coalesce((select range_agg(h.during) from clinic.held_slot h
                            where h.clinic_session_id = s.id and h.release_at > (select t.now from t)), '{}') as at
          from (select distinct n.session, n.starts_at, n.ends_at from news n) d
          join clinic.clinic_session s on s.id = d.session and s.removed_at is null
          join place on place.id = s.centre_id),
    opened as (
        select distinct on (w.id) f.provider_id, f.centre_id, p.at
          from news n
          join wish w on w.id = n.wish
          join fresh f on f.session = n.session and f.starts_at = n.starts_at and f.ends_at = n.ends_at
          join who on who.id = f.provider_id
          cross join lateral unnest(f.at) p(at)
          cross join lateral (select lower(p.at) at time zone f.zone as from_wall, upper(p.at) at time zone f.zone as to_wall) l
         where upper(p.at) - lower(p.at) >= make_interval(mins => w.minutes)
           and l.from_wall::date between w.first_day and w.last_day
           and w.weekdays >> (extract(isodow from l.from_wall)::int - 1) & 1 = 1
           and extract(hour from l.from_wall) * 60 + extract(minute from l.from_wall) < w.end_minute
           and (l.to_wall::date > l.from_wall::date or extract(hour from l.to_wall) * 60 + extract(minute from l.to_wall) > w.first_minute)
           and (who.profession <> 'specialist' or clinic.open_referral(w.patient_id, who.id, l.from_wall::date) is not null)
         order by w.id, lower(p.at), f.provider_id),
    freed as (
        select x.provider_id, x.centre_id, x.during
          from who join clinic.appointment x on x.provider_id = who.id
         where x.kind = 'slot' and x.status in ('cancelled', 'no_show', 'left')
           and x.starts_at > (select t.now from t) - interval '4 hours' and x.starts_at < (select last.at from last)
        union all
        select e.from_provider_id, null, tstzrange(e.from_starts_at, e.from_starts_at + (x.ends_at - x.starts_at))
          from who
          join clinic.appointment_event e on e.from_provider_id = who.id
          join clinic.appointment x on x.id = e.appointment_id and x.kind = 'slot'
         where (e.from_starts_at <> e.to_starts_at or e.from_provider_id <> e.to_provider_id)
           and e.from_starts_at > (select t.now from t) - interval '4 hours' and e.from_starts_at < (select last.at from last)
        union all
        select who.id, l.centre_id, l.during
          from who
          join clinic.schedule_exception l on l.removed_at is not null and l.ends_at > (select t.now from t)
           and (l.kind = 'leave' and l.provider_id = who.id or l.kind = 'holiday')
         where l.starts_at < (select last.at from last)
        union all
        select opened.provider_id, opened.centre_id, opened.at from opened),
    -- Within the sessions that are there.
    day as (
        select s.provider_id, s.centre_id, s.day, place.zone, range_agg(f.during * tstzrange(s.starts_at, s.ends_at)) as at
          from freed f
          join clinic.clinic_session s on s.provider_id = f.provider_id and (f.centre_id is null or s.centre_id = f.centre_id)
           and s.removed_at is null and s.ends_at > greatest(lower(f.during), (select t.now from t)) and s.starts_at < upper(f.during)
           and s.starts_at < (select last.at from last)
          join place on place.id = s.centre_id
         group by s.provider_id, s.centre_id, s.day, place.zone),
    gap as materialized (
        select d.provider_id, d.centre_id, d.day, d.zone,
               d.at * tstzmultirange(tstzrange((select t.now from t), null))
               - coalesce((select range_agg(x.occupied) from clinic.appointment x
                            where x.provider_id = d.provider_id and x.kind = 'slot' and x.status in ('booked', 'arrived', 'in_progress')
                              and x.starts_at > lower(d.at) - interval '5 hours' and x.starts_at < upper(d.at)), '{}')
               - coalesce((select range_agg(l.during) from clinic.schedule_exception l
                            where l.removed_at is null and l.ends_at > lower(d.at) and l.starts_at < upper(d.at)
                              and (l.kind = 'leave' and l.provider_id = d.provider_id and (l.centre_id is null or l.centre_id = d.centre_id)
                                   or l.kind = 'holiday' and l.centre_id = d.centre_id)), '{}')
               - coalesce((select range_agg(h.during) from clinic.held_slot h
                            where h.provider_id = d.provider_id and h.day = d.day and h.release_at > (select t.now from t)), '{}') as at
          from day d),
    hold as materialized (
        select gap.provider_id, gap.centre_id, gap.day, tstzrange(h.starts_at, h.ends_at) as during, h.expires_at,
               btrim(a.given_name || ' ' || a.family_name) as who
          from gap
          join clinic.slot_hold h on h.provider_id = gap.provider_id and h.day = gap.day and h.expires_at > (select t.now from t)
           and h.account_id <> (select auth.actor())
          join auth.session s on s.id = h.session_id and s.ended_at is null
          join clinic.account a on a.id = h.account_id),
    piece as (
        select gap.provider_id, gap.centre_id, gap.zone, p.at, null::text as held_by, null::timestamptz as held_until
          from gap cross join lateral unnest(gap.at - coalesce((select range_agg(h.during) from hold h
                where (h.provider_id, h.centre_id, h.day) = (gap.provider_id, gap.centre_id, gap.day)), '{}')) p(at)
        union all
        select gap.provider_id, gap.centre_id, gap.zone, p.at, h.who, h.expires_at
          from gap join hold h on (h.provider_id, h.centre_id, h.day) = (gap.provider_id, gap.centre_id, gap.day)
         cross join lateral unnest(gap.at * tstzmultirange(h.during)) p(at))
    select piece.provider_id, piece.centre_id, lower(piece.at), upper(piece.at), piece.held_by, piece.held_until
      from piece
      join who on who.id = piece.provider_id
      cross join lateral (select lower(piece.at) at time zone piece.zone as from_wall, upper(piece.at) at time zone piece.zone as to_wall) l
     where exists (
        select from wish w
         where (w.provider_id = who.id or w.profession = who.profession and (w.department_id is null or w.department_id = who.department_id))
           and (w.centre_id is null or w.centre_id = piece.centre_id)
           and l.from_wall::date between w.first_day and w.last_day
           and w.weekdays >> (extract(isodow from l.from_wall)::int - 1) & 1 = 1
           and extract(hour from l.from_wall) * 60 + extract(minute from l.from_wall) < w.end_minute
           and (l.to_wall::date > l.from_wall::date or extract(hour from l.to_wall) * 60 + extract(minute from l.to_wall) > w.first_minute)
           and (who.profession <> 'specialist' or clinic.open_referral(w.patient_id, who.id, l.from_wall::date) is not null)
           -- Who declined this very time is not asked again.
           and not exists (select from clinic.waitlist_call k
                            where k.entry_id = w.id and k.provider_id = who.id and k.outcome = 'declined' and k.starts_at <@ piece.at))
     order by 3, 1, 2 limit p_most;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- A move closes what it meets, as a booking does; taking it back opens that again, and nothing else.
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.moved_now(p_appointment uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.appointment_event e
                    where e.appointment_id = p_appointment and e.account_id = (select auth.actor())
                      and (e.from_starts_at <> e.to_starts_at or e.from_provider_id <> e.to_provider_id)
                      and age(e.xmin) <= age(pg_current_xact_id()::xid))
$$;

-- As in 0033, where it was for what is booked alone.
create or replace function clinic.waitlist_met(p_appointment uuid)
returns table (id uuid, family_name text, given_name text, profession text, visit_type text, first_day date, last_day date, part text, weekdays int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e record; a clinic.appointment; v record; minute int;
begin
    select * into a from clinic.appointment x
     where x.id = p_appointment and x.status in ('booked', 'arrived') and x.kind <> 'emergency'
       and (x.booked_by = (select auth.actor()) or clinic.moved_now(x.id))
       and age(x.xmin) <= age(pg_current_xact_id()::xid);
    if not found then return; end if;
    select pr.profession, pr.department_id, c.zone, (a.starts_at at time zone c.zone) as wall into v
      from clinic.provider pr, clinic.centre c where pr.id = a.provider_id and c.id = a.centre_id;
    minute := extract(hour from v.wall) * 60 + extract(minute from v.wall);
    for e in
        select w.*, o.family_name, o.given_name, t.name as visit from clinic.waitlist_entry w
          left join clinic.provider p on p.id = w.provider_id left join clinic.account o on o.id = p.account_id
          left join clinic.visit_type t on t.code = w.visit_type
         where w.patient_id = any (clinic.records_of(a.patient_id)) and w.status = 'waiting'
           and (w.provider_id = a.provider_id or w.profession = v.profession and (w.department_id is null or w.department_id = v.department_id))
           and (w.centre_id is null or w.centre_id = a.centre_id)
           and (w.visit_type is null or w.visit_type = a.visit_type)
           and v.wall::date between w.first_day and w.last_day
           and w.weekdays >> (extract(isodow from v.wall)::int - 1) & 1 = 1
           and minute >= case w.part when 'afternoon' then 720 when 'evening' then 1020 else 0 end
           and minute < case w.part when 'morning' then 720 when 'afternoon' then 1020 else 1440 end
         order by w.added_at for update of w
    loop
        update clinic.waitlist_entry x set status = 'booked', appointment_id = a.id where x.id = e.id;
        perform audit.record('waitlist.withdraw', 'waitlist_entry', e.id, e.patient_id, 'done', jsonb_build_object('back', false, 'booked', a.id));
        id := e.id; family_name := e.family_name; given_name := e.given_name; profession := e.profession; visit_type := e.visit;
        first_day := e.first_day; last_day := e.last_day; part := e.part; weekdays := e.weekdays;
        return next;
    end loop;
end $$;

-- In the transaction that moves an appointment back: of these, what it had closed is open again, at its old place, unless they wait
-- for the same again already or its days are over.
create function clinic.waitlist_unmoved(p_appointment uuid, p_entries uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e record;
begin
    if not clinic.moved_now(p_appointment) then return; end if;
    for e in
        select w.* from clinic.waitlist_entry w
         where w.id = any (p_entries) and w.appointment_id = p_appointment and w.status = 'booked' and w.last_day >= clinic.now()::date
           and not exists (select from clinic.waitlist_entry o
                            where o.patient_id = any (clinic.records_of(w.patient_id)) and o.id <> w.id and o.status = 'waiting'
                              and (o.provider_id, o.profession, o.visit_type) is not distinct from (w.provider_id, w.profession, w.visit_type)
                              and o.first_day <= w.last_day and o.last_day >= w.first_day)
         order by w.added_at for update
    loop
        update clinic.waitlist_entry x set status = 'waiting', appointment_id = null where x.id = e.id;
        perform audit.record('waitlist.withdraw', 'waitlist_entry', e.id, e.patient_id, 'done', jsonb_build_object('back', true, 'booked', p_appointment));
    end loop;
end $$;
grant execute on function clinic.waitlist_unmoved(uuid, uuid[]) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 36)::text where key = 'schema_version';
reset role;
