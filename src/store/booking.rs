//! Making an appointment and moving one. Who wins a race is decided by the database's constraints; the loser is told why.
use super::{
    Error, Event, Store,
    appointment::{booked, lock_days, overlap, set_status, stale, zone_of_centre},
    refusal, sealed,
    waitlist::part_of,
};
use crate::{
    domain::{
        actor::Actor,
        booking::{Booked, NewAppointment, NewTime},
        ids::{AppointmentId, RequestId, WaitId},
        name::PersonName,
        waitlist::{Met, Weekdays, Wish},
    },
    tr,
};
use sqlx::PgConnection;

impl Store {
    /// Books. Asking again with the same appointment id for the same time answers with the one that is there.
    ///
    /// # Errors
    /// [`Error::Overlap`] when provider or patient has something at that time; [`Error::Refused`] by any other rule.
    pub async fn book(
        &self,
        actor: &Actor,
        request: RequestId,
        new: NewAppointment,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.book", "appointment").id(new.id.0).patient(new.patient).facts(
            serde_json::json!({ "provider": new.provider, "starts": new.period.start, "kind": new.kind.code() }),
        );
        let arguments = new.clone();
        self.write(actor, request, event, &arguments, move |c| Box::pin(async move { insert(c, &new).await }))
            .await
    }

    /// Takes a booking back: it is cancelled, and the wishes that it closed on the waiting list are open again. Returns the new
    /// version.
    ///
    /// # Errors
    /// As [`Store::cancel_appointment`].
    pub async fn unbook(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.set-status", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "to": "cancelled", "taken_back": true }));
        self.write(actor, request, event, &(appointment, seen), move |c| {
            Box::pin(async move { take_back(c, appointment, seen).await })
        })
        .await
    }

    /// Moves a booked appointment to another time, provider or centre; where it was before is kept in its history. The wishes on
    /// the waiting list that it meets there are closed.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Overlap`]; [`Error::Refused`].
    pub async fn move_appointment(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        to: NewTime,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.move", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "provider": to.provider, "starts": to.period.start }));
        let arguments = (appointment, seen, to.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move { relocate(c, appointment, seen, &to).await })
        })
        .await
    }

    /// Takes a move back: the appointment goes where it was, and the wishes that the move closed (`closed`) are open again.
    ///
    /// # Errors
    /// As [`Store::move_appointment`].
    pub async fn move_back(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        to: NewTime,
        closed: Vec<WaitId>,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.move", "appointment").id(appointment.0).facts(
            serde_json::json!({ "provider": to.provider, "starts": to.period.start, "taken_back": true }),
        );
        let arguments = (appointment, seen, to.clone(), closed.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move { put_back(c, appointment, seen, &to, &closed).await })
        })
        .await
    }
}

/// Moves a booked appointment inside a transaction and closes the wishes that it meets there.
pub(super) async fn relocate(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
    to: &NewTime,
) -> Result<Booked, Error> {
    let moved = shift(&mut *c, appointment, seen, to).await?;
    let met = met(c, moved.id).await?;
    Ok(Booked { met, ..moved })
}

/// Takes a move back inside a transaction; what it closed is open again.
pub(super) async fn put_back(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
    to: &NewTime,
    closed: &[WaitId],
) -> Result<Booked, Error> {
    let back = shift(&mut *c, appointment, seen, to).await?;
    unmoved(c, appointment, closed).await?;
    Ok(back)
}

/// In the transaction that moved the appointment back: these wishes are open again.
pub(super) async fn unmoved(
    c: &mut PgConnection,
    appointment: AppointmentId,
    closed: &[WaitId],
) -> Result<(), Error> {
    if !closed.is_empty() {
        let closed: Vec<uuid::Uuid> = closed.iter().map(|w| w.0).collect();
        sqlx::query!("select clinic.waitlist_unmoved($1, $2)", appointment.0, &closed).execute(c).await?;
    }
    Ok(())
}

async fn shift(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
    to: &NewTime,
) -> Result<Booked, Error> {
    let now = booked(c, appointment).await?;
    if now.version != seen {
        return Err(stale(c, appointment).await?);
    }
    let zone = zone_of_centre(c, to.centre).await?;
    lock_days(c, &now, Some((to.provider, to.period.start, zone))).await?;
    if let Some(taken) =
        overlap(c, now.patient, to.provider, to.period, zone, Some(appointment), now.visit_type.as_deref())
            .await?
    {
        return Err(taken);
    }
    let moved = sqlx::query_scalar!(
        "update clinic.appointment
            set provider_id = $3, centre_id = $4, clinic_session_id = $5, starts_at = $6, ends_at = $7, kind = 'slot',
                referral_id = case when provider_id = $3 then referral_id end
          where id = $1 and version = $2 returning id",
        appointment.0,
        seen,
        to.provider.0,
        to.centre.0,
        to.session.map(|s| s.0),
        to.period.start,
        to.period.end
    )
    .fetch_optional(&mut *c)
    .await?;
    match moved {
        Some(_) => booked(c, appointment).await,
        None => Err(stale(c, appointment).await?),
    }
}

/// Makes an appointment inside a transaction and closes the wishes on the waiting list that it meets, or answers with the one that
/// is already there.
pub(super) async fn insert(c: &mut PgConnection, new: &NewAppointment) -> Result<Booked, Error> {
    let made = insert_alone(&mut *c, new).await?;
    let met = met(c, made.id).await?;
    Ok(Booked { met, ..made })
}

/// The wishes that were open and that this appointment, made or moved in this transaction, meets whole: they are closed.
pub(super) async fn met(c: &mut PgConnection, made: AppointmentId) -> Result<Vec<Met>, Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", family_name, given_name, profession, coalesce(visit_type, '') as "visit_type!", first_day as "first!",
                  last_day as "last!", part as "part!", weekdays as "weekdays!" from clinic.waitlist_met($1)"#,
        made.0
    )
    .fetch_all(c)
    .await?;
    let of = rows.into_iter().map(|r| Met {
        id: r.id.into(),
        provider_name: r.family_name.zip(r.given_name).map(|(f, g)| PersonName::new(f, g)),
        visit_type_name: r.visit_type,
        wish: Wish {
            profession: r.profession,
            part: part_of(&r.part),
            weekdays: Weekdays(r.weekdays),
            ..Wish::between(r.first, r.last)
        },
    });
    Ok(of.collect())
}

/// Takes a booking back inside a transaction: it is cancelled, and what it closed on the waiting list is open again.
pub(super) async fn take_back(
    c: &mut PgConnection,
    appointment: AppointmentId,
    seen: i64,
) -> Result<i64, Error> {
    let version = set_status(&mut *c, appointment, seen, "cancelled", tr!("undone")).await?;
    sqlx::query!("select clinic.waitlist_unmet($1)", appointment.0).execute(c).await?;
    Ok(version)
}

/// Makes an appointment inside a transaction, or answers with the one that is already there.
pub(super) async fn insert_alone(c: &mut PgConnection, new: &NewAppointment) -> Result<Booked, Error> {
    let zone = zone_of_centre(c, new.centre).await?;
    let reason = if new.reason.trim().is_empty() {
        None
    } else {
        let keys = sealed::keys_to_write(&mut *c, new.patient.0).await?;
        keys.row("appointment", new.patient.0, new.id).seal("reason", new.reason.trim())?
    };
    let made = sqlx::query_scalar!(
        "insert into clinic.appointment (id, patient_id, provider_id, centre_id, clinic_session_id, kind, status, day,
                                         starts_at, ends_at, reason, visit_type, booked_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, auth.actor())
         on conflict do nothing returning id",
        new.id.0,
        new.patient.0,
        new.provider.0,
        new.centre.0,
        new.session.map(|s| s.0),
        new.kind.code(),
        if new.arrived { "arrived" } else { "booked" },
        new.period.starts_at(zone).date(),
        new.period.start,
        new.period.end,
        reason,
        new.visit_type
    )
    .fetch_optional(&mut *c)
    .await?;
    if made.is_some() {
        return booked(c, new.id).await;
    }
    match booked(c, new.id).await {
        Ok(there) if there.patient == new.patient && there.period == new.period => return Ok(there),
        Ok(_) => return Err(stale(c, new.id).await?),
        Err(Error::NotFound) => {}
        Err(e) => return Err(e),
    }
    let taken =
        overlap(c, new.patient, new.provider, new.period, zone, None, new.visit_type.as_deref()).await?;
    // The other one may have gone again in the meantime: the constraint's own words then.
    Err(taken.unwrap_or_else(|| {
        Error::Overlap(refusal::why("appointment_provider_overlap", &serde_json::Value::Null))
    }))
}
