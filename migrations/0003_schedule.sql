-- When: clinic sessions and appointments, with the rules that no race may break.
set local role praxis_owner;

create table clinic.clinic_session (
    id uuid primary key,
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    day date not null,                       -- where the centre is
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    slot_minutes int not null default 30 check (slot_minutes between 5 and 240),
    removed_at timestamptz,
    created_at timestamptz not null default now(),
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint clinic_session_period check (starts_at < ends_at and ends_at <= starts_at + interval '25 hours'),
    constraint clinic_session_overlap exclude using gist
        (provider_id with =, tstzrange(starts_at, ends_at) with &&) where (removed_at is null)
);
create index clinic_session_by_day on clinic.clinic_session (day, centre_id) where removed_at is null;
create index clinic_session_by_provider on clinic.clinic_session (provider_id, starts_at) where removed_at is null;

create table clinic.referral (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    encounter_id uuid,                       -- the visit it was written in
    from_provider_id uuid not null references clinic.provider,
    to_provider_id uuid references clinic.provider,
    to_specialty text references clinic.specialty,
    outside_name bytea, outside_specialty bytea, outside_contact bytea,
    reason bytea, letter bytea,
    urgency text not null default 'routine' check (urgency in ('routine', 'soon', 'urgent')),
    written_on date not null,
    visits_allowed int check (visits_allowed between 1 and 100),   -- null: any number
    valid_until date not null,
    status text not null default 'draft' check (status in ('draft', 'sent', 'seen', 'booked', 'done', 'lapsed', 'withdrawn')),
    sent_at timestamptz,
    author uuid not null,
    struck_at timestamptz, struck_by uuid,
    version bigint not null default 1, created_at timestamptz not null default clinic.now(),
    changed_at timestamptz not null default now(), changed_by uuid,
    constraint referral_target check (num_nonnulls(to_provider_id, to_specialty, outside_name) >= 1),
    constraint referral_period check (written_on <= valid_until)
);
create index referral_by_patient on clinic.referral (patient_id);
create index referral_to_provider on clinic.referral (to_provider_id) where to_provider_id is not null;

create table clinic.appointment (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    clinic_session_id uuid references clinic.clinic_session,
    referral_id uuid references clinic.referral,
    kind text not null default 'slot' check (kind in ('slot', 'overbook', 'walk_in', 'emergency')),
    status text not null default 'booked' check (status in
        ('booked', 'arrived', 'in_progress', 'completed', 'cancelled', 'no_show', 'left', 'voided')),
    day date not null,                       -- where the centre is
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    during tstzrange generated always as (tstzrange(starts_at, ends_at)) stored,
    reason bytea,
    visit_type text,
    room text,
    booked_by uuid not null,
    booked_at timestamptz not null default now(),
    arrived_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    status_why bytea,                        -- the reason of a cancellation, a void, a no-show
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint appointment_period check (starts_at < ends_at and ends_at <= starts_at + interval '4 hours'),
    constraint appointment_provider_overlap exclude using gist (provider_id with =, during with &&)
        where (kind = 'slot' and status in ('booked', 'arrived', 'in_progress')),
    constraint appointment_patient_overlap exclude using gist (patient_id with =, during with &&)
        where (kind = 'slot' and status in ('booked', 'arrived', 'in_progress'))
);
create index appointment_by_day on clinic.appointment (centre_id, day);
create index appointment_by_provider on clinic.appointment (provider_id, starts_at);
create index appointment_by_patient on clinic.appointment (patient_id, starts_at desc);
create index appointment_by_session on clinic.appointment (clinic_session_id);

-- Every change of status or time, kept with who and when.
create table clinic.appointment_event (
    id uuid primary key default gen_random_uuid(),
    appointment_id uuid not null references clinic.appointment,
    at timestamptz not null,
    account_id uuid,
    from_status text, to_status text not null,
    from_starts_at timestamptz, to_starts_at timestamptz not null,
    from_provider_id uuid, to_provider_id uuid not null,
    why bytea
);
create index appointment_event_by_appointment on clinic.appointment_event (appointment_id, at);

-- A rule says no: the program turns rule and facts into a sentence (store/error.rs).
create function clinic.refuse(p_rule text, p_facts jsonb default '{}') returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%', p_rule using errcode = 'PX001', constraint = p_rule, detail = p_facts::text;
end $$;

-- Who refers, and how a referral lives: written by the professions the site names, fixed once it is sent.
create function clinic.referral_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare professions text := clinic.setting('referring_professions'); edge text;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    if tg_op = 'INSERT' and not exists (select from clinic.provider v where v.id = new.from_provider_id
                                           and v.profession = any (string_to_array(professions, ','))) then
        perform clinic.refuse('profession_does_not_refer', jsonb_build_object('professions', professions));
    end if;
    if new.to_provider_id = new.from_provider_id then perform clinic.refuse('referral_to_oneself'); end if;
    if tg_op = 'INSERT' then
        if new.status <> 'draft' then perform clinic.refuse('referral_edge', jsonb_build_object('from', 'new', 'to', new.status)); end if;
        return new;
    end if;
    if old.status <> 'draft' and (new.to_provider_id, new.to_specialty, new.outside_name, new.outside_specialty, new.outside_contact,
            new.reason, new.letter, new.urgency, new.visits_allowed, new.valid_until) is distinct from
           (old.to_provider_id, old.to_specialty, old.outside_name, old.outside_specialty, old.outside_contact,
            old.reason, old.letter, old.urgency, old.visits_allowed, old.valid_until) then
        perform clinic.refuse('sent_referral_stays');
    end if;
    if new.status = old.status then
        new.sent_at := old.sent_at;
        return new;
    end if;
    edge := old.status || '>' || new.status;
    if edge not in ('draft>sent', 'draft>withdrawn', 'sent>seen', 'sent>booked', 'seen>booked', 'sent>withdrawn', 'seen>withdrawn',
                    'sent>lapsed', 'seen>lapsed', 'booked>seen', 'booked>done') then
        perform clinic.refuse('referral_edge', jsonb_build_object('from', old.status, 'to', new.status));
    end if;
    if new.status = 'sent' then
        if new.reason is null then perform clinic.refuse('referral_needs_reason'); end if;
        new.sent_at := clinic.now();
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.referral for each row execute function clinic.referral_rules();

-- An open referral of this patient that lets them be booked with this provider on this day.
create function clinic.open_referral(p_patient uuid, p_provider uuid, p_day date, p_except uuid default null) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select r.id from clinic.referral r
     where r.patient_id = p_patient and r.status in ('sent', 'seen', 'booked') and r.struck_at is null
       and r.written_on <= p_day and r.valid_until >= p_day
       and (r.to_provider_id = p_provider
            or r.to_provider_id is null and r.to_specialty in
               (select specialty from clinic.provider_specialty where provider_id = p_provider))
       and (r.visits_allowed is null or r.visits_allowed > (
            select count(*) from clinic.appointment a where a.referral_id = r.id and a.id is distinct from p_except
               and a.status not in ('cancelled', 'no_show', 'voided', 'left')))
     order by r.to_provider_id is null, r.valid_until limit 1
$$;

-- The patient and the provider have met, or will: a live or past appointment within the grace, or a connection.
create function clinic.related(p_patient uuid, p_provider uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.appointment a
                    where a.patient_id = p_patient and a.provider_id = p_provider
                      and (a.status in ('booked', 'arrived', 'in_progress')
                           or a.status = 'completed' and a.ends_at > clinic.now() - make_interval(days =>
                              (select value::int from clinic.setting where key = 'history_grace_days'))))
        or exists (select from clinic.connection c where c.patient_id = p_patient and c.provider_id = p_provider
                      and c.state = 'approved' and (c.until is null or c.until >= clinic.now()::date))
$$;

-- The rules of booking, moving and changing status, whoever asks and however.
create function clinic.appointment_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    p clinic.patient; v clinic.provider; va clinic.account; s clinic.clinic_session; me uuid := auth.actor();
    t timestamptz := clinic.now(); zone text; books boolean; edge text;
begin
    -- Demo data and imports are written by the owner and bring their own past.
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
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

    if books then
        if new.kind in ('slot', 'overbook') and new.starts_at < t then
            perform clinic.refuse('nothing_in_the_past', jsonb_build_object('starts', new.starts_at, 'now', t));
        end if;
        if new.starts_at > t + make_interval(days => (select value::int from clinic.setting where key = 'book_ahead_days')) then
            perform clinic.refuse('too_far_ahead', jsonb_build_object('days', clinic.setting('book_ahead_days')));
        end if;
        if p.deactivated_at is not null then perform clinic.refuse('patient_deactivated'); end if;
        if p.blocked_until is not null and p.blocked_until >= new.day then
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
            if me is not null and v.account_id is distinct from me
               and (select role from clinic.account where id = me) not in ('receptionist', 'administrator') then
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
               >= clinic.setting('overbook_per_session')::int then
                perform clinic.refuse('overbook_cap', jsonb_build_object('cap', clinic.setting('overbook_per_session')));
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
        if v.account_id = me and new.kind <> 'emergency' and clinic.setting('self_booking') <> 'any'
           and not clinic.related(new.patient_id, new.provider_id) then
            perform clinic.refuse('provider_books_only_own_patients');
        end if;
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.appointment for each row execute function clinic.appointment_rules();

create function clinic.appointment_history() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into clinic.appointment_event (appointment_id, at, account_id, to_status, to_starts_at, to_provider_id)
        values (new.id, clinic.now(), auth.actor(), new.status, new.starts_at, new.provider_id);
    elsif (new.status, new.starts_at, new.provider_id) is distinct from (old.status, old.starts_at, old.provider_id) then
        insert into clinic.appointment_event (appointment_id, at, account_id, from_status, to_status, from_starts_at,
            to_starts_at, from_provider_id, to_provider_id, why)
        values (new.id, clinic.now(), auth.actor(), old.status, new.status, old.starts_at, new.starts_at, old.provider_id,
            new.provider_id, new.status_why);
    end if;
    if new.referral_id is not null and new.status = 'booked' then
        update clinic.referral set status = 'booked' where id = new.referral_id and status in ('sent', 'seen');
    end if;
    return null;
end $$;
create trigger history after insert or update on clinic.appointment for each row execute function clinic.appointment_history();

-- A session is made where the provider works and not in the past; one with a live booking cannot be removed, and a change
-- of its hours keeps its bookings inside and at the beginning of a slot.
create function clinic.clinic_session_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int; zone text; retired timestamptz;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then
        return new;
    end if;
    select c.zone, c.retired_at into zone, retired from clinic.centre c where c.id = new.centre_id;
    new.day := (new.starts_at at time zone zone)::date;
    if tg_op = 'INSERT' then
        if retired is not null then perform clinic.refuse('session_centre_retired'); end if;
        if not exists (select from clinic.provider_centre x where x.provider_id = new.provider_id and x.centre_id = new.centre_id) then
            perform clinic.refuse('session_not_their_centre');
        end if;
        if exists (select from clinic.provider p join clinic.account a on a.id = p.account_id
                    where p.id = new.provider_id and a.deactivated_at is not null) then
            perform clinic.refuse('provider_deactivated');
        end if;
    else
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
       and (tg_op = 'INSERT' or (new.starts_at, new.ends_at) is distinct from (old.starts_at, old.ends_at)) then
        perform clinic.refuse('session_in_the_past');
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.clinic_session for each row execute function clinic.clinic_session_rules();

-- The first free slot of each of these providers within 60 days, for the directory: the time only, whoever asks.
create function clinic.next_free(p_providers uuid[])
returns table (provider_id uuid, centre_id uuid, clinic_session_id uuid, starts_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select q.id, f.centre_id, f.id, f.at
      from unnest(p_providers) q(id)
      cross join lateral (
          select s.id, s.centre_id, g.at
            from clinic.clinic_session s
            cross join lateral generate_series(s.starts_at, s.ends_at - make_interval(mins => s.slot_minutes),
                                               make_interval(mins => s.slot_minutes)) g(at)
           where s.provider_id = q.id and s.removed_at is null and s.ends_at > clinic.now()
             and s.starts_at < clinic.now() + interval '60 days' and g.at >= clinic.now()
             and not exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                                and a.during && tstzrange(g.at, g.at + make_interval(mins => s.slot_minutes)))
           order by s.starts_at, g.at limit 1) f
     where (select auth.actor()) is not null
$$;

select clinic.track(t) from unnest(array['clinic_session', 'referral', 'appointment']) t;
reset role;
