//! Notes of a visit, and addenda to a signed one. A note is struck out by its author and kept, never changed by another.
use super::{
    Error, Event, Store,
    encounter::{close_draft_in, refused},
    sealed,
};
use crate::domain::{
    actor::Actor,
    encounter::{BodySystem, NewNote, Note},
    ids::{DraftId, EncounterId, NoteId, RequestId},
    name::PersonName,
};
use sqlx::PgConnection;

impl Store {
    /// The notes of a visit in the order in which they were written, addenda last, struck ones included.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn notes(&self, actor: &Actor, encounter: EncounterId) -> Result<Vec<Note>, Error> {
        self.read(actor, move |c| Box::pin(async move { notes_in(c, encounter).await })).await
    }

    /// Adds a note to a visit, and closes the draft it was typed in.
    ///
    /// # Errors
    /// [`Error::Refused`] when the text is empty, the visit is signed or it is not theirs to write in.
    pub async fn add_note(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        note: NewNote,
        closes: Option<DraftId>,
    ) -> Result<NoteId, Error> {
        self.insert_note(actor, request, Event::new("note.add", "encounter"), encounter, note, closes).await
    }

    /// Adds to a signed visit what was left out; the only thing that is written there afterwards.
    ///
    /// # Errors
    /// [`Error::Refused`] when the text is empty or the visit is not theirs.
    pub async fn add_addendum(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        note: NewNote,
        closes: Option<DraftId>,
    ) -> Result<NoteId, Error> {
        self.insert_note(
            actor,
            request,
            Event::new("note.add-addendum", "encounter"),
            encounter,
            note,
            closes,
        )
        .await
    }

    async fn insert_note(
        &self,
        actor: &Actor,
        request: RequestId,
        event: Event,
        encounter: EncounterId,
        note: NewNote,
        closes: Option<DraftId>,
    ) -> Result<NoteId, Error> {
        let kind = if event.action == "note.add" { "examination" } else { "addendum" };
        let arguments = (encounter, kind, note.clone());
        self.write(actor, request, event.id(encounter.0), &arguments, move |c| {
            Box::pin(async move {
                if note.body.trim().is_empty() {
                    return Err(refused("note_needs_text"));
                }
                let id = NoteId::new();
                let (keys, patient) = sealed::keys_of_visit(&mut *c, encounter).await?;
                let text = keys.row("note", patient, id);
                let done = sqlx::query!(
                    "insert into clinic.note (id, encounter_id, patient_id, kind, system, title, body, author, created_at, changed_at)
                     select $1, e.id, e.patient_id, $3, $4, $5, $6, auth.actor(), clinic.now(), clinic.now()
                       from clinic.encounter e where e.id = $2",
                    id.0,
                    encounter.0,
                    kind,
                    note.system.map(BodySystem::code),
                    text.seal("title", note.title.trim())?,
                    text.seal_required("body", note.body.trim_end())?
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 0 {
                    return Err(Error::NotFound);
                }
                close_draft_in(c, closes).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Writes one's own note of an unsigned visit anew. Returns its version.
    ///
    /// # Errors
    /// [`Error::Refused`] when the visit is signed, the text is empty or somebody else wrote it; [`Error::Stale`] when it
    /// was changed since `seen`.
    pub async fn change_note(
        &self,
        actor: &Actor,
        request: RequestId,
        note: NoteId,
        seen: i64,
        text: NewNote,
        closes: Option<DraftId>,
    ) -> Result<i64, Error> {
        let event = Event::new("note.change", "note").id(note.0);
        self.write(actor, request, event, &(note, text.clone()), move |c| {
            Box::pin(async move {
                if text.body.trim().is_empty() {
                    return Err(refused("note_needs_text"));
                }
                let Some(patient) =
                    sqlx::query_scalar!("select patient_id from clinic.note where id = $1", note.0)
                        .fetch_optional(&mut *c)
                        .await?
                else {
                    return Err(Error::NotFound);
                };
                let keys = sealed::keys_to_write(&mut *c, patient).await?;
                let row = keys.row("note", patient, note);
                let version = sqlx::query_scalar!(
                    "update clinic.note set title = $3, body = $4, system = $5
                      where id = $1 and version = $2 and author = auth.actor() and struck_at is null returning version",
                    note.0,
                    seen,
                    row.seal("title", text.title.trim())?,
                    row.seal_required("body", text.body.trim_end())?,
                    text.system.map(BodySystem::code)
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => {
                        close_draft_in(c, closes).await?;
                        Ok(version)
                    }
                    None => Err(not_changed(c, note).await?),
                }
            })
        })
        .await
    }

    /// Marks one's own note as entered in error: kept, shown struck, also after the visit was signed.
    ///
    /// # Errors
    /// [`Error::Refused`] when somebody else wrote it or it is struck already.
    pub async fn strike_note(&self, actor: &Actor, request: RequestId, note: NoteId) -> Result<(), Error> {
        let event = Event::new("note.strike", "note").id(note.0);
        self.write(actor, request, event, &note, move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.note set struck_at = clinic.now(), struck_by = auth.actor()
                      where id = $1 and author = auth.actor() and struck_at is null",
                    note.0
                )
                .execute(c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(refused("strike_own_rows")) }
            })
        })
        .await
    }
}

/// The notes of a visit inside a transaction.
pub(super) async fn notes_in(c: &mut PgConnection, encounter: EncounterId) -> Result<Vec<Note>, Error> {
    let rows = sqlx::query!(
        r#"select n.id, n.patient_id, n.kind, n.system, n.title, n.body, n.created_at, n.struck_at, n.version,
                  coalesce(n.author = auth.actor(), false) as "mine!",
                  coalesce(a.family_name, '') as "family!", coalesce(a.given_name, '') as "given!"
             from clinic.note n left join clinic.account a on a.id = n.author
            where n.encounter_id = $1
            order by n.kind = 'addendum', n.created_at, n.id"#,
        encounter.0
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("note", r.patient_id, r.id);
            Ok(Note {
                id: r.id.into(),
                addendum: r.kind == "addendum",
                system: r.system.as_deref().and_then(BodySystem::from_code),
                title: text.open("title", r.title.as_deref())?,
                body: text.open("body", Some(&r.body))?,
                author: PersonName::new(r.family, r.given),
                mine: r.mine,
                at: r.created_at,
                struck_at: r.struck_at,
                version: r.version,
            })
        })
        .collect()
}

/// Why a note was not changed: it is gone, somebody else's, struck, or was changed since it was read.
async fn not_changed(c: &mut PgConnection, note: NoteId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select n.struck_at, n.changed_at, coalesce(n.author = auth.actor(), false) as "mine!",
                  coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
             from clinic.note n left join clinic.account a on a.id = n.changed_by where n.id = $1"#,
        note.0
    )
    .fetch_optional(c)
    .await?;
    Ok(match row {
        None => Error::NotFound,
        Some(r) if !r.mine || r.struck_at.is_some() => refused("strike_own_rows"),
        Some(r) => Error::Stale { by: r.by, at: r.changed_at },
    })
}
