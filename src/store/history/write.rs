//! Adding to a patient's lists, correcting and resolving entries, and striking them out. Nothing is ever deleted.
use crate::{
    domain::{
        actor::Actor,
        history::{AllergyState, Entry, HistoryChange, HistoryItem, HistoryList},
        ids::{EncounterId, HistoryItemId, PatientId, RequestId},
    },
    store::{Error, Event, Store, encounter::refused, sealed},
};
use sqlx::PgConnection;

impl Store {
    /// Adds an entry to the list it belongs to, in a visit or at the desk.
    ///
    /// # Errors
    /// [`Error::Refused`] when the role may not add to that list, or the visit is signed.
    pub async fn add_history(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        encounter: Option<EncounterId>,
        entry: Entry,
    ) -> Result<HistoryItemId, Error> {
        let event = Event::new("lists.add", entry.list().code()).patient(patient);
        let arguments = (patient, encounter, entry.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move { insert(c, patient, encounter, &entry).await })
        })
        .await
    }

    /// Corrects an entry: the old one is struck out and kept, the new one stands in its place.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it meanwhile; [`Error::Refused`] as for adding.
    pub async fn correct_history(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        encounter: Option<EncounterId>,
        old: &HistoryItem,
        entry: Entry,
    ) -> Result<HistoryItemId, Error> {
        let (id, seen, list) = (old.id, old.version, old.entry.list());
        let event = Event::new("lists.correct", list.code()).id(id.0).patient(patient);
        let arguments = (id, seen, entry.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                if entry.list() != list {
                    return Err(refused("entry_keeps_its_list"));
                }
                strike(&mut *c, list, id, seen).await?;
                insert(c, patient, encounter, &entry).await
            })
        })
        .await
    }

    /// Marks an entry as entered in error: kept, and never counted.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it meanwhile.
    pub async fn strike_history(
        &self,
        actor: &Actor,
        request: RequestId,
        item: &HistoryItem,
    ) -> Result<(), Error> {
        let (id, seen, list) = (item.id, item.version, item.entry.list());
        let event = Event::new("lists.strike", list.code()).id(id.0).patient(item.patient);
        self.write(actor, request, event, &(id, seen), move |c| {
            Box::pin(async move { strike(c, list, id, seen).await })
        })
        .await
    }

    /// Resolves an allergy or condition, ends a medication, or makes them count again. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it meanwhile.
    pub async fn change_history(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        item: &HistoryItem,
        change: HistoryChange,
    ) -> Result<i64, Error> {
        let (id, seen, list) = (item.id, item.version, item.entry.list());
        let event = Event::new("lists.resolve", list.code()).id(id.0).patient(item.patient);
        self.write(actor, request, event, &(id, seen, change), move |c| {
            Box::pin(async move {
                let version = match change {
                    HistoryChange::Allergy(status) => {
                        let version = sqlx::query_scalar!(
                            "update clinic.allergy set status = $3 where id = $1 and version = $2 and struck_at is null returning version",
                            id.0,
                            seen,
                            status.code()
                        )
                        .fetch_optional(&mut *c)
                        .await?;
                        // Whoever resolved an allergy has asked.
                        sqlx::query!(
                            "update clinic.patient set allergy_state = 'none_known' where id = $1 and allergy_state = 'not_asked'",
                            patient.0
                        )
                        .execute(&mut *c)
                        .await?;
                        version
                    }
                    HistoryChange::Condition(status) => {
                        sqlx::query_scalar!(
                            "update clinic.condition set status = $3 where id = $1 and version = $2 and struck_at is null returning version",
                            id.0,
                            seen,
                            status.code()
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                    HistoryChange::MedicationEnds(on) => {
                        sqlx::query_scalar!(
                            "update clinic.medication set ended_on = $3 where id = $1 and version = $2 and struck_at is null returning version",
                            id.0,
                            seen,
                            on
                        )
                        .fetch_optional(&mut *c)
                        .await?
                    }
                };
                match version {
                    Some(version) => Ok(version),
                    None => Err(unchanged(c, list, id, seen).await?),
                }
            })
        })
        .await
    }

    /// Records that the patient has no known allergies, or that nobody has asked yet.
    ///
    /// # Errors
    /// [`Error::Refused`] for other states: listed ones come from the list, hidden is no state of the record.
    pub async fn set_allergy_state(
        &self,
        actor: &Actor,
        request: RequestId,
        patient: PatientId,
        state: AllergyState,
    ) -> Result<(), Error> {
        let event = Event::new("lists.none-known", "patient")
            .id(patient.0)
            .patient(patient)
            .facts(serde_json::json!({ "state": state.code() }));
        self.write(actor, request, event, &(patient, state), move |c| {
            Box::pin(async move {
                if !matches!(state, AllergyState::NoneKnown | AllergyState::NotAsked) {
                    return Err(refused("allergy_state_follows_list"));
                }
                let done = sqlx::query!(
                    "update clinic.patient set allergy_state = $2 where id = $1",
                    patient.0,
                    state.code()
                )
                .execute(c)
                .await?;
                if done.rows_affected() == 1 { Ok(()) } else { Err(refused("not_permitted")) }
            })
        })
        .await
    }
}

async fn insert(
    c: &mut PgConnection,
    patient: PatientId,
    encounter: Option<EncounterId>,
    entry: &Entry,
) -> Result<HistoryItemId, Error> {
    let id = HistoryItemId::new();
    let visit = encounter.map(|e| e.0);
    let keys = sealed::keys_to_write(&mut *c, patient.0).await?;
    let text = keys.row(super::texts_of(entry.list()).0, patient.0, id);
    match entry {
        Entry::Allergy { code, substance, reaction, severity, since, status } => {
            sqlx::query!(
                "insert into clinic.allergy (id, patient_id, encounter_id, code, substance, reaction, severity, since, status,
                        author, created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                code.as_deref(),
                text.seal_required("substance", substance)?,
                text.seal("reaction", reaction)?,
                severity.map(crate::domain::history::Severity::code),
                *since,
                status.code()
            )
            .execute(c)
            .await?;
        }
        Entry::Condition { code, name, since, treatment, status } => {
            sqlx::query!(
                "insert into clinic.condition (id, patient_id, encounter_id, code, name, since, treatment, status, author, created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                code.as_deref(),
                text.seal_required("name", name)?,
                *since,
                text.seal("treatment", treatment)?,
                status.code()
            )
            .execute(c)
            .await?;
        }
        Entry::Medication { code, name, dose, frequency, since, prescriber, ended_on } => {
            sqlx::query!(
                "insert into clinic.medication (id, patient_id, encounter_id, code, name, dose, frequency, since, prescriber,
                        ended_on, author, created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                code.as_deref(),
                text.seal_required("name", name)?,
                text.seal("dose", dose)?,
                text.seal("frequency", frequency)?,
                *since,
                text.seal("prescriber", prescriber)?,
                *ended_on
            )
            .execute(c)
            .await?;
        }
        Entry::Surgery { name, performed_on, notes } => {
            sqlx::query!(
                "insert into clinic.surgery (id, patient_id, encounter_id, name, performed_on, notes, author, created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                text.seal_required("name", name)?,
                *performed_on,
                text.seal("notes", notes)?
            )
            .execute(c)
            .await?;
        }
        Entry::Vaccination { code, vaccine, given_on, dose_number, notes } => {
            sqlx::query!(
                "insert into clinic.vaccination (id, patient_id, encounter_id, code, vaccine, given_on, dose_number, notes, author,
                        created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                code.as_deref(),
                text.seal_required("vaccine", vaccine)?,
                *given_on,
                *dose_number,
                text.seal("notes", notes)?
            )
            .execute(c)
            .await?;
        }
        Entry::Family { relationship, code, condition, notes } => {
            sqlx::query!(
                "insert into clinic.family_history (id, patient_id, encounter_id, relationship, code, condition, notes, author,
                        created_at, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, auth.actor(), clinic.now(), clinic.now())",
                id.0,
                patient.0,
                visit,
                relationship,
                code.as_deref(),
                text.seal_required("condition", condition)?,
                text.seal("notes", notes)?
            )
            .execute(c)
            .await?;
        }
    }
    Ok(id)
}

/// Strikes one row of a list out; the six statements differ in the table only, and SQL stays static.
async fn strike(c: &mut PgConnection, list: HistoryList, id: HistoryItemId, seen: i64) -> Result<(), Error> {
    macro_rules! strike_in {
        ($sql:literal) => {
            sqlx::query!($sql, id.0, seen).execute(&mut *c).await?.rows_affected()
        };
    }
    let rows = match list {
        HistoryList::Allergies => strike_in!(
            "update clinic.allergy set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
        HistoryList::Conditions => strike_in!(
            "update clinic.condition set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
        HistoryList::Medication => strike_in!(
            "update clinic.medication set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
        HistoryList::Surgeries => strike_in!(
            "update clinic.surgery set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
        HistoryList::Vaccinations => strike_in!(
            "update clinic.vaccination set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
        HistoryList::Family => strike_in!(
            "update clinic.family_history set struck_at = clinic.now(), struck_by = auth.actor() where id = $1 and version = $2 and struck_at is null"
        ),
    };
    if rows == 1 { Ok(()) } else { Err(unchanged(c, list, id, seen).await?) }
}

/// Why no row of a list was changed.
async fn unchanged(
    c: &mut PgConnection,
    list: HistoryList,
    id: HistoryItemId,
    seen: i64,
) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select x.version as "version!", x.struck_at, x.changed_at as "changed_at!",
                  coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
             from (select 'allergy' as list, id, version, struck_at, changed_at, changed_by from clinic.allergy
                   union all select 'condition', id, version, struck_at, changed_at, changed_by from clinic.condition
                   union all select 'medication', id, version, struck_at, changed_at, changed_by from clinic.medication
                   union all select 'surgery', id, version, struck_at, changed_at, changed_by from clinic.surgery
                   union all select 'vaccination', id, version, struck_at, changed_at, changed_by from clinic.vaccination
                   union all select 'family_history', id, version, struck_at, changed_at, changed_by from clinic.family_history) x
             left join clinic.account a on a.id = x.changed_by
            where x.list = $1 and x.id = $2"#,
        list.code(),
        id.0
    )
    .fetch_optional(c)
    .await?;
    Ok(match row {
        None => Error::NotFound,
        Some(r) if r.version == seen && r.struck_at.is_none() => refused("not_permitted"),
        Some(r) => Error::Stale { by: r.by, at: r.changed_at },
    })
}
