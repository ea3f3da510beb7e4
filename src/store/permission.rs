//! The rules of permission as the database has them now, and why something is not permitted.
use super::{Error, Store, refusal};
use crate::domain::{actor::Actor, ids::PatientId, permission::Table, why::Why};
use std::sync::Arc;
use uuid::Uuid;

impl Store {
    /// The rules as they were read last; the program's own before anybody has signed in.
    #[must_use]
    pub fn permissions(&self) -> Arc<Table> {
        self.0.permissions.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads the rules of every role, keeps them and hands them out.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn read_permissions(&self, actor: &Actor) -> Result<Arc<Table>, Error> {
        let rules = self
            .read(actor, |c| {
                Box::pin(async move {
                    Ok(sqlx::query!(
                        r#"select r.action, r.role, case when r.next_at <= t.now then r.next_codes else r.codes end as "codes!"
                           from clinic.policy_rule r, (select clinic.now() as now) t"#
                    )
                    .fetch_all(c)
                    .await?)
                })
            })
            .await?;
        let rules = rules.into_iter().map(|r| (r.action, r.role, r.codes));
        let table = Arc::new(Table::built_in().with(rules));
        *self.0.permissions.write().unwrap_or_else(std::sync::PoisonError::into_inner) = table.clone();
        Ok(table)
    }

    /// Why the person may not do this, of this patient, to this thing; `None`: they may.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn why_not(
        &self,
        actor: &Actor,
        action: &'static str,
        patient: Option<PatientId>,
        object: Option<Uuid>,
    ) -> Result<Option<Why>, Error> {
        let (table, role) = (self.permissions(), actor.role);
        if table.action(action).is_none() {
            return Ok(None);
        }
        self.read(actor, move |c| {
            Box::pin(async move {
                let answer =
                    sqlx::query_scalar!("select auth.may($1, $2, $3)", action, patient.map(|p| p.0), object)
                        .fetch_one(c)
                        .await?;
                Ok(answer.map(|code| refusal::because(&table, role, action, &code)))
            })
        })
        .await
    }
}
