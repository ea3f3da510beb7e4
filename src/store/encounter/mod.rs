//! Starting, opening and loading visits. Saving fields is in [`save`], drafts in [`draft`], how a visit ends in [`sign`].
use super::{Error, Event, Store, refusal, sealed};
use crate::domain::{
    actor::Actor,
    encounter::{Document, EncounterState, PastVisit, Visit},
    ids::{AppointmentId, EncounterId, PatientId, RequestId},
    name::PersonName,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

mod draft;
mod save;
mod sign;

pub(super) use draft::close as close_draft_in;
pub use draft::{Draft, DraftSaved, NewDraft};

/// A visit that was started or opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub encounter: EncounterId,
    /// It was there already.
    pub resumed: bool,
}

/// Somebody who waits for the signed-in provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub appointment: AppointmentId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub starts_at: DateTime<Utc>,
    pub arrived_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Starts the visit of an appointment: the status, the visit and the complaint from the booking's reason in one
    /// transaction. A visit that is there is opened again, a paused one goes on.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not this provider's appointment, or neither arrived nor booked for today.
    pub async fn start_visit(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
    ) -> Result<Started, Error> {
        let event = Event::new("visit.start", "appointment").id(appointment.0);
        self.write(actor, request, event, &appointment, move |c| {
            Box::pin(async move {
                let a = sqlx::query!(
                    r#"select a.status, a.provider_id, a.patient_id, a.centre_id, a.day, x.reason as "reason?",
                              coalesce(a.provider_id = auth.provider_id(), false) as "mine!"
                         from clinic.appointment a left join clinic.appointment_texts(array[$1::uuid]) x on x.id = a.id
                        where a.id = $1 for update of a"#,
                    appointment.0
                )
                .fetch_optional(&mut *c)
                .await?
                .ok_or(Error::NotFound)?;
                if !a.mine {
                    return Err(refused("start_own_visits"));
                }
                // A statement of its own: it sees what somebody committed while we waited for the appointment.
                let there = sqlx::query!(
                    "select id, state from clinic.encounter where appointment_id = $1 and state <> 'voided'",
                    appointment.0
                )
                .fetch_optional(&mut *c)
                .await?;
                if let Some(there) = there {
                    if there.state == "paused" {
                        sqlx::query!("update clinic.encounter set state = 'open' where id = $1", there.id)
                            .execute(&mut *c)
                            .await?;
                    }
                    return Ok(Started { encounter: there.id.into(), resumed: true });
                }
                if a.status != "in_progress" {
                    sqlx::query!(
                        "update clinic.appointment set status = 'in_progress' where id = $1",
                        appointment.0
                    )
                    .execute(&mut *c)
                    .await?;
                }
                let id = EncounterId::new();
                let complaint = match &a.reason {
                    None => None,
                    Some(reason) => {
                        let keys = sealed::keys_to_write(&mut *c, a.patient_id).await?;
                        // A reason that does not open is no complaint; the visit goes on without one.
                        let reason = keys
                            .row("appointment", a.patient_id, appointment)
                            .open_or_refuse("reason", reason)
                            .unwrap_or_default();
                        keys.row("encounter", a.patient_id, id).seal("chief_complaint", &reason)?
                    }
                };
                sqlx::query!(
                    "insert into clinic.encounter (id, appointment_id, patient_id, provider_id, centre_id, day, started_at,
                            chief_complaint, fee_cents, author, changed_at)
                     select $1, $2, $3, v.id, $5, $6, clinic.now(), $7, v.fee_cents, auth.actor(), clinic.now()
                       from clinic.provider v where v.id = $4",
                    id.0,
                    appointment.0,
                    a.patient_id,
                    a.provider_id,
                    a.centre_id,
                    a.day,
                    complaint
                )
                .execute(&mut *c)
                .await?;
                Ok(Started { encounter: id, resumed: false })
            })
        })
        .await
    }

    /// Who is seen next: emergencies first, then by the time of the appointment. Nobody when nobody has arrived.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn next_waiting(&self, actor: &Actor) -> Result<Option<Waiting>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let row = sqlx::query!(
                    "select a.id, a.version, a.patient_id, a.starts_at, a.arrived_at, p.family_name, p.given_name
                       from clinic.appointment a
                       join clinic.patient p on p.id = a.patient_id
                       join clinic.centre x on x.id = a.centre_id
                       left join clinic.queue_entry q on q.id = a.id
                      where a.provider_id = auth.provider_id() and a.status = 'arrived'
                        and a.day = (clinic.now() at time zone x.zone)::date
                      order by q.called_at is null, clinic.queue_rank(a.kind, q.priority, q.retry_at), a.starts_at, a.arrived_at, a.id
                      limit 1"
                )
                .fetch_optional(c)
                .await?;
                Ok(row.map(|r| Waiting {
                    appointment: r.id.into(),
                    version: r.version,
                    patient: r.patient_id.into(),
                    patient_name: PersonName::new(r.family_name, r.given_name),
                    starts_at: r.starts_at,
                    arrived_at: r.arrived_at,
                }))
            })
        })
        .await
    }

    /// A visit as its panel needs it. `opened` says that a person opened it: that is logged, a refresh is not.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there, [`Error::Refused`] when it is not for this person.
    pub async fn visit(&self, actor: &Actor, encounter: EncounterId, opened: bool) -> Result<Visit, Error> {
        let event = Event::new("visit.open", "encounter").id(encounter.0);
        self.view(actor, event, opened, move |c| {
            Box::pin(async move {
                let visit = load(c, encounter).await?.ok_or(Error::NotFound)?;
                Ok((visit, serde_json::json!({})))
            })
        })
        .await
    }

    /// A page of a patient's other visits, newest first; `before` is the last one of the page before.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn past_visits(
        &self,
        actor: &Actor,
        patient: PatientId,
        except: EncounterId,
        before: Option<(DateTime<Utc>, EncounterId)>,
    ) -> Result<Vec<PastVisit>, Error> {
        self.read(actor, move |c| Box::pin(async move { past(c, patient, except, before).await })).await
    }

    /// The provider's visits that are not signed yet, oldest first: each is to be signed or voided.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn unsigned_visits(
        &self,
        actor: &Actor,
    ) -> Result<Vec<(EncounterId, PersonName, DateTime<Utc>)>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select e.id, e.started_at, p.family_name, p.given_name
                       from clinic.encounter e join clinic.patient p on p.id = e.patient_id
                      where e.provider_id = auth.provider_id() and e.state in ('open', 'paused')
                      order by e.started_at limit 200"
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| (r.id.into(), PersonName::new(r.family_name, r.given_name), r.started_at))
                    .collect())
            })
        })
        .await
    }
}

/// How many visits a page of the Info tab's list has.
const PAGE: i64 = 50;

pub(super) async fn past(
    c: &mut PgConnection,
    patient: PatientId,
    except: EncounterId,
    before: Option<(DateTime<Utc>, EncounterId)>,
) -> Result<Vec<PastVisit>, Error> {
    let rows = sqlx::query!(
        r#"select e.id, e.patient_id, o.record_number as "origin?", e.day, e.started_at, e.state, e.chief_complaint, x.name as centre, a.family_name, a.given_name,
                  array(select d.name from clinic.diagnosis d where d.encounter_id = e.id and d.struck_at is null
                         order by d.role <> 'main', d.created_at, d.id) as "diagnoses!: Vec<Vec<u8>>",
                  array(select d.id from clinic.diagnosis d where d.encounter_id = e.id and d.struck_at is null
                         order by d.role <> 'main', d.created_at, d.id) as "diagnosis_ids!: Vec<uuid::Uuid>"
             from clinic.encounter e
             join clinic.centre x on x.id = e.centre_id
             join clinic.provider v on v.id = e.provider_id
             join clinic.account a on a.id = v.account_id
             left join clinic.patient o on o.id = e.patient_id and e.patient_id <> $1
            where e.patient_id = any ((select clinic.records_of($1))::uuid[]) and e.id <> $2 and e.state <> 'voided'
              and ($3::timestamptz is null or (e.started_at, e.id) < ($3, $4::uuid))
            order by e.started_at desc, e.id desc limit $5"#,
        patient.0,
        except.0,
        before.map(|b| b.0),
        before.map(|b| b.1.0),
        PAGE
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let names = r.diagnosis_ids.iter().zip(&r.diagnoses);
            let names =
                names.map(|(id, name)| keys.row("diagnosis", r.patient_id, *id).open("name", Some(name)));
            Ok(PastVisit {
                encounter: r.id.into(),
                day: r.day,
                started_at: r.started_at,
                provider: PersonName::new(r.family_name, r.given_name),
                centre: r.centre,
                state: state(&r.state)?,
                chief_complaint: keys
                    .row("encounter", r.patient_id, r.id)
                    .open("chief_complaint", r.chief_complaint.as_deref())?,
                origin: r.origin,
                diagnoses: names.collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

/// The visit, when this person may read it.
pub(super) async fn load(c: &mut PgConnection, encounter: EncounterId) -> Result<Option<Visit>, Error> {
    let row = sqlx::query!(
        r#"select e.*, a.family_name, a.given_name, x.name as centre_name, s.family_name as "signer_family?",
                  s.given_name as "signer_given?",
                  coalesce(e.provider_id = auth.provider_id(), false) as "mine!",
                  clinic.may_write(e.id) as "may_write!",
                  v.profession = any (string_to_array(clinic.setting('diagnosing_professions'), ',')) as "diagnoses_here!",
                  (select count(*) from clinic.diagnosis d where d.encounter_id = e.id and d.struck_at is null) as "diagnoses!"
             from clinic.encounter e
             join clinic.provider v on v.id = e.provider_id
             join clinic.account a on a.id = v.account_id
             join clinic.centre x on x.id = e.centre_id
             left join clinic.account s on s.id = e.signed_by
            where e.id = $1"#,
        encounter.0
    )
    .fetch_optional(&mut *c)
    .await?;
    let Some(r) = row else { return Ok(None) };
    let keys = sealed::keys(c, [r.patient_id]).await?;
    let text = keys.row("encounter", r.patient_id, r.id);
    let state = state(&r.state)?;
    Ok(Some(Visit {
        id: r.id.into(),
        version: r.version,
        appointment: r.appointment_id.map(Into::into),
        patient: r.patient_id.into(),
        provider: r.provider_id.into(),
        provider_name: PersonName::new(r.family_name, r.given_name),
        centre: r.centre_id.into(),
        centre_name: r.centre_name,
        state,
        day: r.day,
        started_at: r.started_at,
        ended_at: r.ended_at,
        chief_complaint: text.open("chief_complaint", r.chief_complaint.as_deref())?,
        follow_up_on: r.follow_up_on,
        follow_up_notes: text.open("follow_up_notes", r.follow_up_notes.as_deref())?,
        fee_cents: r.fee_cents,
        sick_from: r.sick_from,
        sick_to: r.sick_to,
        documents: r.documents.iter().filter_map(|d| Document::from_code(d)).collect(),
        void_why: text.open("void_why", r.void_why.as_deref())?,
        signed_at: r.signed_at,
        signed_by: r.signer_family.map(|f| PersonName::new(f, r.signer_given.unwrap_or_default())),
        mine: r.mine,
        may_write: r.may_write && state.is_unsigned(),
        needs_diagnosis: r.kind == "visit" && r.diagnoses_here,
        diagnoses: r.diagnoses,
    }))
}

fn state(code: &str) -> Result<EncounterState, Error> {
    EncounterState::from_code(code)
        .ok_or_else(|| Error::bug("a visit's state", std::io::Error::other(code.to_owned())))
}

/// A refusal of the program's own, by the rule's name.
pub(super) fn refused(rule: &str) -> Error {
    Error::Refused(refusal::why(rule, &serde_json::Value::Null))
}

/// Why no row was changed: the visit is gone, somebody else's, signed, or it was changed since it was read.
pub(super) async fn unchanged(c: &mut PgConnection, encounter: EncounterId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select e.state, e.changed_at, coalesce(e.provider_id = auth.provider_id(), false) as "mine!",
                  coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
             from clinic.encounter e left join clinic.account a on a.id = e.changed_by where e.id = $1"#,
        encounter.0
    )
    .fetch_optional(c)
    .await?;
    Ok(match row {
        None => Error::NotFound,
        Some(r) if !r.mine => refused("only_its_provider"),
        Some(r) if matches!(r.state.as_str(), "signed" | "voided") => refused("signed_is_signed"),
        Some(r) => Error::Stale { by: r.by, at: r.changed_at },
    })
}
