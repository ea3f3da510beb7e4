//! The second factor, and the sign-ins of a person: what is told on arriving, which are open, and ending them.
use super::{Error, Event, SignIn, Store};
use crate::domain::{
    actor::Actor,
    ids::{AccountId, RequestId, SessionId},
};
use chrono::{DateTime, Utc};
use std::time::Duration;
use zeroize::Zeroizing;

/// When and from where somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub at: DateTime<Utc>,
    /// The server's address of it, and what SSH claimed.
    pub from: String,
}

/// What somebody is told who has just signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// The sign-in before this one.
    pub last: Option<Earlier>,
    /// Wrong passwords since then.
    pub failures: i32,
    /// How many other sign-ins of the person are open.
    pub others: i32,
    /// The newest of them.
    pub other: Option<Earlier>,
    /// The role must have a second factor and has none: nothing else works before.
    pub must_enrol: bool,
    /// Idle time after which the site locks terminals of this role.
    pub lock_after: Option<Duration>,
}

/// How a person's second factor is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondState {
    /// Since when; `None`: there is none.
    pub enrolled: Option<DateTime<Utc>>,
    /// Recovery codes that are left.
    pub codes_left: i32,
    /// The site requires one of this role.
    pub required: bool,
    /// Nothing else works before it is set up.
    pub due: bool,
}

/// An open sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSignIn {
    pub id: SessionId,
    pub since: DateTime<Utc>,
    /// When the log last heard of it.
    pub seen: DateTime<Utc>,
    /// The address the server saw; `local` for its socket.
    pub address: String,
    /// What SSH said beside it.
    pub claimed: Option<String>,
    /// The SSH key's fingerprint.
    pub key: Option<String>,
    pub centre: Option<String>,
    pub locked: bool,
    /// A second factor was given.
    pub second: bool,
    /// The one that asks.
    pub this: bool,
}

impl Store {
    /// The second step of a sign-in: a code of the app, or a recovery code. With it comes how many of those are left.
    ///
    /// # Errors
    /// [`Error::Refused`] by `second_factor_wrong`, `second_factor_gone` or `sign_in_wait`.
    pub async fn second(&self, code: &str) -> Result<(SignIn, i32), Error> {
        let row = sqlx::query!(
            r#"select outcome as "outcome!", wait_seconds as "wait!", codes_left as "left!" from auth.second($1)"#,
            code
        )
        .fetch_one(&self.0.writer)
        .await?;
        let rule = match row.outcome.as_str() {
            "open" => {
                let actor = self.who_am_i().await?;
                if !actor.must_change_password {
                    self.read_permissions(&actor).await?;
                }
                return Ok((SignIn { actor, store: self.clone() }, row.left));
            }
            "wait" => "sign_in_wait",
            "gone" => "second_factor_gone",
            _ => "second_factor_wrong",
        };
        Err(Error::Refused(super::refusal(rule, &serde_json::json!({ "seconds": row.wait }))))
    }

    /// What the person is told on arriving, and what they owe.
    ///
    /// # Errors
    /// [`Error::NoSession`] when nobody is signed in.
    pub async fn arrival(&self) -> Result<Arrival, Error> {
        let row = sqlx::query!(
            r#"select last_at, last_from, failures as "failures?", others as "others?", other_from, other_at,
                      must_enrol as "must_enrol?", lock_minutes from auth.arrival()"#
        )
        .fetch_one(&self.0.readers)
        .await?;
        let (Some(failures), Some(others), Some(must_enrol)) = (row.failures, row.others, row.must_enrol)
        else {
            return Err(Error::NoSession);
        };
        let earlier = |at: Option<DateTime<Utc>>, from: Option<String>| {
            at.map(|at| Earlier { at, from: from.unwrap_or_default() })
        };
        Ok(Arrival {
            last: earlier(row.last_at, row.last_from),
            failures,
            others,
            other: earlier(row.other_at, row.other_from),
            must_enrol,
            lock_after: row
                .lock_minutes
                .and_then(|m| u64::try_from(m).ok())
                .map(|m| Duration::from_secs(60 * m)),
        })
    }

    /// Whether a proof is that of the signed-in person; for acts that ask for the password again.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sign_in_wait` after several wrong ones.
    pub async fn password_is(&self, proof: &[u8]) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(r#"select auth.password_is($1) as "right!""#, proof)
            .fetch_one(&self.0.writer)
            .await?)
    }

    /// How the person's second factor is.
    ///
    /// # Errors
    /// [`Error::NoSession`] when nobody is signed in.
    pub async fn second_state(&self) -> Result<SecondState, Error> {
        let row = sqlx::query!(r#"select enrolled_at, codes_left, required, due from auth.second_state()"#)
            .fetch_one(&self.0.readers)
            .await?;
        Ok(SecondState {
            enrolled: row.enrolled_at,
            codes_left: row.codes_left.ok_or(Error::NoSession)?,
            required: row.required.unwrap_or(false),
            due: row.due.unwrap_or(false),
        })
    }

    /// A new secret of 20 bytes, in force once a code of it was given. `None`: the proof is wrong. Who must enrol to go on
    /// gives no proof.
    ///
    /// # Errors
    /// [`Error::Refused`] by `second_factor_enrolled` or `sign_in_wait`.
    pub async fn second_begin(&self, proof: Option<&[u8]>) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let secret =
            sqlx::query_scalar!("select auth.second_begin($1)", proof).fetch_one(&self.0.writer).await?;
        Ok(secret.map(Zeroizing::new))
    }

    /// The first code puts the secret in force; the answer are ten recovery codes. `None`: the code is wrong.
    ///
    /// # Errors
    /// [`Error::Refused`] by `second_factor_begin_again` or `sign_in_wait`.
    pub async fn second_confirm(&self, code: &str) -> Result<Option<Vec<Zeroizing<String>>>, Error> {
        let codes = sqlx::query_scalar!(r#"select auth.second_confirm($1) as "code!""#, code)
            .fetch_all(&self.0.writer)
            .await?;
        Ok((!codes.is_empty()).then(|| codes.into_iter().map(Zeroizing::new).collect()))
    }

    /// Removes the second factor; other sign-ins of the person end. `false`: the proof is wrong.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sign_in_wait`.
    pub async fn second_remove(&self, proof: &[u8]) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(r#"select auth.second_remove($1) as "removed!""#, proof)
            .fetch_one(&self.0.writer)
            .await?)
    }

    /// An administrator takes a lost second factor away; every sign-in of the person ends. `false`: there was none.
    ///
    /// # Errors
    /// [`Error::Refused`] by `administrators_only` or `second_factor_own`.
    pub async fn reset_second_factor(
        &self,
        actor: &Actor,
        request: RequestId,
        account: AccountId,
    ) -> Result<bool, Error> {
        let event = Event::new("sign-in.second-factor", "account")
            .id(account)
            .facts(serde_json::json!({ "step": "reset" }));
        self.write(actor, request, event, &account, move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(r#"select auth.second_reset($1) as "had!""#, account.0)
                    .fetch_one(c)
                    .await?)
            })
        })
        .await
    }

    /// The open sign-ins of an account, the newest first: one's own, or to an administrator anybody's.
    ///
    /// # Errors
    /// [`Error::Refused`] by `administrators_only`.
    pub async fn sign_ins(
        &self,
        actor: &Actor,
        account: AccountId,
        opened: bool,
    ) -> Result<Vec<OpenSignIn>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select session_id as "id!", opened_at as "since!", seen_at as "seen!", address as "address!", claimed,
                              key_fingerprint, centre_name, locked as "locked!", second as "second!", this as "this!"
                       from auth.sign_ins($1)"#,
                    account.0
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("sign-in.list", "account").id(account).facts(facts).record(c).await?;
                }
                Ok(rows
                    .into_iter()
                    .map(|r| OpenSignIn {
                        id: SessionId(r.id),
                        since: r.since,
                        seen: r.seen,
                        address: r.address,
                        claimed: r.claimed,
                        key: r.key_fingerprint,
                        centre: r.centre_name,
                        locked: r.locked,
                        second: r.second,
                        this: r.this,
                    })
                    .collect())
            })
        })
        .await
    }

    /// Ends a sign-in: one's own, or as an administrator anybody's. `false`: it had ended already.
    ///
    /// # Errors
    /// [`Error::Refused`] by `administrators_only`.
    pub async fn end_sign_in(
        &self,
        actor: &Actor,
        request: RequestId,
        session: SessionId,
    ) -> Result<bool, Error> {
        let event = Event::new("sign-in.end", "session").id(session);
        self.write(actor, request, event, &session, move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(r#"select auth.end_sign_in($1) as "ended!""#, session.0)
                    .fetch_one(c)
                    .await?)
            })
        })
        .await
    }

    /// Ends all of one's own sign-ins but this one; how many there were.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn end_other_sign_ins(&self, actor: &Actor, request: RequestId) -> Result<i32, Error> {
        let event = Event::new("sign-in.end", "session").facts(serde_json::json!({ "which": "others" }));
        self.write(actor, request, event, "others", move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(r#"select auth.end_other_sign_ins() as "n!""#).fetch_one(c).await?)
            })
        })
        .await
    }
}
