//! Breaking the glass: exact identifiers, a reason and the password again give an appointment in progress and an hour;
//! afterwards somebody else says whether it was justified. The database's functions decide and log each step.
use super::{Error, Event, Store, authored::name, encounter::refused, sealed};
use crate::domain::{
    access::{EmergencyReview, NewEmergency, OpenEmergency},
    actor::Actor,
    ids::{EmergencyId, RequestId},
    name::PersonName,
};
use sqlx::PgConnection;

impl Store {
    /// Opens the history of the patient who is exactly meant, for 60 minutes, under an emergency appointment with the
    /// speaker. `proof` is what the password gives under the login's challenge; the database compares it.
    ///
    /// # Errors
    /// [`Error::Refused`]: wrong password, no such patient, one's own record, readable anyway, or another one is open.
    pub async fn open_emergency(
        &self,
        actor: &Actor,
        request: RequestId,
        new: NewEmergency,
        proof: Vec<u8>,
    ) -> Result<OpenEmergency, Error> {
        let event = Event::new("emergency.open", "emergency").id(new.id.0).by_database();
        let arguments = new.clone();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                if new.reason.trim().is_empty() {
                    return Err(refused("emergency_needs_reason"));
                }
                // The organisation's key: auditors review it, and they are given no patient's.
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let text = keys.row("emergency", sealed::ORGANISATION, new.id.0);
                sqlx::query!(
                    r#"select patient_id from clinic.emergency_open($1, $2, $3, $4, $5, $6, $7)"#,
                    new.id.0,
                    new.appointment.0,
                    new.number.trim(),
                    new.born,
                    text.seal_required("reason", new.reason.trim())?,
                    new.centre.map(|x| x.0),
                    proof
                )
                .fetch_one(&mut *c)
                .await?;
                now(c).await?.ok_or(Error::NotFound)
            })
        })
        .await
    }

    /// The emergency access of the speaker that is open now; the program's clock follows the server's.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn emergency_now(&self, actor: &Actor) -> Result<Option<OpenEmergency>, Error> {
        let (open, at) = self
            .read(actor, |c| {
                Box::pin(async move {
                    let at =
                        sqlx::query_scalar!(r#"select clinic.now() as "now!""#).fetch_one(&mut *c).await?;
                    Ok((now(c).await?, at))
                })
            })
            .await?;
        self.clock().follow(at);
        Ok(open)
    }

    /// Ends one's own emergency access before its hour has passed.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is over or somebody else's.
    pub async fn end_emergency(
        &self,
        actor: &Actor,
        request: RequestId,
        id: EmergencyId,
    ) -> Result<(), Error> {
        let event = Event::new("emergency.end", "emergency").id(id.0).by_database();
        self.write(actor, request, event, &id, move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.emergency_end($1)", id.0).execute(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// The emergencies this person may see: those to be reviewed first, the one due first at the top. `opened`: the list is
    /// opened, which is told to the log.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn emergencies(&self, actor: &Actor, opened: bool) -> Result<Vec<EmergencyReview>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select e.id, a.family_name as by_family, a.given_name as by_given, a.role, p.family_name, p.given_name,
                              p.record_number, e.reason, e.opened_at, coalesce(e.ended_at, e.until) as "until!",
                              e.ended_at is null and e.until > clinic.now() as "open!", e.due_on,
                              e.verdict is null and e.overdue_from <= clinic.now() as "overdue!",
                              e.verdict, r.family_name as "r_family?", r.given_name as "r_given?", e.review_note,
                              e.account_id = auth.actor() as "mine!"
                         from clinic.emergency e
                         join clinic.account a on a.id = e.account_id
                         join clinic.patient p on p.id = e.patient_id
                         left join clinic.account r on r.id = e.reviewed_by
                        order by e.verdict is not null, case when e.verdict is null then e.due_on end, e.opened_at desc limit 300"#
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("emergency.list", "emergency").facts(facts).record(&mut *c).await?;
                }
                let keys = sealed::keys(c, rows.iter().map(|_| sealed::ORGANISATION)).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("emergency", sealed::ORGANISATION, r.id);
                        let verdict = match r.verdict {
                            Some(v) => {
                                let note = text.open("review_note", r.review_note.as_deref())?;
                                Some((v == "justified", name((r.r_family, r.r_given)), note))
                            }
                            None => None,
                        };
                        Ok(EmergencyReview {
                            id: r.id.into(),
                            by: PersonName::new(r.by_family, r.by_given),
                            by_role: r.role,
                            patient_name: PersonName::new(r.family_name, r.given_name),
                            record_number: r.record_number,
                            reason: text.open("reason", Some(&r.reason))?,
                            opened_at: r.opened_at,
                            until: r.until,
                            open: r.open,
                            due_on: r.due_on,
                            overdue: r.overdue,
                            verdict,
                            mine: r.mine,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Says whether an emergency access was justified, and why.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is one's own, still open, or reviewed already.
    pub async fn review_emergency(
        &self,
        actor: &Actor,
        request: RequestId,
        id: EmergencyId,
        justified: bool,
        note: String,
    ) -> Result<(), Error> {
        let event = Event::new("emergency.review", "emergency").id(id.0).by_database();
        self.write(actor, request, event, &(id, justified, note.clone()), move |c| {
            Box::pin(async move {
                if note.trim().is_empty() {
                    return Err(refused("emergency_review_needs_note"));
                }
                let verdict = if justified { "justified" } else { "not_justified" };
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let text = keys.row("emergency", sealed::ORGANISATION, id.0);
                let note = text.seal_required("review_note", note.trim())?;
                sqlx::query!("select clinic.emergency_review($1, $2, $3)", id.0, verdict, note)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

async fn now(c: &mut PgConnection) -> Result<Option<OpenEmergency>, Error> {
    let row = sqlx::query!(
        "select e.id, e.patient_id, p.family_name, p.given_name, p.record_number, e.appointment_id, e.until
           from clinic.emergency e join clinic.patient p on p.id = e.patient_id
          where e.account_id = auth.actor() and e.ended_at is null and e.until > clinic.now()
          order by e.opened_at desc limit 1"
    )
    .fetch_optional(c)
    .await?;
    Ok(row.map(|r| OpenEmergency {
        id: r.id.into(),
        patient: r.patient_id.into(),
        name: PersonName::new(r.family_name, r.given_name),
        record_number: r.record_number,
        appointment: r.appointment_id.into(),
        until: r.until,
    }))
}
