//! Signing in and out. The password never comes here: the program computes argon2id, the database compares.
use super::{Connector, Error, Store};
use crate::domain::{
    actor::{Actor, Role, Workplace},
    ids::CentreId,
    name::PersonName,
};

/// What a login must be answered with: hash the password with this salt under these parameters.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub salt: Vec<u8>,
    /// As in `m=65536,t=3,p=1`.
    pub params: String,
}

/// A successful sign-in: who it is, and the store that speaks for them.
#[derive(Clone)]
pub struct SignIn {
    pub actor: Actor,
    pub store: Store,
}

/// What a right password opened.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "one for a sign-in, and taken apart at once")]
pub enum Opened {
    /// A session.
    Open(SignIn),
    /// One that is nobody until [`Store::second`] took a code.
    Second(Store),
}

impl Store {
    /// Salt and parameters of a login name or e-mail address; for an unknown one a stable fake.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn challenge(&self, login: &str) -> Result<Challenge, Error> {
        let row =
            sqlx::query!(r#"select salt as "salt!", params as "params!" from auth.challenge($1)"#, login)
                .fetch_one(&self.0.readers)
                .await?;
        Ok(Challenge { salt: row.salt, params: row.params })
    }

    /// Opens a session for a correct proof (argon2id of the password under the challenge). `claim` and `key` are what SSH
    /// said; the address itself is the server's.
    ///
    /// # Errors
    /// [`Error::Refused`] with the rule `sign_in_wrong`, `sign_in_wait`, `account_deactivated`, `account_blocked`,
    /// `application_waits`, `application_rejected` or `code_expired`.
    pub async fn sign_in(
        &self,
        login: &str,
        proof: &[u8],
        claim: &str,
        key: Option<&str>,
    ) -> Result<Opened, Error> {
        let row = sqlx::query!(
            r#"select outcome as "outcome!", token, wait_seconds as "wait!", detail from auth.open($1, $2, $3, $4)"#,
            login,
            proof,
            claim,
            key
        )
        // Nobody has no list that could keep this waiting: a connection for saving is not made for it.
        .fetch_one(&self.0.readers)
        .await?;
        let (Some(token), outcome @ ("open" | "second")) = (row.token, row.outcome.as_str()) else {
            let facts = serde_json::json!({ "seconds": row.wait });
            let rule = match row.outcome.as_str() {
                "wait" => "sign_in_wait",
                "deactivated" => "account_deactivated",
                "blocked" => {
                    let detail = row.detail.unwrap_or_default();
                    return Err(Error::Refused(super::refusal("account_blocked", &detail)));
                }
                "applied" => return Err(self.application_answer(&row.detail.unwrap_or_default()).await),
                "code_expired" => "code_expired",
                _ => "sign_in_wrong",
            };
            return Err(Error::Refused(super::refusal(rule, &facts)));
        };
        let store = self.speaking(token);
        if outcome == "second" {
            return Ok(Opened::Second(store));
        }
        let actor = store.who_am_i().await?;
        if !actor.must_change_password {
            match store.read_permissions(&actor).await {
                // Who must set up a second factor first is nobody until then, and reads the rules on going in.
                Err(Error::NoSession) => {}
                read => drop(read?),
            }
        }
        Ok(Opened::Open(SignIn { actor, store }))
    }

    /// The signed-in person as the server knows them now; the program's clock follows the server's.
    ///
    /// # Errors
    /// [`Error::NoSession`] when the session has ended.
    pub async fn who_am_i(&self) -> Result<Actor, Error> {
        let row = sqlx::query!(
            r#"select account_id as "account!", session_id as "session!", role as "role!", login as "login!",
                      family_name as "family!", given_name as "given!", provider_id, patient_id, centre_id, centre_name,
                      zone, must_change as "must_change!", clinic.now() as "now!",
                      (select zone from audit.site()) as clinic_zone,
                      (select concat_ws(', ', nullif(btrim(c.phone), ''), nullif(btrim(c.address), ''), nullif(btrim(c.suburb), ''))
                         from clinic.centre c where c.id = w.centre_id) as contact
               from auth.whoami() w"#
        )
        .fetch_optional(&self.0.readers)
        .await?
        .ok_or(Error::NoSession)?;
        self.0.clock.follow(row.now);
        let workplace = match (row.centre_id, row.centre_name, row.zone) {
            (Some(centre), Some(name), Some(zone)) => Some(Workplace {
                centre: CentreId(centre),
                name,
                zone: zone.parse().unwrap_or(chrono_tz::Tz::UTC),
                contact: row.contact.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Actor {
            account: row.account.into(),
            session: row.session.into(),
            role: Role::from_code(&row.role).ok_or(Error::NoSession)?,
            login: row.login,
            name: PersonName::new(row.family, row.given),
            provider: row.provider_id.map(Into::into),
            patient: row.patient_id.map(Into::into),
            workplace,
            clinic_zone: row.clinic_zone.and_then(|z| z.parse().ok()).unwrap_or(chrono_tz::Tz::UTC),
            must_change_password: row.must_change,
        })
    }

    /// The centres at which this person works, by name.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn workplaces(&self, actor: &Actor) -> Result<Vec<Workplace>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select id, name, zone,
                              concat_ws(', ', nullif(btrim(phone), ''), nullif(btrim(address), ''), nullif(btrim(suburb), '')) as "contact!"
                         from clinic.centre
                        where retired_at is null and id in (select clinic.my_centres()) order by name, id"#
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| Workplace {
                        centre: CentreId(r.id),
                        name: r.name,
                        zone: r.zone.parse().unwrap_or(chrono_tz::Tz::UTC),
                        contact: r.contact,
                    })
                    .collect())
            })
        })
        .await
    }

    /// Replaces the password of the signed-in person; every other session of theirs ends. `false`: the old one is wrong.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sign_in_wait` after several wrong ones.
    pub async fn change_password(
        &self,
        old_proof: &[u8],
        salt: &[u8],
        params: &str,
        verifier: &[u8],
    ) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(
            r#"select auth.change_password($1, $2, $3, $4) as "changed!""#,
            old_proof,
            salt,
            params,
            verifier
        )
        .fetch_one(&self.0.writer)
        .await?)
    }

    /// Stores the same password under stronger parameters.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn rehash(
        &self,
        proof: &[u8],
        salt: &[u8],
        params: &str,
        verifier: &[u8],
    ) -> Result<(), Error> {
        sqlx::query!("select auth.rehash($1, $2, $3, $4)", proof, salt, params, verifier)
            .fetch_one(&self.0.writer)
            .await?;
        Ok(())
    }

    /// Locks the session: nobody on every connection until [`Store::unlock`].
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn lock(&self) -> Result<(), Error> {
        self.0.keyring.forget_all();
        sqlx::query!("select auth.lock()").execute(&self.0.writer).await?;
        Ok(())
    }

    /// Unlocks by proof; `false`: wrong password.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sign_in_wait` after several wrong ones.
    pub async fn unlock(&self, proof: &[u8]) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(r#"select auth.unlock($1) as "unlocked!""#, proof)
            .fetch_one(&self.0.writer)
            .await?)
    }

    /// Ends the session on the server and closes the connections.
    pub async fn sign_out(&self) {
        self.sign_out_within(std::time::Duration::from_millis(800)).await;
    }

    /// The same where nobody waits to leave: the server is given longer.
    pub(crate) async fn sign_out_within(&self, limit: std::time::Duration) {
        let ended =
            tokio::time::timeout(limit, sqlx::query!("select auth.close()").execute(&self.0.writer)).await;
        if !matches!(ended, Ok(Ok(_))) {
            tracing::warn!("the session could not be ended on the server; it expires by itself");
        }
        self.close().await;
    }

    /// Chooses another of one's centres; kept for the next sign-in. `false`: not one of theirs.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn work_at(&self, centre: CentreId) -> Result<bool, Error> {
        Ok(sqlx::query_scalar!(r#"select auth.work_at($1) as "changed!""#, centre.0)
            .fetch_one(&self.0.writer)
            .await?)
    }

    /// Where this store connects, for another sign-in of the same program.
    #[must_use]
    pub fn connector(&self) -> Connector {
        self.0.connector.clone()
    }
}
