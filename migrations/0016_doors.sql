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

update clinic.setting set value = greatest(value::bigint, 16)::text where key = 'schema_version';
reset role;
