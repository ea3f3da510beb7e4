-- Sessions that were removed can be put back, by the rules of a new one; and why somebody is away is read by them and by
-- administrators.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- What puts a session back that was removed asks what adding it asks: the centre in use, the provider there, not over.
-- ---------------------------------------------------------------------------------------------------------------

create or replace function clinic.clinic_session_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int; zone text; retired timestamptz; added boolean;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    select c.zone, c.retired_at into zone, retired from clinic.centre c where c.id = new.centre_id;
    new.day := (new.starts_at at time zone zone)::date;
    added := tg_op = 'INSERT' or old.removed_at is not null and new.removed_at is null;
    if added then
        if retired is not null then perform clinic.refuse('session_centre_retired'); end if;
        if not exists (select from clinic.provider_centre x where x.provider_id = new.provider_id and x.centre_id = new.centre_id) then
            perform clinic.refuse('session_not_their_centre');
        end if;
        if exists (select from clinic.provider p join clinic.account a on a.id = p.account_id
                    where p.id = new.provider_id and a.deactivated_at is not null) then
            perform clinic.refuse('provider_deactivated');
        end if;
    end if;
    if tg_op = 'UPDATE' then
        if new.provider_id <> old.provider_id or new.centre_id <> old.centre_id then perform clinic.refuse('session_keeps_its_provider'); end if;
        select count(*) into n from clinic.appointment a
         where a.clinic_session_id = new.id and a.status in ('booked', 'arrived', 'in_progress');
        if new.removed_at is not null and n > 0 then
            perform clinic.refuse('session_removed_with_bookings', jsonb_build_object('bookings', n));
        end if;
        select count(*) into n from clinic.appointment a
         where a.clinic_session_id = new.id and a.status in ('booked', 'arrived', 'in_progress')
           and (a.starts_at < new.starts_at or a.ends_at > new.ends_at);
        if n > 0 then perform clinic.refuse('session_has_bookings', jsonb_build_object('bookings', n)); end if;
        select count(*) into n from clinic.appointment a
         where a.clinic_session_id = new.id and a.status in ('booked', 'arrived', 'in_progress') and a.kind = 'slot'
           and mod(extract(epoch from a.starts_at - new.starts_at)::int, new.slot_minutes * 60) <> 0
           and (new.starts_at, new.slot_minutes) is distinct from (old.starts_at, old.slot_minutes);
        if n > 0 then perform clinic.refuse('session_slots_of_bookings', jsonb_build_object('bookings', n)); end if;
    end if;
    if new.removed_at is null and new.ends_at <= clinic.now()
       and (added or (new.starts_at, new.ends_at) is distinct from (old.starts_at, old.ends_at)) then
        perform clinic.refuse('session_in_the_past');
    end if;
    return new;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- That somebody is away, and until when, is known to whoever books; why, to the provider and to administrators. Why a
-- centre is closed, and what an extra day is for, is known to all staff.
-- ---------------------------------------------------------------------------------------------------------------

do $$
begin
    revoke select on clinic.schedule_exception from praxis_app;
    execute (select format('grant select (%s) on clinic.schedule_exception to praxis_app', string_agg(quote_ident(a.attname), ', ' order by a.attnum))
               from pg_attribute a where a.attrelid = 'clinic.schedule_exception'::regclass and a.attnum > 0 and not a.attisdropped
                and a.attname <> 'reason');
end $$;

create function clinic.exception_reason(p_exception uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.reason from clinic.schedule_exception e
     where e.id = p_exception
       and (session_user <> 'praxis_app' or (select auth.is_staff())
            and (e.kind <> 'leave' or e.provider_id = (select auth.provider_id()) or (select auth.actor_role()) = 'administrator'))
$$;
grant execute on function clinic.exception_reason(uuid) to praxis_app;

create or replace function clinic.away(p_provider uuid, p_centre uuid, p_from timestamptz, p_to timestamptz)
returns table (kind text, until timestamptz, reason text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.kind, e.ends_at, case when e.kind = 'leave' then clinic.exception_reason(e.id) else e.reason end
      from clinic.schedule_exception e
     where e.removed_at is null and e.during && tstzrange(p_from, p_to)
       and (e.kind = 'leave' and e.provider_id = p_provider and (e.centre_id is null or e.centre_id = p_centre)
            or e.kind = 'holiday' and e.centre_id = p_centre)
     order by e.ends_at desc limit 1
$$;

do $$
declare
    def text := pg_get_functiondef('clinic.provider_days'::regproc);
    plain constant text := 'e.reason as text,';
begin
    if position(plain in def) = 0 then raise exception 'why somebody is away is not where it was'; end if;
    execute replace(def, plain, 'clinic.exception_reason(e.id) as text,');
end $$;

update clinic.setting set value = greatest(value::bigint, 37)::text where key = 'schema_version';
reset role;
