-- Doors that the proofs found open, closed: the last word after every area's own rules.
set local role praxis_owner;

-- Nobody is granted anything on the tables of sign-ins; should somebody be one day, they still see no row.
do $$
declare t regclass;
begin
    for t in select c.oid::regclass from pg_class c
              where c.relkind in ('r', 'p') and not c.relrowsecurity
                and c.relnamespace in ('auth'::regnamespace, 'clinic'::regnamespace, 'audit'::regnamespace) loop
        execute format('alter table %s enable row level security', t);
    end loop;
end $$;

-- Signed is signed: emptying a table is no way around the triggers of its rows, for the owner neither.
create function clinic.never_emptied() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.refuse('signed_is_signed');
    return null;
end $$;
do $$
declare t text;
begin
    foreach t in array array['encounter', 'observation', 'note', 'service_request', 'result', 'report', 'diagnosis', 'prescription',
                             'treatment', 'referral', 'allergy', 'condition', 'medication', 'surgery', 'vaccination', 'family_history'] loop
        execute format('create trigger never_emptied before truncate on clinic.%I for each statement execute function clinic.never_emptied()', t);
    end loop;
end $$;

-- Staff meet their own record only as a patient does: whatever ties them to patients, it is not to themselves.
create function clinic.as_patient(p_action text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from clinic.policy_rule r where r.action = p_action and r.role = 'patient'
        and case when r.next_at <= clinic.now() then r.next_codes else r.codes end && array['any', 'self_patient'])
$$;

create or replace function clinic.patients_for(p_action text) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select clinic.patients_by(clinic.codes_now(p_action))
    union
    select p.id from clinic.patient p where p.account_id = auth.actor() and clinic.as_patient(p_action)
$$;
create or replace function auth.allowed(p_action text, p_code text) returns boolean
language sql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(p_code = any (auth.permits(p_action)), false)
        or p_code = 'self_patient' and auth.actor() is not null and clinic.as_patient(p_action)
$$;

-- The decision by the role's own ties stays as it is; around it stand the rules of one's own record and of a first access.
alter function auth.may(text, uuid, uuid) rename to may_by_ties;
revoke execute on function auth.may_by_ties(text, uuid, uuid) from praxis_app;
create function auth.may(p_action text, p_patient uuid, p_object uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare own uuid; whose uuid; why text;
begin
    if auth.actor_role() <> 'patient' then
        select p.id into own from clinic.patient p where p.account_id = auth.actor();
    end if;
    if own is not null then
        whose := coalesce((select x.patient from clinic.about(p_object) x), p_patient);
        if whose = own then
            return case when not clinic.as_patient(p_action) then 'own_record' end;
        end if;
    end if;
    why := auth.may_by_ties(p_action, p_patient, p_object);
    -- Brought back with oneself: only whom one sees already.
    if why is null and 'related_if_mine' = any (auth.permits(p_action)) and clinic.setting('self_booking') <> 'any'
       and exists (select from clinic.appointment a where a.id = p_object and a.provider_id = auth.provider_id()
                      and not clinic.related(a.patient_id, a.provider_id)) then
        return 'not_related';
    end if;
    return why;
end $$;
grant execute on function auth.may(text, uuid, uuid) to praxis_app;

-- Nobody grants themselves access by a row: an emergency with oneself is opened by its own function, and a patient who did not
-- come is brought back by their provider on that day only.
create function clinic.no_access_by_hand() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare zone text := (select c.zone from clinic.centre c where c.id = new.centre_id); late boolean := true;
begin
    if tg_op = 'UPDATE' then
        late := (new.provider_id, new.kind) is distinct from (old.provider_id, old.kind)
            or old.day <> (clinic.now() at time zone zone)::date and old.status in ('no_show', 'left') and new.status in ('booked', 'arrived');
    end if;
    if late and new.provider_id = auth.provider_id() and clinic.setting('self_booking') <> 'any'
       and not clinic.related(new.patient_id, new.provider_id) then
        perform clinic.refuse('provider_books_only_own_patients');
    end if;
    return new;
end $$;
create trigger b_no_access_by_hand before insert on clinic.appointment for each row
    when (new.kind = 'emergency' and current_user = 'praxis_app') execute function clinic.no_access_by_hand();
create trigger b_no_access_by_return before update on clinic.appointment for each row
    when ((new.kind = 'emergency' or old.status in ('no_show', 'left')) and current_user = 'praxis_app') execute function clinic.no_access_by_hand();

-- Whoever has not signed in leaves no trace in the log but of what can be done without: the chain cannot be filled with inventions.
create function audit.named() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.account_id is null and session_user = 'praxis_app'
       and new.action !~ '^(session|sign-in|registration|message|account)\.(open|close|refused|apply|send|register|second-factor)$' then
        raise exception 'no session' using errcode = 'PX000';
    end if;
    return new;
end $$;
create trigger a_named before insert on audit.event for each row execute function audit.named();

-- When a record may be erased is told to who erases: it says when a patient was last seen.
alter function clinic.retention_ends(uuid) rename to retention_ends_of;
revoke execute on function clinic.retention_ends_of(uuid) from praxis_app;
create function clinic.retention_ends(p_patient uuid) returns date
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select clinic.retention_ends_of(p_patient)
     where session_user <> 'praxis_app' or auth.permits('subject.erase') is not null or auth.has_role('administrator')
$$;
grant execute on function clinic.retention_ends(uuid) to praxis_app;

-- What every policy and every row that is written asks is planned once for a session: a function of the language SQL that runs
-- with its owner's rights is planned again at every call, which costs more than its answer.
do $$
declare f record; def text; body text;
begin
    for f in select p.oid, p.prosrc, p.proretset, p.proname from pg_proc p join pg_language l on l.oid = p.prolang
              where l.lanname = 'sql' and p.oid in ('auth.actor()'::regprocedure, 'auth.actor_role()'::regprocedure,
                    'auth.provider_id()'::regprocedure, 'auth.allowed(text, text)'::regprocedure, 'clinic.codes_now(text)'::regprocedure,
                    'clinic.about(uuid)'::regprocedure, 'clinic.patients_by(text[])'::regprocedure,
                    'clinic.patients_for(text)'::regprocedure, 'clinic.readable_patients()'::regprocedure,
                    'clinic.routed_orders()'::regprocedure, 'clinic.my_centres()'::regprocedure, 'clinic.as_patient(text)'::regprocedure) loop
        def := pg_get_functiondef(f.oid);
        body := case when f.proname = 'about' then 'select x.* into kind, patient, centre, provider, author from (' || f.prosrc || ') x'
                     when f.proretset then 'return query ' || f.prosrc else 'return (' || f.prosrc || ')' end;
        def := replace(def, '$function$' || f.prosrc || '$function$', '$function$ begin ' || body || '; end $function$');
        execute replace(def, 'LANGUAGE sql', 'LANGUAGE plpgsql');
    end loop;
end $$;

update clinic.setting set value = greatest(value::bigint, 16)::text where key = 'schema_version';
reset role;
