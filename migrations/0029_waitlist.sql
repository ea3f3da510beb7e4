-- The waiting list: who wants an earlier or any time, with whom and within which days; and every call in which a time that came
-- free was offered to one of them. A time that is offered is held like one that is being chosen.
set local role praxis_owner;

create table clinic.waitlist_entry (
    id uuid primary key,
    patient_id uuid not null references clinic.patient,
    provider_id uuid references clinic.provider,
    profession text,                                     -- anybody of it; null: one provider
    department_id uuid references clinic.department,
    centre_id uuid references clinic.centre,             -- null: any of them
    visit_type text references clinic.visit_type (code),
    first_day date not null,
    last_day date not null,                              -- after it nothing is offered any more
    part text not null default 'any' check (part in ('any', 'morning', 'afternoon', 'evening')),
    weekdays int not null default 127 check (weekdays between 1 and 127),   -- bit 0: Monday
    priority text not null default 'routine' check (priority in ('urgent', 'soon', 'routine')),
    referral_id uuid references clinic.referral,
    note bytea,
    status text not null default 'waiting' check (status in ('waiting', 'booked', 'declined', 'withdrawn')),
    appointment_id uuid references clinic.appointment,
    added_by uuid not null references clinic.account,
    added_at timestamptz not null,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    constraint waitlist_entry_whom check ((provider_id is null) <> (profession is null)),
    constraint waitlist_entry_window check (first_day <= last_day and last_day <= first_day + 366),
    constraint waitlist_entry_booked check ((status = 'booked') = (appointment_id is not null))
);
create index waitlist_entry_open on clinic.waitlist_entry (last_day) where status = 'waiting';
create index waitlist_entry_by_patient on clinic.waitlist_entry (patient_id);
select clinic.seal_columns('waitlist_entry');
select clinic.track('waitlist_entry');

-- One call, or one time that was offered. It is open while the desk that made it holds the time.
create table clinic.waitlist_call (
    id uuid primary key,
    entry_id uuid not null references clinic.waitlist_entry,
    patient_id uuid not null references clinic.patient,
    provider_id uuid not null references clinic.provider,
    centre_id uuid not null references clinic.centre,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    session_id uuid not null,
    account_id uuid not null references clinic.account,
    at timestamptz not null,
    outcome text check (outcome in ('booked', 'declined', 'no_answer', 'left_message', 'gave_up', 'undone')),
    outcome_at timestamptz,
    version bigint not null default 1,
    check (starts_at < ends_at),
    check ((outcome is null) = (outcome_at is null))
);
create index waitlist_call_by_entry on clinic.waitlist_call (entry_id, at);
create index waitlist_call_open on clinic.waitlist_call (session_id) where outcome is null;
select clinic.track('waitlist_call');

do $$
declare t text;
begin
    foreach t in array array['waitlist_entry', 'waitlist_call'] loop
        execute format('alter table clinic.%I enable row level security', t);
        execute format('create policy read on clinic.%I for select to praxis_app using (
            centre_id in (select clinic.centres_for(''waitlist.open'')) or centre_id is null and (select auth.permits(''waitlist.open'')) is not null)', t);
        execute format('create policy own on clinic.%I for select to praxis_app using (patient_id in (select clinic.own_records()))', t);
        execute format('grant select on clinic.%I to praxis_app', t);
        execute format('create constraint trigger z_told after insert or update or delete on clinic.%I deferrable initially deferred
            for each row execute function audit.told()', t);
        execute format('create trigger y_erased before insert on clinic.%I for each row execute function clinic.refuse_erased()', t);
    end loop;
end $$;

-- An entry is at its centre; one for any centre is at whichever the speaker works.
do $$
declare
    def text := pg_get_functiondef('clinic.about'::regproc); last constant text := 'select ''draft'', null, null, null, x.account_id';
begin
    if position(last in def) = 0 then raise exception 'what things are about is not where it was'; end if;
    execute replace(def, last, 'select ''waitlist_entry'', x.patient_id, coalesce(x.centre_id, (select m from clinic.my_centres() m limit 1)), null, null
        into kind, patient, centre, provider, author from clinic.waitlist_entry x where x.id = p_object;
    if found then return; end if;
    ' || last);
end $$;

-- Who may not be booked does not wait; what is wanted can be given; nobody waits twice for the same.
create function clinic.waitlist_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare p clinic.patient; v record; t clinic.visit_type; x record; facts jsonb; ids uuid[]; today date;
begin
    if pg_has_role(session_user, 'praxis_owner', 'member') and current_setting('praxis.history', true) = 'on' then return new; end if;
    if tg_op = 'UPDATE' and (new.patient_id <> old.patient_id or new.added_by <> old.added_by or new.added_at <> old.added_at) then
        perform clinic.refuse('waitlist_stays');
    end if;
    -- What ends an entry asks for nothing more.
    if new.status <> 'waiting' then return new; end if;
    today := (clinic.now() at time zone coalesce((select c.zone from clinic.centre c
        where c.id = coalesce(new.centre_id, (select m from clinic.my_centres() m limit 1))), 'UTC'))::date;
    -- Two desks that add the same patient ask one after the other, and a merge that is under way ends first.
    perform pg_advisory_xact_lock(hashtextextended('waitlist ' || new.patient_id, 0));
    select * into p from clinic.patient y where y.id = new.patient_id for key share;
    facts := clinic.merged_facts(new.patient_id);
    -- What a merged record waited for is offered to the one that goes on, and is not changed.
    if facts is not null and (tg_op = 'INSERT' or (new.provider_id, new.profession, new.department_id, new.centre_id, new.visit_type,
            new.first_day, new.last_day, new.part, new.weekdays, new.priority, new.note) is distinct from
            (old.provider_id, old.profession, old.department_id, old.centre_id, old.visit_type, old.first_day, old.last_day, old.part,
            old.weekdays, old.priority, old.note)) then
        perform clinic.refuse('patient_merged', facts);
    end if;
    if p.deactivated_at is not null then perform clinic.refuse('patient_deactivated'); end if;
    ids := clinic.records_of(new.patient_id);
    select y.blocked_until as until into x from clinic.patient y where y.id = any (ids) and y.blocked_until >= today order by 1 desc limit 1;
    if found then perform clinic.refuse('patient_blocked', jsonb_build_object('until', x.until)); end if;
    if new.last_day < today then perform clinic.refuse('waitlist_over', jsonb_build_object('last', new.last_day)); end if;
    if new.last_day > today + clinic.setting('book_ahead_days')::int then
        perform clinic.refuse('too_far_ahead', jsonb_build_object('days', clinic.setting('book_ahead_days')));
    end if;
    select pr.profession, pr.department_id, a.id as account, a.deactivated_at is not null as gone into v
      from clinic.provider pr join clinic.account a on a.id = pr.account_id where pr.id = new.provider_id;
    if v.gone then perform clinic.refuse('provider_deactivated'); end if;
    if v.account = any (array(select y.account_id from clinic.patient y where y.id = any (ids))) then perform clinic.refuse('nobody_with_themselves'); end if;
    if new.provider_id is not null and new.centre_id is not null and not exists (select from clinic.provider_centre pc
            where pc.provider_id = new.provider_id and pc.centre_id = new.centre_id) then
        perform clinic.refuse('waitlist_not_there', jsonb_build_object('centre', (select c.name from clinic.centre c where c.id = new.centre_id)));
    end if;
    if new.provider_id is null and not exists (
        select from clinic.provider pr join clinic.account a on a.id = pr.account_id and a.deactivated_at is null
         where pr.profession = new.profession and (new.department_id is null or pr.department_id = new.department_id)
           and (new.centre_id is null or exists (select from clinic.provider_centre pc where pc.provider_id = pr.id and pc.centre_id = new.centre_id))) then
        perform clinic.refuse('waitlist_nobody', jsonb_build_object('profession', new.profession));
    end if;
    if new.visit_type is not null then
        select * into t from clinic.visit_type y where y.code = new.visit_type;
        if t.retired_at is not null then perform clinic.refuse('visit_type_retired', jsonb_build_object('type', t.name)); end if;
        if cardinality(t.professions) > 0 and coalesce(new.profession, v.profession) <> all (t.professions) then
            perform clinic.refuse('visit_type_profession', jsonb_build_object('type', t.name, 'professions', array_to_string(t.professions, ',')));
        end if;
    end if;
    -- A specialist is waited for with a referral, as one is booked with one.
    new.referral_id := null;
    if coalesce(new.profession, v.profession) = 'specialist' then
        select clinic.open_referral(new.patient_id, pr.id, greatest(new.first_day, today)) into new.referral_id
          from clinic.provider pr
         where case when new.provider_id is not null then pr.id = new.provider_id
                    else pr.profession = 'specialist' and (new.department_id is null or pr.department_id = new.department_id) end
         order by 1 nulls last limit 1;
        if new.referral_id is null then perform clinic.refuse('specialist_needs_referral'); end if;
    end if;
    select e.added_at, btrim(a.given_name || ' ' || a.family_name) as who into x
      from clinic.waitlist_entry e join clinic.account a on a.id = e.added_by
     where e.patient_id = any (ids) and e.id <> new.id and e.status = 'waiting' and e.last_day >= today
       and (e.provider_id, e.profession, e.visit_type) is not distinct from (new.provider_id, new.profession, new.visit_type)
       and e.first_day <= new.last_day and e.last_day >= new.first_day limit 1;
    if found then
        perform clinic.refuse('waitlist_already', jsonb_build_object('since', (x.added_at at time zone 'UTC')::date, 'who', x.who));
    end if;
    return new;
end $$;
create trigger a_rules before insert or update on clinic.waitlist_entry for each row execute function clinic.waitlist_rules();

create function clinic.waitlist_asks(p_action text, p_patient uuid, p_object uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may(p_action, p_patient, p_object);
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', p_action, 'why', why, 'role', auth.actor_role()));
    end if;
end $$;

-- The entry, locked; refuses unless the speaker may do it to an entry that is there.
create function clinic.waitlist_row(p_action text, p_entry uuid) returns clinic.waitlist_entry
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry;
begin
    perform clinic.waitlist_asks(p_action, null, p_entry);
    select * into e from clinic.waitlist_entry x where x.id = p_entry for update;
    return e;
end $$;

create function clinic.waitlist_add(p_id uuid, p_patient uuid, p_provider uuid, p_profession text, p_department uuid, p_centre uuid,
    p_visit_type text, p_first date, p_last date, p_part text, p_weekdays int, p_priority text, p_note bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.waitlist_asks('waitlist.add', p_patient, p_centre);
    insert into clinic.waitlist_entry (id, patient_id, provider_id, profession, department_id, centre_id, visit_type, first_day, last_day,
        part, weekdays, priority, note, added_by, added_at)
    values (p_id, p_patient, p_provider, p_profession, p_department, p_centre, p_visit_type, p_first, p_last, p_part, p_weekdays,
        p_priority, p_note, auth.actor(), clinic.now());
    perform audit.record('waitlist.add', 'waitlist_entry', p_id, p_patient, 'done', jsonb_strip_nulls(jsonb_build_object(
        'provider', p_provider, 'profession', p_profession, 'centre', p_centre, 'from', p_first, 'to', p_last, 'priority', p_priority)));
end $$;

-- Answers the new version; null: somebody changed it since it was seen.
create function clinic.waitlist_change(p_entry uuid, p_seen bigint, p_provider uuid, p_profession text, p_department uuid, p_centre uuid,
    p_visit_type text, p_first date, p_last date, p_part text, p_weekdays int, p_priority text, p_note bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.change', p_entry); made bigint;
begin
    if e.version <> p_seen then return null; end if;
    if e.status <> 'waiting' then perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status)); end if;
    -- It stays with a desk that may change it.
    if p_centre is distinct from e.centre_id then perform clinic.waitlist_asks('waitlist.change', e.patient_id, p_centre); end if;
    update clinic.waitlist_entry x set provider_id = p_provider, profession = p_profession, department_id = p_department,
           centre_id = p_centre, visit_type = p_visit_type, first_day = p_first, last_day = p_last, part = p_part,
           weekdays = p_weekdays, priority = p_priority, note = p_note
     where x.id = p_entry returning x.version into made;
    perform audit.record('waitlist.change', 'waitlist_entry', p_entry, e.patient_id, 'done', jsonb_strip_nulls(jsonb_build_object(
        'provider', p_provider, 'profession', p_profession, 'from', p_first, 'to', p_last, 'priority', p_priority)));
    return made;
end $$;

-- Takes somebody off the list, or puts them back at their old place. Answers the new version; null: changed since it was seen.
create function clinic.waitlist_withdraw(p_entry uuid, p_seen bigint, p_back boolean) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.withdraw', p_entry); made bigint;
begin
    if e.version <> p_seen then return null; end if;
    if p_back and e.status not in ('withdrawn', 'declined') or not p_back and e.status <> 'waiting' then
        perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status));
    end if;
    update clinic.waitlist_entry x set status = case when p_back then 'waiting' else 'withdrawn' end
     where x.id = p_entry returning x.version into made;
    perform audit.record('waitlist.withdraw', 'waitlist_entry', p_entry, e.patient_id, 'done', jsonb_build_object('back', p_back));
    return made;
end $$;

-- The offers that are open now: somebody is on the phone, and their desk holds the time.
create function clinic.waitlist_offers() returns table (call_id uuid, entry_id uuid, provider_id uuid, starts_at timestamptz,
    ends_at timestamptz, who text, until timestamptz, mine boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.id, k.entry_id, k.provider_id, k.starts_at, k.ends_at, btrim(a.given_name || ' ' || a.family_name), h.expires_at,
           k.session_id = auth.session_id()
      from clinic.waitlist_call k
      join clinic.slot_hold h on h.session_id = k.session_id and h.provider_id = k.provider_id and h.starts_at = k.starts_at
       and h.expires_at > clinic.now()
      join auth.session s on s.id = h.session_id and s.ended_at is null
      join clinic.account a on a.id = k.account_id
     where (select auth.permits('waitlist.open')) is not null and k.outcome is null
$$;

-- Offers a time to one who waits: holds it for this sign-in and begins the call. Another desk that holds the time, or is talking to
-- the same patient, is named. Answers until when it is held.
create function clinic.waitlist_offer(p_call uuid, p_entry uuid, p_provider uuid, p_centre uuid, p_from timestamptz, p_to timestamptz)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.offer', p_entry); o record; h record; zone text; today date;
begin
    perform clinic.waitlist_asks('waitlist.offer', null, p_centre);
    select c.zone into zone from clinic.centre c where c.id = p_centre;
    today := (clinic.now() at time zone zone)::date;
    if e.status <> 'waiting' then perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status)); end if;
    if e.last_day < today then perform clinic.refuse('waitlist_over', jsonb_build_object('last', e.last_day)); end if;
    if p_from < clinic.now() then perform clinic.refuse('nothing_in_the_past', jsonb_build_object('starts', p_from, 'now', clinic.now())); end if;
    select * into o from clinic.waitlist_offers() x where x.entry_id = p_entry and not x.mine limit 1;
    if found then
        perform clinic.refuse('waitlist_being_called', jsonb_build_object('who', o.who,
            'time', to_char(o.starts_at at time zone zone, 'HH24:MI'), 'until', to_char(o.until at time zone zone, 'HH24:MI:SS')));
    end if;
    select * into h from clinic.hold_slot(p_provider, p_centre, p_from, p_to);
    if h.holder is not null then
        perform clinic.refuse('slot_being_offered', jsonb_build_object('who', h.holder,
            'time', to_char(p_from at time zone zone, 'HH24:MI'), 'until', to_char(h.until at time zone zone, 'HH24:MI:SS')));
    end if;
    insert into clinic.waitlist_call (id, entry_id, patient_id, provider_id, centre_id, starts_at, ends_at, session_id, account_id, at)
    values (p_call, p_entry, (clinic.records_of(e.patient_id))[1], p_provider, p_centre, p_from, p_to, auth.session_id(), auth.actor(), clinic.now());
    perform audit.record('waitlist.offer', 'waitlist_entry', p_entry, e.patient_id, 'done',
        jsonb_build_object('call', p_call, 'provider', p_provider, 'starts', p_from));
    return h.until;
end $$;

-- What the patient said, or that nobody answered; null takes it back. Whoever wants nothing any more leaves the list.
create function clinic.waitlist_answer(p_call uuid, p_outcome text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare k clinic.waitlist_call; e clinic.waitlist_entry;
begin
    select * into k from clinic.waitlist_call x where x.id = p_call and x.account_id = auth.actor();
    e := clinic.waitlist_row('waitlist.offer', coalesce(k.entry_id, p_call));
    select * into k from clinic.waitlist_call x where x.id = p_call and x.account_id = auth.actor() for update;
    if k.id is null or (k.outcome is null) = (p_outcome is null)
       or coalesce(p_outcome, k.outcome) not in ('declined', 'no_answer', 'left_message', 'gave_up') then
        perform clinic.refuse('waitlist_no_call');
    end if;
    if e.status <> (case when p_outcome is null and k.outcome = 'gave_up' then 'declined' else 'waiting' end) then
        perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status));
    end if;
    if coalesce(p_outcome, k.outcome) = 'gave_up' then
        update clinic.waitlist_entry x set status = case when p_outcome is null then 'waiting' else 'declined' end where x.id = e.id;
    end if;
    update clinic.waitlist_call x set outcome = p_outcome, outcome_at = case when p_outcome is not null then clinic.now() end,
           version = x.version + 1 where x.id = p_call;
    perform audit.record('waitlist.offer', 'waitlist_entry', e.id, e.patient_id, 'done',
        jsonb_build_object('call', p_call, 'answer', coalesce(p_outcome, 'taken_back')));
end $$;

-- In the transaction that books: the entry is closed by the appointment, and the call says so. Without a call it was booked at once.
create function clinic.waitlist_booked(p_call uuid, p_entry uuid, p_appointment uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.offer', p_entry); a clinic.appointment;
begin
    if e.status <> 'waiting' then perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status)); end if;
    select * into a from clinic.appointment x where x.id = p_appointment and x.status in ('booked', 'arrived') and x.booked_by = auth.actor()
       and x.patient_id = any (clinic.records_of(e.patient_id));
    if not found then perform clinic.refuse('waitlist_other_patient'); end if;
    insert into clinic.waitlist_call as k (id, entry_id, patient_id, provider_id, centre_id, starts_at, ends_at, session_id, account_id, at,
        outcome, outcome_at)
    values (p_call, e.id, a.patient_id, a.provider_id, a.centre_id, a.starts_at, a.ends_at, auth.session_id(), auth.actor(), clinic.now(),
        'booked', clinic.now())
    on conflict (id) do update set outcome = 'booked', outcome_at = clinic.now(), version = k.version + 1
     where k.entry_id = e.id and k.outcome is null;
    if not found then perform clinic.refuse('waitlist_no_call'); end if;
    update clinic.waitlist_entry x set status = 'booked', appointment_id = a.id where x.id = e.id;
    perform audit.record('waitlist.offer', 'waitlist_entry', e.id, e.patient_id, 'done',
        jsonb_build_object('call', p_call, 'answer', 'booked', 'appointment', a.id));
end $$;

-- In the transaction that takes the booking back: they wait again, at their old place.
create function clinic.waitlist_unbooked(p_call uuid, p_entry uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e clinic.waitlist_entry := clinic.waitlist_row('waitlist.offer', p_entry);
begin
    if e.status <> 'booked' or not exists (select from clinic.appointment a where a.id = e.appointment_id and a.status = 'cancelled') then
        perform clinic.refuse('waitlist_closed', jsonb_build_object('status', e.status));
    end if;
    update clinic.waitlist_entry x set status = 'waiting', appointment_id = null where x.id = e.id;
    update clinic.waitlist_call x set outcome = 'undone', outcome_at = clinic.now(), version = x.version + 1
     where x.id = p_call and x.entry_id = e.id and x.outcome = 'booked';
    perform audit.record('waitlist.offer', 'waitlist_entry', e.id, e.patient_id, 'done', jsonb_build_object('call', p_call, 'answer', 'undone'));
end $$;

grant execute on function clinic.waitlist_add(uuid, uuid, uuid, text, uuid, uuid, text, date, date, text, int, text, bytea) to praxis_app;
grant execute on function clinic.waitlist_change(uuid, bigint, uuid, text, uuid, uuid, text, date, date, text, int, text, bytea) to praxis_app;
grant execute on function clinic.waitlist_withdraw(uuid, bigint, boolean) to praxis_app;
grant execute on function clinic.waitlist_offers() to praxis_app;
grant execute on function clinic.waitlist_offer(uuid, uuid, uuid, uuid, timestamptz, timestamptz) to praxis_app;
grant execute on function clinic.waitlist_answer(uuid, text) to praxis_app;
grant execute on function clinic.waitlist_booked(uuid, uuid, uuid) to praxis_app;
grant execute on function clinic.waitlist_unbooked(uuid, uuid) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 29)::text where key = 'schema_version';
reset role;
