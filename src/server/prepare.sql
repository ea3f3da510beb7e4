-- What must stand before the first migration. Run by `praxis migrate` and by `.ci/sqlx`, in the clinic's database, by a
-- superuser the first time; running it again changes nothing.

-- Roles are rows of the whole server: two databases prepared at once may both try.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('praxis_owner', 'nologin'), ('praxis_app', 'login'), ('praxis_jobs', 'login'),
            ('praxis_backup', 'login bypassrls')) as r(name, attributes)
    loop
        begin
            if not exists (select from pg_roles where rolname = wanted.name) then
                execute format('create role %I %s', wanted.name, wanted.attributes);
            end if;
        exception when duplicate_object or unique_violation then null;
        end;
    end loop;
end $$;

-- Bound parameters, the sign-in token among them, would reach the server's log. "tuple concurrently updated" (XX000)
-- means that somebody else did the same at the same moment.
do $$
begin
    if not exists (
        select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
        where r.rolname = 'praxis_app' and s.setdatabase = 0 and 'log_parameter_max_length=0' = any (s.setconfig))
    then
        alter role praxis_app set log_parameter_max_length = 0;
    end if;
exception when internal_error then null;
end $$;

-- A refusal's detail repeats the row or the key that was refused; the program reads it, the server's log does not need it.
do $$
begin
    if not exists (
        select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
        where r.rolname = 'praxis_app' and s.setdatabase = 0 and 'log_error_verbosity=terse' = any (s.setconfig))
    then
        alter role praxis_app set log_error_verbosity = terse;
    end if;
exception when internal_error then null;
end $$;

-- pg_dump reads every table and sequence, past row policies, and writes nothing.
do $$
begin
    if not pg_has_role('praxis_backup', 'pg_read_all_data', 'usage') then
        grant pg_read_all_data to praxis_backup;
    end if;
    if not (select rolbypassrls from pg_roles where rolname = 'praxis_backup') then
        alter role praxis_backup bypassrls;
    end if;
exception when internal_error or unique_violation then null;
end $$;

create extension if not exists btree_gist;
create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists pgcrypto;

-- Sessions of one role could end each other.
revoke execute on function pg_terminate_backend(int, bigint) from public;
revoke execute on function pg_cancel_backend(int) from public;
revoke create on schema public from public;
-- Sessions of one role could look at each other's statements and locks, and store things beside the tables. (What `praxis check`
-- asks about TLS needs the function behind the view: no value stands in the text of a statement.)
revoke select on pg_stat_activity, pg_locks, pg_prepared_xacts from public;
revoke execute on function pg_lock_status() from public;
revoke execute on function lo_create(oid), lo_creat(int), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea), lo_unlink(oid) from public;
