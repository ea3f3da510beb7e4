//! Accounts as administrators manage them. A password is never here: only the verifier of a one-time code.
use super::{Error, Event, Store, sealed, stale};
use crate::{
    domain::{
        account::{AccountDetails, AccountEntry, LeftBehind, Position},
        actor::{Actor, Role},
        ids::{AccountId, CentreId, ProviderId, RequestId},
        name::PersonName,
        provider::Profession,
    },
    text::fold,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the database keeps of a password or one-time code.
#[derive(Clone)]
pub struct Verifier {
    pub salt: Vec<u8>,
    /// As in `m=65536,t=3,p=1`.
    pub params: String,
    /// SHA-256 of the argon2id proof.
    pub verifier: Vec<u8>,
}

/// Which accounts are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Patients' accounts instead of those of staff.
    pub patients: bool,
    /// Only those that are blocked or deactivated.
    pub closed: bool,
    /// A part of login, e-mail address or name; empty finds all.
    pub find: String,
}

/// What deactivating somebody leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deactivated {
    pub version: i64,
    /// Their appointments to come, which somebody must move.
    pub appointments: i64,
}

/// The most accounts of one answer.
pub const MOST_ACCOUNTS: i64 = 500;
/// How long a one-time code can be used, in hours.
pub const CODE_HOURS: i32 = 72;

impl Store {
    /// Accounts in the order of names, those deactivated last; at most [`MOST_ACCOUNTS`].
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn accounts(
        &self,
        actor: &Actor,
        filter: AccountFilter,
        opened: bool,
    ) -> Result<Vec<AccountEntry>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = entries(c, None, &filter).await?;
                if opened {
                    let facts = serde_json::json!({ "patients": filter.patients, "rows": found.len() });
                    Event::new("accounts.open", "account").facts(facts).record(c).await?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// One account; `None` when there is none.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn account(&self, actor: &Actor, id: AccountId) -> Result<Option<AccountEntry>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move { Ok(entries(c, Some(id), &AccountFilter::default()).await?.pop()) })
        })
        .await
    }

    /// A new account whose one-time code has this verifier.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when login or e-mail address is taken.
    pub async fn add_account(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        details: AccountDetails,
        code: Verifier,
    ) -> Result<AccountId, Error> {
        let event = Event::new("account.add", "account")
            .id(id)
            .facts(serde_json::json!({ "role": details.position.role.code() }));
        let arguments = (id, details.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                insert(c, id, &details, false).await?;
                set_code(c, id, &code).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Replaces what the form says about an account. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when login or e-mail address is taken; [`Error::Refused`] by
    /// `not_your_own_account`, `last_administrator`, `provider_stays_provider` or `affiliation_has_sessions`.
    pub async fn change_account(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        seen: i64,
        details: AccountDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("account.change", "account")
            .id(id)
            .facts(serde_json::json!({ "role": details.position.role.code() }));
        let arguments = (id, seen, details.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.account set login = $3, email = $4, family_name = $5, given_name = $6, phone = $7, role = $8,
                            incomplete = false
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    details.login,
                    known(&details.email),
                    details.name.family,
                    details.name.given,
                    known(&details.phone),
                    details.position.role.code()
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else { return Err(stale::account(c, id.0).await?) };
                let provider = keep_provider(c, id, &details).await?;
                keep_centres(c, id, provider, &details.centres).await?;
                Ok(version)
            })
        })
        .await
    }

    /// Nobody can sign in with the account any more; every open session of it ends.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `not_your_own_account` or `last_administrator`.
    pub async fn deactivate_account(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        seen: i64,
        why: &str,
    ) -> Result<Deactivated, Error> {
        let why = why.to_owned();
        let event = Event::new("account.deactivate", "account").id(id);
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let why = keys.row("account", sealed::ORGANISATION, id).seal_required("deactivated_why", &why)?;
                let version = sqlx::query_scalar!(
                    "update clinic.account set deactivated_at = clinic.now(), deactivated_why = $3
                     where id = $1 and version = $2 and deactivated_at is null returning version",
                    id.0,
                    seen,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else { return Err(stale::account(c, id.0).await?) };
                let appointments = sqlx::query_scalar!(
                    r#"select count(*) as "n!" from clinic.appointment a join clinic.provider p on p.id = a.provider_id
                       where p.account_id = $1 and a.status = 'booked' and a.starts_at > clinic.now()"#,
                    id.0
                )
                .fetch_one(&mut *c)
                .await?;
                Ok(Deactivated { version, appointments })
            })
        })
        .await
    }

    /// Lets the person sign in again, with a reason that is kept. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `reactivation_needs_reason`.
    pub async fn reactivate_account(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        seen: i64,
        why: &str,
    ) -> Result<i64, Error> {
        let why = why.trim().to_owned();
        let event = Event::new("account.reactivate", "account").id(id);
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let why = keys.row("account", sealed::ORGANISATION, id).seal("reactivated_why", &why)?;
                let version = sqlx::query_scalar!(
                    "update clinic.account set deactivated_at = null, deactivated_why = null, reactivated_why = $3
                     where id = $1 and version = $2 and deactivated_at is not null returning version",
                    id.0,
                    seen,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::account(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Blocks until a moment, with a reason: every open session of the account ends. Without a moment lifts the block.
    /// Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `not_your_own_account`, `last_administrator`, `block_is_over` or
    /// `block_needs_reason`.
    pub async fn block_account(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        seen: i64,
        until: Option<DateTime<Utc>>,
        why: &str,
    ) -> Result<i64, Error> {
        let facts = serde_json::json!({ "until": until });
        let event = Event::new("account.block", "account").id(id).facts(facts);
        let why = why.trim().to_owned();
        self.write(actor, request, event, &(id, seen, until), move |c| {
            Box::pin(async move {
                let why = match until {
                    Some(_) => {
                        let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                        keys.row("account", sealed::ORGANISATION, id).seal("blocked_why", &why)?
                    }
                    None => None,
                };
                let version = sqlx::query_scalar!(
                    "update clinic.account set blocked_until = $3, blocked_why = $4
                     where id = $1 and version = $2 and ($3::timestamptz is not null or blocked_until is not null) returning version",
                    id.0,
                    seen,
                    until,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::account(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// What waits for somebody who cannot sign in: appointments to come and unsigned visits, the earliest first. Nothing
    /// for those who may not block or deactivate.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn left_behind(&self, actor: &Actor, id: AccountId) -> Result<Vec<LeftBehind>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select kind as "kind!", id as "id!", at as "at!", zone as "zone!", centre as "centre!",
                              family_name as "family!", given_name as "given!" from clinic.left_behind($1)"#,
                    id.0
                )
                .fetch_all(&mut *c)
                .await?;
                let facts = serde_json::json!({ "left_behind": rows.len() });
                Event::new("accounts.open", "account").id(id).facts(facts).record(c).await?;
                Ok(rows
                    .into_iter()
                    .map(|r| LeftBehind {
                        id: r.id,
                        visit: r.kind == "visit",
                        at: r.at,
                        zone: r.zone,
                        centre: r.centre,
                        patient: PersonName::new(r.family, r.given),
                    })
                    .collect())
            })
        })
        .await
    }

    /// Replaces the password by a one-time code; every open session of the account ends.
    ///
    /// # Errors
    /// [`Error::Refused`] by `not_permitted`.
    pub async fn give_code(
        &self,
        actor: &Actor,
        request: RequestId,
        id: AccountId,
        code: Verifier,
    ) -> Result<(), Error> {
        let event = Event::new("account.give-code", "account").id(id);
        self.write(actor, request, event, &id, move |c| Box::pin(async move { set_code(c, id, &code).await }))
            .await
    }
}

/// Text that is known; empty is not.
pub(super) fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Stores the verifier of a one-time code; the server checks who asks.
pub(super) async fn set_code(c: &mut PgConnection, id: AccountId, code: &Verifier) -> Result<(), Error> {
    sqlx::query!(
        "select auth.set_code($1, $2, $3, $4, $5)",
        id.0,
        code.salt,
        code.params,
        code.verifier,
        CODE_HOURS
    )
    .execute(c)
    .await?;
    Ok(())
}

/// Inserts account, provider and centres, without a credential.
pub(super) async fn insert(
    c: &mut PgConnection,
    id: AccountId,
    details: &AccountDetails,
    incomplete: bool,
) -> Result<Option<ProviderId>, Error> {
    sqlx::query!(
        "insert into clinic.account (id, login, email, family_name, given_name, phone, role, incomplete)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.0,
        details.login,
        known(&details.email),
        details.name.family,
        details.name.given,
        known(&details.phone),
        details.position.role.code(),
        incomplete
    )
    .execute(&mut *c)
    .await?;
    let provider = keep_provider(c, id, details).await?;
    keep_centres(c, id, provider, &details.centres).await?;
    Ok(provider)
}

/// What a provider's name is found by: given name last, as they are listed.
pub(super) fn name_key(name: &PersonName) -> String {
    fold(&format!("{} {}", name.family, name.given))
}

/// The provider's row of an account follows its position and name.
async fn keep_provider(
    c: &mut PgConnection,
    account: AccountId,
    details: &AccountDetails,
) -> Result<Option<ProviderId>, Error> {
    let key = name_key(&details.name);
    let Some(profession) = details.position.profession else { return Ok(None) };
    let id = sqlx::query_scalar!(
        "insert into clinic.provider (id, account_id, profession, name_key) values ($1, $2, $3, $4)
         on conflict (account_id) do update set profession = excluded.profession, name_key = excluded.name_key
         returning id",
        Uuid::now_v7(),
        account.0,
        profession.code(),
        key
    )
    .fetch_one(c)
    .await?;
    Ok(Some(id.into()))
}

/// Where somebody works: a provider's affiliations, everybody else's centres.
pub(super) async fn keep_centres(
    c: &mut PgConnection,
    account: AccountId,
    provider: Option<ProviderId>,
    centres: &[CentreId],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = centres.iter().map(|c| c.0).collect();
    if let Some(provider) = provider {
        sqlx::query!(
            "delete from clinic.provider_centre where provider_id = $1 and not (centre_id = any ($2))",
            provider.0,
            &ids
        )
        .execute(&mut *c)
        .await?;
        sqlx::query!(
            "insert into clinic.provider_centre (provider_id, centre_id) select $1, * from unnest($2::uuid[]) on conflict do nothing",
            provider.0,
            &ids
        )
        .execute(&mut *c)
        .await?;
        return Ok(());
    }
    sqlx::query!(
        "delete from clinic.staff_centre where account_id = $1 and not (centre_id = any ($2))",
        account.0,
        &ids
    )
    .execute(&mut *c)
    .await?;
    sqlx::query!(
        "insert into clinic.staff_centre (account_id, centre_id) select $1, * from unnest($2::uuid[]) on conflict do nothing",
        account.0,
        &ids
    )
    .execute(&mut *c)
    .await?;
    Ok(())
}

async fn entries(
    c: &mut PgConnection,
    id: Option<AccountId>,
    filter: &AccountFilter,
) -> Result<Vec<AccountEntry>, Error> {
    let rows = sqlx::query!(
        r#"select a.id, a.version, d.login as "login!", d.email, a.family_name, a.given_name, d.phone, a.role, a.incomplete,
                  a.deactivated_at, d.deactivated_why, a.reactivated_at, d.reactivated_why,
                  case when a.blocked_until > clinic.now() then a.blocked_until end as blocked_until, d.blocked_why, p.id as "provider?", p.profession as "profession?",
                  array(select s.centre_id from clinic.staff_centre s where s.account_id = a.id
                        union select pc.centre_id from clinic.provider_centre pc where pc.provider_id = p.id) as "centres!"
           from clinic.account a join clinic.account_details() d on d.id = a.id left join clinic.provider p on p.account_id = a.id
           where ($1::uuid is null and (a.role = 'patient') = $2 or a.id = $1)
             and ($3 = '' or strpos(lower(concat_ws(' ', d.login, d.email, a.given_name, a.family_name, a.given_name)), lower($3)) > 0)
             and (not $5 or a.deactivated_at is not null or a.blocked_until > clinic.now())
           order by a.deactivated_at is not null, lower(a.family_name), lower(a.given_name), a.id limit $4"#,
        id.map(|i| i.0),
        filter.patients,
        filter.find,
        MOST_ACCOUNTS,
        filter.closed
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|_| sealed::ORGANISATION)).await?;
    rows.into_iter()
        .map(|r| {
            let role = Role::from_code(&r.role)
                .ok_or_else(|| Error::bug("an unknown role", sqlx::Error::RowNotFound))?;
            let text = keys.row("account", sealed::ORGANISATION, r.id);
            let why = text.open("deactivated_why", r.deactivated_why.as_deref())?;
            let blocked = text.open("blocked_why", r.blocked_why.as_deref())?;
            let again = text.open("reactivated_why", r.reactivated_why.as_deref())?;
            Ok(AccountEntry {
                id: r.id.into(),
                version: r.version,
                details: AccountDetails {
                    login: r.login,
                    email: r.email.unwrap_or_default(),
                    name: PersonName::new(r.family_name, r.given_name),
                    phone: r.phone.unwrap_or_default(),
                    position: Position {
                        role,
                        profession: r.profession.as_deref().and_then(Profession::from_code),
                    },
                    centres: r.centres.into_iter().map(Into::into).collect(),
                },
                provider: r.provider.map(Into::into),
                incomplete: r.incomplete,
                deactivated: r.deactivated_at.map(|at| (at, why)),
                blocked: r.blocked_until.map(|until| (until, blocked)),
                reactivated: r.reactivated_at.map(|at| (at, again)),
            })
        })
        .collect()
}
