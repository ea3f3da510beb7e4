-- Availability: visit types, rooms, exceptions, held slots, and how sessions come from weekly hours. What may be booked is
-- one definition: the slots of the sessions less what is past, booked, kept clear after a visit, held, or away.
set local role praxis_owner;

insert into clinic.setting (key, value) values ('held_release_hour', '8');   -- where the session is, on its day

-- Rooms of a centre: two visits are never in one at a time.
create table clinic.room (
    id uuid primary key,
    centre_id uuid not null references clinic.centre,
    name text not null check (length(btrim(name)) between 1 and 40),
    kind text not null default 'consulting' check (kind in ('consulting', 'treatment', 'procedure', 'imaging', 'therapy',
        'laboratory', 'other')),
    equipment text check (length(equipment) <= 200),
    retired_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index room_name_key on clinic.room (centre_id, lower(name)) where retired_at is null;

-- What a visit is for: how long it takes, what it costs, how long its provider is kept clear after it.
create table clinic.visit_type (
    id uuid primary key default gen_random_uuid(),
    code text not null unique check (code ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and length(code) <= 30),
    name text not null check (length(btrim(name)) between 1 and 60),
    minutes int not null check (minutes between 5 and 240),
    price_cents int not null default 0 check (price_cents between 0 and 10000000),
    buffer_minutes int not null default 0 check (buffer_minutes between 0 and 60),
    professions text[] not null default '{}' check (professions <@ array['gp', 'specialist', 'pathologist', 'pharmacist',
        'physiotherapist', 'radiographer', 'nurse', 'other']),      -- none: for all
    room_kind text check (room_kind in ('consulting', 'treatment', 'procedure', 'imaging', 'therapy', 'laboratory', 'other')),
    retired_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
insert into clinic.visit_type (code, name, minutes, price_cents, buffer_minutes, professions, room_kind) values
    ('short', 'Consultation, short', 15, 4500, 0, '{gp}', null),
    ('long', 'Consultation, long', 45, 9500, 0, '{gp}', null),
    ('follow-up', 'Follow-up', 15, 4500, 0, '{}', null),
    ('health-check', 'Health check', 60, 15000, 0, '{gp,nurse}', null),
    ('blood-test', 'Blood test', 10, 2500, 5, '{gp,nurse,pathologist}', 'treatment'),
    ('vaccination', 'Vaccination', 10, 3000, 0, '{gp,nurse,pharmacist}', 'treatment'),
    ('wound-care', 'Wound care', 30, 5500, 10, '{gp,nurse}', 'treatment'),
    ('procedure', 'Minor procedure', 45, 22000, 15, '{gp,specialist}', 'procedure'),
    ('physio-first', 'Physiotherapy, first visit', 45, 11000, 5, '{physiotherapist}', 'therapy'),
    ('physio', 'Physiotherapy', 30, 8500, 0, '{physiotherapist}', 'therapy'),
    ('specialist-first', 'Specialist, first visit', 60, 28000, 0, '{specialist}', null),
    ('specialist-review', 'Specialist, review', 30, 15000, 0, '{specialist}', null),
    ('imaging', 'Imaging', 30, 12000, 5, '{radiographer}', 'imaging'),
    ('medication-review', 'Medication review', 20, 4000, 0, '{gp,pharmacist}', null);

-- Away or more than usual: a provider's leave, a centre's holiday, an extra day. Sessions under leave and holidays stay,
-- their slots do not.
create table clinic.schedule_exception (
    id uuid primary key,
    kind text not null check (kind in ('leave', 'holiday', 'extra')),
    provider_id uuid references clinic.provider,
    centre_id uuid references clinic.centre,             -- a leave without one is everywhere
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    during tstzrange generated always as (tstzrange(starts_at, ends_at)) stored,
    reason text check (length(reason) <= 200),
    added_by uuid,
    added_at timestamptz not null default now(),
    removed_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint schedule_exception_period check (starts_at < ends_at and ends_at <= starts_at + interval '370 days'),
    constraint schedule_exception_whose check (case kind when 'leave' then provider_id is not null
        when 'holiday' then provider_id is null and centre_id is not null
        else provider_id is not null and centre_id is not null end)
);
create index schedule_exception_by_time on clinic.schedule_exception using gist (during) where removed_at is null;
create index schedule_exception_by_provider on clinic.schedule_exception (provider_id, ends_at) where removed_at is null;
create index schedule_exception_by_centre on clinic.schedule_exception (centre_id, ends_at) where removed_at is null;

-- Where a session comes from. One of the weekly hours keeps the minutes it was made from, so that it is made once, and so
-- that it shows whether somebody has changed it.
alter table clinic.clinic_session
    add column plan_from int check (plan_from between 0 and 1439),
    add column plan_to int check (plan_to between 1 and 1440),
    add column plan_slot int,
    add column exception_id uuid references clinic.schedule_exception,
    add column overbook_cap int check (overbook_cap between 0 and 50);      -- null: as the policy says
create unique index clinic_session_plan_key on clinic.clinic_session (provider_id, centre_id, day, plan_from) where plan_from is not null;

-- Time of a session that is kept for the same day or for urgent visits, until it is released.
create table clinic.held_slot (
    id uuid primary key,
    clinic_session_id uuid not null references clinic.clinic_session,
    provider_id uuid not null references clinic.provider,
    day date not null,
    kind text not null check (kind in ('same_day', 'urgent')),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    during tstzrange generated always as (tstzrange(starts_at, ends_at)) stored,
    release_at timestamptz not null,                     -- null on the way in: the policy's hour of that day
    added_by uuid,
    added_at timestamptz not null default now(),
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint held_slot_period check (starts_at < ends_at and ends_at <= starts_at + interval '12 hours'),
    constraint held_slot_overlap exclude using gist (provider_id with =, during with &&)
);
create index held_slot_by_session on clinic.held_slot (clinic_session_id);
create index held_slot_by_day on clinic.held_slot (day, provider_id);

-- A visit type's buffer keeps the provider, and the room, clear after the visit; the patient may go. `busy_until` is null
-- where the visit's own end is all.
alter table clinic.appointment
    add column busy_until timestamptz,
    add column occupied tstzrange generated always as (tstzrange(starts_at, greatest(ends_at, busy_until))) stored,
    add column room_id uuid references clinic.room,
    add constraint appointment_busy check (busy_until <= ends_at + interval '1 hour');
update clinic.appointment set visit_type = null where visit_type not in (select code from clinic.visit_type);
alter table clinic.appointment
    add constraint appointment_visit_type_fkey foreign key (visit_type) references clinic.visit_type (code),
    drop constraint appointment_provider_overlap,
    add constraint appointment_provider_overlap exclude using gist (provider_id with =, occupied with &&)
        where (kind = 'slot' and status in ('booked', 'arrived', 'in_progress')),
    add constraint appointment_room_overlap exclude using gist (room_id with =, occupied with &&)
        where (room_id is not null and status in ('booked', 'arrived', 'in_progress'));

-- How long a visit of a type keeps its provider: the rest of its last slot counts towards the buffer. One that is given less
-- time than its type takes (a walk-in) keeps them for the buffer after it.
create function clinic.busy_until(p_type text, p_from timestamptz, p_to timestamptz) returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select nullif(greatest(p_to, least(p_from + make_interval(mins => t.minutes), p_to) + make_interval(mins => t.buffer_minutes)), p_to)
      from clinic.visit_type t where t.code = p_type and t.buffer_minutes > 0
$$;

-- The leave or holiday that covers any of this time.
create function clinic.away(p_provider uuid, p_centre uuid, p_from timestamptz, p_to timestamptz)
returns table (kind text, until timestamptz, reason text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select e.kind, e.ends_at, e.reason from clinic.schedule_exception e
     where e.removed_at is null and e.during && tstzrange(p_from, p_to)
       and (e.kind = 'leave' and e.provider_id = p_provider and (e.centre_id is null or e.centre_id = p_centre)
            or e.kind = 'holiday' and e.centre_id = p_centre)
     order by e.ends_at desc limit 1
$$;

-- The rules of booking, as before; and the visit type's length and profession, held slots, exceptions, the session's own cap,
-- and the room.
create or replace function clinic.appointment_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p clinic.patient; v clinic.provider; va clinic.account; s clinic.clinic_session; me uuid := auth.actor();
    t timestamptz := clinic.now(); zone text; books boolean; edge text; vt clinic.visit_type; typed boolean; enters boolean;
    away record; held clinic.held_slot; r clinic.room; live constant text[] := array['booked', 'arrived', 'in_progress'];
begin
    typed := tg_op = 'INSERT' or new.visit_type is distinct from old.visit_type;
    if new.visit_type is not null then select * into vt from clinic.visit_type x where x.code = new.visit_type; end if;
    if typed or (new.starts_at, new.ends_at) is distinct from (old.starts_at, old.ends_at) then
        new.busy_until := clinic.busy_until(new.visit_type, new.starts_at, new.ends_at);
    end if;
    -- Demo data and imports are written by the owner and bring their own past.
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        new.room := (select x.name from clinic.room x where x.id = new.room_id);
        return new;
    end if;
    select * into p from clinic.patient where id = new.patient_id;
    select * into v from clinic.provider where id = new.provider_id;
    select * into va from clinic.account where id = v.account_id;
    select c.zone into zone from clinic.centre c where c.id = new.centre_id;
    new.day := (new.starts_at at time zone zone)::date;
    books := tg_op = 'INSERT'
        or (new.starts_at, new.ends_at, new.provider_id, new.centre_id) is distinct from
           (old.starts_at, old.ends_at, old.provider_id, old.centre_id)
        or old.status = 'cancelled' and new.status = 'booked';

    if tg_op = 'INSERT' then
        if new.status <> 'booked' and not (new.kind in ('walk_in', 'emergency') and new.status in ('arrived', 'in_progress')) then
            perform clinic.refuse('appointment_starts_booked');
        end if;
        new.booked_by := me; new.booked_at := t;
        if new.status = 'arrived' then new.arrived_at := t; end if;
        if new.status = 'in_progress' then new.arrived_at := t; new.started_at := t; end if;
    else
        if new.patient_id <> old.patient_id then perform clinic.refuse('appointment_keeps_its_patient'); end if;
        if new.status <> old.status then
            edge := old.status || '>' || new.status;
            if edge not in ('booked>arrived', 'booked>in_progress', 'booked>cancelled', 'booked>no_show',
                'arrived>booked', 'arrived>in_progress', 'arrived>left', 'arrived>cancelled',
                'in_progress>completed', 'in_progress>voided', 'in_progress>arrived',
                'left>arrived', 'no_show>booked', 'no_show>arrived', 'cancelled>booked') then
                perform clinic.refuse('appointment_edge', jsonb_build_object('from', old.status, 'to', new.status));
            end if;
            if new.status in ('arrived', 'in_progress') and new.day <> (t at time zone zone)::date then
                perform clinic.refuse('appointment_only_today', jsonb_build_object('day', new.day));
            end if;
            if new.status = 'no_show' and new.starts_at > t then
                perform clinic.refuse('no_show_before_start', jsonb_build_object('starts', new.starts_at));
            end if;
            if new.status = 'arrived' and old.status <> 'in_progress' then new.arrived_at := t; end if;
            if new.status = 'booked' then new.arrived_at := null; new.status_why := null; end if;
            if new.status = 'in_progress' then new.started_at := t; end if;
            if new.status = 'arrived' then new.started_at := null; end if;
            if new.status in ('completed', 'left', 'voided') then new.ended_at := t; end if;
            if new.status = 'cancelled' and new.status_why is null then perform clinic.refuse('cancel_needs_reason'); end if;
        end if;
        if books and old.status not in ('booked', 'cancelled', 'no_show') then perform clinic.refuse('only_booked_moves'); end if;
    end if;

    if v.account_id = p.account_id then perform clinic.refuse('nobody_with_themselves'); end if;
    -- Who writes for themselves: a member of staff meets their own record only as a patient does.
    if me is not null and p.account_id = me and tg_op = 'INSERT' and (select role from clinic.account where id = me) <> 'patient' then
        perform clinic.refuse('not_for_oneself');
    end if;

    if typed and vt.retired_at is not null then
        perform clinic.refuse('visit_type_retired', jsonb_build_object('type', vt.name));
    end if;
    if (typed or books) and vt.code is not null then
        if cardinality(vt.professions) > 0 and v.profession <> all (vt.professions) then
            perform clinic.refuse('visit_type_profession', jsonb_build_object('type', vt.name, 'professions', array_to_string(vt.professions, ',')));
        end if;
        -- A walk-in and one more than the slots take what time there is.
        if new.kind = 'slot' and new.status = 'booked' and new.ends_at < new.starts_at + make_interval(mins => vt.minutes) then
            perform clinic.refuse('visit_type_length', jsonb_build_object('type', vt.name, 'minutes', vt.minutes));
        end if;
    end if;

    if books then
        if new.kind in ('slot', 'overbook') and new.starts_at < t then
            perform clinic.refuse('nothing_in_the_past', jsonb_build_object('starts', new.starts_at, 'now', t));
        end if;
        if new.starts_at > t + make_interval(days => (select value::int from clinic.setting where key = 'book_ahead_days')) then
            perform clinic.refuse('too_far_ahead', jsonb_build_object('days', clinic.setting('book_ahead_days')));
        end if;
        if p.deactivated_at is not null then perform clinic.refuse('patient_deactivated'); end if;
        if new.kind <> 'emergency' and p.blocked_until is not null and p.blocked_until >= new.day then
            perform clinic.refuse('patient_blocked', jsonb_build_object('until', p.blocked_until));
        end if;
        if va.deactivated_at is not null then perform clinic.refuse('provider_deactivated'); end if;
        if new.kind = 'slot' then
            -- Shared, so that the session cannot be removed while it is being booked.
            select * into s from clinic.clinic_session x where x.id = new.clinic_session_id for share;
            if not found or s.removed_at is not null or s.provider_id <> new.provider_id or s.centre_id <> new.centre_id
               or new.starts_at < s.starts_at or new.ends_at > s.ends_at
               or mod(extract(epoch from new.starts_at - s.starts_at)::int, s.slot_minutes * 60) <> 0
               or mod(extract(epoch from new.ends_at - new.starts_at)::int, s.slot_minutes * 60) <> 0 then
                perform clinic.refuse('not_a_slot', jsonb_build_object('starts', new.starts_at));
            end if;
        end if;
        if new.kind = 'overbook' then
            if me is not null and v.account_id is distinct from me and not auth.allowed('appointment.book', 'overbook') then
                perform clinic.refuse('overbook_not_permitted');
            end if;
            if new.reason is null then perform clinic.refuse('overbook_needs_reason'); end if;
            -- Locked, so that two desks cannot both take the last place.
            select * into s from clinic.clinic_session x where x.id = new.clinic_session_id for update;
            if not found or s.removed_at is not null or s.provider_id <> new.provider_id or s.centre_id <> new.centre_id
               or new.starts_at < s.starts_at or new.starts_at >= s.ends_at then
                perform clinic.refuse('not_a_slot', jsonb_build_object('starts', new.starts_at));
            end if;
            if (select count(*) from clinic.appointment x where x.clinic_session_id = s.id and x.kind = 'overbook'
                   and x.id <> new.id and x.status in ('booked', 'arrived', 'in_progress'))
               >= coalesce(s.overbook_cap, clinic.setting('overbook_per_session')::int) then
                perform clinic.refuse('overbook_cap', jsonb_build_object('cap', coalesce(s.overbook_cap::text, clinic.setting('overbook_per_session'))));
            end if;
        end if;
        -- The lock that a new exception takes, shared: none appears between this look and the commit.
        perform pg_advisory_xact_lock_shared(hashtextextended('exception', 0));
        if new.kind <> 'emergency' then
            select * into away from clinic.away(new.provider_id, new.centre_id, new.starts_at, new.ends_at);
            if found then
                perform clinic.refuse(case away.kind when 'leave' then 'provider_on_leave' else 'centre_on_holiday' end,
                    jsonb_build_object('until', to_char((away.until - interval '1 second') at time zone zone, 'YYYY-MM-DD'), 'reason', coalesce(away.reason, '')));
            end if;
        end if;
        if new.kind = 'slot' then
            select * into held from clinic.held_slot h
             where h.provider_id = new.provider_id and h.release_at > t and h.during && tstzrange(new.starts_at, new.ends_at)
             order by h.release_at desc limit 1;
            if found and me is not null and auth.may('appointment.book-held', null, new.centre_id) is not null
               and auth.may('appointment.book-held', null, new.provider_id) is not null then
                perform clinic.refuse('slot_held', jsonb_build_object('kind', held.kind, 'release', to_char(held.release_at at time zone zone, 'YYYY-MM-DD HH24:MI')));
            end if;
        end if;
        if new.kind in ('walk_in', 'emergency') and new.day <> (t at time zone zone)::date then
            perform clinic.refuse('walk_in_today', jsonb_build_object('day', new.day));
        end if;
        if v.profession = 'specialist' and new.kind <> 'emergency' then
            if new.referral_id is null or new.referral_id is distinct from
               clinic.open_referral(new.patient_id, new.provider_id, new.day, new.id) then
                new.referral_id := clinic.open_referral(new.patient_id, new.provider_id, new.day, new.id);
            end if;
            if new.referral_id is null then perform clinic.refuse('specialist_needs_referral'); end if;
        end if;
        -- Whom the table gives the condition: with oneself only whom one already sees.
        if v.account_id = me and (auth.allowed('appointment.book', 'related_if_mine')
               or auth.allowed('appointment.move', 'related_if_mine')) and new.kind <> 'emergency' and clinic.setting('self_booking') <> 'any'
           and not clinic.related(new.patient_id, new.provider_id) then
            perform clinic.refuse('provider_books_only_own_patients');
        end if;
    end if;

    -- The room. One that somebody chose stays chosen, and the constraint refuses; one that was kept from before and is taken
    -- now, or is elsewhere, is given up.
    enters := new.status = any (live) and (tg_op = 'INSERT' or books or old.status <> all (live));
    if tg_op = 'UPDATE' and enters and new.room_id is not null and new.room_id = old.room_id and (
           not exists (select from clinic.room x where x.id = new.room_id and x.centre_id = new.centre_id and x.retired_at is null)
           or exists (select from clinic.appointment x where x.room_id = new.room_id and x.id <> new.id and x.status = any (live)
                         and x.occupied && tstzrange(new.starts_at, greatest(new.ends_at, new.busy_until)))) then
        new.room_id := null;
    end if;
    if enters and books and new.room_id is null and vt.room_kind is not null
       and exists (select from clinic.room x where x.centre_id = new.centre_id and x.kind = vt.room_kind and x.retired_at is null) then
        -- In one order, so that two that need a room of the kind never take the same one.
        perform from clinic.room x where x.centre_id = new.centre_id and x.kind = vt.room_kind and x.retired_at is null
          order by x.id for no key update;
        select x.id into new.room_id from clinic.room x
         where x.centre_id = new.centre_id and x.kind = vt.room_kind and x.retired_at is null
           and not exists (select from clinic.appointment y where y.room_id = x.id and y.id <> new.id and y.status = any (live)
                              and y.occupied && tstzrange(new.starts_at, greatest(new.ends_at, new.busy_until)))
         order by x.name limit 1;
        if new.room_id is null and new.kind = 'slot' then
            perform clinic.refuse('no_room_free', jsonb_build_object('kind', vt.room_kind, 'type', vt.name));
        end if;
    end if;
    if new.room_id is not null and (tg_op = 'INSERT' or new.room_id is distinct from old.room_id) then
        select * into r from clinic.room x where x.id = new.room_id;
        if r.centre_id is distinct from new.centre_id then perform clinic.refuse('room_other_centre'); end if;
        if r.retired_at is not null then perform clinic.refuse('room_retired', jsonb_build_object('room', r.name)); end if;
    end if;
    if tg_op = 'INSERT' or (new.room_id, new.room) is distinct from (old.room_id, old.room) then
        new.room := (select x.name from clinic.room x where x.id = new.room_id);
    end if;
    return new;
end $$;

-- Who has that time, as before; the provider also while they are kept clear, and for as long as a visit of this type keeps them.
drop function clinic.overlap_facts(uuid, uuid, timestamptz, timestamptz);
create function clinic.overlap_facts(p_patient uuid, p_provider uuid, p_from timestamptz, p_to timestamptz, p_type text default null)
returns table (side text, starts_at timestamptz, ends_at timestamptz, provider_name text, centre_name text, appointment_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when a.patient_id = p_patient and a.during && tstzrange(p_from, p_to) then 'patient' else 'provider' end,
           a.starts_at, a.ends_at, upper(v.family_name) || ' ' || v.given_name, c.name, a.id
      from clinic.appointment a
      join clinic.provider pr on pr.id = a.provider_id
      join clinic.account v on v.id = pr.account_id
      join clinic.centre c on c.id = a.centre_id
      cross join (select greatest(p_to, clinic.busy_until(p_type, p_from, p_to)) as busy) b
     where (select auth.permits('appointment.book')) is not null
       and (a.provider_id = p_provider and a.occupied && tstzrange(p_from, b.busy)
            or a.patient_id = p_patient and a.during && tstzrange(p_from, p_to))
       and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
     order by 1 limit 2
$$;

-- Every slot of these sessions with what it is: the one definition, counted nowhere else. Each slot is exactly one of
-- booked, away (leave or holiday), past, buffer (kept clear after a visit), held, free.
create function clinic.session_slots(p_sessions uuid[])
returns table (clinic_session_id uuid, starts_at timestamptz, ends_at timestamptz, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, g.at, g.at + x.step,
           case when exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.during && tstzrange(g.at, g.at + x.step)
                                and (a.status in ('booked', 'arrived', 'in_progress')
                                     or a.status = 'completed' and a.clinic_session_id = s.id and g.at < t.now)) then 'booked'
                when exists (select from clinic.away(s.provider_id, s.centre_id, g.at, g.at + x.step)) then 'away'
                when g.at < t.now then 'past'
                when exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                                and a.occupied && tstzrange(g.at, g.at + x.step)) then 'buffer'
                when exists (select from clinic.held_slot h
                              where h.provider_id = s.provider_id and h.release_at > t.now and h.during && tstzrange(g.at, g.at + x.step)) then 'held'
                else 'free' end
      from clinic.clinic_session s
      cross join lateral (select make_interval(mins => s.slot_minutes) as step) x
      cross join (select clinic.now() as now, auth.is_staff() as staff) t
      cross join lateral generate_series(s.starts_at, s.ends_at - x.step, x.step) g(at)
     where s.id = any (p_sessions) and s.removed_at is null and t.staff
     order by s.starts_at, s.id, g.at
$$;

-- The first free slot of each of these providers, as before; without what is away, held, or kept clear.
create or replace function clinic.next_free(p_providers uuid[])
returns table (provider_id uuid, centre_id uuid, clinic_session_id uuid, starts_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select q.id, f.centre_id, f.id, f.at
      from unnest(p_providers) q(id)
      cross join lateral (
          select s.id, s.centre_id, g.at
            from clinic.clinic_session s
            cross join lateral (select make_interval(mins => s.slot_minutes) as step) x
            cross join lateral generate_series(s.starts_at, s.ends_at - x.step, x.step) g(at)
           where s.provider_id = q.id and s.removed_at is null and s.ends_at > clinic.now()
             and s.starts_at < clinic.now() + interval '60 days' and g.at >= clinic.now()
             and not exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                                and a.occupied && tstzrange(g.at, g.at + x.step))
             and not exists (select from clinic.schedule_exception e
                              where e.removed_at is null and e.during && tstzrange(g.at, g.at + x.step)
                                and (e.kind = 'leave' and e.provider_id = s.provider_id and (e.centre_id is null or e.centre_id = s.centre_id)
                                     or e.kind = 'holiday' and e.centre_id = s.centre_id))
             and not exists (select from clinic.held_slot h
                              where h.provider_id = s.provider_id and h.release_at > clinic.now() and h.during && tstzrange(g.at, g.at + x.step))
           order by s.starts_at, g.at limit 1) f
     where (select auth.actor()) is not null
$$;

-- A leave, a holiday or an extra day may be entered while it is not over; what was entered is only ever taken back.
create function clinic.schedule_exception_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare away record; zone text;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    -- Bookings look under the shared lock: none slips in beside a new exception without being listed as a clash.
    perform pg_advisory_xact_lock(hashtextextended('exception', 0));
    if tg_op = 'UPDATE' then
        if (new.kind, new.provider_id, new.centre_id, new.starts_at, new.ends_at, new.reason) is distinct from
           (old.kind, old.provider_id, old.centre_id, old.starts_at, old.ends_at, old.reason) then
            perform clinic.refuse('exception_stays');
        end if;
        new.removed_at := coalesce(old.removed_at, clinic.now());
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
create trigger a_rules before insert or update on clinic.schedule_exception for each row execute function clinic.schedule_exception_rules();

-- A hold lies in its session, and is released at the policy's hour of the day when it names none.
create function clinic.held_slot_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s clinic.clinic_session; zone text;
begin
    select * into s from clinic.clinic_session x where x.id = new.clinic_session_id for share;
    if not found or s.removed_at is not null or new.starts_at < s.starts_at or new.ends_at > s.ends_at
       or mod(extract(epoch from new.starts_at - s.starts_at)::int, s.slot_minutes * 60) <> 0
       or mod(extract(epoch from new.ends_at - new.starts_at)::int, s.slot_minutes * 60) <> 0 then
        perform clinic.refuse('not_a_slot', jsonb_build_object('starts', new.starts_at));
    end if;
    select c.zone into zone from clinic.centre c where c.id = s.centre_id;
    new.provider_id := s.provider_id; new.day := s.day;
    new.release_at := coalesce(new.release_at,
        (s.day + make_interval(hours => clinic.setting('held_release_hour')::int)) at time zone zone);
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    if tg_op = 'INSERT' then new.added_by := auth.actor(); new.added_at := clinic.now(); end if;
    if new.ends_at <= clinic.now() then perform clinic.refuse('nothing_in_the_past', jsonb_build_object('starts', new.starts_at, 'now', clinic.now())); end if;
    if new.release_at <= clinic.now() then
        perform clinic.refuse('hold_is_released', jsonb_build_object('release', to_char(new.release_at at time zone zone, 'YYYY-MM-DD HH24:MI')));
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.held_slot for each row execute function clinic.held_slot_rules();

-- What a session no longer contains is not held in it.
create function clinic.holds_follow_session() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from clinic.held_slot h where h.clinic_session_id = new.id
       and (new.removed_at is not null or h.starts_at < new.starts_at or h.ends_at > new.ends_at
            or mod(extract(epoch from h.starts_at - new.starts_at)::int, new.slot_minutes * 60) <> 0
            or mod(extract(epoch from h.ends_at - h.starts_at)::int, new.slot_minutes * 60) <> 0);
    return null;
end $$;
create trigger holds after update of starts_at, ends_at, slot_minutes, removed_at on clinic.clinic_session
    for each row execute function clinic.holds_follow_session();

-- A room keeps its centre; whoever is to be in it reads its new name.
create function clinic.room_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.centre_id <> old.centre_id then perform clinic.refuse('room_other_centre'); end if;
    if new.retired_at is not null and old.retired_at is null and exists (select from clinic.appointment a
            where a.room_id = new.id and a.status in ('booked', 'arrived', 'in_progress') and a.ends_at > clinic.now()) then
        perform clinic.refuse('room_has_bookings', jsonb_build_object('bookings', (select count(*) from clinic.appointment a
            where a.room_id = new.id and a.status in ('booked', 'arrived', 'in_progress') and a.ends_at > clinic.now())));
    end if;
    return new;
end $$;
create trigger a_rules before update on clinic.room for each row execute function clinic.room_rules();
create function clinic.room_renamed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update clinic.appointment set room = new.name where room_id = new.id and status in ('booked', 'arrived', 'in_progress');
    return null;
end $$;
create trigger renamed after update of name on clinic.room for each row when (old.name <> new.name) execute function clinic.room_renamed();
create function clinic.visit_type_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new.code <> old.code then perform clinic.refuse('visit_type_code_stays'); end if;
    return new;
end $$;
create trigger a_rules before update on clinic.visit_type for each row execute function clinic.visit_type_rules();

-- Who may write these rows, by what the change is.
create function clinic.availability_permitted() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare o jsonb := to_jsonb(old); n jsonb := to_jsonb(new); x jsonb := coalesce(n, o); act text; why text; noun text;
begin
    if current_user <> 'praxis_app' then return coalesce(new, old); end if;
    noun := case tg_table_name when 'visit_type' then 'visit-type' else tg_table_name end;
    act := case tg_table_name
        when 'schedule_exception' then case tg_op when 'INSERT' then 'exception.add' else 'exception.remove' end
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

do $$
declare t text;
begin
    foreach t in array array['visit_type', 'room', 'schedule_exception', 'held_slot'] loop
        execute format('alter table clinic.%I enable row level security', t);
        execute format('create policy read on clinic.%I for select to praxis_app using (%s)', t,
            case t when 'visit_type' then '(select auth.actor()) is not null' else '(select auth.is_staff())' end);
        execute format('create trigger a_permitted before insert or update or delete on clinic.%I for each row execute function clinic.availability_permitted()', t);
        execute format('grant select, insert on clinic.%I to praxis_app', t);
        perform clinic.track(t);
    end loop;
end $$;
create policy add on clinic.visit_type for insert to praxis_app with check ((select auth.permits('visit-type.add')) is not null);
create policy change on clinic.visit_type for update to praxis_app using ((select auth.permits('visit-type.change')) is not null);
create policy add on clinic.room for insert to praxis_app with check ((select auth.permits('room.add')) is not null);
create policy change on clinic.room for update to praxis_app using ((select auth.permits('room.change')) is not null);
create policy add on clinic.schedule_exception for insert to praxis_app with check ((select auth.permits('exception.add')) is not null);
create policy change on clinic.schedule_exception for update to praxis_app using ((select auth.permits('exception.remove')) is not null);
create policy add on clinic.held_slot for insert to praxis_app with check ((select auth.permits('session.hold')) is not null);
create policy change on clinic.held_slot for update to praxis_app using ((select auth.permits('session.release')) is not null);
create policy remove on clinic.held_slot for delete to praxis_app using ((select auth.permits('session.release')) is not null);
grant update (name, minutes, price_cents, buffer_minutes, professions, room_kind, retired_at) on clinic.visit_type to praxis_app;
grant update (name, kind, equipment, retired_at) on clinic.room to praxis_app;
grant update (removed_at) on clinic.schedule_exception to praxis_app;
grant update (release_at) on clinic.held_slot to praxis_app;
grant delete on clinic.held_slot to praxis_app;
grant update (overbook_cap, plan_from, plan_to, plan_slot, exception_id) on clinic.clinic_session to praxis_app;
grant update (room_id) on clinic.appointment to praxis_app;
grant execute on function clinic.overlap_facts(uuid, uuid, timestamptz, timestamptz, text) to praxis_app;
grant execute on function clinic.session_slots(uuid[]) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 20)::text where key = 'schema_version';
reset role;
