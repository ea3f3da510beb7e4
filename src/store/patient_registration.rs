//! Patients who register themselves. Whoever is not signed in is told nothing of who is a patient here: an application
//! arrives, and the sign-in says with the applicant's own password how far it is.
use super::{
    Error, Event, Store,
    account::known,
    profile::name_words,
    refusal,
    sealed::{self, with_keyring},
    stale,
};
use crate::domain::{
    account::{PatientApplication, PatientRegistration, RegistrationState},
    actor::Actor,
    contact,
    ids::{AccountId, PatientId, RegistrationId, RequestId},
    name::PersonName,
    patient::Sex,
};
use serde_json::{Value, json};

impl Store {
    /// Hands in an application; sent twice under one id, it is there once. `new` are the ids that account and patient get
    /// if nobody needs to decide.
    ///
    /// # Errors
    /// [`Error::Refused`] by `sign_up_off`, `too_many_applications` or `application_incomplete`.
    pub async fn apply_as_patient(
        &self,
        id: RegistrationId,
        new: (AccountId, PatientId),
        a: PatientApplication,
        verifier: &[u8],
    ) -> Result<(), Error> {
        let (words, families) = name_words(&a.name);
        sqlx::query!(
            "select clinic.apply_as_patient($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            id.0,
            new.0.0,
            new.1.0,
            a.email,
            a.name.family,
            a.name.given,
            a.sex.code(),
            a.birth_date,
            known(&a.phone),
            contact::phone_digits(&a.phone),
            a.record_number,
            known(&a.national_number),
            known(&a.medicare_number),
            &words,
            &families,
            verifier
        )
        .execute(&self.0.writer)
        .await?;
        Ok(())
    }

    /// What an applicant is told at the sign-in; a rejection with its note.
    pub(super) async fn application_answer(&self, detail: &Value) -> Error {
        if detail["state"] != "rejected" {
            return Error::Refused(refusal("application_waits", &Value::Null));
        }
        let note = self.sealed_note(detail).await.unwrap_or_default();
        Error::Refused(refusal("application_rejected", &json!({ "note": note })))
    }

    async fn sealed_note(&self, detail: &Value) -> Option<String> {
        let id: uuid::Uuid = detail["id"].as_str()?.parse().ok()?;
        let table = match detail["entity"].as_str()? {
            "patient_registration" => "patient_registration",
            _ => "provider_registration",
        };
        let hex = detail["note"].as_str()?;
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok())
            .collect::<Option<_>>()?;
        let opened = with_keyring(self.0.keyring.clone(), async {
            let mut c = self.0.readers.acquire().await?;
            let keys = sealed::keys_outside(&mut c).await?;
            keys.row(table, sealed::ORGANISATION, id).open("decision_note", Some(&bytes))
        });
        opened.await.ok()
    }

    /// Every application of patients, what waits first and then the newest first.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn patient_registrations(&self, actor: &Actor) -> Result<Vec<PatientRegistration>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.erase_old_applications()").fetch_one(&mut *c).await?;
                let rows = sqlx::query!(
                    r#"select r.id, r.version, r.email, r.family_name, r.given_name, r.phone, r.sex, r.birth_date, r.record_number,
                              r.national_number, r.medicare_number, r.state, r.created_at, r.decided_at, r.decision_note,
                              d.family_name as "by_family?", d.given_name as "by_given?",
                              exists (select from clinic.account_details() x where x.email = r.email or x.login = r.email) as "taken!",
                              array(select p.id from clinic.patient p where p.record_number = r.record_number
                                       or p.national_number = r.national_number or p.medicare_number = r.medicare_number) as "by_number!"
                       from clinic.patient_registration r left join clinic.account d on d.id = r.decided_by
                       order by r.state <> 'pending', r.created_at desc, r.id limit 500"#
                )
                .fetch_all(&mut *c)
                .await?;
                let notes = rows.iter().filter(|r| r.decision_note.is_some());
                let keys = sealed::keys(c, notes.map(|_| sealed::ORGANISATION)).await?;
                rows.into_iter()
                    .map(|r| {
                        let text = keys.row("patient_registration", sealed::ORGANISATION, r.id);
                        let note = text.open("decision_note", r.decision_note.as_deref())?;
                        let by = PersonName::new(r.by_family.unwrap_or_default(), r.by_given.unwrap_or_default());
                        let state = RegistrationState::from_code(&r.state).unwrap_or(RegistrationState::Pending);
                        Ok(PatientRegistration {
                            id: r.id.into(),
                            version: r.version,
                            application: PatientApplication {
                                email: r.email,
                                name: PersonName::new(r.family_name, r.given_name),
                                sex: Sex::ALL.into_iter().find(|s| s.code() == r.sex).unwrap_or_default(),
                                birth_date: r.birth_date,
                                phone: r.phone.unwrap_or_default(),
                                record_number: r.record_number,
                                national_number: r.national_number.unwrap_or_default(),
                                medicare_number: r.medicare_number.unwrap_or_default(),
                            },
                            state,
                            created_at: r.created_at,
                            decided: r.decided_at.map(|at| (at, by, note)),
                            by_number: r.by_number.into_iter().map(PatientId).collect(),
                            email_taken: r.taken && state == RegistrationState::Pending,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Accepts: the account is made, tied to the patient `existing`, or to a new one of this id.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was decided meanwhile; [`Error::Duplicate`] when address or number is somebody else's;
    /// [`Error::Refused`] by `patient_has_account` or `patient_deactivated`.
    pub async fn accept_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        row: &PatientRegistration,
        new: AccountId,
        existing: Option<PatientId>,
        fresh: PatientId,
    ) -> Result<(), Error> {
        let (id, seen, patient) = (row.id, row.version, existing.unwrap_or(fresh));
        let facts = json!({ "decision": "accepted", "account": new, "linked": existing.is_some() });
        let event =
            Event::new("account.register", "patient_registration").id(id).patient(patient).facts(facts);
        let centre = actor.workplace.as_ref().map(|w| w.centre.0);
        let (words, families) = name_words(&row.application.name);
        self.write(actor, request, event, &(id, seen, new, patient), move |c| {
            Box::pin(async move {
                let done = sqlx::query_scalar!(
                    r#"select clinic.accept_patient($1, $2, $3, $4, $5, $6, $7, $8) as "done!""#,
                    id.0,
                    seen,
                    new.0,
                    patient.0,
                    existing.is_some(),
                    &words,
                    &families,
                    centre
                )
                .fetch_one(&mut *c)
                .await?;
                if !done {
                    return Err(stale::patient_registration(c, id.0).await?);
                }
                if existing.is_none() {
                    sealed::first_key(c, patient.0).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Rejects with a note, which the applicant reads at the sign-in until it is erased.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was decided meanwhile.
    pub async fn reject_patient(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RegistrationId,
        seen: i64,
        note: &str,
    ) -> Result<(), Error> {
        let event = Event::new("account.register", "patient_registration")
            .id(id)
            .facts(json!({ "decision": "rejected" }));
        let note = note.to_owned();
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move {
                let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                let text = keys.row("patient_registration", sealed::ORGANISATION, id);
                let note = text.seal_required("decision_note", &note)?;
                let done = sqlx::query_scalar!(
                    r#"select clinic.reject_patient($1, $2, $3) as "done!""#,
                    id.0,
                    seen,
                    note
                )
                .fetch_one(&mut *c)
                .await?;
                if done { Ok(()) } else { Err(stale::patient_registration(c, id.0).await?) }
            })
        })
        .await
    }
}
