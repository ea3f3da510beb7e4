//! Connections of a patient and a provider: one side asks, the other answers, either ends it. An approved one is a
//! relationship like an appointment.
use super::{Error, Event, Store};
use crate::domain::{
    access::{Connection, ConnectionStep, Side},
    actor::Actor,
    ids::{PatientId, ProviderId, RequestId},
    name::PersonName,
};

impl Store {
    /// Asks the other side for a connection; one that was ended is asked for again.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is there, waits, was rejected, or is with oneself.
    pub async fn ask_connection(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        provider: ProviderId,
    ) -> Result<(), Error> {
        let event = Event::new("connection.request", "connection").id(provider.0).patient(patient);
        self.write(actor, request, event, &(patient, provider), move |c| {
            Box::pin(async move {
                sqlx::query!(
                    "insert into clinic.connection (patient_id, provider_id, state) values ($1, $2, 'asked')
                     on conflict (patient_id, provider_id) do update set state = 'asked'",
                    patient.0,
                    provider.0
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The connections of the signed-in patient or provider: those that wait first, then approved ones. `opened`: the
    /// list is opened, which is told to the log.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn connections(&self, actor: &Actor, opened: bool) -> Result<Vec<Connection>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select x.id, x.version, x.patient_id, p.family_name, p.given_name, p.record_number, x.provider_id,
                              v.family_name as provider_family, v.given_name as provider_given, pr.profession, x.state,
                              x.asked_side, x.asked_at, x.patient_id is not distinct from auth.own_patient() as "as_patient!"
                         from clinic.connection x
                         join clinic.patient p on p.id = x.patient_id
                         join clinic.provider pr on pr.id = x.provider_id
                         join clinic.account v on v.id = pr.account_id
                        where x.patient_id = auth.own_patient() or x.provider_id = auth.provider_id()
                        order by case x.state when 'asked' then 0 when 'approved' then 1 else 2 end, x.asked_at desc, x.id
                        limit 300"#
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("connection.list", "connection").facts(facts).record(c).await?;
                }
                let side = |patient: bool| if patient { Side::Patient } else { Side::Provider };
                Ok(rows
                    .into_iter()
                    .map(|r| Connection {
                        id: r.id.into(),
                        version: r.version,
                        patient: r.patient_id.into(),
                        patient_name: PersonName::new(r.family_name, r.given_name),
                        record_number: r.record_number,
                        provider: r.provider_id.into(),
                        provider_name: PersonName::new(r.provider_family, r.provider_given),
                        profession: r.profession,
                        state: r.state,
                        asked_side: side(r.asked_side == "patient"),
                        asked_at: r.asked_at,
                        mine: side(r.as_patient),
                    })
                    .collect())
            })
        })
        .await
    }

    /// Accepts, rejects or ends a connection that was seen in this version.
    ///
    /// # Errors
    /// [`Error::Refused`] by the rules of connections; [`Error::Stale`] when the other side was faster.
    pub async fn answer_connection(
        &self,
        actor: &Actor,
        request: RequestId,
        of: &Connection,
        step: ConnectionStep,
    ) -> Result<(), Error> {
        let (id, patient, seen) = (of.id, of.patient, of.version);
        let (action, state) = match step {
            ConnectionStep::Accept => ("connection.accept", "approved"),
            ConnectionStep::Reject => ("connection.reject", "declined"),
            ConnectionStep::End => ("connection.end", "ended"),
        };
        let event = Event::new(action, "connection").id(id.0).patient(patient);
        self.write(actor, request, event, &(id, seen, step), move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.connection set state = $3 where id = $1 and version = $2",
                    id.0,
                    seen,
                    state
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(super::stale::connection(c, id.0).await?) }
            })
        })
        .await
    }
}
