//! How every call is made: who is speaking, a deadline, one transaction, an audit event, and for writes the fence.
//!
//! A write that was sent but not answered is looked up by its request id on a new connection. The look-up waits for the
//! old transaction; then it has either committed (its result is returned) or never can.
use super::{Error, Store, refusal, sealed::with_keyring};
use crate::domain::{
    actor::Actor,
    ids::{PatientId, RequestId},
};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use uuid::Uuid;

/// How long a read may take before the person is told.
const READ_DEADLINE: Duration = Duration::from_secs(6);
/// How long a write may take before its outcome is looked up.
const WRITE_DEADLINE: Duration = Duration::from_secs(8);
/// How long the outcome of a write is looked for.
const SETTLE_DEADLINE: Duration = Duration::from_secs(15);

/// What the audit log is told about a read, a write or a refusal.
#[derive(Debug, Clone)]
pub struct Event {
    /// The command's name, as in `appointment.book`.
    pub action: &'static str,
    /// The table it is about.
    pub entity: &'static str,
    pub entity_id: Option<Uuid>,
    pub patient: Option<PatientId>,
    /// Ids, counts and codes; never clinical text.
    pub facts: serde_json::Value,
    /// The database's own function writes it when it is done; the program tells refusals only.
    by_database: bool,
}

impl Event {
    /// `action` on `entity`.
    #[must_use]
    pub fn new(action: &'static str, entity: &'static str) -> Self {
        Self {
            action,
            entity,
            entity_id: None,
            patient: None,
            facts: serde_json::json!({}),
            by_database: false,
        }
    }

    /// About this row.
    #[must_use]
    pub fn id(mut self, id: impl Into<Uuid>) -> Self {
        self.entity_id = Some(id.into());
        self
    }

    /// About this patient.
    #[must_use]
    pub fn patient(mut self, patient: PatientId) -> Self {
        self.patient = Some(patient);
        self
    }

    /// Written by the function of the database that does it.
    #[must_use]
    pub(super) fn by_database(mut self) -> Self {
        self.by_database = true;
        self
    }

    /// With these facts.
    #[must_use]
    pub fn facts(mut self, facts: serde_json::Value) -> Self {
        self.facts = facts;
        self
    }

    /// Writes the event in the transaction of `c`.
    pub(super) async fn record(self, c: &mut PgConnection) -> Result<(), Error> {
        record(c, self, "done").await
    }

    /// Writes that it was refused, in the transaction of `c`, which shows why.
    pub(super) async fn record_refused(self, c: &mut PgConnection) -> Result<(), Error> {
        record(c, self, "refused").await
    }
}

async fn record(c: &mut PgConnection, e: Event, outcome: &str) -> Result<(), Error> {
    sqlx::query!(
        "select audit.tell($1, $2, $3, $4, $5, $6) as id",
        e.action,
        e.entity,
        e.entity_id,
        e.patient.map(|p| p.0),
        outcome,
        e.facts
    )
    .fetch_one(c)
    .await?;
    Ok(())
}

impl Store {
    /// One reading transaction as `actor`. What is read of patients is told to the log by the body.
    pub(super) async fn read<T, F>(&self, actor: &Actor, body: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        let (store, account) = (self.clone(), actor.account.0);
        let task = tokio::spawn(async move {
            let mut reading = store.reading().await?;
            identify(&mut reading.tx, account).await?;
            let value = with_keyring(store.0.keyring.clone(), async { body(&mut reading.tx).await }).await?;
            reading.tx.commit().await?;
            Ok(value)
        });
        let outcome = match tokio::time::timeout(READ_DEADLINE, task).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(join)) => Err(Error::bug("a read broke off", join)),
            // The task goes on and gives its connection back itself; only the waiting ends here.
            Err(_) => Err(Error::Slow),
        };
        if matches!(outcome, Err(Error::Unavailable(_))) {
            let _ = self.reconnect().await;
        }
        outcome
    }

    /// One reading transaction that opens a view, or reads it again: the database decides whether `actor` may, and a refusal is
    /// explained. `opened` tells the log of it with the facts that the body gives, and of a refusal.
    pub(super) async fn view<T, F>(
        &self,
        actor: &Actor,
        event: Event,
        opened: bool,
        body: F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<(T, serde_json::Value), Error>>
            + Send
            + 'static,
    {
        let asked = event.clone();
        let seen = self.read(actor, move |c| {
            Box::pin(async move {
                let patient = event.patient.map(|p| p.0);
                sqlx::query!("select auth.demand($1, $2, $3)", event.action, patient, event.entity_id)
                    .execute(&mut *c)
                    .await?;
                let (value, facts) = body(&mut *c).await?;
                if opened {
                    event.facts(facts).record(c).await?;
                }
                Ok(value)
            })
        });
        let seen = seen.await;
        self.explained(actor, asked, opened, seen).await
    }

    /// A view that was not opened: why not, and told to the log where somebody meant to open it.
    pub(super) async fn explained<T>(
        &self,
        actor: &Actor,
        event: Event,
        opened: bool,
        seen: Result<T, Error>,
    ) -> Result<T, Error> {
        let Err(e) = seen else { return seen };
        let e = self.explain(actor, &event, e).await;
        if let (true, Error::Refused(why)) = (opened, &e) {
            self.tell_refusal(actor, event, &why.rule).await;
        }
        Err(e)
    }

    /// One writing transaction as `actor`, done at most once however often it is sent under the same `request`.
    ///
    /// `arguments` identify what is asked: the same request id with other arguments is a mistake of the program.
    pub(super) async fn write<T, F>(
        &self,
        actor: &Actor,
        request: RequestId,
        event: Event,
        arguments: &(impl Serialize + ?Sized),
        body: F,
    ) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        let digest: Vec<u8> =
            Sha256::digest(serde_json::to_vec(arguments).map_err(|e| Error::bug("arguments", e))?).to_vec();
        let kind = event.action;
        let attempt = {
            let (store, account, digest, event) =
                (self.clone(), actor.account.0, digest.clone(), event.clone());
            tokio::spawn(async move { store.attempt(account, request, event, &digest, body).await })
        };
        let outcome = match tokio::time::timeout(WRITE_DEADLINE, attempt).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(join)) => Err(Error::bug("a write broke off", join)),
            Err(_) => Err(Error::Slow),
        };
        match outcome {
            Err(Error::Duplicate(why)) if why.rule == "request_pkey" => {
                self.settle(request, kind, &digest).await
            }
            Err(e) if e.leaves_doubt() => self.settle(request, kind, &digest).await,
            outcome => {
                let outcome = match outcome {
                    Err(e) => Err(self.explain(actor, &event, e).await),
                    done => done,
                };
                if let Err(Error::Refused(why) | Error::Overlap(why) | Error::Duplicate(why)) = &outcome {
                    self.tell_refusal(actor, event, &why.rule).await;
                }
                outcome
            }
        }
    }

    /// A row that a policy hid, or a refusal that says no more than that: the table is asked why, and answers in a sentence.
    async fn explain(&self, actor: &Actor, event: &Event, error: Error) -> Error {
        let unexplained = match &error {
            Error::NotFound | Error::Stale { .. } => true,
            Error::Refused(why) => why.rule == "not_permitted",
            _ => false,
        };
        if !unexplained {
            return error;
        }
        match self.why_not(actor, event.action, event.patient, event.entity_id).await {
            Ok(Some(why)) => Error::Refused(why),
            _ => error,
        }
    }

    async fn attempt<T, F>(
        &self,
        account: Uuid,
        request: RequestId,
        event: Event,
        digest: &[u8],
        body: F,
    ) -> Result<T, Error>
    where
        T: Serialize + Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        let mut tx = self.0.writer.begin().await?;
        identify(&mut tx, account).await?;
        sqlx::query!("select clinic.request_begin($1, $2, $3)", request.0, event.action, digest)
            .execute(&mut *tx)
            .await?;
        let value = with_keyring(self.0.keyring.clone(), async { body(&mut tx).await }).await?;
        for draft in self.1.iter() {
            super::encounter::close_draft_in(&mut tx, Some(*draft)).await?;
        }
        if !event.by_database {
            event.record(&mut tx).await?;
        }
        let result = serde_json::to_value(&value).map_err(|e| Error::bug("result", e))?;
        sqlx::query!("select clinic.request_done($1, $2)", request.0, result).execute(&mut *tx).await?;
        crash_point("before_commit");
        tx.commit().await?;
        crash_point("after_commit");
        Ok(value)
    }

    /// The fence: learns what became of a request, or makes sure that it never can become anything.
    async fn settle<T: DeserializeOwned>(
        &self,
        request: RequestId,
        kind: &str,
        digest: &[u8],
    ) -> Result<T, Error> {
        let looking = async {
            loop {
                match self.ask_fence(request, kind, digest).await {
                    Err(e) if e.leaves_doubt() => tokio::time::sleep(Duration::from_millis(200)).await,
                    answer => return answer,
                }
            }
        };
        let (state, result) =
            tokio::time::timeout(SETTLE_DEADLINE, looking).await.map_err(|_| Error::Unknown)??;
        match (state.as_deref(), result) {
            (Some("done"), Some(result)) => {
                serde_json::from_value(result).map_err(|e| Error::bug("a stored result", e))
            }
            _ => Err(Error::NotSaved),
        }
    }

    async fn ask_fence(
        &self,
        request: RequestId,
        kind: &str,
        digest: &[u8],
    ) -> Result<(Option<String>, Option<serde_json::Value>), Error> {
        let (mut c, options) = self.0.connector.primary(self.0.token.as_deref()).await?;
        // The insert waits for the old transaction as long as that lives.
        sqlx::query!(
            "select set_config('lock_timeout', '0', false) as a, set_config('statement_timeout', '15000', false) as b"
        )
        .fetch_one(&mut c)
        .await?;
        let row = sqlx::query!(
            "select state, result from clinic.request_settle($1, $2, $3)",
            request.0,
            kind,
            digest
        )
        .fetch_one(&mut c)
        .await?;
        let _ = c.close().await;
        self.aim(&options);
        Ok((row.state, row.result))
    }

    /// A refusal is logged in a transaction of its own; that it could not be logged never hides it.
    pub(super) async fn tell_refusal(&self, actor: &Actor, event: Event, rule: &str) {
        let mut event = event;
        event.facts = serde_json::json!({ "rule": rule });
        let told =
            self.read(actor, move |c| Box::pin(async move { record(c, event, "refused").await })).await;
        if let Err(e) = told {
            tracing::warn!(error = %e, rule, "a refusal could not be logged");
        }
    }

    /// Refuses in the program what the database would refuse too, and logs it the same way.
    pub(super) async fn refuse<T>(
        &self,
        actor: &Actor,
        event: Event,
        rule: &str,
        facts: &serde_json::Value,
    ) -> Result<T, Error> {
        self.tell_refusal(actor, event, rule).await;
        Err(Error::Refused(refusal::why(rule, facts)))
    }
}

/// The server's answer to "who is speaking" must be the person the program thinks it speaks for.
async fn identify(c: &mut PgConnection, account: Uuid) -> Result<(), Error> {
    let actor = sqlx::query_scalar!("select auth.actor()").fetch_one(c).await?;
    if actor == Some(account) { Ok(()) } else { Err(Error::NoSession) }
}

/// Named places where tests end the program at once. Not in release builds.
fn crash_point(name: &str) {
    #[cfg(debug_assertions)]
    if std::env::var("PRAXIS_CRASH_AT").is_ok_and(|at| at == name) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}
