//! Papers: sent to a centre's printer as a job, or told to the log when they are saved to a file. The text of a job is sealed under
//! the organisation's key, and the worker takes it out.
use super::{Error, Event, Store, sealed};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, PrintJobId, RequestId},
    paper::Paper,
};
use chrono::{DateTime, Utc};

/// A paper of one's own on its way to the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    pub id: PrintJobId,
    pub kind: String,
    pub patient: Option<PatientId>,
    /// `waiting`, `printing`, `printed` or `failed`.
    pub state: String,
    pub tries: i32,
    pub problem: String,
    pub made_at: DateTime<Utc>,
}

impl Store {
    /// Sends a paper to the printer of its centre.
    ///
    /// # Errors
    /// [`Error::Refused`] by `too_many_prints`, and when it is not permitted.
    pub async fn print(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PrintJobId,
        paper: Paper,
    ) -> Result<PrintJobId, Error> {
        let mut event = Event::new("print.add", "print_job").id(id.0).by_database();
        event.patient = paper.patient;
        self.write(actor, request, event, &(id, paper.kind, paper.centre), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let content = keys.row("print_job", sealed::ORGANISATION, id.0);
                sqlx::query!(
                    "select clinic.print_add($1, $2, $3, $4, $5)",
                    id.0,
                    paper.centre.0,
                    paper.patient.map(|p| p.0),
                    paper.kind,
                    content.seal_required("content", &paper.text)?
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Tells the log that a paper is saved to a file; the program writes the file afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn save_paper(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PrintJobId,
        paper: Paper,
    ) -> Result<(), Error> {
        let mut event = Event::new("print.add", "print_job").id(id.0).by_database();
        event.patient = paper.patient;
        self.write(actor, request, event, &(id, paper.kind, paper.centre, "file"), move |c| {
            Box::pin(async move {
                sqlx::query!(
                    "select clinic.print_add($1, $2, $3, $4, null)",
                    id.0,
                    paper.centre.0,
                    paper.patient.map(|p| p.0),
                    paper.kind
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// One's own papers of the last day, the newest first.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn print_jobs(&self, actor: &Actor) -> Result<Vec<PrintJob>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select id, kind, patient_id, state, tries, coalesce(problem, '') as "problem!", made_at
                         from clinic.print_job
                        where made_by = auth.actor() and made_at > clinic.now() - interval '1 day'
                        order by made_at desc limit 50"#
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| PrintJob {
                        id: r.id.into(),
                        kind: r.kind,
                        patient: r.patient_id.map(Into::into),
                        state: r.state,
                        tries: r.tries,
                        problem: r.problem,
                        made_at: r.made_at,
                    })
                    .collect())
            })
        })
        .await
    }
}
