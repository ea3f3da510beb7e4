-- A leave that was taken back can be put back, so that an accepted plan is undone as one; and the sessions that may have time
-- are read in their order, centre by centre.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- What was taken back can be put back: a leave or a holiday, as it was, by who may enter one.
-- ---------------------------------------------------------------------------------------------------------------

create or replace function clinic.schedule_exception_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare away record; zone text;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    -- Bookings look under the shared lock: none slips in beside a new exception without being listed as a clash.
    perform pg_advisory_xact_lock(hashtextextended('exception', 0));
    if tg_op = 'UPDATE' then
        if (new.kind, new.provider_id, new.centre_id, new.starts_at, new.ends_at, new.reason) is distinct from
           (old.kind, old.provider_id, old.centre_id, old.starts_at, old.ends_at, old.reason)
           -- The session of an extra day has gone with it.
           or old.removed_at is not null and new.removed_at is null and old.kind = 'extra' then
            perform clinic.refuse('exception_stays');
        end if;
        if new.removed_at is null then
            if old.removed_at is not null and new.ends_at <= clinic.now() then perform clinic.refuse('exception_in_the_past'); end if;
        else
            new.removed_at := coalesce(old.removed_at, clinic.now());
        end if;
        return new;
    end if;
    new.added_by := auth.actor(); new.added_at := clinic.now(); new.removed_at := null;
    if new.ends_at <= clinic.now() then perform clinic.refuse('exception_in_the_past'); end if;
    if new.provider_id is not null and new.centre_id is not null
       and not exists (select from clinic.provider_centre x where x.provider_id = new.provider_id and x.centre_id = new.centre_id) then
        perform clinic.refuse('session_not_their_centre');
    end if;
    if new.kind = 'extra' then
        select c.zone into zone from clinic.centre c where c.id = new.centre_id;
        select * into away from clinic.away(new.provider_id, new.centre_id, new.starts_at, new.ends_at);
        if found then
            perform clinic.refuse(case away.kind when 'leave' then 'provider_on_leave' else 'centre_on_holiday' end,
                jsonb_build_object('until', to_char((away.until - interval '1 second') at time zone zone, 'YYYY-MM-DD'), 'reason', coalesce(away.reason, '')));
        end if;
    end if;
    return new;
end $$;

create or replace function clinic.availability_permitted() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o jsonb := to_jsonb(old); n jsonb := to_jsonb(new); x jsonb := coalesce(n, o); act text; why text; noun text;
begin
    if current_user <> 'praxis_app' then return coalesce(new, old); end if;
    noun := case tg_table_name when 'visit_type' then 'visit-type' else tg_table_name end;
    act := case tg_table_name
        when 'schedule_exception' then case when tg_op = 'INSERT' or n ->> 'removed_at' is null and o ->> 'removed_at' is not null
                                            then 'exception.add' else 'exception.remove' end
        when 'held_slot' then case tg_op when 'INSERT' then 'session.hold' else 'session.release' end
        else noun || case when tg_op = 'INSERT' then '.add' when n -> 'retired_at' = o -> 'retired_at' then '.change'
                          when n ->> 'retired_at' is null then '.reopen' else '.retire' end end;
    why := auth.may(act, null, coalesce(x ->> 'clinic_session_id', x ->> 'centre_id', x ->> 'provider_id')::uuid);
    if why is not null and x ->> 'provider_id' is not null then
        why := auth.may(act, null, (x ->> 'provider_id')::uuid);
        -- A leave that is everywhere: who works where the provider does.
        if why is not null and x ->> 'centre_id' is null and 'own_centre' = any (auth.permits(act))
           and exists (select from clinic.provider_centre pc where pc.provider_id = (x ->> 'provider_id')::uuid
                          and pc.centre_id in (select clinic.my_centres())) and tg_table_name = 'schedule_exception' then
            why := null;
        end if;
    end if;
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', act, 'why', why, 'role', auth.actor_role()));
    end if;
    return coalesce(new, old);
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- The first sessions that may have time. Nobody knows while the statement is planned how many of them there are before the
-- wanted number is found; whatever is guessed, they are read in the order of the index, and no further than needed.
-- ---------------------------------------------------------------------------------------------------------------
drop index clinic.open_time_by_part;
drop index clinic.open_time_by_provider;
create index open_time_by_centre on clinic.open_time (centre_id, part, first_at);
create index open_time_by_provider on clinic.open_time (provider_id, part, first_at);

-- As many as wanted, beside those that have begun; and those that start together with the last of them. Specialists count where
-- the patient, if there is one, has a referral; one provider who is asked for by name always.
create function clinic.near_open_time(p_part smallint, p_from date, p_to date, p_centres uuid[], p_providers uuid[], p_specialists uuid[],
                                      p_patient uuid, p_minutes int, p_wanted bigint)
returns table (id uuid, first_at timestamptz, wanted bigint)
language plpgsql stable rows 20 set search_path = pg_catalog, pg_temp set enable_sort = off set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan as $$
declare
    t timestamptz := clinic.now();
    since timestamptz := (p_from - 2)::timestamp at time zone 'UTC';
    until timestamptz := (p_to + 2)::timestamp at time zone 'UTC';
    n bigint;
begin
    if cardinality(p_providers) = 1 then
        select p_wanted + count(*) into n from clinic.open_time o
         where o.provider_id = p_providers[1] and o.part = p_part and o.first_at >= since and o.first_at < t
           and o.last_at >= t and o.day between p_from and p_to and o.centre_id = any (p_centres);
        return query
        select x.*, n from (
            select o.clinic_session_id, o.first_at from clinic.open_time o
             where o.provider_id = p_providers[1] and o.part = p_part and o.first_at >= since and o.first_at < until
               and o.last_at >= t and o.day between p_from and p_to and o.longest >= p_minutes and o.centre_id = any (p_centres)
               and (p_patient is null or cardinality(p_specialists) = 0 or clinic.referral_exists(p_patient, o.provider_id, o.day))
             order by o.first_at fetch first n rows with ties) x;
        return;
    end if;
    select p_wanted + count(*) into n
      from unnest(p_centres) c(id)
      cross join lateral (
          select from clinic.open_time o
           where o.centre_id = c.id and o.part = p_part and o.first_at >= since and o.first_at < t
             and o.last_at >= t and o.day between p_from and p_to and (o.provider_id in (select unnest(p_providers))) is true) b;
    return query
    select y.*, n from (
        select x.clinic_session_id, x.first_at
          from unnest(p_centres) c(id)
          cross join lateral (
              select o.clinic_session_id, o.first_at from clinic.open_time o
               where o.centre_id = c.id and o.part = p_part and o.first_at >= since and o.first_at < until
                 and o.last_at >= t and o.day between p_from and p_to and o.longest >= p_minutes
                 -- Looked up in a table, session after session in their order, and never joined.
                 and (o.provider_id in (select unnest(p_providers))) is true
                 and (p_patient is null or (o.provider_id not in (select unnest(p_specialists))) is true
                      or clinic.referral_exists(p_patient, o.provider_id, o.day))
               order by o.first_at fetch first n rows with ties) x
         order by x.first_at fetch first n rows with ties) y;
end $$;
revoke all on function clinic.near_open_time(smallint, date, date, uuid[], uuid[], uuid[], uuid, int, bigint) from public;
grant execute on function clinic.near_open_time(smallint, date, date, uuid[], uuid[], uuid[], uuid, int, bigint) to praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- What a view of the schedule shows, and what is read again of it on every screen when somebody changed something: planned once
-- for a connection, when the view is opened, which costs more than reading it. Only what may be read is: these are the reader's
-- own rights. Of everybody who has a session at the centre on its day the sessions, with the bookings of the window; and the
-- provider-days that are named, with their bookings.
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.provider_days(p_centre uuid, p_day date, p_providers uuid[], p_days date[], p_from uuid, p_window bigint)
returns table (provider uuid, day date, family text, given text, profession text, sessions jsonb, bookings jsonb, "off" jsonb)
language plpgsql stable rows 10 set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return query
    with asked as (
            select s.provider_id, s.day, false as named from clinic.clinic_session s
             where s.centre_id = p_centre and s.day = p_day and s.removed_at is null
            union select q.provider, q.day, true from unnest(p_providers, p_days) q(provider, day)),
         known as materialized (
            select a.provider_id, a.day, bool_or(a.named) as named, v.family_name, v.given_name, p.profession,
                   row_number() over (order by v.family_name, v.given_name, a.provider_id, a.day) as place,
                   count(*) over () as n
              from asked a
              join clinic.provider p on p.id = a.provider_id
              join clinic.account v on v.id = p.account_id
             group by a.provider_id, a.day, v.family_name, v.given_name, p.profession),
         seen as materialized (
            select greatest(1, least(k.n - p_window + 1, coalesce((
                       select min(x.place) from known x
                        where (x.family_name, x.given_name, x.provider_id) >= (
                              select v.family_name, v.given_name, p.id from clinic.provider p
                                join clinic.account v on v.id = p.account_id where p.id = p_from)), 1))) as first
              from known k limit 1),
         -- No clock is 15 hours from UTC: these bounds hold the day of any centre, and an index has them.
         wanted as (
            select k.*, k.named or k.place >= f.first and k.place < f.first + p_window as whole,
                   (k.day - 1)::timestamp at time zone 'UTC' + interval '9 hours' as since,
                   (k.day + 1)::timestamp at time zone 'UTC' + interval '15 hours' as until
              from known k cross join seen f)
    select k.provider_id, k.day, k.family_name, k.given_name, k.profession,
           coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'centre', s.centre_id, 'name', c.name, 'zone', c.zone,
                            'from', s.starts_at, 'to', s.ends_at, 'minutes', s.slot_minutes) order by s.starts_at)
                       from clinic.clinic_session s join clinic.centre c on c.id = s.centre_id
                      where s.provider_id = k.provider_id and s.day = k.day and s.removed_at is null
                        and s.starts_at > k.since and s.starts_at < k.until), '[]'),
           case when k.whole then
           coalesce((select jsonb_agg(jsonb_build_object('id', a.id, 'version', a.version, 'patient', a.patient_id,
                            'family', p.family_name, 'given', p.given_name, 'sex', p.sex, 'born', p.birth_date, 'centre', a.centre_id,
                            'zone', c.zone, 'from', a.starts_at, 'to', a.ends_at, 'status', a.status, 'kind', a.kind, 'visit', y.name,
                            'busy', a.busy_until) order by a.starts_at, a.booked_at, a.id)
                       from clinic.appointment a
                       join clinic.patient p on p.id = a.patient_id
                       join clinic.centre c on c.id = a.centre_id
                       left join clinic.visit_type y on y.code = a.visit_type
                      where a.provider_id = k.provider_id and a.day = k.day and a.status not in ('cancelled', 'voided')
                        and a.starts_at > k.since and a.starts_at < k.until), '[]') end,
           case when k.whole then
           coalesce((select jsonb_agg(jsonb_build_object('kind', o.kind, 'text', o.text, 'centre', o.centre, 'from', o.starts_at,
                            'to', o.ends_at, 'until', o.until) order by o.rank, o.starts_at)
                       from (select e.kind, e.reason as text, e.centre_id as centre, e.starts_at, e.ends_at, null::timestamptz as until, 1 as rank
                               from clinic.schedule_exception e
                              where e.removed_at is null
                                and e.during && tstzrange((k.day - 1)::timestamp at time zone 'UTC', (k.day + 2)::timestamp at time zone 'UTC')
                                and (e.kind = 'leave' and e.provider_id = k.provider_id or e.kind = 'holiday')
                             union all
                             select h.kind, null, null, h.starts_at, h.ends_at, h.release_at, 2
                               from clinic.held_slot h where h.provider_id = k.provider_id and h.day = k.day
                             union all
                             select case when h.mine then 'mine' else 'chosen' end, h.holder, null, h.starts_at, h.ends_at, h.until, 3
                               from clinic.holds_of(array[k.provider_id], k.day, k.day) h) o), '[]') end
      from wanted k
     order by k.place;
end $$;
revoke all on function clinic.provider_days(uuid, date, uuid[], date[], uuid, bigint) from public;
grant execute on function clinic.provider_days(uuid, date, uuid[], date[], uuid, bigint) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 34)::text where key = 'schema_version';
reset role;
