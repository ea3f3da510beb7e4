-- Fees recorded (never taken by the program): what is due for a visit, what was paid and how, the close of a centre's day; papers
-- on their way to a printer; and the figures that the desk is led by.
set local role praxis_owner;

insert into clinic.setting (key, value) values ('currency', 'AUD');

create table clinic.day_close (
    id uuid primary key,
    centre_id uuid not null references clinic.centre,
    day date not null,
    -- By method: cash, card, other; by person: name of the account that took it.
    totals jsonb not null,
    cash_cents bigint not null,              -- what should be in the till of this day
    counted_cents bigint not null check (counted_cents between 0 and 1000000000),
    note bytea,                              -- why the count differs
    closed_at timestamptz not null,
    closed_by uuid not null references clinic.account,
    unique (centre_id, day)
);

create table clinic.payment (
    id uuid primary key,
    appointment_id uuid not null references clinic.appointment,
    patient_id uuid not null references clinic.patient,
    centre_id uuid not null references clinic.centre,
    day date not null,                       -- where the centre is; the day whose till it belongs to
    kind text not null check (kind in ('payment', 'refund', 'void')),
    method text not null check (method in ('cash', 'card', 'other')),
    cents int not null check (case kind when 'payment' then cents > 0 else cents < 0 end),
    of_payment uuid references clinic.payment,   -- what is given back or voided
    why bytea,
    correction boolean not null default false,   -- entered after the day was closed
    receipt int not null,                        -- counted from 1 at each centre
    at timestamptz not null,
    account_id uuid not null references clinic.account,
    check ((kind = 'payment') = (of_payment is null)),
    check (kind = 'payment' and not correction or why is not null),
    unique (centre_id, receipt)
);
create index payment_by_day on clinic.payment (centre_id, day);
create index payment_by_appointment on clinic.payment (appointment_id);
create index payment_by_patient on clinic.payment (patient_id, at desc);
select clinic.seal_columns(t) from unnest(array['payment', 'day_close']) t;
select clinic.track(t) from unnest(array['payment', 'day_close']) t;

-- What was taken stays taken: another entry corrects it.
create function clinic.payment_stays() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform clinic.refuse('payment_stays');
    return null;
end $$;

alter table clinic.day_close enable row level security;
alter table clinic.payment enable row level security;
create policy read on clinic.payment for select to praxis_app using (centre_id in (select clinic.centres_for('fees.open')));
create policy read on clinic.day_close for select to praxis_app using (centre_id in (select clinic.centres_for('fees.open')));
grant select on clinic.payment, clinic.day_close to praxis_app;

-- What is due for an appointment, in cents: what its visit says, else the price of its kind, else its provider's fee. Nothing is due
-- for what did not take place.
create function clinic.due_cents(p_appointment uuid) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when a.status in ('cancelled', 'no_show', 'left', 'voided') then 0
                else coalesce((select e.fee_cents from clinic.encounter e where e.appointment_id = a.id and e.state <> 'voided'
                                order by e.started_at desc limit 1),
                              nullif(t.price_cents, 0), v.fee_cents, 0) end
      from clinic.appointment a
      join clinic.provider v on v.id = a.provider_id
      left join clinic.visit_type t on t.code = a.visit_type
     where a.id = p_appointment
       and (session_user <> 'praxis_app' or (select auth.unrestricted('appointment.open')) or a.patient_id = (select auth.own_patient()))
$$;

create function clinic.may_money(p_action text, p_object uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may(p_action, null, p_object);
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', p_action, 'why', why, 'role', auth.actor_role()));
    end if;
end $$;

create function clinic.till_lock(p_centre uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select pg_advisory_xact_lock(hashtextextended('till ' || p_centre, 0))
$$;

-- Records a payment of today at the appointment's centre; after the close of the day only as a correction, with a reason. Answers
-- with the number of the receipt.
create function clinic.fee_take(p_id uuid, p_appointment uuid, p_method text, p_cents int, p_why bytea) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment; today date; paid bigint; due int; made int; closed boolean;
begin
    perform clinic.may_money('fee.take', p_appointment);
    select * into a from clinic.appointment x where x.id = p_appointment;
    perform clinic.till_lock(a.centre_id);
    today := (clinic.now() at time zone (select c.zone from clinic.centre c where c.id = a.centre_id))::date;
    due := clinic.due_cents(p_appointment);
    select coalesce(sum(p.cents), 0) into paid from clinic.payment p where p.appointment_id = p_appointment;
    if p_cents is null or p_cents <= 0 or p_cents > due - paid then
        perform clinic.refuse('fee_more_than_due', jsonb_build_object('open', due - paid));
    end if;
    closed := exists (select from clinic.day_close d where d.centre_id = a.centre_id and d.day = today);
    if closed and p_why is null then perform clinic.refuse('day_closed', jsonb_build_object('day', today)); end if;
    insert into clinic.payment (id, appointment_id, patient_id, centre_id, day, kind, method, cents, why, correction, receipt, at, account_id)
    values (p_id, p_appointment, a.patient_id, a.centre_id, today, 'payment', p_method, p_cents, p_why, closed,
            (select coalesce(max(p.receipt), 0) + 1 from clinic.payment p where p.centre_id = a.centre_id), clinic.now(), auth.actor())
    returning receipt into made;
    perform audit.record('fee.take', 'appointment', p_appointment, a.patient_id, 'done',
        jsonb_build_object('payment', p_id, 'cents', p_cents, 'method', p_method, 'receipt', made, 'correction', closed));
    return made;
end $$;

-- Gives back part of a payment, or all of it: on its own day and before the close that is a void, later a refund of today.
create function clinic.fee_refund(p_id uuid, p_payment uuid, p_cents int, p_why bytea) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o clinic.payment; today date; rest bigint; how text; closed boolean;
begin
    select * into o from clinic.payment x where x.id = p_payment and x.kind = 'payment';
    perform clinic.may_money('fee.refund', coalesce(o.appointment_id, p_payment));
    perform clinic.till_lock(o.centre_id);
    if p_why is null then perform clinic.refuse('refund_needs_reason'); end if;
    today := (clinic.now() at time zone (select c.zone from clinic.centre c where c.id = o.centre_id))::date;
    select o.cents + coalesce(sum(p.cents), 0) into rest from clinic.payment p where p.of_payment = p_payment;
    if p_cents is null or p_cents <= 0 or p_cents > rest then
        perform clinic.refuse('refund_more_than_paid', jsonb_build_object('rest', rest));
    end if;
    closed := exists (select from clinic.day_close d where d.centre_id = o.centre_id and d.day = today);
    how := case when o.day = today and not closed and p_cents = o.cents then 'void' else 'refund' end;
    insert into clinic.payment (id, appointment_id, patient_id, centre_id, day, kind, method, cents, of_payment, why, correction, receipt, at, account_id)
    values (p_id, o.appointment_id, o.patient_id, o.centre_id, today, how, o.method, -p_cents, p_payment, p_why, closed,
            (select coalesce(max(p.receipt), 0) + 1 from clinic.payment p where p.centre_id = o.centre_id), clinic.now(), auth.actor());
    perform audit.record('fee.refund', 'appointment', o.appointment_id, o.patient_id, 'done',
        jsonb_build_object('payment', p_payment, 'cents', p_cents, 'how', how, 'correction', closed));
    return how;
end $$;

-- What a day's till holds, by method and by person.
create function clinic.day_totals(p_centre uuid, p_day date) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'method', coalesce((select jsonb_object_agg(m.method, m.cents) from (
            select p.method, sum(p.cents) as cents from clinic.payment p
             where p.centre_id = p_centre and p.day = p_day and not p.correction group by p.method) m), '{}'),
        'person', coalesce((select jsonb_object_agg(m.who, m.cents) from (
            select btrim(a.given_name || ' ' || a.family_name) || ' (' || a.login || ')' as who, sum(p.cents) as cents
              from clinic.payment p join clinic.account a on a.id = p.account_id
             where p.centre_id = p_centre and p.day = p_day and not p.correction group by 1) m), '{}'),
        'entries', (select count(*) from clinic.payment p where p.centre_id = p_centre and p.day = p_day and not p.correction),
        'corrections', (select coalesce(sum(p.cents), 0) from clinic.payment p where p.centre_id = p_centre and p.day = p_day and p.correction))
     where p_centre in (select clinic.centres_for('fees.open'))
$$;

-- Closes today's till against what was counted; a difference needs a note.
create function clinic.close_day(p_id uuid, p_centre uuid, p_day date, p_counted bigint, p_note bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare totals jsonb; cash bigint; today date;
begin
    perform clinic.may_money('day.close', p_centre);
    perform clinic.till_lock(p_centre);
    today := (clinic.now() at time zone (select c.zone from clinic.centre c where c.id = p_centre))::date;
    if p_day > today then perform clinic.refuse('day_not_over', jsonb_build_object('day', p_day)); end if;
    if exists (select from clinic.day_close d where d.centre_id = p_centre and d.day = p_day) then
        perform clinic.refuse('day_closed', jsonb_build_object('day', p_day));
    end if;
    totals := clinic.day_totals(p_centre, p_day);
    cash := coalesce((totals -> 'method' ->> 'cash')::bigint, 0);
    if p_counted <> cash and p_note is null then
        perform clinic.refuse('count_differs', jsonb_build_object('cash', cash, 'counted', p_counted));
    end if;
    insert into clinic.day_close (id, centre_id, day, totals, cash_cents, counted_cents, note, closed_at, closed_by)
    values (p_id, p_centre, p_day, totals, cash, p_counted, p_note, clinic.now(), auth.actor());
    perform audit.record('day.close', 'centre', p_centre, null, 'done',
        jsonb_build_object('day', p_day, 'cash', cash, 'counted', p_counted, 'difference', p_counted - cash));
    return p_counted - cash;
end $$;

create trigger payment_stays before update or delete or truncate on clinic.payment for each statement execute function clinic.payment_stays();
create trigger payment_stays before update or delete or truncate on clinic.day_close for each statement execute function clinic.payment_stays();

grant execute on function clinic.due_cents(uuid) to praxis_app;
grant execute on function clinic.fee_take(uuid, uuid, text, int, bytea) to praxis_app;
grant execute on function clinic.fee_refund(uuid, uuid, int, bytea) to praxis_app;
grant execute on function clinic.day_totals(uuid, date) to praxis_app;
grant execute on function clinic.close_day(uuid, uuid, date, bigint, bytea) to praxis_app;

-- ---------------------------------------------------------------------------------------------------------------
-- Papers on their way to a printer. The program never starts another one: the worker takes them out and hands them on. The
-- text is sealed under the organisation's key and gone as soon as it is printed.
-- ---------------------------------------------------------------------------------------------------------------
create table clinic.print_job (
    id uuid primary key,
    centre_id uuid not null references clinic.centre,
    patient_id uuid references clinic.patient,
    kind text not null check (kind ~ '^[a-z]+(-[a-z]+)*$' and length(kind) <= 30),
    content bytea,
    state text not null default 'waiting' check (state in ('waiting', 'printing', 'printed', 'failed')),
    tries int not null default 0,
    problem text check (length(problem) <= 200),
    made_by uuid not null references clinic.account,
    made_at timestamptz not null,
    taken_at timestamptz,
    printed_at timestamptz,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    changed_by uuid,
    check (content is null or state <> 'printed')
);
create index print_job_open on clinic.print_job (made_at) where state in ('waiting', 'printing');
create index print_job_by_maker on clinic.print_job (made_by, made_at desc);
select clinic.seal_columns('print_job');
select clinic.track('print_job');
alter table clinic.print_job enable row level security;
create policy read on clinic.print_job for select to praxis_app using (made_by = (select auth.actor())
    or centre_id in (select clinic.centres_for('print.add')));
grant select (id, centre_id, patient_id, kind, state, tries, problem, made_by, made_at, printed_at, version) on clinic.print_job to praxis_app;

-- Sends a paper to the printer of a centre, or tells that it was saved to a file (no content).
create function clinic.print_add(p_id uuid, p_centre uuid, p_patient uuid, p_kind text, p_content bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare why text := auth.may('print.add', null, p_centre);
begin
    if why is not null then
        perform clinic.refuse('not_permitted', jsonb_build_object('action', 'print.add', 'why', why, 'role', auth.actor_role()));
    end if;
    if p_content is not null then
        if (select count(*) from clinic.print_job j where j.made_by = auth.actor() and j.state in ('waiting', 'printing')) >= 50 then
            perform clinic.refuse('too_many_prints');
        end if;
        insert into clinic.print_job (id, centre_id, patient_id, kind, content, made_by, made_at)
        values (p_id, p_centre, p_patient, p_kind, p_content, auth.actor(), clinic.now());
    end if;
    perform audit.record('print.add', 'print_job', p_id, p_patient, 'done',
        jsonb_build_object('kind', p_kind, 'to', case when p_content is null then 'file' else 'printer' end, 'centre', p_centre));
end $$;

-- For the worker: the next paper, claimed. One that was claimed and never ended is claimed again after two minutes; after five
-- tries, or a day, it has failed and its text is gone.
create function clinic.print_next() returns table (id uuid, kind text, centre_number text, content bytea, tries int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update clinic.print_job j set state = 'failed', content = null, problem = coalesce(j.problem, 'not printed in a day')
     where j.state in ('waiting', 'printing') and (j.tries >= 5 and coalesce(j.taken_at, j.made_at) < clinic.now() - interval '2 minutes'
                                                   or j.made_at < clinic.now() - interval '1 day');
    return query
        update clinic.print_job j set state = 'printing', tries = j.tries + 1, taken_at = clinic.now()
          from clinic.centre c
         where c.id = j.centre_id and j.id = (
            select x.id from clinic.print_job x
             where x.tries < 5 and (x.state = 'waiting' and (x.taken_at is null or x.taken_at < clinic.now() - make_interval(secs => 10 * x.tries))
                                    or x.state = 'printing' and x.taken_at < clinic.now() - interval '2 minutes')
             order by x.made_at limit 1 for update skip locked)
        returning j.id, j.kind, c.number, j.content, j.tries;
end $$;

-- For the worker: it is printed, and its text gone; or why it is not.
create function clinic.print_done(p_id uuid, p_problem text) returns text
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update clinic.print_job j
       set state = case when p_problem is null then 'printed' when j.tries >= 5 then 'failed' else 'waiting' end,
           content = case when p_problem is null or j.tries >= 5 then null else j.content end,
           problem = left(p_problem, 200), printed_at = case when p_problem is null then clinic.now() end
     where j.id = p_id and j.state = 'printing' returning j.state
$$;

grant execute on function clinic.print_add(uuid, uuid, uuid, text, bytea) to praxis_app;
grant execute on function clinic.print_next() to praxis_jobs;
grant execute on function clinic.print_done(uuid, text) to praxis_jobs;
grant execute on function clinic.organisation_key() to praxis_jobs;

-- ---------------------------------------------------------------------------------------------------------------
-- The figures of the desk, each one query, over centres whose reports the speaker may open. Counts and minutes; nobody is named
-- but the provider.
-- ---------------------------------------------------------------------------------------------------------------

-- How much of the time of their sessions providers were booked, by week. `of` and `n` are minutes.
create function clinic.report_utilisation(p_from date, p_to date)
returns table (provider_id uuid, centre_id uuid, week date, n bigint, of bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with mine as (select x from clinic.centres_for('report.open') x),
    planned as (
        select s.provider_id, s.centre_id, date_trunc('week', s.day)::date as week,
               sum(extract(epoch from s.ends_at - s.starts_at) / 60)::bigint as of
          from clinic.clinic_session s
         where s.removed_at is null and s.day between p_from and p_to and s.centre_id in (select x from mine) group by 1, 2, 3),
    booked as (
        select a.provider_id, a.centre_id, date_trunc('week', a.day)::date as week,
               sum(extract(epoch from a.ends_at - a.starts_at) / 60)::bigint as n
          from clinic.appointment a
         where a.day between p_from and p_to and a.centre_id in (select x from mine) and a.kind = 'slot'
           and a.status not in ('cancelled', 'voided') group by 1, 2, 3)
    select p.provider_id, p.centre_id, p.week, coalesce(b.n, 0), p.of
      from planned p left join booked b using (provider_id, centre_id, week) order by 3, 2, 1
$$;

-- Appointments that nobody came to, of those that were due, by week.
create function clinic.report_no_shows(p_from date, p_to date)
returns table (provider_id uuid, centre_id uuid, week date, n bigint, of bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.provider_id, a.centre_id, date_trunc('week', a.day)::date, count(*) filter (where a.status = 'no_show'), count(*)
      from clinic.appointment a
     where a.day between p_from and p_to and a.centre_id in (select clinic.centres_for('report.open'))
       and a.status in ('no_show', 'completed', 'left') and a.kind in ('slot', 'overbook')
     group by 1, 2, 3 order by 3, 2, 1
$$;

-- Minutes between check-in and visit, by week: the median and nine tenths; `of` visits.
create function clinic.report_waits(p_from date, p_to date)
returns table (provider_id uuid, centre_id uuid, week date, n bigint, by_minutes bigint, of bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select w.provider_id, w.centre_id, w.week, percentile_cont(0.5) within group (order by w.wait)::bigint,
           percentile_cont(0.9) within group (order by w.wait)::bigint, count(*)
      from (select a.provider_id, a.centre_id, date_trunc('week', a.day)::date as week,
                   greatest(0, extract(epoch from a.started_at - a.arrived_at) / 60) as wait
              from clinic.appointment a
             where a.day between p_from and p_to and a.centre_id in (select clinic.centres_for('report.open'))
               and a.status = 'completed' and a.started_at is not null and a.arrived_at is not null) w
     group by 1, 2, 3 order by 3, 2, 1
$$;

-- Days from today to the third time that is still free, as it stands now; null: there is none within 60 days.
create function clinic.report_third_free() returns table (provider_id uuid, centre_id uuid, days int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select pc.provider_id, pc.centre_id, f.day - (clinic.now() at time zone c.zone)::date
      from clinic.provider_centre pc
      join clinic.centre c on c.id = pc.centre_id and c.retired_at is null
      join clinic.provider p on p.id = pc.provider_id
      join clinic.account v on v.id = p.account_id and v.deactivated_at is null
      left join lateral (
          select s.day
            from clinic.clinic_session s
            cross join lateral generate_series(s.starts_at, s.ends_at - make_interval(mins => s.slot_minutes),
                                               make_interval(mins => s.slot_minutes)) g(at)
           where s.provider_id = pc.provider_id and s.centre_id = pc.centre_id and s.removed_at is null and s.ends_at > clinic.now()
             and s.starts_at < clinic.now() + interval '60 days' and g.at >= clinic.now()
             and not exists (select from clinic.appointment a
                              where a.provider_id = s.provider_id and a.kind = 'slot' and a.status in ('booked', 'arrived', 'in_progress')
                                and a.occupied && tstzrange(g.at, g.at + make_interval(mins => s.slot_minutes)))
           order by g.at offset 2 limit 1) f on true
     where pc.centre_id in (select clinic.centres_for('report.open')) order by 2, 1
$$;

grant execute on function clinic.report_utilisation(date, date) to praxis_app;
grant execute on function clinic.report_no_shows(date, date) to praxis_app;
grant execute on function clinic.report_waits(date, date) to praxis_app;
grant execute on function clinic.report_third_free() to praxis_app;

update clinic.setting set value = greatest(value::bigint, 28)::text where key = 'schema_version';
reset role;
