-- The desk: the place of a patient in the queue (ticket, priority, calls), what past visits teach about lengths and lateness, and
-- services: programs that sign in with a secret of a file and may do what is listed for each of them, as the waiting-room display.
set local role praxis_owner;

insert into clinic.setting (key, value) values
    ('long_wait_minutes', '30'), ('queue_retry_minutes', '5'), ('display_names', 'initials');

-- The id is the appointment's. The row is made by the check-in, or by whoever gives a priority before.
create table clinic.queue_entry (
    id uuid primary key references clinic.appointment on delete cascade,
    centre_id uuid not null references clinic.centre,
    day date not null,
    ticket int check (ticket between 1 and 99999),   -- counted from 1 at each centre on each day
    priority text not null default 'routine' check (priority in ('urgent', 'soon', 'routine')),
    priority_by uuid references clinic.account,
    priority_at timestamptz,
    called_at timestamptz,                            -- null: not called, or put back
    called_by uuid references clinic.account,
    room text check (length(room) between 1 and 40),
    calls int not null default 0,
    absents int not null default 0,                   -- how often they were called and not there
    retry_at timestamptz,                             -- called and absent: not called again before
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid
);
create unique index queue_ticket on clinic.queue_entry (centre_id, day, ticket);
select clinic.track('queue_entry');

alter table clinic.queue_entry enable row level security;
create policy read on clinic.queue_entry for select to praxis_app using ((select auth.unrestricted('appointment.open')));
grant select on clinic.queue_entry to praxis_app;

-- Who comes first: emergencies, urgent, soon, routine; whoever was called and was not there stands back until it is tried again.
create function clinic.queue_rank(p_kind text, p_priority text, p_retry timestamptz) returns int
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case when p_retry > clinic.now() then 9 when p_kind = 'emergency' then 0
                else case coalesce(p_priority, 'routine') when 'urgent' then 1 when 'soon' then 2 else 3 end end
$$;

-- One call at a time at a centre: two desks never call the same patient, and no ticket is given twice.
create function clinic.queue_lock(p_centre uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select pg_advisory_xact_lock(hashtextextended('queue ' || p_centre, 0))
$$;

-- The place of somebody who waits among those of the same provider, in the order of calling; null: they do not wait.
create or replace function clinic.queue_place(p_appointment uuid, out place int, out waiting int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with mine as (
        select x.id, row_number() over (order by clinic.queue_rank(x.kind, q.priority, q.retry_at), x.starts_at, x.arrived_at, x.id) as n
          from clinic.appointment a
          join clinic.appointment x on x.provider_id = a.provider_id and x.day = a.day and x.centre_id = a.centre_id and x.status = 'arrived'
          left join clinic.queue_entry q on q.id = x.id
         where (select auth.unrestricted('appointment.open')) and a.id = p_appointment and a.status = 'arrived')
    select m.n::int, (select count(*) from mine)::int from mine m where m.id = p_appointment
$$;

create function clinic.queue_row(p_appointment uuid) returns clinic.queue_entry
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare q clinic.queue_entry;
begin
    insert into clinic.queue_entry (id, centre_id, day) select a.id, a.centre_id, a.day from clinic.appointment a where a.id = p_appointment
    on conflict (id) do nothing;
    select * into q from clinic.queue_entry x where x.id = p_appointment;
    return q;
end $$;

-- A check-in takes the next ticket; whoever comes again begins anew in the queue.
create function clinic.queue_arrival() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.queue_lock(new.centre_id);
    insert into clinic.queue_entry as q (id, centre_id, day, ticket)
    values (new.id, new.centre_id, new.day, (select coalesce(max(x.ticket), 0) + 1 from clinic.queue_entry x
                                              where x.centre_id = new.centre_id and x.day = new.day))
    on conflict (id) do update set centre_id = excluded.centre_id, day = excluded.day,
        ticket = case when q.ticket is null or (q.centre_id, q.day) <> (excluded.centre_id, excluded.day) then excluded.ticket else q.ticket end,
        called_at = null, called_by = null, room = null, calls = 0, absents = 0, retry_at = null;
    return null;
end $$;
create trigger queue_arrival after insert on clinic.appointment for each row
    when (new.status = 'arrived') execute function clinic.queue_arrival();
create trigger queue_return after update of status on clinic.appointment for each row
    when (new.status = 'arrived' and old.status in ('booked', 'left', 'no_show')) execute function clinic.queue_arrival();

-- Refuses unless the speaker may do it to this appointment; answers with the appointment.
create function clinic.queue_asks(p_action text, p_appointment uuid) returns clinic.appointment
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment; why text := auth.may(p_action, null, p_appointment);
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', p_action, 'why', why, 'role', auth.actor_role()));
    end if;
    select * into a from clinic.appointment x where x.id = p_appointment;
    return a;
end $$;

create function clinic.queue_set_priority(p_appointment uuid, p_priority text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment := clinic.queue_asks('queue.set-priority', p_appointment); before text;
begin
    if a.status not in ('booked', 'arrived') then perform clinic.refuse('queue_over', jsonb_build_object('status', a.status)); end if;
    before := (clinic.queue_row(p_appointment)).priority;
    update clinic.queue_entry set priority = p_priority, priority_by = auth.actor(), priority_at = clinic.now()
     where id = p_appointment and priority <> p_priority;
    return before;
end $$;

-- Calls one who waits: to the room that is named, else to the one that is booked for it, else to where their provider last called
-- somebody today, else to the provider.
create function clinic.queue_call(p_appointment uuid, p_room text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment := clinic.queue_asks('queue.call', p_appointment); made int; place text := coalesce(nullif(btrim(p_room), ''), a.room);
begin
    if a.status <> 'arrived' then perform clinic.refuse('queue_not_waiting', jsonb_build_object('status', a.status)); end if;
    perform clinic.queue_lock(a.centre_id);
    perform clinic.queue_row(p_appointment);
    if place is null then
        select q.room into place from clinic.queue_entry q join clinic.appointment x on x.id = q.id
         where q.centre_id = a.centre_id and q.day = a.day and x.provider_id = a.provider_id and q.room is not null
         order by q.changed_at desc limit 1;
    end if;
    update clinic.queue_entry set called_at = clinic.now(), called_by = auth.actor(), room = place, calls = calls + 1, retry_at = null
     where id = p_appointment returning calls into made;
    perform audit.record('queue.call', 'appointment', p_appointment, a.patient_id, 'done',
        jsonb_strip_nulls(jsonb_build_object('room', place, 'calls', made)));
    return place;
end $$;

-- Calls whoever is first and not called yet: of one provider, department, profession or kind of visit, or of the whole centre.
-- Null: nobody waits there whom the speaker may call.
create function clinic.queue_call_next(p_centre uuid, p_provider uuid, p_department uuid, p_profession text, p_visit_type text, p_room text)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a record;
begin
    if auth.permits('queue.call') is null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'queue.call', 'why', 'role', 'role', auth.actor_role()));
    end if;
    perform clinic.queue_lock(p_centre);
    for a in select x.id from clinic.appointment x
               join clinic.provider v on v.id = x.provider_id
               left join clinic.queue_entry q on q.id = x.id
              where x.centre_id = p_centre and x.status = 'arrived' and q.called_at is null
                and x.day = (clinic.now() at time zone (select c.zone from clinic.centre c where c.id = p_centre))::date
                and not coalesce(q.retry_at > clinic.now(), false)
                and (p_provider is null or x.provider_id = p_provider)
                and (p_department is null or v.department_id = p_department)
                and (p_profession is null or v.profession = p_profession)
                and (p_visit_type is null or x.visit_type = p_visit_type)
              order by clinic.queue_rank(x.kind, q.priority, q.retry_at), x.starts_at, x.arrived_at, x.id loop
        if auth.may('queue.call', null, a.id) is null then
            perform clinic.queue_call(a.id, p_room);
            return a.id;
        end if;
    end loop;
    return null;
end $$;

-- Called and not there: back in the queue, and not called again for some minutes. Answers how often that was.
create function clinic.queue_absent(p_appointment uuid) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment := clinic.queue_asks('queue.call', p_appointment); made int;
begin
    update clinic.queue_entry set called_at = null, called_by = null, absents = absents + 1,
           retry_at = clinic.now() + make_interval(mins => clinic.setting('queue_retry_minutes')::int)
     where id = p_appointment and called_at is not null and a.status = 'arrived' returning absents into made;
    if made is null then perform clinic.refuse('queue_not_called'); end if;
    perform audit.record('queue.call', 'appointment', p_appointment, a.patient_id, 'done', jsonb_build_object('absent', made));
    return made;
end $$;

-- A call taken back, or an absent one who is here again: in their old place.
create function clinic.queue_put_back(p_appointment uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment := clinic.queue_asks('queue.call', p_appointment);
begin
    update clinic.queue_entry set called_at = null, called_by = null, retry_at = null
     where id = p_appointment and (called_at is not null or retry_at is not null) and a.status = 'arrived';
    if not found then perform clinic.refuse('queue_not_called'); end if;
    perform audit.record('queue.call', 'appointment', p_appointment, a.patient_id, 'done', '{"put_back": true}');
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Services. A service is nobody (`auth.actor()` is null for its token): no policy, no function lets it do anything
-- but the few that ask `auth.service()`. Its secret has 256 bits, so its hash is its verifier.
-- ---------------------------------------------------------------------------------------------------------------
create table auth.service (
    id uuid primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    actions text[] not null check (actions <@ array['display.open']),
    centre_id uuid not null references clinic.centre,
    verifier bytea not null check (length(verifier) = 32),
    made_at timestamptz not null default now(),
    ended_at timestamptz
);
create table auth.service_session (
    id uuid primary key,
    service_id uuid not null references auth.service,
    token_hash bytea not null unique,
    address text not null,
    opened_at timestamptz not null default clock_timestamp()
);
create index service_session_by_service on auth.service_session (service_id, opened_at);
alter table auth.service enable row level security;
alter table auth.service_session enable row level security;

-- A token for the right secret. outcome: open | wrong | wait.
create function auth.open_service(p_name text, p_secret bytea, out outcome text, out token text, out wait_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s auth.service; place text := coalesce(host(inet_client_addr()), 'local'); mine text; sid uuid := gen_random_uuid();
begin
    mine := concat_ws(' ', 'service', left(p_name, 40), place);
    wait_seconds := auth.must_wait('pair', mine, 5);
    if wait_seconds > 0 then outcome := 'wait'; return; end if;
    select * into s from auth.service x where x.name = p_name and x.ended_at is null and x.verifier = sha256(p_secret);
    if not found then
        wait_seconds := auth.attempt('pair', mine, 5);
        perform audit.record('sign-in.refused', 'service', null, null, 'refused', jsonb_build_object('service', left(p_name, 40), 'address', place));
        outcome := 'wrong';
        return;
    end if;
    perform auth.forgive('pair', mine, true);
    delete from auth.service_session x where x.opened_at < clock_timestamp() - interval '2 days';
    token := encode(public.gen_random_bytes(32), 'hex');
    insert into auth.service_session (id, service_id, token_hash, address) values (sid, s.id, sha256(decode(token, 'hex')), place);
    perform audit.record('sign-in.open', 'service', s.id, null, 'done',
        jsonb_build_object('service', s.name, 'actions', s.actions, 'centre', s.centre_id, 'address', place));
    outcome := 'open';
end $$;

-- The centre at which the service of this connection's token may do this; no row: it may not.
create function auth.service(p_action text) returns table (service_id uuid, centre_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.centre_id from auth.service_session x join auth.service s on s.id = x.service_id
     where x.token_hash = sha256(decode(nullif(current_setting('praxis.token', true), ''), 'hex'))
       and x.opened_at > clock_timestamp() - interval '1 day' and s.ended_at is null and p_action = any (s.actions)
       and current_setting('transaction_isolation') = 'read committed'
$$;

-- The centre whose display the speaker may see: a service's own, or one that a person may look at.
create function clinic.display_centre(p_centre uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select s.centre_id from auth.service('display.open') s),
                    case when auth.actor() is not null and auth.may('display.open', null, p_centre) is null then p_centre end)
$$;

create function clinic.display_head(p_centre uuid) returns table (centre_name text, zone text, now timestamptz, names text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.name, c.zone, clinic.now(), clinic.setting('display_names') from clinic.centre c where c.id = clinic.display_centre(p_centre)
$$;

-- What is not over of today, without a whole name: of who waits as much as the policy shows, of the others nothing.
create function clinic.display_day(p_centre uuid)
returns table (id uuid, name text, ticket int, provider_id uuid, provider_name text, status text, kind text, priority text,
    habit text, starts_at timestamptz, ends_at timestamptz, arrived_at timestamptz, started_at timestamptz, called_at timestamptz,
    retry_at timestamptz, room text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id, case when a.status = 'arrived' and clinic.setting('display_names') = 'initials'
                      then left(p.family_name, 1) || '… ' || left(p.given_name, 2) || '…' end,
           q.ticket, a.provider_id, btrim(v.family_name || ', ' || left(v.given_name, 1), ', '), a.status, a.kind, coalesce(q.priority, 'routine'),
           left(md5(a.visit_type), 8), a.starts_at, a.ends_at, a.arrived_at, a.started_at, q.called_at, q.retry_at, coalesce(q.room, a.room)
      from clinic.centre c
      join clinic.appointment a on a.centre_id = c.id and a.day = (clinic.now() at time zone c.zone)::date
      join clinic.patient p on p.id = a.patient_id
      join clinic.provider pr on pr.id = a.provider_id
      join clinic.account v on v.id = pr.account_id
      left join clinic.queue_entry q on q.id = a.id
     where c.id = clinic.display_centre(p_centre) and a.status in ('booked', 'arrived', 'in_progress')
     order by a.starts_at, a.id
$$;

-- What the last 90 days teach, in minutes at the deciles from 0 to 100 %: how long visits take (by provider, and by provider and
-- kind of visit), how late people come (`late`), and how many do not come (`missed`, of `n`). Nothing of a patient.
create function clinic.visit_habits(p_centre uuid)
returns table (of text, provider_id uuid, habit text, n bigint, minutes float8[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with past as materialized (
        select a.provider_id, left(md5(a.visit_type), 8) as habit, a.status, a.kind,
               extract(epoch from a.ended_at - a.started_at)::float8 / 60 as took,
               extract(epoch from a.arrived_at - a.starts_at)::float8 / 60 as late
          from clinic.centre c join clinic.appointment a on a.centre_id = c.id
         where c.id = coalesce(clinic.display_centre(p_centre),
                               case when auth.actor() is not null and auth.may('board.open', null, p_centre) is null then p_centre end)
           and a.day between (clinic.now() at time zone c.zone)::date - 90 and (clinic.now() at time zone c.zone)::date - 1
           and a.status in ('completed', 'no_show')),
    tenths as (select array(select i / 10.0::float8 from generate_series(0, 10) i) as at)
    select 'visit', p.provider_id, p.habit, count(*), percentile_cont((select at from tenths)) within group (order by p.took)
      from past p where p.status = 'completed' and p.took between 1 and 240
     group by grouping sets ((p.provider_id), (p.provider_id, p.habit)) having count(*) >= 5 and (grouping(p.habit) = 1 or p.habit is not null)
    union all
    select 'late', null, null, count(*), percentile_cont((select at from tenths)) within group (order by p.late)
      from past p where p.status = 'completed' and p.kind = 'slot' and p.late between -120 and 120 having count(*) >= 5
    union all
    select 'missed', null, null, count(*), array[count(*) filter (where p.status = 'no_show')::float8] from past p where p.kind = 'slot'
$$;

grant execute on function clinic.queue_set_priority(uuid, text) to praxis_app;
grant execute on function clinic.queue_call(uuid, text) to praxis_app;
grant execute on function clinic.queue_call_next(uuid, uuid, uuid, text, text, text) to praxis_app;
grant execute on function clinic.queue_absent(uuid) to praxis_app;
grant execute on function clinic.queue_put_back(uuid) to praxis_app;
grant execute on function clinic.queue_rank(text, text, timestamptz) to praxis_app;
grant execute on function auth.open_service(text, bytea) to praxis_app;
grant execute on function clinic.display_head(uuid) to praxis_app;
grant execute on function clinic.display_day(uuid) to praxis_app;
grant execute on function clinic.visit_habits(uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 23)::text where key = 'schema_version';
reset role;
