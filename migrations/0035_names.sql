-- What the program's role may write is narrower than its tables: nobody signs with another's name, no row comes to hang on another
-- account, and a policy takes the values that it takes in the program.
set local role praxis_owner;

-- ---------------------------------------------------------------------------------------------------------------
-- Who did something is who is speaking: whoever writes past the program puts no other name under it. The names of the columns
-- are the trigger's arguments. (The owner's functions decide for themselves whom they name.)
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.in_own_name() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare n jsonb; o jsonb := '{}'; name text; me text;
begin
    if current_user <> 'praxis_app' then return new; end if;
    n := to_jsonb(new);
    if tg_op = 'UPDATE' then o := to_jsonb(old); end if;
    foreach name in array tg_argv loop
        if n ->> name is not null and n ->> name is distinct from o ->> name then
            me := coalesce(me, auth.actor()::text);
            if n ->> name is distinct from me then
                perform clinic.refuse('not_in_own_name', jsonb_build_object('column', tg_table_name || '.' || name));
            end if;
        end if;
    end loop;
    return new;
end $$;

-- The columns of a table that name who did something: accounts, and not whose a row is.
create function clinic.name_columns(p_table regclass) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(a.attname::text order by a.attname), '{}')
      from pg_attribute a
     where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
       and (a.attname ~ '_by$' or a.attname in ('author', 'asker', 'from_account'))
$$;

do $$
declare t regclass; columns text[];
begin
    for t in select c.oid from pg_class c where c.relkind = 'r' and c.relnamespace = 'clinic'::regnamespace
                and (has_any_column_privilege('praxis_app', c.oid, 'insert') or has_any_column_privilege('praxis_app', c.oid, 'update'))
              order by c.relname loop
        columns := clinic.name_columns(t);
        continue when columns = '{}';
        execute format('create trigger a_in_own_name before insert or update on %s for each row execute function clinic.in_own_name(%s)',
            t, (select string_agg(quote_literal(x), ', ') from unnest(columns) x));
    end loop;
end $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Whose a row is stays: a patient who is registered has no account yet (an application brings one), a provider's row stays the
-- provider's, and what only comes and goes is not written over.
-- ---------------------------------------------------------------------------------------------------------------
do $$
declare
    x record;
begin
    for x in select * from (values
            ('patient', 'insert', array['account_id', 'allergy_state', 'record_number', 'version', 'changed_at', 'changed_by', 'created_at',
                'deactivated_at', 'deactivated_why', 'blocked_until', 'blocked_why', 'reactivated_at', 'reactivated_by', 'reactivated_why']),
            ('provider', 'update', array['id', 'account_id', 'version', 'changed_at', 'changed_by']),
            ('centre', 'update', array['id', 'version', 'changed_at', 'changed_by']),
            ('department', 'update', array['id', 'centre_id', 'version', 'changed_at', 'changed_by'])) v(name, what, but) loop
        execute format('revoke %s on clinic.%I from praxis_app', x.what, x.name);
        execute (select format('grant %s (%s) on clinic.%I to praxis_app', x.what, string_agg(quote_ident(a.attname), ', ' order by a.attnum), x.name)
                   from pg_attribute a where a.attrelid = format('clinic.%I', x.name)::regclass and a.attnum > 0 and not a.attisdropped
                    and a.attgenerated = '' and a.attname <> all (x.but));
    end loop;
end $$;
revoke update on clinic.staff_centre, clinic.provider_centre, clinic.provider_hours, clinic.provider_specialty from praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- A policy takes the values that the program takes; what is no policy (the key in use, the version of the tables) is nobody's
-- to set but the owner's.
-- ---------------------------------------------------------------------------------------------------------------
create function clinic.policy_takes() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare fits boolean;
begin
    if current_user <> 'praxis_app' then return new; end if;
    select case when r.words is not null then new.value = any (r.words)
                when r.low is not null then new.value ~ '^[0-9]{1,4}$' and new.value::int between r.low and r.high
                when r.longest is not null then length(new.value) between 1 and r.longest and new.value !~ '[[:cntrl:]]'
                else new.value ~ '^([a-z_]+(,[a-z_]+)*)?$' end
      into fits
      from (values
        ('clinic_name', null::text[], null::int, null::int, 60),
        ('history_policy', array['central', 'strict'], null, null, null),
        ('history_grace_days', null, 0, 3660, null),
        ('self_booking', array['related', 'any'], null, null, null),
        ('book_ahead_days', null, 1, 3660, null),
        ('patient_cancel_min_days', null, 0, 366, null),
        ('overbook_per_session', null, 0, 50, null),
        ('held_release_hour', null, 0, 23, null),
        ('referring_professions', null, null, null, null),
        ('diagnosing_professions', null, null, null, null),
        ('referral_valid_months', null, 1, 120, null),
        ('access_grant_days', null, 1, 365, null),
        ('emergency_review_days', null, 1, 30, null),
        ('messages_per_hour', null, 0, 1000, null),
        ('currency', null, null, null, 3),
        ('long_wait_minutes', null, 0, 600, null),
        ('queue_retry_minutes', null, 1, 120, null),
        ('display_names', array['initials', 'ticket'], null, null, null),
        ('patient_sign_up', array['off', 'pending', 'instant'], null, null, null),
        ('application_keep_days', null, 1, 365, null),
        ('session_hours', null, 1, 24, null),
        ('idle_lock_minutes', null, 1, 60, null),
        ('retention_years', null, 1, 99, null),
        ('retention_until_age', null, 0, 99, null),
        ('administrator_idle_lock_minutes', null, 1, 5, null),
        ('second_factor_roles', null, null, null, null)) r(key, words, low, high, longest)
     where r.key = new.key;
    if fits is not true and new.value is distinct from old.value then
        perform clinic.refuse('setting_value');
    end if;
    return new;
end $$;
create trigger a_takes before update on clinic.setting for each row execute function clinic.policy_takes();

update clinic.setting set value = greatest(value::bigint, 35)::text where key = 'schema_version';
reset role;
