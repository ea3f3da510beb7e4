//! What the system itself does, before anybody can sign in: by a database login that may act as the owner. Audited as
//! *system* with the name of the OS user.
mod administration;
mod service;

pub use administration::AccountLine;
pub use service::ServiceLine;

use super::{Error, Verifier, account, schema_mismatch};
use crate::{
    domain::{account::AccountDetails, ids::AccountId, why::Why},
    tr,
};
use sqlx::{Connection as _, PgConnection};

/// A connection that acts as the owner of the schema.
pub struct System {
    pub(super) c: PgConnection,
    /// The name of the OS user, for the log.
    pub(super) by: String,
}

impl System {
    /// Takes a connection and acts as the owner from now on.
    ///
    /// # Errors
    /// [`Error::Refused`] by `owner_only` when the login may not; [`Error::Schema`] when program and database do not fit.
    pub async fn new(mut c: PgConnection, by: &str) -> Result<Self, Error> {
        sqlx::query!("select set_config('role', 'praxis_owner', false) as role")
            .fetch_one(&mut c)
            .await
            .map_err(|e| {
                match e.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
                    Some("22023") => schema_mismatch(0),
                    Some("42501") => Error::Refused(
                        Why::new(
                            "owner_only",
                            tr!("This database login may not act as the owner of the clinic's schema."),
                        )
                        .instead(tr!("Use the login that ran `praxis migrate`, with --as LOGIN.")),
                    ),
                    _ => e.into(),
                }
            })?;
        let version =
            sqlx::query_scalar!(r#"select clinic.schema_version() as "version!""#).fetch_one(&mut c).await;
        match version {
            Ok(found) if found >= super::SCHEMA => Ok(Self { c, by: by.to_owned() }),
            Ok(found) => Err(schema_mismatch(found)),
            Err(_) => Err(schema_mismatch(0)),
        }
    }

    /// Adds an account whose one-time code has this verifier and can be used for `hours`.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when login or e-mail address is taken; nothing is changed then.
    pub async fn add_account(
        &mut self,
        id: AccountId,
        details: &AccountDetails,
        code: &Verifier,
        hours: i32,
    ) -> Result<(), Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        account::insert(&mut tx, id, details, details.name.family.is_empty()).await?;
        sqlx::query!(
            "insert into auth.credential (account_id, salt, params, verifier, must_change, expires_at)
             values ($1, $2, $3, $4, true, now() + make_interval(hours => $5))",
            id.0,
            code.salt,
            code.params,
            code.verifier,
            hours
        )
        .execute(&mut *tx)
        .await?;
        let facts = serde_json::json!({ "os_user": by, "role": details.position.role.code() });
        sqlx::query!("select audit.record_system('account.add', 'account', $1, $2) as id", id.0, facts)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether this login name or e-mail address belongs to somebody.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn login_taken(&mut self, name: &str) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(
            r#"select exists (select from clinic.login_name where name = lower($1)) as "taken!""#,
            name
        )
        .fetch_one(&mut self.c)
        .await?)
    }
}
