//! Applications of providers: anybody may apply, an administrator decides, the decision is kept.
use super::{Error, Event, Store, Verifier, account, sealed, stale};
use crate::domain::{
    account::{AccountDetails, Application, Position, RegistrationEntry, RegistrationState},
    actor::Actor,
    ids::{AccountId, CentreId, RegistrationId, RequestId},
    name::PersonName,
    provider::Profession,
};
use uuid::Uuid;

impl Store {
    /// Hands in an application, before anybody is signed in. Sent twice under one id, it is there once. `verifier` is that of
    /// the password with which the applicant hears the answer, and signs in once accepted.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when one of the same e-mail address waits; [`Error::Refused`] by `too_many_applications`.
    pub async fn apply_as_provider(
        &self,
        id: RegistrationId,
        a: Application,
        verifier: &[u8],
    ) -> Result<(), Error> {
        sqlx::query!(
            "select clinic.apply_as_provider($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            id.0,
            a.email,
            a.name.family,
            a.name.given,
            account::known(&a.phone),
            a.profession.code(),
            account::known(&a.provider_number),
            account::known(&a.registration_number),
            account::known(&a.licence_number),
            account::known(&a.expertise),
            verifier
        )
        .execute(&self.0.writer)
        .await?;
        Ok(())
    }

    /// Every application, what waits first and then the newest first.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn registrations(&self, actor: &Actor) -> Result<Vec<RegistrationEntry>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.erase_old_applications()").fetch_one(&mut *c).await?;
                let rows = sqlx::query!(
                    r#"select r.id, r.version, r.email, r.family_name, r.given_name, r.phone, r.profession, r.provider_number,
                              r.registration_number, r.licence_number, r.expertise, r.state, r.created_at, r.decided_at,
                              r.decision_note, d.family_name as "by_family?", d.given_name as "by_given?",
                              array_remove(array[
                                  case when exists (select from clinic.provider p where p.provider_number = r.provider_number) then 'provider_number' end,
                                  case when exists (select from clinic.provider p where p.registration_number = r.registration_number) then 'registration_number' end,
                                  case when exists (select from clinic.provider p where p.licence_number = r.licence_number) then 'licence_number' end,
                                  case when exists (select from clinic.account_details() x where x.email = r.email or x.login = r.email) then 'email' end
                              ], null) as "clashes!: Vec<String>"
                       from clinic.provider_registration r left join clinic.account d on d.id = r.decided_by
                       order by r.state <> 'pending', r.created_at desc, r.id limit 500"#
                )
                .fetch_all(&mut *c)
                .await?;
                let notes = rows.iter().filter(|r| r.decision_note.is_some());
                let keys = sealed::keys(c, notes.map(|_| sealed::ORGANISATION)).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("provider_registration", sealed::ORGANISATION, r.id);
                        let note = text.open("decision_note", r.decision_note.as_deref())?;
                        let pending = r.state == "pending";
                        let by = PersonName::new(r.by_family.unwrap_or_default(), r.by_given.unwrap_or_default());
                        Ok(RegistrationEntry {
                            id: r.id.into(),
                            version: r.version,
                            application: Application {
                                email: r.email,
                                name: PersonName::new(r.family_name, r.given_name),
                                phone: r.phone.unwrap_or_default(),
                                profession: Profession::from_code(&r.profession).unwrap_or(Profession::Other),
                                provider_number: r.provider_number.unwrap_or_default(),
                                registration_number: r.registration_number.unwrap_or_default(),
                                licence_number: r.licence_number.unwrap_or_default(),
                                expertise: r.expertise.unwrap_or_default(),
                            },
                            state: RegistrationState::from_code(&r.state).unwrap_or(RegistrationState::Pending),
                            created_at: r.created_at,
                            decided: r.decided_at.map(|at| (at, by, note)),
                            // What was accepted is there by its own application.
                            clashes: if pending { r.clashes } else { vec![] },
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Accepts an application: the account and the provider are made of it, working at `centres`. `true`: the person
    /// signs in with the password of the application; otherwise with the one-time code.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was decided meanwhile; [`Error::Duplicate`] when an address or number is taken.
    pub async fn accept_registration(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RegistrationId,
        seen: i64,
        new: AccountId,
        centres: Vec<CentreId>,
        code: Verifier,
    ) -> Result<bool, Error> {
        let event = Event::new("registration.accept", "provider_registration")
            .id(id)
            .facts(serde_json::json!({ "account": new }));
        let by = actor.account;
        self.write(actor, request, event, &(id, seen, new), move |c| {
            Box::pin(async move {
                let row = sqlx::query!(
                    "update clinic.provider_registration set state = 'accepted', decided_at = clinic.now(), decided_by = $3
                     where id = $1 and version = $2 and state = 'pending'
                     returning email, family_name, given_name, phone, profession, provider_number, registration_number,
                               licence_number, expertise",
                    id.0,
                    seen,
                    by.0
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(r) = row else { return Err(stale::registration(c, id.0).await?) };
                let profession = Profession::from_code(&r.profession).unwrap_or(Profession::Other);
                let details = AccountDetails {
                    login: r.email.clone(),
                    email: r.email,
                    name: PersonName::new(r.family_name, r.given_name),
                    phone: r.phone.unwrap_or_default(),
                    position: Position::provider(profession),
                    centres,
                };
                let provider: Option<Uuid> = account::insert(c, new, &details, false).await?.map(Into::into);
                sqlx::query!(
                    "update clinic.provider set provider_number = $2, registration_number = $3, licence_number = $4, expertise = $5
                     where id = $1",
                    provider,
                    r.provider_number,
                    r.registration_number,
                    r.licence_number,
                    r.expertise
                )
                .execute(&mut *c)
                .await?;
                let own = sqlx::query_scalar!(r#"select auth.take_applicant($1, $2) as "own!""#, id.0, new.0)
                    .fetch_one(&mut *c)
                    .await?;
                if !own {
                    account::set_code(c, new, &code).await?;
                }
                Ok(own)
            })
        })
        .await
    }

    /// Rejects an application; the note is kept with it.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was decided meanwhile.
    pub async fn reject_registration(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RegistrationId,
        seen: i64,
        note: &str,
    ) -> Result<(), Error> {
        let event = Event::new("registration.reject", "provider_registration").id(id);
        let (by, note) = (actor.account, note.to_owned());
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let text = keys.row("provider_registration", sealed::ORGANISATION, id);
                let note = text.seal_required("decision_note", &note)?;
                let done = sqlx::query!(
                    "update clinic.provider_registration set state = 'rejected', decided_at = clinic.now(), decided_by = $3,
                            decision_note = $4
                     where id = $1 and version = $2 and state = 'pending'",
                    id.0,
                    seen,
                    by.0,
                    note
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(stale::registration(c, id.0).await?) }
            })
        })
        .await
    }
}
