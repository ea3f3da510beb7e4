-- The waiting list without the desk that freed a time: what came free by any hand is found again from what the schedule has kept,
-- and a booking made elsewhere closes the wish that it meets.
set local role praxis_owner;

-- What came free and what was left: few rows of many.
create index appointment_freed on clinic.appointment (provider_id, starts_at) where kind = 'slot' and status in ('cancelled', 'no_show', 'left');
create index appointment_event_left on clinic.appointment_event (from_provider_id, from_starts_at)
    where from_starts_at <> to_starts_at or from_provider_id <> to_provider_id;

-- The times ahead that were taken once and are free now, which somebody on the list could want: appointments that were cancelled,
-- missed or moved away from, leave and holidays that were taken back. Nothing is kept of them: who asks is told what is so now.
-- What another desk is choosing or offering stands in a row of its own, with who and until when. Whether a wish fits to the
-- minute (its length, the patient's own day) is asked of the free times themselves.
create function clinic.freed_times(p_most int)
returns table (provider_id uuid, centre_id uuid, starts_at timestamptz, ends_at timestamptz, held_by text, held_until timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- Where nobody waits, nothing is looked for.
    if not exists (select from clinic.waitlist_entry e where e.status = 'waiting' and e.last_day >= clinic.now()::date - 1) then return; end if;
    return query
    with t as materialized (select clinic.now() as now),
    place as materialized (
        select c.id, c.zone from clinic.centre c where c.retired_at is null and c.id in (select clinic.centres_for('waitlist.offer'))),
    wish as materialized (
        select e.id, e.patient_id, e.provider_id, e.profession, e.department_id, e.centre_id, e.first_day, e.last_day, e.weekdays, b.first_minute, b.end_minute
          from clinic.waitlist_entry e
          join clinic.patient p on p.id = (clinic.records_of(e.patient_id))[1]
          cross join lateral (select case e.part when 'afternoon' then 720 when 'evening' then 1020 else 0 end as first_minute,
                                     case e.part when 'morning' then 720 when 'afternoon' then 1020 else 1440 end as end_minute) b
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
         where l.starts_at < (select last.at from last)),
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
                                   or l.kind = 'holiday' and l.centre_id = d.centre_id)), '{}') as at
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
grant execute on function clinic.freed_times(int) to praxis_app;

-- In the transaction that books: closes every open wish of the patient that the appointment meets whole, and answers with them.
-- Whoever books need not see the list: what is closed is said to them with the booking.
create function clinic.waitlist_met(p_appointment uuid)
returns table (id uuid, family_name text, given_name text, profession text, visit_type text, first_day date, last_day date, part text, weekdays int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e record; a clinic.appointment; v record; minute int;
begin
    select * into a from clinic.appointment x
     where x.id = p_appointment and x.booked_by = (select auth.actor()) and x.status in ('booked', 'arrived') and x.kind <> 'emergency'
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

-- In the transaction that takes a booking back: what it closed is open again, at its old place, unless they wait for the same
-- again already or its days are over.
create function clinic.waitlist_unmet(p_appointment uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e record; a clinic.appointment;
begin
    select * into a from clinic.appointment x
     where x.id = p_appointment and x.status = 'cancelled' and age(x.xmin) <= age(pg_current_xact_id()::xid);
    if not found then return; end if;
    for e in
        select w.* from clinic.waitlist_entry w
         where w.appointment_id = a.id and w.status = 'booked' and w.last_day >= clinic.now()::date
           and not exists (select from clinic.waitlist_entry o
                            where o.patient_id = any (clinic.records_of(w.patient_id)) and o.id <> w.id and o.status = 'waiting'
                              and (o.provider_id, o.profession, o.visit_type) is not distinct from (w.provider_id, w.profession, w.visit_type)
                              and o.first_day <= w.last_day and o.last_day >= w.first_day)
         order by w.added_at for update
    loop
        update clinic.waitlist_entry x set status = 'waiting', appointment_id = null where x.id = e.id;
        perform audit.record('waitlist.withdraw', 'waitlist_entry', e.id, e.patient_id, 'done', jsonb_build_object('back', true, 'booked', a.id));
    end loop;
end $$;

-- As in 0029; and whoever was booked and goes on waiting for another time is put back too.
create or replace function clinic.waitlist_withdraw(p_entry uuid, p_seen bigint, p_back boolean) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.withdraw', p_entry); made bigint;
begin
    if e.version <> p_seen then return null; end if;
    if p_back and e.status = 'waiting' or not p_back and e.status <> 'waiting' then
        perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status));
    end if;
    update clinic.waitlist_entry x set status = case when p_back then 'waiting' else 'withdrawn' end, appointment_id = null
     where x.id = p_entry returning x.version into made;
    perform audit.record('waitlist.withdraw', 'waitlist_entry', p_entry, e.patient_id, 'done', jsonb_build_object('back', p_back));
    return made;
end $$;
grant execute on function clinic.waitlist_met(uuid) to praxis_app;
grant execute on function clinic.waitlist_unmet(uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 33)::text where key = 'schema_version';
reset role;
