//! The worker's side of printing: it claims the next paper, opens it with the organisation's key, and tells what became of it. A
//! connection of its own, by a login that reads nothing of the clinic.
use super::{
    Error,
    sealed::{self, KekSource, Keyring, with_keyring},
};
use sqlx::PgConnection;
use std::sync::Arc;
use uuid::Uuid;

/// A connection that takes papers out.
pub struct PrintQueue {
    c: PgConnection,
    keyring: Arc<Keyring>,
}

/// A paper that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: Uuid,
    pub kind: String,
    /// The number of the centre whose printer is meant.
    pub centre_number: String,
    pub text: String,
}

impl PrintQueue {
    /// Takes a connection and the keys that the papers are sealed under.
    #[must_use]
    pub fn new(c: PgConnection, keys: KekSource) -> Self {
        Self { c, keyring: Arc::new(Keyring::new(keys)) }
    }

    /// The next paper, claimed by this worker; `None`: there is none.
    ///
    /// # Errors
    /// Those of the line to the server, and of sealing when the keys do not fit.
    pub async fn claim_paper(&mut self) -> Result<Option<Claimed>, Error> {
        let row = sqlx::query!(
            r#"select id as "id!", kind as "kind!", centre_number as "number!", content from clinic.print_next()"#
        )
        .fetch_optional(&mut self.c)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let c = &mut self.c;
        let text = with_keyring(self.keyring.clone(), async {
            let keys = sealed::keys_outside(c).await?;
            keys.row("print_job", sealed::ORGANISATION, row.id).open("content", row.content.as_deref())
        })
        .await?;
        Ok(Some(Claimed { id: row.id, kind: row.kind, centre_number: row.number, text }))
    }

    /// It is printed and its text gone, or why it is not. Answers with its state.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn end_paper(&mut self, id: Uuid, problem: Option<&str>) -> Result<String, Error> {
        let state = sqlx::query_scalar!("select clinic.print_done($1, $2)", id, problem);
        Ok(state.fetch_one(&mut self.c).await?.unwrap_or_default())
    }
}
