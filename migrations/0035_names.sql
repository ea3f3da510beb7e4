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

-- ---------------------------------------------------------------------------------------------------------------
-- Logins, addresses, telephone numbers and why an account was closed are for staff, and one's own for everybody: a patient who
-- sees who treats them learns no name to sign in with.
-- ---------------------------------------------------------------------------------------------------------------
do $$
begin
    revoke select on clinic.account from praxis_app;
    execute (select format('grant select (%s) on clinic.account to praxis_app', string_agg(quote_ident(a.attname), ', ' order by a.attnum))
               from pg_attribute a where a.attrelid = 'clinic.account'::regclass and a.attnum > 0 and not a.attisdropped
                and a.attname not in ('login', 'email', 'phone', 'deactivated_why', 'blocked_why', 'reactivated_why'));
end $$;
create function clinic.account_details() returns table (id uuid, login text, email text, phone text, deactivated_why bytea, blocked_why bytea,
    reactivated_why bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.id, a.login, a.email, a.phone, a.deactivated_why, a.blocked_why, a.reactivated_why
      from clinic.account a cross join (select session_user <> 'praxis_app' or auth.is_staff() as staff, auth.actor() as me) s
     where s.staff or a.id = s.me
$$;
grant execute on function clinic.account_details() to praxis_app;
do $$
declare
    def text := pg_get_functiondef('clinic.subject_rows_seen'::regproc);
    last constant text := $q$from clinic.appointment_texts(array[t.id]) y), ''{}'')' else '' end;$q$;
    texts constant text := $q$if t.name = 'appointment' then sealed := '{reason,status_why}'; end if;$q$;
begin
    if position(last in def) = 0 or position(texts in def) = 0 then raise exception 'what is kept about a person is not where it was'; end if;
    def := replace(def, last, replace(last, $q$else ''$q$,
        $q$when 'account' then '|| coalesce((select to_jsonb(y) from clinic.account_details() y where y.id = t.id), ''{}'')' else ''$q$));
    execute replace(def, texts, texts || $q$
        if t.name = 'account' then sealed := '{deactivated_why,blocked_why,reactivated_why}'; end if;$q$);
end $$;

update clinic.setting set value = greatest(value::bigint, 35)::text where key = 'schema_version';
reset role;
