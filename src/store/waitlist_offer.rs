//! The waiting list as it is written: who is put on it and taken off, to whom a time is offered, and what they said. Who accepts is
//! booked by the very function of booking, and the entry is closed in the same transaction.
use super::{
    Error, Event, Store,
    appointment::{booked, set_status},
    booking, sealed, stale,
};
use crate::domain::{
    actor::Actor,
    booking::{Booked, NewAppointment},
    ids::{AppointmentId, CallId, RequestId, WaitId},
    waitlist::{CallOutcome, FreedTime, NewWait, Wish},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

impl Store {
    /// Puts somebody on the list.
    ///
    /// # Errors
    /// [`Error::Refused`] by `waitlist_already` when they wait for that already, and by the rules of booking: who is deactivated or
    /// blocked does not wait, and a specialist is waited for with a referral.
    pub async fn add_wait(&self, actor: &Actor, request: RequestId, new: NewWait) -> Result<WaitId, Error> {
        let event =
            Event::new("waitlist.add", "waitlist_entry").id(new.id.0).patient(new.patient).by_database();
        let arguments = new.clone();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let note = sealed_note(&mut *c, new.patient.0, new.id, &new.note).await?;
                let w = &new.wish;
                sqlx::query!(
                    "select clinic.waitlist_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    new.id.0,
                    new.patient.0,
                    w.provider.map(|p| p.0),
                    w.profession,
                    w.department.map(|d| d.0),
                    w.centre.map(|x| x.0),
                    w.visit_type,
                    w.first,
                    w.last,
                    w.part.code(),
                    w.weekdays.0,
                    w.priority.code(),
                    note
                )
                .execute(c)
                .await?;
                Ok(new.id)
            })
        })
        .await
    }

    /// Changes what somebody waits for. Returns the new version.
    ///
    /// # Errors
    /// As [`Store::add_wait`]; [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] by `waitlist_closed`.
    pub async fn change_wait(
        &self,
        actor: &Actor,
        request: RequestId,
        id: WaitId,
        seen: i64,
        wish: Wish,
        note: &str,
    ) -> Result<i64, Error> {
        let event = Event::new("waitlist.change", "waitlist_entry").id(id.0).by_database();
        let note = note.to_owned();
        self.write(actor, request, event, &(id, seen, wish.clone(), note.clone()), move |c| {
            Box::pin(async move {
                let owner =
                    sqlx::query_scalar!("select patient_id from clinic.waitlist_entry where id = $1", id.0)
                        .fetch_optional(&mut *c)
                        .await?
                        .ok_or(Error::NotFound)?;
                let note = sealed_note(&mut *c, owner, id, &note).await?;
                let version = sqlx::query_scalar!(
                    "select clinic.waitlist_change($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                    id.0,
                    seen,
                    wish.provider.map(|p| p.0),
                    wish.profession,
                    wish.department.map(|d| d.0),
                    wish.centre.map(|x| x.0),
                    wish.visit_type,
                    wish.first,
                    wish.last,
                    wish.part.code(),
                    wish.weekdays.0,
                    wish.priority.code(),
                    note
                )
                .fetch_one(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::waitlist_entry(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Takes somebody off the list; `back` puts them back at their old place. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `waitlist_closed`.
    pub async fn withdraw_wait(
        &self,
        actor: &Actor,
        request: RequestId,
        id: WaitId,
        seen: i64,
        back: bool,
    ) -> Result<i64, Error> {
        let event = Event::new("waitlist.withdraw", "waitlist_entry").id(id.0).by_database();
        self.write(actor, request, event, &(id, seen, back), move |c| {
            Box::pin(async move {
                let version =
                    sqlx::query_scalar!("select clinic.waitlist_withdraw($1, $2, $3)", id.0, seen, back)
                        .fetch_one(&mut *c)
                        .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::waitlist_entry(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Offers a time to somebody: it is held for this sign-in, and the call begins. Answers until when it is held;
    /// [`Store::hold_slot`] holds it longer.
    ///
    /// # Errors
    /// [`Error::Refused`] by `slot_being_offered` when another desk has it, by `waitlist_being_called` when another desk is talking to
    /// them, and by `waitlist_closed`.
    pub async fn offer_time(
        &self,
        actor: &Actor,
        request: RequestId,
        call: CallId,
        entry: WaitId,
        time: FreedTime,
    ) -> Result<DateTime<Utc>, Error> {
        let event = Event::new("waitlist.offer", "waitlist_entry").id(entry.0).by_database();
        self.write(actor, request, event, &(call, entry, time), move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(
                    r#"select clinic.waitlist_offer($1, $2, $3, $4, $5, $6) as "until!""#,
                    call.0,
                    entry.0,
                    time.provider.0,
                    time.centre.0,
                    time.period.start,
                    time.period.end
                )
                .fetch_one(c)
                .await?)
            })
        })
        .await
    }

    /// What was said in a call, or that nobody answered; `None` takes it back.
    ///
    /// # Errors
    /// [`Error::Refused`] by `waitlist_no_call` when it is another's, or answered already.
    pub async fn answer_offer(
        &self,
        actor: &Actor,
        request: RequestId,
        call: CallId,
        entry: WaitId,
        outcome: Option<CallOutcome>,
    ) -> Result<(), Error> {
        let event = Event::new("waitlist.offer", "waitlist_entry").id(entry.0).by_database();
        self.write(actor, request, event, &(call, outcome), move |c| {
            Box::pin(async move {
                let code = outcome.map(CallOutcome::code);
                sqlx::query!("select clinic.waitlist_answer($1, $2)", call.0, code).execute(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// Books somebody who waits, and takes them off the list in the same transaction.
    ///
    /// # Errors
    /// Those of [`Store::book`]; [`Error::Refused`] by `waitlist_closed` when they wait no more.
    pub async fn book_waiting(
        &self,
        actor: &Actor,
        request: RequestId,
        call: CallId,
        entry: WaitId,
        new: NewAppointment,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.book", "appointment").id(new.id.0).patient(new.patient).facts(
            serde_json::json!({ "provider": new.provider, "starts": new.period.start, "kind": new.kind.code(), "waited": entry }),
        );
        let arguments = (call, entry, new.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let made = booking::insert_alone(&mut *c, &new).await?;
                sqlx::query!("select clinic.waitlist_booked($1, $2, $3)", call.0, entry.0, made.id.0)
                    .execute(&mut *c)
                    .await?;
                // Whatever else they waited for that it meets.
                let met = booking::met(c, made.id).await?;
                Ok(Booked { met, ..made })
            })
        })
        .await
    }

    /// Takes such a booking back: the appointment is cancelled, and they wait again at their old place.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed the appointment since `seen`; [`Error::Refused`].
    pub async fn unbook_waiting(
        &self,
        actor: &Actor,
        request: RequestId,
        call: CallId,
        entry: WaitId,
        appointment: AppointmentId,
        seen: i64,
    ) -> Result<Booked, Error> {
        let event = Event::new("appointment.set-status", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "to": "cancelled", "waits_again": entry }));
        self.write(actor, request, event, &(call, entry, appointment, seen), move |c| {
            Box::pin(async move {
                set_status(&mut *c, appointment, seen, "cancelled", "undone").await?;
                sqlx::query!("select clinic.waitlist_unbooked($1, $2)", call.0, entry.0)
                    .execute(&mut *c)
                    .await?;
                sqlx::query!("select clinic.waitlist_unmet($1)", appointment.0).execute(&mut *c).await?;
                booked(c, appointment).await
            })
        })
        .await
    }
}

async fn sealed_note(
    c: &mut PgConnection,
    owner: uuid::Uuid,
    id: WaitId,
    note: &str,
) -> Result<Option<Vec<u8>>, Error> {
    let note = note.trim();
    if note.is_empty() {
        return Ok(None);
    }
    let keys = sealed::keys_to_write(c, owner).await?;
    keys.row("waitlist_entry", owner, id).seal("note", note)
}
