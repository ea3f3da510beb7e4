//! Administration from the command line, by the owner of the schema: policies, accounts and roles. Each change is one
//! transaction with its event; the rules that hold for administrators hold here too.
use super::System;
use crate::{
    domain::{
        account::Position,
        ids::AccountId,
        name::PersonName,
        policy::{POLICIES, Policy},
        provider::Profession,
        why::Why,
    },
    store::{
        Error, Verifier,
        sealed::{self, BulkKeys, KekSource},
    },
    tr,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

/// An account as the command line lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    pub id: AccountId,
    pub login: String,
    pub email: Option<String>,
    pub name: PersonName,
    pub role: String,
    pub profession: Option<String>,
    pub deactivated_at: Option<DateTime<Utc>>,
}

impl System {
    /// Every policy with its value, in the order of the list.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn settings(&mut self) -> Result<Vec<(&'static Policy, String)>, Error> {
        let rows = sqlx::query!("select key, value from clinic.setting").fetch_all(&mut self.c).await?;
        let value = |key: &str| rows.iter().find(|r| r.key == key).map(|r| r.value.clone());
        Ok(POLICIES.iter().filter_map(|p| Some((p, value(p.key)?))).collect())
    }

    /// Gives a policy another value; returns the one it had.
    ///
    /// # Errors
    /// [`Error::Refused`] by `setting_value` when the database does not take the value.
    pub async fn change_setting(&mut self, key: &str, value: &str, why: &str) -> Result<String, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let before = sqlx::query_scalar!("select value from clinic.setting where key = $1 for update", key)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::NotFound)?;
        if before != value {
            sqlx::query!(
                "update clinic.setting set value = $2, changed_at = clinic.now() where key = $1",
                key,
                value
            )
            .execute(&mut *tx)
            .await?;
            let facts = json!({ "key": key, "from": before, "to": value, "why": why, "os_user": by });
            told(&mut tx, "setting.change", "setting", None, facts).await?;
        }
        tx.commit().await?;
        Ok(before)
    }

    /// What was refused is told to the log, by a transaction of its own: what was asked for, of whom or what, and the rule. Gives
    /// the answer back.
    ///
    /// # Errors
    /// That of `done`; those of the line to the server.
    pub async fn tell_refusal<T>(
        &mut self,
        action: &str,
        entity: &str,
        of: &str,
        done: Result<T, Error>,
    ) -> Result<T, Error> {
        let rule = match &done {
            Err(Error::Refused(why) | Error::Duplicate(why)) => why.rule.clone(),
            Err(Error::NotFound) => "not_found".into(),
            _ => return done,
        };
        let of: String = crate::text::clean(of).chars().take(100).collect();
        let facts = json!({ "of": of, "rule": rule, "os_user": self.by, "by": "system" });
        sqlx::query!("select audit.record($1, $2, null, null, 'refused', $3) as id", action, entity, facts)
            .fetch_one(&mut self.c)
            .await?;
        done
    }

    /// The accounts of staff, in the order of their logins; all of them with `patients`, and then the log is told.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn accounts(&mut self, patients: bool) -> Result<Vec<AccountLine>, Error> {
        let rows = sqlx::query!(
            r#"select a.id, a.login, a.email, a.family_name, a.given_name, a.role, a.deactivated_at, p.profession as "profession?"
                 from clinic.account a left join clinic.provider p on p.account_id = a.id
                where $1 or a.role <> 'patient' order by a.login"#,
            patients
        )
        .fetch_all(&mut self.c)
        .await?;
        if patients {
            let facts = json!({ "os_user": self.by, "patients": true, "n": rows.len() });
            told(&mut self.c, "accounts.open", "account", None, facts).await?;
        }
        Ok(rows
            .into_iter()
            .map(|r| AccountLine {
                id: r.id.into(),
                login: r.login,
                email: r.email,
                name: PersonName::new(r.family_name, r.given_name),
                role: r.role,
                profession: r.profession,
                deactivated_at: r.deactivated_at,
            })
            .collect())
    }

    /// Nobody can sign in with the account from now on; its open sessions end.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] by `last_administrator`, `already_deactivated` or `sealing_no_key`.
    pub async fn deactivate_account(
        &mut self,
        keys: &KekSource,
        login: &str,
        why: &str,
    ) -> Result<AccountId, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let account = held(&mut tx, login).await?;
        if account.deactivated {
            return Err(refused(
                "already_deactivated",
                tr!("{login} is deactivated already.", login = login),
            ));
        }
        let owner = sealed::ORGANISATION;
        let keys = BulkKeys::of(&mut tx, keys, [owner].into()).await?;
        let reason = keys.seal(("account", "deactivated_why"), account.id.0, owner, why)?;
        sqlx::query!(
            "update clinic.account set deactivated_at = clinic.now(), deactivated_why = $2 where id = $1",
            account.id.0,
            reason
        )
        .execute(&mut *tx)
        .await?;
        told(&mut tx, "account.deactivate", "account", Some(account.id), json!({ "os_user": by })).await?;
        tx.commit().await?;
        Ok(account.id)
    }

    /// Lets the person sign in again, with a reason that is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] by `not_deactivated` or `sealing_no_key`.
    pub async fn reactivate_account(
        &mut self,
        keys: &KekSource,
        login: &str,
        why: &str,
    ) -> Result<AccountId, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let account = held(&mut tx, login).await?;
        if !account.deactivated {
            return Err(refused("not_deactivated", tr!("{login} is not deactivated.", login = login)));
        }
        let owner = sealed::ORGANISATION;
        let keys = BulkKeys::of(&mut tx, keys, [owner].into()).await?;
        let reason = keys.seal(("account", "reactivated_why"), account.id.0, owner, why)?;
        sqlx::query!(
            "update clinic.account set deactivated_at = null, deactivated_why = null, reactivated_why = $2 where id = $1",
            account.id.0,
            reason
        )
        .execute(&mut *tx)
        .await?;
        told(&mut tx, "account.reactivate", "account", Some(account.id), json!({ "os_user": by })).await?;
        tx.commit().await?;
        Ok(account.id)
    }

    /// Replaces the password by a one-time code with this verifier; the account's open sessions end.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn give_code(&mut self, login: &str, code: &Verifier, hours: i32) -> Result<AccountId, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let account = held(&mut tx, login).await?;
        sqlx::query!(
            "insert into auth.credential (account_id, salt, params, verifier, must_change, expires_at)
             values ($1, $2, $3, $4, true, now() + make_interval(hours => $5))
             on conflict (account_id) do update set salt = excluded.salt, params = excluded.params,
                verifier = excluded.verifier, must_change = true, expires_at = excluded.expires_at, set_at = now()",
            account.id.0,
            code.salt,
            code.params,
            code.verifier,
            hours
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "update auth.session set ended_at = now() where account_id = $1 and ended_at is null",
            account.id.0
        )
        .execute(&mut *tx)
        .await?;
        told(&mut tx, "account.give-code", "account", Some(account.id), json!({ "os_user": by })).await?;
        tx.commit().await?;
        Ok(account.id)
    }

    /// Gives the account another role, and a provider's profession with it; returns the role it had.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] by `last_administrator`, `provider_stays_provider` or
    /// `patients_stay_patients`.
    pub async fn change_role(&mut self, login: &str, to: Position, why: &str) -> Result<String, Error> {
        let by = self.by.clone();
        let mut tx = self.c.begin().await?;
        let account = held(&mut tx, login).await?;
        if account.role == "patient" {
            return Err(refused(
                "patients_stay_patients",
                tr!("{login} is a patient's account; staff have one of their own.", login = login),
            ));
        }
        sqlx::query!("update clinic.account set role = $2 where id = $1", account.id.0, to.role.code())
            .execute(&mut *tx)
            .await?;
        if let Some(profession) = to.profession {
            let key = crate::store::account::name_key(&account.name);
            sqlx::query!(
                "insert into clinic.provider (id, account_id, profession, name_key) values ($1, $2, $3, $4)
                 on conflict (account_id) do update set profession = excluded.profession",
                uuid::Uuid::now_v7(),
                account.id.0,
                profession.code(),
                key
            )
            .execute(&mut *tx)
            .await?;
        }
        let position = to.profession.map_or(to.role.code(), Profession::code);
        let facts = json!({ "from": account.role, "role": position, "why": why, "os_user": by });
        told(&mut tx, "account.change", "account", Some(account.id), facts).await?;
        tx.commit().await?;
        Ok(account.role)
    }
}

struct Held {
    id: AccountId,
    role: String,
    name: PersonName,
    deactivated: bool,
}

/// The account of this login or e-mail address, kept from others until the transaction ends.
async fn held(c: &mut PgConnection, login: &str) -> Result<Held, Error> {
    let row = sqlx::query!(
        "select a.id, a.role, a.family_name, a.given_name, a.deactivated_at from clinic.account a
          where a.id = (select n.account_id from clinic.login_name n where n.name = lower($1)) for update",
        login
    )
    .fetch_optional(c)
    .await?
    .ok_or(Error::NotFound)?;
    Ok(Held {
        id: row.id.into(),
        role: row.role,
        name: PersonName::new(row.family_name, row.given_name),
        deactivated: row.deactivated_at.is_some(),
    })
}

fn refused(rule: &str, sentence: String) -> Error {
    Error::Refused(Why::new(rule, sentence))
}

async fn told(
    c: &mut PgConnection,
    action: &str,
    entity: &str,
    id: Option<AccountId>,
    facts: serde_json::Value,
) -> Result<(), Error> {
    sqlx::query!("select audit.record_system($1, $2, $3, $4) as id", action, entity, id.map(|i| i.0), facts)
        .fetch_one(c)
        .await?;
    Ok(())
}
