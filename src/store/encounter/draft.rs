//! Text that was typed and is not saved yet: upserts guarded by their revision, outside the request protocol. A closed
//! draft refuses late updates, so that saved text cannot come back.
use super::refused;
use crate::{
    domain::{actor::Actor, ids::DraftId},
    store::{Error, Event, Store, sealed},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A state of the typed text that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// Made by the form when it opens, and anew after its draft was closed.
    pub id: DraftId,
    /// The form's name, as in `visit.examination`.
    pub form: &'static str,
    /// What it is about: a visit, a patient; of a registration the account that types it.
    pub subject: Uuid,
    /// Which of several things of the subject: a list, an addressee. Empty where there is one.
    pub part: String,
    /// Rises with every edit.
    pub revision: i64,
    /// The version of the subject that the form shows.
    pub version_seen: Option<i64>,
    pub payload: String,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftSaved {
    /// Kept, at this time.
    At(DateTime<Utc>),
    /// A newer state of the same draft is kept already.
    Newer,
}

/// A draft that is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub id: DraftId,
    pub form: String,
    pub part: String,
    pub revision: i64,
    pub version_seen: Option<i64>,
    pub payload: String,
    pub saved_at: DateTime<Utc>,
    /// It was typed in this very sign-in.
    pub here: bool,
}

impl Store {
    /// Keeps a state of the typed text, unless a newer one is kept.
    ///
    /// # Errors
    /// [`Error::Refused`] with the rule `draft_closed` when the form was saved or discarded meanwhile.
    pub async fn save_draft(&self, actor: &Actor, draft: NewDraft) -> Result<DraftSaved, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let (keys, patient) = sealed::keys_of_subject(&mut *c, draft.subject).await?;
                let owner = patient.unwrap_or(sealed::ORGANISATION);
                let payload = keys.row("draft", owner, draft.id).seal_required("payload", &draft.payload)?;
                let saved = sqlx::query_scalar!(
                    "insert into clinic.draft as d (id, account_id, session_id, form, subject, revision, version_seen, payload, part, saved_at, patient_id)
                     values ($1, auth.actor(), auth.session_id(), $2, $3, $4, $5, $6, $7, clinic.now(), $8)
                     on conflict (id) do update set revision = excluded.revision, version_seen = excluded.version_seen,
                            payload = excluded.payload, saved_at = excluded.saved_at, patient_id = excluded.patient_id
                      where d.revision < excluded.revision and d.closed_at is null
                     returning saved_at",
                    draft.id.0,
                    draft.form,
                    draft.subject,
                    draft.revision,
                    draft.version_seen,
                    payload,
                    draft.part,
                    patient
                )
                .fetch_optional(&mut *c)
                .await?;
                if let Some(at) = saved {
                    return Ok(DraftSaved::At(at));
                }
                let open = sqlx::query_scalar!(
                    r#"select closed_at is null as "open!" from clinic.draft where id = $1"#,
                    draft.id.0
                )
                .fetch_optional(&mut *c)
                .await?;
                if open == Some(true) { Ok(DraftSaved::Newer) } else { Err(refused("draft_closed")) }
            })
        })
        .await
    }

    /// One's own open drafts about `subject`, of every sign-in, newest first.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn drafts(&self, actor: &Actor, subject: Uuid) -> Result<Vec<Draft>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select id, form, part, revision, version_seen, payload, saved_at, patient_id,
                              coalesce(session_id = auth.session_id(), false) as "here!"
                         from clinic.draft
                        where account_id = auth.actor() and subject = $1 and closed_at is null
                        order by saved_at desc, id"#,
                    subject
                )
                .fetch_all(&mut *c)
                .await?;
                let owner = |patient: Option<Uuid>| patient.unwrap_or(sealed::ORGANISATION);
                let keys = sealed::keys(c, rows.iter().map(|r| owner(r.patient_id))).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("draft", owner(r.patient_id), r.id);
                        Ok(Draft {
                            id: r.id.into(),
                            form: r.form,
                            part: r.part,
                            revision: r.revision,
                            version_seen: r.version_seen,
                            payload: text.open("payload", Some(&r.payload))?,
                            saved_at: r.saved_at,
                            here: r.here,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Closes a draft whose text was taken over or discarded; it cannot come back. Discarding is logged.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn close_draft(&self, actor: &Actor, draft: DraftId, discarded: bool) -> Result<(), Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                close(&mut *c, Some(draft)).await?;
                if discarded {
                    Event::new("draft.discard", "draft").id(draft.0).record(c).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// Closes a draft inside the transaction that saves its text.
pub(in crate::store) async fn close(c: &mut PgConnection, draft: Option<DraftId>) -> Result<(), Error> {
    if let Some(draft) = draft {
        // One that was never stored is closed too: a save of it that is still on its way must come too late.
        sqlx::query!(
            "insert into clinic.draft as d (id, account_id, session_id, form, subject, revision, payload, saved_at, closed_at)
             values ($1, auth.actor(), auth.session_id(), '', $1, 0, '\\x00', clinic.now(), clinic.now())
             on conflict (id) do update set closed_at = excluded.closed_at where d.closed_at is null",
            draft.0
        )
        .execute(c)
        .await?;
    }
    Ok(())
}

/// Closes every draft that the speaker has about this subject.
pub(super) async fn close_all(c: &mut PgConnection, subject: Uuid) -> Result<(), Error> {
    sqlx::query!(
        "update clinic.draft set closed_at = clinic.now()
          where subject = $1 and account_id = auth.actor() and closed_at is null",
        subject
    )
    .execute(c)
    .await?;
    Ok(())
}
