//! Messages: the clinic's box, colleagues, and answers to patients. What was sent never changes; that it was read or done
//! is kept with who and when.
use super::{
    Error, Event, Store, account,
    sealed::{self, with_keyring},
    stale,
};
use crate::domain::{
    actor::Actor,
    ids::{MessageId, RequestId},
    message::{Folder, Letter, Message, MessageKind, Note, Sender},
    name::PersonName,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// The most messages of one answer.
pub const MOST_MESSAGES: i64 = 300;

impl Store {
    /// Messages that concern the speaker; tasks due soonest first, then the newest first. At most [`MOST_MESSAGES`].
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn messages(&self, actor: &Actor, folder: Folder, opened: bool) -> Result<Vec<Message>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let (open, sent) = (folder == Folder::Open, folder == Folder::Sent);
                let rows = sqlx::query!(
                    r#"select m.id, m.version, m.kind as "kind: MessageKind", m.from_account, m.from_role, m.proven, m.from_name,
                              m.from_email, m.from_phone, m.to_account, m.patient_id, m.subject, m.body, m.due_on, m.sent_at,
                              m.read_at, m.done_at, t.family_name as "to_family?", t.given_name as "to_given?",
                              p.family_name as "about_family?", p.given_name as "about_given?",
                              r.family_name as "read_family?", r.given_name as "read_given?",
                              d.family_name as "done_family?", d.given_name as "done_given?"
                         from clinic.message m
                         left join clinic.account t on t.id = m.to_account
                         left join clinic.patient p on p.id = m.patient_id
                         left join clinic.account r on r.id = m.read_by
                         left join clinic.account d on d.id = m.done_by
                        where case when $2 then m.from_account = auth.actor()
                                   else m.to_account = auth.actor() or m.kind = 'clinic' and clinic.reads_clinic_box() end
                          and (not $1 or case when m.due_on is null then m.read_at is null else m.done_at is null end)
                        order by case when m.done_at is null then m.due_on end nulls last, m.sent_at desc, m.id limit $3"#,
                    open,
                    sent,
                    MOST_MESSAGES
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("message.open", "message").facts(facts).record(c).await?;
                }
                // The box is open to strangers once somebody has opened it: their words need the organisation's key.
                let reads = rows.iter().map(|r| r.patient_id.unwrap_or(sealed::ORGANISATION));
                let keys = sealed::keys(&mut *c, reads).await?;
                if opened && actor_reads_box(&mut *c).await? {
                    sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                }
                let name = |family: Option<String>, given: Option<String>| {
                    PersonName::new(family.unwrap_or_default(), given.unwrap_or_default())
                };
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("message", r.patient_id.unwrap_or(sealed::ORGANISATION), r.id);
                        Ok(Message {
                            id: r.id.into(),
                            version: r.version,
                            kind: r.kind,
                            from: r.from_account.map(Into::into),
                            from_role: (r.from_role != "not_in_directory").then_some(r.from_role),
                            proven: r.proven,
                            sender: Sender {
                                name: r.from_name,
                                email: r.from_email.unwrap_or_default(),
                                phone: r.from_phone.unwrap_or_default(),
                            },
                            to: r.to_account.map(|id| (id.into(), name(r.to_family, r.to_given))),
                            about: r.patient_id.map(|id| (id.into(), name(r.about_family, r.about_given))),
                            letter: Letter {
                                subject: text.open("subject", Some(&r.subject))?,
                                body: text.open("body", Some(&r.body))?,
                            },
                            due_on: r.due_on,
                            sent_at: r.sent_at,
                            read: r.read_at.map(|at| (at, name(r.read_family, r.read_given))),
                            done: r.done_at.map(|at| (at, name(r.done_family, r.done_given))),
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// How many messages and tasks wait for the speaker: unread, and tasks not done.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn open_messages(&self, actor: &Actor) -> Result<(i64, i64), Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let row = sqlx::query!(
                    r#"select count(*) filter (where due_on is null and read_at is null) as "unread!",
                              count(*) filter (where due_on is not null and done_at is null) as "tasks!"
                         from clinic.message
                        where to_account = auth.actor() or kind = 'clinic' and clinic.reads_clinic_box()"#
                )
                .fetch_one(c)
                .await?;
                Ok((row.unread, row.tasks))
            })
        })
        .await
    }

    /// Writes to the clinic before anybody is signed in. Sent twice under one id, it is there once.
    ///
    /// # Errors
    /// [`Error::Refused`] by `too_many_messages`.
    pub async fn write_to_clinic(&self, id: MessageId, from: Sender, letter: Letter) -> Result<(), Error> {
        let sent = with_keyring(self.0.keyring.clone(), async {
            let mut tx = self.0.writer.begin().await?;
            let keys = sealed::keys_outside(&mut tx).await?;
            let text = keys.row("message", sealed::ORGANISATION, id.0);
            sqlx::query!(
                "select clinic.write_to_clinic($1, $2, $3, $4, $5, $6)",
                id.0,
                from.name,
                account::known(&from.email),
                account::known(&from.phone),
                text.seal_required("subject", &letter.subject)?,
                text.seal_required("body", &letter.body)?
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(())
        });
        sent.await
    }

    /// Writes to the clinic as the signed-in person; who they are is the server's answer.
    ///
    /// # Errors
    /// [`Error::Refused`] by `too_many_messages`.
    pub async fn send_to_clinic(
        &self,
        actor: &Actor,
        request: RequestId,
        id: MessageId,
        letter: Letter,
    ) -> Result<MessageId, Error> {
        let event = Event::new("message.send", "message").id(id);
        let owner = actor.patient.map_or(sealed::ORGANISATION, |p| p.0);
        self.write(actor, request, event, &(id, letter.clone()), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, owner).await?;
                let text = keys.row("message", owner, id.0);
                sqlx::query!(
                    "select clinic.write_to_clinic($1, '', null, null, $2, $3)",
                    id.0,
                    text.seal_required("subject", &letter.subject)?,
                    text.seal_required("body", &letter.body)?
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Writes to a colleague, or answers a patient.
    ///
    /// # Errors
    /// [`Error::Refused`] when the receiver is no colleague, no patient with an account, or is deactivated.
    pub async fn send_message(
        &self,
        actor: &Actor,
        request: RequestId,
        id: MessageId,
        kind: MessageKind,
        note: Note,
    ) -> Result<MessageId, Error> {
        let mut event = Event::new("message.send-to-staff", "message")
            .id(id)
            .facts(serde_json::json!({ "to": note.to, "task": note.due_on.is_some() }));
        event.patient = note.about;
        let (name, role) = (actor.name.to_string(), actor.role.code());
        self.write(actor, request, event, &(id, kind, note.clone()), move |c| {
            Box::pin(async move {
                let owner = note.about.map_or(sealed::ORGANISATION, |p| p.0);
                let keys = sealed::keys_to_write(&mut *c, owner).await?;
                let text = keys.row("message", owner, id.0);
                sqlx::query!(
                    "insert into clinic.message (id, kind, from_account, from_role, proven, from_name, to_account, patient_id,
                            answer_to, subject, body, due_on, sent_at)
                     values ($1, $2, auth.actor(), $3, true, $4, $5, $6, $7, $8, $9, $10, clinic.now())",
                    id.0,
                    kind as MessageKind,
                    role,
                    name,
                    note.to.0,
                    note.about.map(|p| p.0),
                    note.answer_to.map(|m| m.0),
                    text.seal_required("subject", &note.letter.subject)?,
                    text.seal_required("body", &note.letter.body)?,
                    note.due_on
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Marks a message as read, or (`read` false) as not read. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody marked it meanwhile.
    pub async fn mark_read(
        &self,
        actor: &Actor,
        request: RequestId,
        id: MessageId,
        seen: i64,
        read: bool,
    ) -> Result<i64, Error> {
        let event =
            Event::new("message.mark-read", "message").id(id).facts(serde_json::json!({ "read": read }));
        self.write(actor, request, event, &(id, seen, read), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.message set read_at = case when $3 then clinic.now() end,
                            read_by = case when $3 then auth.actor() end
                      where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    read
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::message(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Notes that a task is done (which also reads it), or (`done` false) that it is not. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody marked it meanwhile, or it is no task.
    pub async fn mark_done(
        &self,
        actor: &Actor,
        request: RequestId,
        id: MessageId,
        seen: i64,
        done: bool,
    ) -> Result<i64, Error> {
        let event =
            Event::new("message.mark-read", "message").id(id).facts(serde_json::json!({ "done": done }));
        self.write(actor, request, event, &(id, seen, done), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.message set done_at = case when $3 then clinic.now() end,
                            done_by = case when $3 then auth.actor() end,
                            read_at = coalesce(read_at, clinic.now()), read_by = coalesce(read_by, auth.actor())
                      where id = $1 and version = $2 and due_on is not null returning version",
                    id.0,
                    seen,
                    done
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::message(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Colleagues a message can be written to: staff who can sign in, by name.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn colleagues(&self, actor: &Actor) -> Result<Vec<(Uuid, PersonName, String)>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select id, family_name, given_name, role from clinic.account
                      where role <> 'patient' and deactivated_at is null and id <> auth.actor()
                      order by lower(family_name), lower(given_name), id limit 2000"
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| (r.id, PersonName::new(r.family_name, r.given_name), r.role))
                    .collect())
            })
        })
        .await
    }
}

/// Whether the clinic's own box is the speaker's to read.
async fn actor_reads_box(c: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(r#"select clinic.reads_clinic_box() as "reads!""#).fetch_one(c).await?)
}
