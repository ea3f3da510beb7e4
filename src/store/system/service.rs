//! Services: programs that sign in with the secret of a file and may do what is listed for each, at one centre.
use super::System;
use crate::store::Error;
use serde_json::json;
use sqlx::Connection as _;
use uuid::Uuid;

/// A service as the command line lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLine {
    pub name: String,
    pub actions: Vec<String>,
    pub centre_name: String,
    pub ended: bool,
}

impl System {
    /// Adds a service that may do `actions` at the centre of this name or number. `verifier` is the SHA-256 of its secret.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such centre; [`Error::Duplicate`] when the name is taken.
    pub async fn add_service(
        &mut self,
        name: &str,
        centre: &str,
        actions: &[String],
        verifier: &[u8],
    ) -> Result<Uuid, Error> {
        let (by, id) = (self.by.clone(), Uuid::now_v7());
        let mut tx = self.c.begin().await?;
        let centre = sqlx::query_scalar!(
            "select id from clinic.centre where retired_at is null and (lower(name) = lower($1) or number = $1) limit 1",
            centre
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        sqlx::query!(
            "insert into auth.service (id, name, actions, centre_id, verifier) values ($1, $2, $3, $4, $5)",
            id,
            name,
            actions,
            centre,
            verifier
        )
        .execute(&mut *tx)
        .await?;
        let facts = json!({ "os_user": by, "service": name, "actions": actions, "centre": centre });
        sqlx::query!("select audit.record_system('account.add', 'service', $1, $2) as id", id, facts)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Ends a service: its secret and its open sign-ins are good for nothing from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such service.
    pub async fn end_service(&mut self, name: &str, why: &str) -> Result<Uuid, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let id = sqlx::query_scalar!(
            "update auth.service set ended_at = now() where name = $1 and ended_at is null returning id",
            name
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        let facts = json!({ "os_user": by, "service": name, "why": why });
        sqlx::query!("select audit.record_system('account.deactivate', 'service', $1, $2) as id", id, facts)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Every service, by name.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn services(&mut self) -> Result<Vec<ServiceLine>, Error> {
        let rows = sqlx::query!(
            r#"select s.name, s.actions, c.name as centre_name, s.ended_at is not null as "ended!"
                 from auth.service s join clinic.centre c on c.id = s.centre_id order by s.name"#
        )
        .fetch_all(&mut self.c)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| ServiceLine {
                name: r.name,
                actions: r.actions,
                centre_name: r.centre_name,
                ended: r.ended,
            })
            .collect())
    }
}
