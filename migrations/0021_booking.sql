-- Booking together: the time that somebody is choosing, appointments that belong together, and how early a patient cancels.
set local role praxis_owner;

insert into clinic.setting (key, value) values ('patient_cancel_min_days', '7');

-- A time that is being chosen at a desk, for 90 seconds unless it is renewed. One for each sign-in. It stands beside the
-- appointments and takes no part in their constraints: whoever ignores it loses nothing but the courtesy.
create table clinic.slot_hold (
    id uuid primary key default gen_random_uuid(),
    session_id uuid not null unique,
    account_id uuid not null references clinic.account,
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    day date not null,                       -- where the centre is
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    expires_at timestamptz not null,
    constraint slot_hold_period check (starts_at < ends_at and ends_at <= starts_at + interval '4 hours')
);
create index slot_hold_by_day on clinic.slot_hold (provider_id, day);
alter table clinic.slot_hold enable row level security;
-- Renewing wakes nobody; taking and letting go wake whoever shows that provider's day.
create trigger wake after insert or delete on clinic.slot_hold for each row execute function clinic.wake();

-- The holds that count now, of these providers and days; whose they are is no business of patients.
create function clinic.holds_of(p_providers uuid[], p_from date, p_to date)
returns table (provider_id uuid, centre_id uuid, day date, starts_at timestamptz, ends_at timestamptz, holder text, until timestamptz, mine boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.provider_id, h.centre_id, h.day, h.starts_at, h.ends_at, a.given_name || ' ' || a.family_name, h.expires_at,
           h.session_id = auth.session_id()
      from clinic.slot_hold h
      join clinic.account a on a.id = h.account_id
      join auth.session s on s.id = h.session_id and s.ended_at is null
     where (select auth.permits('appointment.book')) is not null
       and h.provider_id = any (p_providers) and h.day between p_from and p_to and h.expires_at > clinic.now()
     order by h.starts_at, h.provider_id
$$;

-- Holds a time for this sign-in instead of the one it held. Who holds it already, and until when, otherwise: then nothing
-- is held.
create function clinic.hold_slot(p_provider uuid, p_centre uuid, p_from timestamptz, p_to timestamptz, out holder text, out until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid := auth.session_id(); on_day date; other record;
begin
    if coalesce(auth.permits('appointment.book'), auth.permits('appointment.move')) is null then
        perform clinic.refuse('not_permitted', '{"action": "appointment.book"}');
    end if;
    select (p_from at time zone c.zone)::date into on_day from clinic.centre c where c.id = p_centre;
    if on_day is null then perform clinic.refuse('not_a_slot'); end if;
    -- Two desks that choose the same time at once ask one after the other.
    perform pg_advisory_xact_lock(hashtextextended(format('hold %s %s', p_provider, on_day), 0));
    select a.given_name || ' ' || a.family_name as name, h.expires_at into other
      from clinic.slot_hold h
      join clinic.account a on a.id = h.account_id
      join auth.session s on s.id = h.session_id and s.ended_at is null
     where h.provider_id = p_provider and h.expires_at > clinic.now() and h.account_id <> me
       and h.starts_at < p_to and h.ends_at > p_from
     order by h.expires_at desc limit 1;
    delete from clinic.slot_hold h where h.session_id = mine
       and (other.name is not null or (h.provider_id, h.centre_id, h.starts_at, h.ends_at) is distinct from (p_provider, p_centre, p_from, p_to));
    delete from clinic.slot_hold h where h.id in
        (select x.id from clinic.slot_hold x where x.provider_id = p_provider and x.day = on_day and x.expires_at <= clinic.now()
            for update skip locked);
    if other.name is not null then
        holder := other.name; until := other.expires_at;
        return;
    end if;
    insert into clinic.slot_hold as h (session_id, account_id, provider_id, centre_id, day, starts_at, ends_at, expires_at)
    values (mine, me, p_provider, p_centre, on_day, p_from, p_to, clinic.now() + interval '90 seconds')
    on conflict (session_id) do update set expires_at = excluded.expires_at
    returning h.expires_at into until;
end $$;

create function clinic.let_go() returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from clinic.slot_hold where session_id = auth.session_id()
$$;

-- A time that somebody else is choosing is not booked over their head; what was booked is held no longer.
create function clinic.appointment_holds() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); other record;
begin
    if me is null or new.kind <> 'slot' or new.status <> 'booked' then return new; end if;
    if tg_op = 'UPDATE' and (old.status = 'booked' and (new.starts_at, new.ends_at, new.provider_id) = (old.starts_at, old.ends_at, old.provider_id)
                             or old.status not in ('booked', 'cancelled')) then
        return new;
    end if;
    if tg_when = 'AFTER' then
        delete from clinic.slot_hold h where h.session_id = auth.session_id() and h.provider_id = new.provider_id
           and h.starts_at < new.ends_at and h.ends_at > new.starts_at;
        return null;
    end if;
    select a.given_name || ' ' || a.family_name as name, to_char(h.expires_at at time zone c.zone, 'HH24:MI:SS') as until,
           to_char(new.starts_at at time zone c.zone, 'HH24:MI') as at into other
      from clinic.slot_hold h
      join clinic.account a on a.id = h.account_id
      join clinic.centre c on c.id = new.centre_id
      join auth.session s on s.id = h.session_id and s.ended_at is null
     where h.provider_id = new.provider_id and h.expires_at > clinic.now() and h.account_id <> me
       and h.starts_at < new.ends_at and h.ends_at > new.starts_at
     order by h.expires_at desc limit 1;
    if found then
        perform clinic.refuse('slot_being_chosen', jsonb_build_object('who', other.name, 'until', other.until, 'time', other.at));
    end if;
    return new;
end $$;
create trigger b_holds before insert or update of starts_at, ends_at, provider_id, status on clinic.appointment
    for each row execute function clinic.appointment_holds();
create trigger held_no_longer after insert or update of starts_at, ends_at, provider_id, status on clinic.appointment
    for each row execute function clinic.appointment_holds();

-- Who took a time, and when: what the refusal of a desk that came second says.
create function clinic.taken_by(p_appointment uuid) returns table (at timestamptz, who text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.at, a.given_name || ' ' || a.family_name
      from clinic.appointment_event e join clinic.account a on a.id = e.account_id
     where (select auth.permits('appointment.book')) is not null and e.appointment_id = p_appointment and e.to_status = 'booked'
     order by e.at desc, e.id limit 1
$$;

-- Patients cancel and move early; staff at any time, with a reason.
create function clinic.patient_changes_early() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare days int;
begin
    if auth.actor() is null or (select role from clinic.account where id = auth.actor()) <> 'patient' then return new; end if;
    days := clinic.setting('patient_cancel_min_days')::int;
    if old.status = 'booked' and (new.status = 'cancelled' or new.starts_at <> old.starts_at)
       and old.starts_at < clinic.now() + make_interval(days => days) then
        perform clinic.refuse('patient_cancels_early', jsonb_build_object('days', days));
    end if;
    return new;
end $$;
create trigger c_patient_changes_early before update of status, starts_at on clinic.appointment
    for each row execute function clinic.patient_changes_early();

-- Appointments that were booked together: a series of one patient, or a family in adjacent slots.
create table clinic.series (
    id uuid primary key,
    kind text not null check (kind in ('series', 'family')),
    made_by uuid not null references clinic.account,
    made_at timestamptz not null
);
create table clinic.series_member (
    appointment_id uuid primary key references clinic.appointment,
    series_id uuid not null references clinic.series,
    n int not null check (n between 1 and 104),
    unique (series_id, n)
);
alter table clinic.series enable row level security;
alter table clinic.series_member enable row level security;

-- Ties appointments that this person has just booked, in this order.
create function clinic.tie_together(p_series uuid, p_kind text, p_appointments uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from unnest(p_appointments) x(id) left join clinic.appointment a on a.id = x.id
                where a.id is null or a.booked_by is distinct from auth.actor() or a.status <> 'booked') then
        perform clinic.refuse('series_of_others');
    end if;
    insert into clinic.series (id, kind, made_by, made_at) values (p_series, p_kind, auth.actor(), clinic.now());
    insert into clinic.series_member (appointment_id, series_id, n)
    select x.id, p_series, x.n from unnest(p_appointments) with ordinality x(id, n);
end $$;

-- What belongs together with an appointment, itself included, in the order in which it was booked.
create function clinic.series_of(p_appointment uuid) returns table (series_id uuid, kind text, appointment_id uuid, n int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.kind, m.appointment_id, m.n
      from clinic.series_member own
      join clinic.series s on s.id = own.series_id
      join clinic.series_member m on m.series_id = s.id
     where (select auth.unrestricted('appointment.open')) and own.appointment_id = p_appointment
     order by m.n
$$;

-- The place of somebody who waits, by the hour of arrival with that provider today; null: they do not wait.
create function clinic.queue_place(p_appointment uuid, out place int, out waiting int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select count(*) filter (where (x.kind <> 'emergency', x.arrived_at, x.id) <= (a.kind <> 'emergency', a.arrived_at, a.id))::int, count(*)::int
      from clinic.appointment a
      join clinic.appointment x on x.provider_id = a.provider_id and x.day = a.day and x.centre_id = a.centre_id and x.status = 'arrived'
     where (select auth.unrestricted('appointment.open')) and a.id = p_appointment and a.status = 'arrived'
    having count(*) > 0
$$;

grant execute on function clinic.holds_of(uuid[], date, date) to praxis_app;
grant execute on function clinic.hold_slot(uuid, uuid, timestamptz, timestamptz) to praxis_app;
grant execute on function clinic.let_go() to praxis_app;
grant execute on function clinic.taken_by(uuid) to praxis_app;
grant execute on function clinic.tie_together(uuid, text, uuid[]) to praxis_app;
grant execute on function clinic.series_of(uuid) to praxis_app;
grant execute on function clinic.queue_place(uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 21)::text where key = 'schema_version';
reset role;
