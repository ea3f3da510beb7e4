-- Patients cancel their own appointments: early enough, with a reason, and not after they have come. The reception does the rest.
set local role praxis_owner;

-- Cancels an appointment of the speaker's own record. Returns the new version; null: it was changed meanwhile, or is not there.
create function clinic.cancel_own(p_appointment uuid, p_seen bigint, p_why bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a clinic.appointment; place clinic.centre; days int := clinic.setting('patient_cancel_min_days')::int; made bigint;
begin
    perform auth.demand('appointment.cancel-own', null, p_appointment);
    select * into a from clinic.appointment x where x.id = p_appointment for update;
    if not found or a.version <> p_seen then return null; end if;
    select * into place from clinic.centre c where c.id = a.centre_id;
    if a.status = 'arrived' then
        perform clinic.refuse('cancel_own_arrived', jsonb_build_object('centre', place.name));
    end if;
    -- Also of a member of staff who is a patient: the rule of the table's trigger asks for the role alone.
    if a.status = 'booked' and a.starts_at < clinic.now() + make_interval(days => days) then
        perform clinic.refuse('patient_cancels_early', jsonb_build_object('days', days, 'centre', place.name, 'phone', coalesce(place.phone, '')));
    end if;
    update clinic.appointment x set status = 'cancelled', status_why = p_why where x.id = p_appointment returning x.version into made;
    return made;
end $$;
grant execute on function clinic.cancel_own(uuid, bigint, bytea) to praxis_app;

update clinic.setting set value = greatest(value::bigint, 30)::text where key = 'schema_version';
reset role;
