-- Messages: to the clinic, from anybody; between staff, about a patient or not; answers to patients. A message between
-- staff with a due date is a task, and stays until it is done. Everybody reads what is addressed to them; the clinic's own
-- box is read by whoever may (`message.open`).
set local role praxis_owner;

insert into clinic.setting (key, value) values ('messages_per_hour', '30');

create table clinic.message (
    id uuid primary key,
    -- clinic: to the clinic's box; staff: to a colleague; answer: from the clinic to a patient's account
    kind text not null check (kind in ('clinic', 'staff', 'answer')),
    from_account uuid references clinic.account,
    -- What the clinic knows of the sender: a role, or not in the directory. Looked up, never claimed.
    from_role text not null,
    -- Whether the sender had signed in; without that, name and address are claims.
    proven boolean not null,
    from_name text not null default '',
    from_email text,
    from_phone text,
    to_account uuid references clinic.account,
    patient_id uuid references clinic.patient,
    answer_to uuid references clinic.message,
    subject bytea not null,
    body bytea not null,
    due_on date,
    sent_at timestamptz not null,
    read_at timestamptz,
    read_by uuid references clinic.account,
    done_at timestamptz,
    done_by uuid references clinic.account,
    source text not null default '',
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    check ((to_account is null) = (kind = 'clinic')),
    check (due_on is null or kind = 'staff'),
    check (done_at is null or due_on is not null)
);
create index message_of_clinic on clinic.message (sent_at desc) where kind = 'clinic';
create index message_unread_of_clinic on clinic.message (sent_at) where kind = 'clinic' and read_at is null;
create index message_to on clinic.message (to_account, sent_at desc) where to_account is not null;
create index message_from on clinic.message (from_account, sent_at desc) where from_account is not null;
create index message_about on clinic.message (patient_id, sent_at desc) where patient_id is not null;
create index message_by_hour on clinic.message (sent_at) where not proven;

select clinic.seal_columns('message');

-- The organisation's key as it is kept, for somebody who has not signed in and writes to the clinic: useless without the
-- key-encryption key, and nothing sealed with it is shown to them.
create function clinic.organisation_key() returns table (version int, id uuid, kek text, wrapped bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.version, k.id, k.kek, k.wrapped from clinic.patient_key k
     where k.patient_id is null and k.destroyed_at is null order by k.version desc limit 1
$$;

-- Ids only; the account it is addressed to, so that one program of all says "a message for you".
create function clinic.wake_message() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_notify('change', jsonb_strip_nulls(jsonb_build_object('entity', 'message', 'id', new.id,
        'op', lower(left(tg_op, 1)), 'version', new.version, 'session', auth.session_id(),
        'account', new.to_account, 'patient', new.patient_id))::text);
    return null;
end $$;
create trigger bump before update on clinic.message for each row execute function clinic.bump();
create trigger wake after insert or update on clinic.message for each row execute function clinic.wake_message();

-- Only that it was read, and that it was done, ever changes; what was written stays.
create function clinic.message_rules() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if (to_jsonb(new) - '{read_at,read_by,done_at,done_by,version,changed_at,changed_by}'::text[])
       is distinct from (to_jsonb(old) - '{read_at,read_by,done_at,done_by,version,changed_at,changed_by}'::text[]) then
        perform clinic.refuse('message_is_sent');
    end if;
    return new;
end $$;
create trigger a_rules before update on clinic.message for each row execute function clinic.message_rules();

-- Writes to the clinic's box, signed in or not. Who is not signed in is limited: so many from one place and in all an
-- hour; refusing is counted by what was sent, so it cannot be rolled back.
create function clinic.write_to_clinic(p_id uuid, p_name text, p_email text, p_phone text, p_subject bytea, p_body bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me clinic.account; known clinic.account; src text := coalesce(host(inet_client_addr()), 'local');
    most int := clinic.setting('messages_per_hour')::int;
begin
    if exists (select from clinic.message m where m.id = p_id and m.from_account is not distinct from auth.actor()) then return; end if;
    select * into me from clinic.account a where a.id = auth.actor();
    if me.id is null then
        perform pg_advisory_xact_lock(hashtext('praxis messages'));
        if (select count(*) from clinic.message m where not m.proven and m.sent_at > clinic.now() - interval '1 hour') >= most then
            perform clinic.refuse('too_many_messages');
        end if;
        select a.* into known from clinic.account a
         where a.id = (select n.account_id from clinic.login_name n where n.name = lower(btrim(p_email)));
        insert into clinic.message (id, kind, from_role, proven, from_name, from_email, from_phone, subject, body, sent_at, source)
        values (p_id, 'clinic', coalesce(known.role, 'not_in_directory'), false, left(p_name, 100), left(lower(btrim(p_email)), 254),
            left(p_phone, 40), p_subject, p_body, clinic.now(), src);
    else
        if (select count(*) from clinic.message m where m.from_account = me.id and m.kind = 'clinic'
               and m.sent_at > clinic.now() - interval '1 hour') >= most then
            perform clinic.refuse('too_many_messages');
        end if;
        insert into clinic.message (id, kind, from_account, from_role, proven, from_name, from_email, from_phone, patient_id,
            subject, body, sent_at, source)
        values (p_id, 'clinic', me.id, me.role, true, btrim(me.given_name || ' ' || me.family_name), me.email, me.phone,
            auth.own_patient(), p_subject, p_body, clinic.now(), src);
    end if;
    -- The program writes the event of somebody who is signed in, as of every other write.
    if me.id is null then perform audit.record('message.send', 'message', p_id, null, 'done', '{"proven": false}'); end if;
end $$;

-- Who reads the clinic's own box.
create function clinic.reads_clinic_box() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select auth.allowed('message.open', 'any')
$$;

alter table clinic.message enable row level security;
create policy read on clinic.message for select to praxis_app using (
    to_account = (select auth.actor()) or from_account = (select auth.actor())
    or kind = 'clinic' and (select clinic.reads_clinic_box()));
-- Staff to staff; and from the clinic to a patient who wrote, by whoever reads the box.
create policy send on clinic.message for insert to praxis_app with check (
    from_account = (select auth.actor()) and proven and (select auth.permits('message.send-to-staff')) is not null
    and from_role = (select auth.actor_role())
    and read_at is null and done_at is null
    and (kind = 'staff' and to_account in (select a.id from clinic.account a where a.role <> 'patient' and a.deactivated_at is null)
         or kind = 'answer' and (select clinic.reads_clinic_box())
            and to_account in (select a.id from clinic.account a where a.role = 'patient')));
create policy mark on clinic.message for update to praxis_app
    using (to_account = (select auth.actor()) or kind = 'clinic' and (select clinic.reads_clinic_box()))
    with check (read_by is null or read_by = (select auth.actor()) or read_at is not null);
grant select on clinic.message to praxis_app;
grant insert (id, kind, from_account, from_role, proven, from_name, to_account, patient_id, answer_to, subject, body, due_on, sent_at)
    on clinic.message to praxis_app;
grant update (read_at, read_by, done_at, done_by) on clinic.message to praxis_app;
grant execute on function clinic.write_to_clinic(uuid, text, text, text, bytea, bytea) to praxis_app;
grant execute on function clinic.reads_clinic_box() to praxis_app;
grant execute on function clinic.organisation_key() to praxis_app;

update clinic.setting set value = greatest(value::bigint, 11)::text where key = 'schema_version';
reset role;
