-- Which sessions may still have time, kept beside the appointments: whoever looks for a free time begins with these, and finds
-- out without reading a year of full days that there is none. Never the answer itself: what is free is still computed from
-- the appointments, the held slots and the exceptions.
set local role praxis_owner;

-- A session has a row for each part of the day in which one of its slots starts without a live appointment of the session
-- on it. Nothing that time alone changes is in it (holds that are released, the present), and nothing of other sessions.
create table clinic.open_time (
    clinic_session_id uuid not null references clinic.clinic_session on delete cascade,
    part smallint not null check (part between 0 and 3),    -- 0 the whole day; 1 to noon, 2 to 17:00, 3 from then on
    provider_id uuid not null,
    centre_id uuid not null,
    day date not null,
    first_at timestamptz not null,                           -- starts of the first and the last open slot
    last_at timestamptz not null,
    longest int not null,                                    -- minutes of the session's longest run of open slots
    primary key (clinic_session_id, part)
);
create index open_time_by_part on clinic.open_time (part, first_at);
create index open_time_by_provider on clinic.open_time (provider_id, day);

create function clinic.open_times(p_sessions uuid[])
returns table (clinic_session_id uuid, part smallint, provider_id uuid, centre_id uuid, day date, first_at timestamptz, last_at timestamptz, longest int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with s as materialized (
        select c.id, c.provider_id, c.centre_id, c.day, c.starts_at, c.ends_at, c.slot_minutes, make_interval(mins => c.slot_minutes) as step, o.zone,
               (select range_agg(a.occupied) from clinic.appointment a
                 where a.clinic_session_id = c.id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')) as busy
          from clinic.clinic_session c join clinic.centre o on o.id = c.centre_id
         where c.id = any (p_sessions) and c.removed_at is null),
    open as materialized (
        select s.id, g.at, g.n, case when l.wall < '12:00' then 1 when l.wall < '17:00' then 2 else 3 end as part
          from s
          cross join lateral generate_series(s.starts_at, s.ends_at - s.step, s.step) with ordinality g(at, n)
          cross join lateral (select (g.at at time zone s.zone)::time as wall) l
         where s.busy is null or not s.busy && tstzrange(g.at, g.at + s.step)),
    run as (
        select r.id, max(r.slots)::int as slots
          from (select x.id, count(*) as slots
                  from (select o.id, o.n - row_number() over (partition by o.id order by o.n) as island from open o) x
                 group by x.id, x.island) r
         group by r.id)
    select s.id, p.part::smallint, s.provider_id, s.centre_id, s.day, p.first_at, p.last_at, run.slots * s.slot_minutes
      from (select o.id, coalesce(o.part, 0) as part, min(o.at) as first_at, max(o.at) as last_at
              from open o group by grouping sets ((o.id), (o.id, o.part))) p
      join run on run.id = p.id
      join s on s.id = p.id
$$;

insert into clinic.open_time
select x.* from clinic.open_times((select array_agg(s.id) from clinic.clinic_session s)) x;

-- Computed anew, never counted up or down. The statement after the lock sees what everybody before it has committed.
create function clinic.find_open_time(p_session uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('open time ' || p_session, 0));
    with now_open as materialized (select x.* from clinic.open_times(array[p_session]) x),
         closed as (delete from clinic.open_time o
                     where o.clinic_session_id = p_session and not exists (select from now_open n where n.part = o.part))
    insert into clinic.open_time as o select n.* from now_open n
    on conflict (clinic_session_id, part) do update
       set provider_id = excluded.provider_id, centre_id = excluded.centre_id, day = excluded.day, first_at = excluded.first_at,
           last_at = excluded.last_at, longest = excluded.longest
     where (o.provider_id, o.centre_id, o.day, o.first_at, o.last_at, o.longest) is distinct from
           (excluded.provider_id, excluded.centre_id, excluded.day, excluded.first_at, excluded.last_at, excluded.longest);
end $$;

create function clinic.follow_open_time() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'clinic_session' then
        perform clinic.find_open_time(new.id);
        return null;
    end if;
    if tg_op <> 'INSERT' and old.clinic_session_id is not null then perform clinic.find_open_time(old.clinic_session_id); end if;
    if tg_op <> 'DELETE' and new.clinic_session_id is not null
       and (tg_op = 'INSERT' or new.clinic_session_id is distinct from old.clinic_session_id) then
        perform clinic.find_open_time(new.clinic_session_id);
    end if;
    return null;
end $$;

-- A session is its writer's alone while it is written. The appointments of one are many people's: their turn is at the
-- commit, when nothing else is waited for, so that nobody who waits for it is waited for.
create trigger open_time after insert or update of starts_at, ends_at, slot_minutes, removed_at, day, provider_id, centre_id
    on clinic.clinic_session for each row execute function clinic.follow_open_time();
create constraint trigger open_time_added after insert on clinic.appointment deferrable initially deferred
    for each row when (new.kind = 'slot') execute function clinic.follow_open_time();
create constraint trigger open_time_changed after update on clinic.appointment deferrable initially deferred
    for each row when ((old.kind = 'slot' or new.kind = 'slot')
        and (old.kind, old.status, old.starts_at, old.ends_at, old.busy_until, old.clinic_session_id)
            is distinct from (new.kind, new.status, new.starts_at, new.ends_at, new.busy_until, new.clinic_session_id))
    execute function clinic.follow_open_time();
create constraint trigger open_time_removed after delete on clinic.appointment deferrable initially deferred
    for each row when (old.kind = 'slot') execute function clinic.follow_open_time();

-- Another zone moves what is morning: nobody writes meanwhile, and whoever was writing writes theirs anew afterwards.
create function clinic.follow_zone() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    lock table clinic.open_time in share row exclusive mode;
    delete from clinic.open_time o where o.centre_id = new.id;
    insert into clinic.open_time
    select x.* from clinic.open_times((select array_agg(s.id) from clinic.clinic_session s where s.centre_id = new.id)) x;
    return null;
end $$;
create trigger open_time after update of zone on clinic.centre for each row
    when (old.zone is distinct from new.zone) execute function clinic.follow_zone();

alter table clinic.open_time enable row level security;
create policy read on clinic.open_time for select to praxis_app using ((select auth.actor()) is not null);
grant select on clinic.open_time to praxis_app;
revoke all on function clinic.open_times(uuid[]) from public;
revoke all on function clinic.find_open_time(uuid) from public;
revoke all on function clinic.follow_open_time() from public;
revoke all on function clinic.follow_zone() from public;

-- ---------------------------------------------------------------------------------------------------------------
-- Who is speaking, once for a statement, in what was written since 0017 too.
-- ---------------------------------------------------------------------------------------------------------------
do $$
declare f record; src text; asks constant text := 'auth\.(actor|actor_role|provider_id|own_patient)\(\)';
begin
    for f in select p.oid, p.prosrc from pg_proc p
              where p.pronamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace)
                and p.prosrc ~ ('[^:](=|<>|distinct from) ' || asks) loop
        src := regexp_replace(f.prosrc, '([^:])(=|<>|distinct from) (' || asks || ')', '\1\2 (select \3)', 'g');
        execute replace(pg_get_functiondef(f.oid), f.prosrc, src);
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- For every patient of a day at once what `records_of` and `allergy_state` say of one.
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.records_of_each(p_patients uuid[]) returns table (patient_id uuid, record uuid)
language sql stable security definer rows 300 set search_path = pg_catalog, pg_temp as $$
    with one as materialized (
        select x.id, coalesce(l.survivor_id, x.id) as goes_on
          from (select distinct u as id from unnest(p_patients) u) x
          left join clinic.patient_link l on l.patient_id = x.id and l.undone_at is null
         where session_user <> 'praxis_app' or (select auth.actor()) is not null)
    select one.id, one.goes_on from one
    union all
    select one.id, l.patient_id from one join clinic.patient_link l on l.survivor_id = one.goes_on and l.undone_at is null
$$;

create function clinic.allergy_states(p_patients uuid[]) returns table (patient_id uuid, state text)
language sql stable security definer rows 300 set search_path = pg_catalog, pg_temp as $$
    with me as materialized (
        select auth.unrestricted('patient.open') and not auth.allowed('patient.open', 'fewer_fields') as everybody,
               auth.allowed('patient.open', 'self_patient') as oneself),
         own as materialized (select o as id from me, clinic.own_records() o where me.oneself),
         r as materialized (
             select e.patient_id, bool_or(p.allergy_state in ('listed', 'none_known')) as known,
                    bool_or(exists (select from clinic.allergy a where a.patient_id = e.record and a.status = 'active' and a.struck_at is null)) as listed
               from clinic.records_of_each(p_patients) e join clinic.patient p on p.id = e.record group by e.patient_id)
    select r.patient_id, case when not (me.everybody or r.patient_id in (select own.id from own)) then 'hidden'
                              when r.listed then 'listed' when r.known then 'none_known' else 'not_asked' end
      from r, me
$$;
revoke all on function clinic.records_of_each(uuid[]) from public;
revoke all on function clinic.allergy_states(uuid[]) from public;
grant execute on function clinic.records_of_each(uuid[]) to praxis_app;
grant execute on function clinic.allergy_states(uuid[]) to praxis_app;

-- What the board asks of each day: what is left open of the days before, and whether somebody was seen here.
create index appointment_left_open on clinic.appointment (centre_id, day) where status in ('booked', 'arrived');
create index appointment_seen on clinic.appointment (patient_id) where status = 'completed';

-- The report of the third free time, for the centres of whom asks alone, from what is kept of the open time.
create or replace function clinic.report_third_free() returns table (provider_id uuid, centre_id uuid, days int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with mine as materialized (
        select c.id, c.zone, (clinic.now() at time zone c.zone)::date as today from clinic.centre c
         where c.id in (select clinic.centres_for('report.open')) and c.retired_at is null)
    select pc.provider_id, pc.centre_id, f.day - mine.today
      from mine
      join clinic.provider_centre pc on pc.centre_id = mine.id
      join clinic.provider p on p.id = pc.provider_id
      join clinic.account v on v.id = p.account_id and v.deactivated_at is null
      left join lateral (
          select s.day
            from (select o.clinic_session_id from clinic.open_time o
                   where o.part = 0 and o.provider_id = pc.provider_id and o.centre_id = pc.centre_id and o.last_at >= clinic.now()
                     and o.day <= mine.today + 61 order by o.first_at) near
            join clinic.clinic_session s on s.id = near.clinic_session_id
            cross join lateral generate_series(s.starts_at, s.ends_at - make_interval(mins => s.slot_minutes),
                                               make_interval(mins => s.slot_minutes)) g(at)
           where s.starts_at < clinic.now() + interval '60 days' and g.at >= clinic.now()
             and not exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                                and a.occupied && tstzrange(g.at, g.at + make_interval(mins => s.slot_minutes)))
           order by g.at offset 2 limit 1) f on true
     order by 2, 1
$$;

update clinic.setting set value = greatest(value::bigint, 31)::text where key = 'schema_version';
reset role;
