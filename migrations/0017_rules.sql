-- The rules, where the matrix of every action, role and situation found them open or slow.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- Who is speaking is asked once for a statement: compared with a column directly it was asked once for every row that was
-- looked at, which on a small table is all of them.
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

-- The ties of before, each looked for where its index is.
create or replace function clinic.patients_by(p_codes text[]) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid; t timestamptz := clinic.now(); since timestamptz;
begin
    if p_codes && array['relationship', 'connection'] then
        mine := auth.provider_id();
        since := t - make_interval(days => clinic.setting('history_grace_days')::int);
    end if;
    return query
    select x.patient_id from clinic.appointment x
     where 'relationship' = any (p_codes) and x.provider_id = mine
       and (x.status in ('booked', 'arrived', 'in_progress')
            or x.status = 'completed' and coalesce(x.ended_at, x.ends_at) > since)
       and not exists (select from clinic.emergency e where e.appointment_id = x.id)
    union
    select c.patient_id from clinic.connection c
     where 'connection' = any (p_codes) and c.provider_id = mine and c.state = 'approved'
       and (c.until is null or c.until >= t::date)
    union
    select x.patient_id
      from (select c.id, (t at time zone c.zone)::date as today
              from clinic.my_centres() m join clinic.centre c on c.id = m) here
      join clinic.appointment x on x.centre_id = here.id and x.day = here.today
     where 'present_today' = any (p_codes) and x.status in ('arrived', 'in_progress')
       and not exists (select from clinic.emergency e where e.appointment_id = x.id)
    union
    select r.patient_id from clinic.access_request r
     where 'granted' = any (p_codes) and r.asker = me and r.state = 'granted' and r.until > t
       and (r.decided_as = 'patient' or clinic.setting('history_policy') <> 'strict')
    union
    select e.patient_id from clinic.emergency e
     where 'emergency' = any (p_codes) and e.account_id = me and e.ended_at is null and e.until > t
    union
    select p.id from clinic.patient p where 'self_patient' = any (p_codes) and p.account_id = me;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- What an id is about, with requests, connections, emergencies and messages among the things. A message is no patient's: what
-- somebody writes to somebody is theirs, whomever it names.
-- ---------------------------------------------------------------------------------------------------------------
create or replace function clinic.about(p_object uuid, out kind text, out patient uuid, out centre uuid, out provider uuid, out author uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_object is null then return; end if;
    select 'patient', x.id, null, null, null into kind, patient, centre, provider, author from clinic.patient x where x.id = p_object;
    if found then return; end if;
    select 'encounter', e.patient_id, e.centre_id, e.provider_id, e.author into kind, patient, centre, provider, author from clinic.encounter e where e.id = p_object;
    if found then return; end if;
    select 'appointment', a.patient_id, a.centre_id, a.provider_id, null::uuid into kind, patient, centre, provider, author from clinic.appointment a where a.id = p_object;
    if found then return; end if;
    select 'centre', null, x.id, null, null into kind, patient, centre, provider, author from clinic.centre x where x.id = p_object;
    if found then return; end if;
    select 'service_request', r.patient_id, e.centre_id, null, r.author into kind, patient, centre, provider, author from clinic.service_request r join clinic.encounter e on e.id = r.encounter_id where r.id = p_object;
    if found then return; end if;
    select 'provider', null, null, x.id, null into kind, patient, centre, provider, author from clinic.provider x where x.id = p_object;
    if found then return; end if;
    select 'account', null, null, null, x.id into kind, patient, centre, provider, author from clinic.account x where x.id = p_object;
    if found then return; end if;
    select 'clinic_session', null, s.centre_id, s.provider_id, null into kind, patient, centre, provider, author from clinic.clinic_session s where s.id = p_object;
    if found then return; end if;
    select 'note', x.patient_id, e.centre_id, null, x.author into kind, patient, centre, provider, author from clinic.note x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object;
    if found then return; end if;
    select 'observation', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.observation x where x.id = p_object;
    if found then return; end if;
    select 'diagnosis', x.patient_id, e.centre_id, null, x.author into kind, patient, centre, provider, author from clinic.diagnosis x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object;
    if found then return; end if;
    select 'prescription', x.patient_id, e.centre_id, null, x.author into kind, patient, centre, provider, author from clinic.prescription x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object;
    if found then return; end if;
    select 'treatment', x.patient_id, e.centre_id, null, x.author into kind, patient, centre, provider, author from clinic.treatment x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object;
    if found then return; end if;
    select 'referral', r.patient_id, null, r.from_provider_id, r.author into kind, patient, centre, provider, author from clinic.referral r where r.id = p_object;
    if found then return; end if;
    select 'allergy', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.allergy x where x.id = p_object;
    if found then return; end if;
    select 'condition', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.condition x where x.id = p_object;
    if found then return; end if;
    select 'patient_alert', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.patient_alert x where x.id = p_object;
    if found then return; end if;
    select 'result', r.patient_id, e.centre_id, null, r.author into kind, patient, centre, provider, author from clinic.result r join clinic.service_request q on q.id = r.service_request_id join clinic.encounter e on e.id = q.encounter_id where r.id = p_object;
    if found then return; end if;
    select 'report', x.patient_id, e.centre_id, null, x.author into kind, patient, centre, provider, author from clinic.report x join clinic.encounter e on e.id = x.encounter_id where x.id = p_object;
    if found then return; end if;
    select 'medication', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.medication x where x.id = p_object;
    if found then return; end if;
    select 'surgery', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.surgery x where x.id = p_object;
    if found then return; end if;
    select 'vaccination', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.vaccination x where x.id = p_object;
    if found then return; end if;
    select 'family_history', x.patient_id, null, null, x.author into kind, patient, centre, provider, author from clinic.family_history x where x.id = p_object;
    if found then return; end if;
    select 'message', null, null, null, x.from_account into kind, patient, centre, provider, author from clinic.message x where x.id = p_object;
    if found then return; end if;
    select 'access_request', x.patient_id, null, null, x.asker into kind, patient, centre, provider, author from clinic.access_request x where x.id = p_object;
    if found then return; end if;
    select 'connection', x.patient_id, null, x.provider_id, null into kind, patient, centre, provider, author from clinic.connection x where x.id = p_object;
    if found then return; end if;
    select 'emergency', x.patient_id, null, null, x.account_id into kind, patient, centre, provider, author from clinic.emergency x where x.id = p_object;
    if found then return; end if;
    select 'sign-in', null, null, null, x.account_id into kind, patient, centre, provider, author from auth.session x where x.id = p_object;
    if found then return; end if;
    select 'draft', null, null, null, x.account_id into kind, patient, centre, provider, author from clinic.draft x where x.id = p_object;
    if found then return; end if;
end $$;

-- Also a message to the speaker, and what a patient asks of them as a provider.
create or replace function clinic.routed_to_me(p_object uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid := auth.provider_id();
begin
    if p_object is null then return false; end if;
    return exists (select from clinic.referral r
                    where r.id = p_object and r.status <> 'draft' and r.struck_at is null
                      and (r.to_provider_id = mine or r.to_provider_id is null and r.to_specialty in
                           (select s.specialty from clinic.provider_specialty s where s.provider_id = mine)))
        or exists (select from clinic.message m where m.id = p_object and m.to_account = me)
        or exists (select from clinic.connection c where c.id = p_object and c.provider_id = mine and c.asked_side = 'patient')
        or exists (select from clinic.service_request r where r.id = p_object and r.id in (select clinic.routed_orders()))
        or exists (select from clinic.result r where r.id = p_object and r.service_request_id in (select clinic.routed_orders()))
        or exists (select from clinic.prescription p where p.id = p_object and p.id in (select q.prescription_id from clinic.routed_prescriptions() q));
end $$;

-- The codes of the speaker's role, in one look-up.
create or replace function auth.permits(p_action text) returns text[]
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); found text[];
begin
    select case when r.next_at <= clinic.now() then r.next_codes else r.codes end into found
      from clinic.account a join clinic.policy_rule r on r.role = a.role where a.id = me and r.action = p_action;
    return nullif(found, '{}');
end $$;
create or replace function auth.unrestricted(variadic p_actions text[]) returns boolean
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor();
begin
    return exists (
        select from clinic.account a join clinic.policy_rule r on r.role = a.role
         where a.id = me and r.action = any (p_actions)
           and 'any' = any (case when r.next_at <= clinic.now() then r.next_codes else r.codes end));
end $$;

-- The decision, with everything looked up once: the rules of one's own record, of a first access and of the role's own ties
-- are those of before.
create or replace function auth.may(p_action text, p_patient uuid, p_object uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    me uuid := auth.actor(); mine text; my uuid; permitted text[]; codes text[]; x record; own uuid; whose uuid; present boolean;
    ties text[]; reads boolean := p_action ~ '\.(open|search|visits)$';
begin
    if me is null then return 'no_session'; end if;
    select a.role, v.id, p.id into mine, my, own
      from clinic.account a left join clinic.provider v on v.account_id = a.id left join clinic.patient p on p.account_id = a.id
     where a.id = me limit 1;
    select nullif(case when r.next_at <= clinic.now() then r.next_codes else r.codes end, '{}') into permitted
      from clinic.policy_rule r where r.role = mine and r.action = p_action;
    if permitted is null and (mine = 'patient' or own is null) then return 'role'; end if;
    select * into x from clinic.about(p_object);
    whose := coalesce(x.patient, p_patient);
    if mine <> 'patient' and whose = own then
        return case when not clinic.as_patient(p_action) then 'own_record' end;
    end if;
    if permitted is null then return 'role'; end if;
    codes := permitted;
    if clinic.setting('history_policy') = 'strict' and (select a.strict from clinic.policy_action a where a.action = p_action) then
        codes := array(select c from unnest(permitted) c where c not in ('relationship', 'connection', 'present_today'));
    end if;
    if x.patient is not null and p_patient is not null and x.patient <> p_patient then return 'another_patient'; end if;
    if 'referring' = any (codes) and not exists (select from clinic.provider v where v.id = my
            and v.profession = any (string_to_array(clinic.setting('referring_professions'), ','))) then
        return 'profession';
    end if;
    if 'any' = any (codes) then return null; end if;
    -- Brought back or moved with oneself: only whom one sees already.
    if 'related_if_mine' = any (codes) and p_object is not null and clinic.setting('self_booking') <> 'any'
       and exists (select from clinic.appointment a where a.id = p_object and a.provider_id = my
                      and not clinic.related(a.patient_id, a.provider_id)) then
        return 'not_related';
    end if;
    if 'own_centre' = any (codes) and (p_object is null or x.centre in (select clinic.my_centres())) then return null; end if;
    -- Whatever has an author belongs to its author alone; a visit and an appointment to their provider.
    if 'own_object' = any (codes) and (p_object is null and p_patient is null
        or x.author = me or x.provider = my and (x.author is null or x.kind in ('encounter', 'referral'))) then return null; end if;
    if 'routed' = any (codes) and (p_object is null and p_patient is null or clinic.routed_to_me(p_object)) then return null; end if;
    -- A nurse writes in a visit while the patient of that visit is there, not in an older one.
    present := x.kind is distinct from 'encounter' or exists (
        select from clinic.encounter e join clinic.appointment a on a.id = e.appointment_id
         where e.id = p_object and a.status in ('arrived', 'in_progress') and e.centre_id in (select clinic.my_centres()));
    ties := array(select c from unnest(codes) c
                   where c in ('relationship', 'connection', 'present_today', 'self_patient', 'granted', 'emergency')
                     and (c <> 'present_today' or present or reads));
    if ties <> '{}' and (whose is null or whose in (select clinic.patients_by(ties))) then return null; end if;
    if p_action in ('record.open', 'history.open', 'visit.open', 'patient.visits', 'tests.open') then
        return coalesce(clinic.why_not_read(whose), 'no_relationship');
    end if;
    return case when codes && array['relationship', 'connection'] then coalesce(nullif(clinic.why_not_read(whose), 'role'), 'no_relationship')
                when 'present_today' = any (codes) then 'not_present'
                when 'own_centre' = any (codes) then 'not_own_centre'
                when 'own_object' = any (codes) then 'not_own_object'
                when 'routed' = any (codes) then 'not_routed'
                when 'self_patient' = any (codes) then 'not_self'
                else 'tie' end;
end $$;
drop function auth.may_by_ties(text, uuid, uuid);

-- Putting an appointment into a room is an action of its own.
do $$
declare def text := pg_get_functiondef('clinic.action_of'::regproc); rest constant text := 'else ''appointment.set-status'' end';
begin
    if position(rest in def) = 0 then raise exception 'the actions of appointments are not where they were'; end if;
    execute replace(def, rest, 'when ch <@ array[''room_id'', ''room''] then ''appointment.set-room'' ' || rest);
end $$;

-- A message about a patient is written by whom the table lets write one about that patient: nobody about themselves.
create function clinic.message_permitted() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare why text;
begin
    if current_user <> 'praxis_app' or new.kind <> 'staff' then return new; end if;
    why := auth.may('message.send-to-staff', new.patient_id, null);
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'message.send-to-staff', 'why', why, 'role', auth.actor_role()));
    end if;
    return new;
end $$;
create trigger a_permitted before insert on clinic.message for each row execute function clinic.message_permitted();

-- A connection is its two sides' and nobody else's; a member of staff is a side of their own as any patient is.
do $$
declare
    rules text := pg_get_functiondef('clinic.connection_rules'::regproc); narrow constant text := 'mine is null or auth.permits(act) is null';
begin
    if position(narrow in rules) = 0 then raise exception 'the rule of connections is not where it was'; end if;
    execute replace(rules, narrow, 'mine is null or auth.permits(act) is null and not (mine = ''patient'' and clinic.as_patient(act))');
end $$;
drop policy read on clinic.connection;
create policy read on clinic.connection for select to praxis_app using (
    provider_id = (select auth.provider_id()) or patient_id = (select auth.own_patient()));

-- ---------------------------------------------------------------------------------------------------------------
-- The log is told by those who did it, of what they did. The program's role writes no event directly any more: `audit.tell`
-- asks the table about a view that is opened, and looks for the write in the same transaction.
-- ---------------------------------------------------------------------------------------------------------------
-- Refuses what the table does not permit; for the views that the store opens, before anything is shown.
create function auth.demand(p_action text, p_patient uuid, p_object uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may(p_action, p_patient, p_object);
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', p_action, 'why', why, 'role', auth.actor_role()));
    end if;
end $$;
grant execute on function auth.demand(text, uuid, uuid) to praxis_app;

-- Whether an action only shows something.
create function audit.shows(p_action text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select p_action ~ '\.(open|open-panel|visits|viewers|search|list|print|export)$' and p_action not in ('emergency.open', 'sign-in.open')
$$;

-- Whether the thing that an event names was written by this transaction: itself, or what belongs to it.
create function audit.touched(p_entity text, p_id uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    mine xid := pg_current_xact_id_if_assigned()::xid; place record; found boolean;
begin
    if p_id is null then return true; end if;
    if mine is null then return false; end if;
    for place in
        select * from (values
            (p_entity, 'clinic', p_entity, 'id'),
            ('session', 'auth', 'session', 'id'),
            ('encounter', 'clinic', 'note', 'encounter_id'), ('encounter', 'clinic', 'service_request', 'encounter_id'),
            ('encounter', 'clinic', 'report', 'encounter_id'), ('encounter', 'clinic', 'diagnosis', 'encounter_id'),
            ('encounter', 'clinic', 'prescription', 'encounter_id'), ('encounter', 'clinic', 'treatment', 'encounter_id'),
            ('encounter', 'clinic', 'referral', 'encounter_id'), ('encounter', 'clinic', 'observation', 'encounter_id'),
            ('appointment', 'clinic', 'encounter', 'appointment_id'),
            ('patient', 'clinic', 'observation', 'patient_id'),
            ('service_request', 'clinic', 'result', 'service_request_id'),
            ('account', 'auth', 'credential', 'account_id'), ('account', 'auth', 'second_factor', 'account_id'),
            ('account', 'clinic', 'staff_centre', 'account_id'),
            ('provider', 'clinic', 'provider_centre', 'provider_id'), ('provider', 'clinic', 'provider_hours', 'provider_id'),
            ('connection', 'clinic', 'connection', 'provider_id')) x(entity, schema, name, key)
         where x.entity = p_entity
    loop
        if exists (select from pg_attribute a where a.attrelid = to_regclass(format('%I.%I', place.schema, place.name))
                      and a.attname = place.key and not a.attisdropped) then
            execute format('select exists (select from %I.%I where %I = $1 and age(xmin) <= age($2))', place.schema, place.name, place.key)
               into found using p_id, mine;
            if found then return true; end if;
        end if;
    end loop;
    return false;
end $$;

-- One event of the speaker. done: of a view, which the table must permit (`auth.may`); or of a write, by whom the table lets
-- write it, in the transaction of a request of theirs. An event of a write that changed nothing of what it names says so. refused: that they were.
create function audit.tell(p_action text, p_entity text, p_entity_id uuid, p_patient_id uuid, p_outcome text, p_facts jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me uuid := auth.actor(); facts jsonb := coalesce(p_facts, '{}'); whose uuid;
    apart constant text[] := array['access.list', 'connection.list', 'emergency.list', 'draft.discard'];
begin
    if me is null then raise exception 'no session' using errcode = 'PX000'; end if;
    if p_outcome not in ('done', 'refused') or p_entity !~ '^[a-z_]{1,40}$' or jsonb_typeof(facts) <> 'object'
       or length(facts::text) > 10000 or facts ->> 'by' = 'system'
       or not (p_action = any (apart) or exists (select from clinic.policy_action a where a.action = p_action)) then
        perform clinic.refuse('event_unknown', jsonb_build_object('action', left(p_action, 60)));
    end if;
    facts := facts - '{right,unchanged}'::text[];
    -- Whose record it is says the row, and the speaker only where there is none.
    whose := coalesce(audit.patient_of(p_entity, p_entity_id), p_patient_id);
    if p_outcome = 'done' and not p_action = any (apart) then
        if audit.shows(p_action) then
            perform auth.demand(p_action, case when p_entity <> 'message' then whose end, p_entity_id);
        elsif exists (select from clinic.request r where r.at = now() and r.account_id = me
                         and r.xmin = pg_current_xact_id_if_assigned()::xid) then
            if auth.permits(p_action) is null and not clinic.as_patient(p_action) then
                perform clinic.refuse('not_permitted', jsonb_build_object('action', p_action, 'why', 'role', 'role', auth.actor_role()));
            end if;
            -- (What a reset second factor was is gone.)
            if p_action <> 'sign-in.second-factor' and not audit.touched(p_entity, p_entity_id) then facts := facts || '{"unchanged": true}'; end if;
        else
            perform clinic.refuse('event_without_deed', jsonb_build_object('action', p_action));
        end if;
    end if;
    return audit.record(p_action, p_entity, p_entity_id, whose, p_outcome, facts);
end $$;
grant execute on function audit.tell(text, text, uuid, uuid, text, jsonb) to praxis_app;
revoke execute on function audit.record(text, text, uuid, uuid, text, jsonb) from praxis_app;

-- Nothing that the program's role writes is kept without an event of a write in the same transaction. (Opening a letter marks
-- it as seen.) What was written after a savepoint has a younger number than the transaction: `age` takes both.
create function audit.told() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if session_user = 'praxis_app' and not exists (
        select from audit.chain c join audit.event e on e.chain_id = c.id
         where c.id = nullif(current_setting('praxis.chain', true), '')::uuid and c.backend = pg_backend_pid()
           and e.n > c.n - 20 and age(e.xmin) <= age(pg_current_xact_id()::xid) and e.outcome = 'done'
           and (not audit.shows(e.action) or e.action = 'referral.open')) then
        perform clinic.refuse('write_without_event', jsonb_build_object('table', tg_table_name));
    end if;
    return null;
end $$;

-- A patient's key is made when they are registered. For one who has none yet it is made with what is written about them, and
-- is not kept alone: nobody plants a key. What is begun before there is one is sealed with the organisation's.
create function audit.key_told() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if session_user <> 'praxis_app' or new.patient_id is null
       or exists (select from clinic.patient p where p.id = new.patient_id and age(p.xmin) <= age(pg_current_xact_id()::xid)) then return null; end if;
    if not exists (
        select from audit.chain c join audit.event e on e.chain_id = c.id
         where c.id = nullif(current_setting('praxis.chain', true), '')::uuid and c.backend = pg_backend_pid()
           and e.n > c.n - 20 and age(e.xmin) <= age(pg_current_xact_id()::xid) and e.outcome = 'done' and not audit.shows(e.action)
           and e.patient_id = new.patient_id) then
        perform clinic.refuse('write_without_event', '{"table": "patient_key"}');
    end if;
    return null;
end $$;
create constraint trigger z_told after insert on clinic.patient_key deferrable initially deferred
    for each row execute function audit.key_told();
create or replace function clinic.subject_patient(p_subject uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select x.id from (select coalesce((select e.patient_id from clinic.encounter e where e.id = p_subject),
                                      (select a.patient_id from clinic.appointment a where a.id = p_subject),
                                      (select p.id from clinic.patient p where p.id = p_subject)) as id) x
     where clinic.key_is_given(x.id) and exists (select from clinic.patient_key k where k.patient_id = x.id)
$$;

do $$
declare t text;
begin
    foreach t in array array['appointment', 'encounter', 'observation', 'note', 'service_request', 'result', 'report', 'diagnosis',
        'prescription', 'treatment', 'referral', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history',
        'patient', 'patient_alert', 'patient_word', 'clinic_session', 'centre', 'department', 'specialty', 'provider', 'provider_centre',
        'provider_hours', 'provider_specialty', 'staff_centre', 'account', 'provider_registration', 'patient_registration',
        'policy_change', 'policy_rule', 'access_request', 'connection', 'emergency', 'erasure', 'message'] loop
        execute format('create constraint trigger z_told after insert or update or delete on clinic.%I deferrable initially deferred
            for each row execute function audit.told()', t);
    end loop;
end $$;
-- (The first key of all turns sealing on by itself.)
create constraint trigger z_told after update on clinic.setting deferrable initially deferred for each row
    when (new.key not like 'sealing\_%') execute function audit.told();

-- Where a patient's key was destroyed nothing more is written, sealed or not.
create function clinic.refuse_erased() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare gone timestamptz;
begin
    select k.destroyed_at into gone from clinic.patient_key k
     where coalesce(k.patient_id, '00000000-0000-0000-0000-000000000000'::uuid) = new.patient_id and k.destroyed_at is not null limit 1;
    if gone is not null then perform clinic.refuse('record_erased', jsonb_build_object('at', gone)); end if;
    return new;
end $$;
do $$
declare t text;
begin
    foreach t in array array['encounter', 'observation', 'note', 'service_request', 'result', 'report', 'diagnosis', 'prescription',
        'treatment', 'referral', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history', 'patient_alert',
        'appointment', 'access_request', 'message'] loop
        execute format('create trigger y_erased before insert on clinic.%I for each row when (new.patient_id is not null)
            execute function clinic.refuse_erased()', t);
    end loop;
end $$;

update clinic.setting set value = '17' where key = 'schema_min_client';
update clinic.setting set value = greatest(value::bigint, 17)::text where key = 'schema_version';
reset role;
