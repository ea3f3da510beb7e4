//! Requests to read a history: asked for by who was refused, granted by the patient or an administrator, with an end.
//! Who may do what is the database's answer; a grant counts at the asker's next statement.
use super::{Error, Event, Store, authored::name, sealed};
use crate::domain::{
    access::{AccessRequest, AccessState, AccessStep, NewAccessRequest},
    actor::Actor,
    ids::{AccessRequestId, EncounterId, PatientId, RequestId},
    name::PersonName,
};
use sqlx::PgConnection;

impl Store {
    /// Asks to read a patient's history.
    ///
    /// # Errors
    /// [`Error::Refused`] when it can be read already, is one's own, or the role reads no records; [`Error::Duplicate`]
    /// when a request waits already; those of the line to the server.
    pub async fn ask_access(
        &self,
        actor: &Actor,
        request: RequestId,
        new: NewAccessRequest,
    ) -> Result<(), Error> {
        let event = Event::new("access.request", "access_request")
            .id(new.id.0)
            .patient(new.patient)
            .facts(serde_json::json!({ "days": new.days }));
        let arguments = new.clone();
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, new.patient.0).await?;
                let text = keys.row("access_request", new.patient.0, new.id.0);
                sqlx::query!(
                    "insert into clinic.access_request (id, patient_id, asker, reason, days)
                     values ($1, $2, auth.actor(), $3, $4)",
                    new.id.0,
                    new.patient.0,
                    text.seal_required("reason", new.reason.trim())?,
                    i32::try_from(new.days).unwrap_or(i32::MAX)
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The requests this person asked or decides: those that wait first, then the newest. `opened`: the list is opened, which
    /// is told to the log.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn access_requests(&self, actor: &Actor, opened: bool) -> Result<Vec<AccessRequest>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let all = requests(&mut *c).await?;
                if opened {
                    let facts = serde_json::json!({ "rows": all.len() });
                    Event::new("access.list", "access_request").facts(facts).record(c).await?;
                }
                Ok(all)
            })
        })
        .await
    }

    /// Grants, refuses, withdraws or ends a request that was seen in this version.
    ///
    /// # Errors
    /// [`Error::Refused`] by the rules of requests; [`Error::Stale`] when somebody was faster.
    pub async fn decide_access(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccessRequestId,
        patient: PatientId,
        seen: i64,
        step: AccessStep,
    ) -> Result<(), Error> {
        let (action, state, days, note) = match &step {
            AccessStep::Grant(days) => ("access.grant", "granted", Some(*days), None),
            AccessStep::Refuse(note) => ("access.refuse", "refused", None, Some(note.trim().to_owned())),
            AccessStep::Withdraw => ("access.withdraw", "withdrawn", None, None),
            AccessStep::End => ("access.end", "ended", None, None),
        };
        let event = Event::new(action, "access_request")
            .id(id.0)
            .patient(patient)
            .facts(serde_json::json!({ "days": days }));
        self.write(actor, request, event, &(id, seen, step), move |c| {
            Box::pin(async move {
                let note = match note {
                    Some(note) => {
                        let keys = sealed::keys_to_write(&mut *c, patient.0).await?;
                        keys.row("access_request", patient.0, id.0).seal("note", &note)?
                    }
                    None => None,
                };
                let done = sqlx::query!(
                    "update clinic.access_request set state = $3,
                            until = case when $3 = 'granted' then clinic.now() + make_interval(days => $4) else until end,
                            note = coalesce($5, note)
                      where id = $1 and version = $2",
                    id.0,
                    seen,
                    state,
                    days.map(|d| i32::try_from(d).unwrap_or(i32::MAX)),
                    note
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(super::stale::access_request(c, id.0).await?) }
            })
        })
        .await
    }

    /// Whose visit this is, for somebody who may not read it and wants to ask for it; only staff are told.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such visit.
    pub async fn whose_visit(&self, actor: &Actor, encounter: EncounterId) -> Result<PatientId, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let whose =
                    sqlx::query_scalar!("select patient_id from clinic.why_not_record($1)", encounter.0)
                        .fetch_one(c)
                        .await?;
                whose.map(PatientId).ok_or(Error::NotFound)
            })
        })
        .await
    }

    /// For how many days access is granted when nobody says otherwise (policy `access_grant_days`).
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn access_days(&self, actor: &Actor) -> Result<u32, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let days =
                    sqlx::query_scalar!("select clinic.setting('access_grant_days')").fetch_one(c).await?;
                Ok(days.and_then(|d| d.parse().ok()).unwrap_or(30))
            })
        })
        .await
    }
}

/// The requests that the speaker asked or decides: those that wait first, then the newest.
pub(super) async fn requests(c: &mut PgConnection) -> Result<Vec<AccessRequest>, Error> {
    let rows = sqlx::query!(
                    r#"select r.id, r.version, r.patient_id, p.family_name, p.given_name, p.record_number, r.asker,
                              a.family_name as asker_family, a.given_name as asker_given, a.role, r.state, r.reason, r.days,
                              r.asked_at, r.until, r.note, coalesce(r.until <= clinic.now(), false) as "over!",
                              d.family_name as "decider_family?", d.given_name as "decider_given?",
                              r.asker = auth.actor() as "mine!",
                              coalesce(r.patient_id = auth.own_patient(), false) as "about_me!"
                         from clinic.access_request r
                         join clinic.patient p on p.id = r.patient_id
                         join clinic.account a on a.id = r.asker
                         left join clinic.account d on d.id = r.decided_by
                        order by r.state <> 'asked', r.asked_at desc, r.id limit 300"#
                )
                .fetch_all(&mut *c)
                .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("access_request", r.patient_id, r.id);
            Ok(AccessRequest {
                id: r.id.into(),
                version: r.version,
                patient: r.patient_id.into(),
                patient_name: PersonName::new(r.family_name, r.given_name),
                record_number: r.record_number,
                asker: r.asker.into(),
                asker_name: PersonName::new(r.asker_family, r.asker_given),
                asker_role: r.role,
                state: AccessState::from_code(&r.state, r.over)
                    .ok_or_else(|| Error::bug("a request's state", std::io::Error::other(r.state)))?,
                reason: text.open("reason", Some(&r.reason))?,
                days: u32::try_from(r.days).unwrap_or_default(),
                asked_at: r.asked_at,
                decided_by: r.decider_family.is_some().then(|| name((r.decider_family, r.decider_given))),
                until: r.until,
                note: text.open("note", r.note.as_deref())?,
                mine: r.mine,
                about_me: r.about_me,
            })
        })
        .collect()
}
