-- Signed roots over the chains of the log, what an event says beside its action (whose record, where, by which right), and
-- who looked at a record.
set local role praxis_owner;

-- A root: what all chains had come to at a moment, signed outside of the database and written there too.
create table audit.root (
    n bigint primary key,
    at timestamptz not null,
    previous bytea not null,             -- hash of the root before; zeros for the first
    chains int not null,                 -- how many chains went on since then
    events bigint not null,              -- how many events that were
    heads bytea not null,                -- hash over the heads of these chains (docs/audit.md)
    key text not null,                   -- which key signed it
    hash bytea not null unique,
    signature bytea not null,
    constraint root_shape check (n > 0 and chains > 0 and events >= chains and length(previous) = 32 and length(heads) = 32
        and length(hash) = 32 and length(signature) = 64 and length(key) = 16)
);
create table audit.root_head (
    root_n bigint not null references audit.root,
    chain_id uuid not null,
    n bigint not null,
    head bytea not null,
    primary key (chain_id, n)
);
create index root_head_by_root on audit.root_head (root_n, chain_id);
create trigger root_frozen before update or delete or truncate on audit.root for each statement execute function audit.frozen();
create trigger root_head_frozen before update or delete or truncate on audit.root_head for each statement execute function audit.frozen();

alter table audit.root enable row level security;
alter table audit.root_head enable row level security;
create policy read on audit.root for select to praxis_app using ((select auth.unrestricted('audit.open')));
create policy read on audit.root_head for select to praxis_app using ((select auth.unrestricted('audit.open')));
grant select on audit.root, audit.root_head to praxis_app;
-- The worker reads the log and adds roots. It can change nothing that is there and reads nothing of the clinic.
create policy seal on audit.root for select to praxis_jobs using (true);
create policy add on audit.root for insert to praxis_jobs with check (true);
create policy seal on audit.root_head for select to praxis_jobs using (true);
create policy add on audit.root_head for insert to praxis_jobs with check (true);
create policy seal on audit.chain for select to praxis_jobs using (true);
create policy seal on audit.event for select to praxis_jobs using (true);
grant usage on schema audit, clinic to praxis_jobs;
grant select, insert on audit.root, audit.root_head to praxis_jobs;
grant select on audit.chain, audit.event to praxis_jobs;
grant execute on function clinic.schema_version() to praxis_jobs;

-- The clinic's name and the zone in which its days are counted: that of most of its centres.
create function audit.site(out name text, out zone text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select clinic.setting('clinic_name'),
           coalesce((select c.zone from clinic.centre c where c.retired_at is null group by c.zone order by count(*) desc, c.zone limit 1), 'UTC')
$$;
grant execute on function audit.site() to praxis_app;
grant execute on function audit.site() to praxis_jobs;

-- Whose record a row belongs to: its own column, or that of the visit it is part of.
create function audit.patient_of(p_entity text, p_id uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner uuid; t regclass := to_regclass(format('clinic.%I', p_entity)); via text;
begin
    if p_id is null or t is null then return null; end if;
    if p_entity = 'patient' then return p_id; end if;
    select a.attname into via from pg_attribute a
     where a.attrelid = t and a.attname in ('patient_id', 'encounter_id') and not a.attisdropped
       and exists (select from pg_attribute i where i.attrelid = t and i.attname = 'id' and not i.attisdropped)
     order by a.attname desc limit 1;
    if via = 'patient_id' then
        execute format('select patient_id from clinic.%I where id = $1', p_entity) into owner using p_id;
    elsif via = 'encounter_id' then
        execute format('select e.patient_id from clinic.%I x join clinic.encounter e on e.id = x.encounter_id where x.id = $1', p_entity)
           into owner using p_id;
    end if;
    return owner;
end $$;

-- By which right the speaker sees a patient's record now: own | emergency | appointment | connection | granted | role.
-- (Emergencies and grants are tables of a later migration: what is not there yet gives no right.)
create function audit.right_to(p_patient uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := auth.actor(); mine uuid := auth.provider_id();
begin
    if me is null then return null; end if;
    if exists (select from clinic.patient p where p.id = p_patient and p.account_id = me) then return 'own'; end if;
    if to_regclass('clinic.emergency') is not null then
        if exists (select from clinic.emergency e where e.patient_id = p_patient and e.account_id = me
                      and e.ended_at is null and e.until > clinic.now()) then return 'emergency'; end if;
        if exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = mine
                      and a.status not in ('cancelled', 'no_show')
                      and not exists (select from clinic.emergency e where e.appointment_id = a.id)) then return 'appointment'; end if;
    elsif exists (select from clinic.appointment a where a.patient_id = p_patient and a.provider_id = mine
                     and a.status not in ('cancelled', 'no_show')) then return 'appointment';
    end if;
    if exists (select from clinic.connection c where c.patient_id = p_patient and c.provider_id = mine and c.state = 'approved') then
        return 'connection';
    end if;
    if to_regclass('clinic.access_request') is not null then
        if exists (select from clinic.access_request r where r.patient_id = p_patient and r.asker = me
                      and r.state = 'granted' and r.until > clinic.now()) then return 'granted'; end if;
    end if;
    return 'role';
end $$;

-- Writes one event in the caller's transaction. Who, when, where and by which right are the server's answers, not arguments.
create or replace function audit.record(p_action text, p_entity text, p_entity_id uuid, p_patient_id uuid, p_outcome text, p_facts jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c audit.chain; s record; e audit.event; mine uuid := nullif(current_setting('praxis.chain', true), '')::uuid;
begin
    select * into s from auth.session_any();
    select * into c from audit.chain x
     where x.id = mine and x.backend = pg_backend_pid() and x.session_id is not distinct from s.session_id for update;
    if not found then
        insert into audit.chain (id, session_id, backend, head)
        values (gen_random_uuid(), s.session_id, pg_backend_pid(), sha256('praxis')) returning * into c;
        perform set_config('praxis.chain', c.id::text, false);
    end if;
    e.id := gen_random_uuid(); e.chain_id := c.id; e.n := c.n + 1; e.at := clock_timestamp();
    e.session_id := s.session_id; e.account_id := s.account_id;
    e.role := coalesce((select role from clinic.account where id = s.account_id), 'nobody');
    e.action := p_action; e.entity := p_entity; e.entity_id := p_entity_id;
    e.patient_id := coalesce(p_patient_id, audit.patient_of(p_entity, p_entity_id));
    e.outcome := p_outcome; e.facts := coalesce(p_facts, '{}'); e.previous := c.head;
    if e.patient_id is not null and s.account_id is not null then
        e.facts := e.facts || jsonb_strip_nulls(jsonb_build_object('right', audit.right_to(e.patient_id),
            'centre', coalesce((select x.centre_id from auth.session x where x.id = s.session_id),
                               (select y from clinic.my_centres() y limit 1))));
    end if;
    e.hash := audit.digest(e.previous, e.n, e.id, e.at, e.session_id, e.account_id, e.role, e.action, e.entity,
                           e.entity_id, e.patient_id, e.outcome, e.facts);
    insert into audit.event select (e).*;
    update audit.chain set n = e.n, head = e.hash where id = c.id;
    return e.id;
end $$;

-- Whether an action shows a record, and changes nothing.
create function audit.is_view(p_action text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select p_action ~ '\.(open|open-panel|visits|viewers|print|export)$'
$$;

-- Who may be told who looked at a patient's record: the patient, and whom the table of permissions names.
create function clinic.may_see_viewers(p_patient uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.patient p where p.id = p_patient and p.account_id = auth.actor())
        or auth.unrestricted('record.viewers') or p_patient in (select clinic.patients_for('record.viewers'))
$$;

-- The views of a patient's record, newest first, those before the given one.
create function clinic.record_viewers(p_patient uuid, p_at timestamptz, p_id uuid, p_limit int)
returns table (id uuid, at timestamptz, family_name text, given_name text, role text, centre text, action text,
    entity text, by_right text, refused boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not clinic.may_see_viewers(p_patient) then perform clinic.refuse('viewers_not_for_you'); end if;
    return query
        select e.id, e.at, a.family_name, a.given_name, e.role, c.name, e.action, e.entity, e.facts ->> 'right', e.outcome = 'refused'
          from audit.event e
          left join clinic.account a on a.id = e.account_id
          left join clinic.centre c on c.id = case when e.facts ->> 'centre' ~ '^[0-9a-f-]{36}$' then (e.facts ->> 'centre')::uuid end
         where e.patient_id = p_patient and audit.is_view(e.action)
           and (p_at is null or (e.at, e.id) < (p_at, p_id))
         order by e.at desc, e.id desc limit least(greatest(p_limit, 1), 500);
end $$;
grant execute on function clinic.record_viewers(uuid, timestamptz, uuid, int) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 9)::text where key = 'schema_version';
reset role;
