//! Providers as administrators manage them: every detail, where they work, and their weekly hours.
use super::{
    Error, Event, Store,
    account::{keep_centres, known},
    stale,
};
use crate::domain::{
    actor::Actor,
    ids::{CentreId, ProviderId, RequestId},
    name::PersonName,
    provider::{Profession, ProviderDetails, ProviderEntry, WeeklyHours},
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

impl Store {
    /// One provider with details, centres and hours, or all whose accounts are in use, in the order of names.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn provider_entries(
        &self,
        actor: &Actor,
        one: Option<ProviderId>,
    ) -> Result<Vec<ProviderEntry>, Error> {
        self.read(actor, move |c| Box::pin(async move { entries(c, one).await })).await
    }

    /// Code and name of every specialty.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn specialties(&self, actor: &Actor) -> Result<Vec<(String, String)>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!("select code, name from clinic.specialty order by name")
                    .fetch_all(c)
                    .await?;
                Ok(rows.into_iter().map(|r| (r.code, r.name)).collect())
            })
        })
        .await
    }

    /// Replaces what the form says about a provider. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when provider or registration number is another's.
    pub async fn change_provider(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ProviderId,
        seen: i64,
        d: ProviderDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("provider.change", "provider").id(id);
        let arguments = (id, seen, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.provider set department_id = $3, provider_number = $4, sex = $5, birth_date = $6,
                            registration_number = $7, licence_number = $8, licence_until = $9, expertise = $10,
                            qualifications = $11, practising_since = $12, biography = $13, fee_cents = $14
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    d.department.map(|d| d.0),
                    known(&d.provider_number),
                    known(&d.sex),
                    d.birth_date,
                    known(&d.registration_number),
                    known(&d.licence_number),
                    d.licence_until,
                    known(&d.expertise),
                    known(&d.qualifications),
                    d.practising_since,
                    known(&d.biography),
                    d.fee_cents
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(version) = version else { return Err(stale::provider(c, id.0).await?) };
                sqlx::query!(
                    "delete from clinic.provider_specialty where provider_id = $1 and not (specialty = any ($2))",
                    id.0,
                    &d.specialties
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "insert into clinic.provider_specialty (provider_id, specialty) select $1, * from unnest($2::text[])
                     on conflict do nothing",
                    id.0,
                    &d.specialties
                )
                .execute(&mut *c)
                .await?;
                Ok(version)
            })
        })
        .await
    }

    /// Replaces the centres a provider works at. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `affiliation_has_sessions` or `affiliation_has_hours`.
    pub async fn set_affiliations(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ProviderId,
        seen: i64,
        centres: Vec<CentreId>,
    ) -> Result<i64, Error> {
        let event = Event::new("provider.set-centres", "provider")
            .id(id)
            .facts(serde_json::json!({ "centres": centres }));
        let arguments = (id, seen, centres.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let (account, version) = touch(c, id, seen).await?;
                keep_centres(c, account.into(), Some(id), &centres).await?;
                Ok(version)
            })
        })
        .await
    }

    /// Replaces a provider's weekly hours, all of them. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Overlap`] when hours overlap, at one centre or across centres.
    pub async fn set_weekly_hours(
        &self,
        actor: &Actor,
        request: RequestId,
        id: ProviderId,
        seen: i64,
        hours: Vec<WeeklyHours>,
    ) -> Result<i64, Error> {
        let event = Event::new("provider.set-hours", "provider")
            .id(id)
            .facts(serde_json::json!({ "stretches": hours.len() }));
        let arguments = (id, seen, hours.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let (_, version) = touch(c, id, seen).await?;
                sqlx::query!("delete from clinic.provider_hours where provider_id = $1", id.0)
                    .execute(&mut *c)
                    .await?;
                for h in &hours {
                    insert_hours(c, id, h).await?;
                }
                Ok(version)
            })
        })
        .await
    }
}

/// Makes a new version of the provider, for changes in the tables beside it.
async fn touch(c: &mut PgConnection, id: ProviderId, seen: i64) -> Result<(Uuid, i64), Error> {
    let row = sqlx::query!(
        "update clinic.provider set name_key = name_key where id = $1 and version = $2 returning account_id, version",
        id.0,
        seen
    )
    .fetch_optional(&mut *c)
    .await?;
    match row {
        Some(r) => Ok((r.account_id, r.version)),
        None => Err(stale::provider(c, id.0).await?),
    }
}

/// Inserts one stretch of weekly hours.
pub(super) async fn insert_hours(c: &mut PgConnection, id: ProviderId, h: &WeeklyHours) -> Result<(), Error> {
    sqlx::query!(
        "insert into clinic.provider_hours (id, provider_id, centre_id, weekday, from_minute, to_minute, slot_minutes)
         values ($1, $2, $3, $4, $5, $6, $7)",
        Uuid::now_v7(),
        id.0,
        h.centre.0,
        h.weekday,
        h.from_minute,
        h.to_minute,
        h.slot_minutes
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn entries(c: &mut PgConnection, one: Option<ProviderId>) -> Result<Vec<ProviderEntry>, Error> {
    let one = one.map(|p| p.0);
    let mut centres: HashMap<Uuid, Vec<(CentreId, String)>> = HashMap::new();
    for r in sqlx::query!(
        "select pc.provider_id, x.id, x.name from clinic.provider_centre pc join clinic.centre x on x.id = pc.centre_id
         where $1::uuid is null or pc.provider_id = $1 order by x.name_key, x.id",
        one
    )
    .fetch_all(&mut *c)
    .await?
    {
        centres.entry(r.provider_id).or_default().push((r.id.into(), r.name));
    }
    let mut hours: HashMap<Uuid, Vec<WeeklyHours>> = HashMap::new();
    for r in sqlx::query!(
        "select provider_id, centre_id, weekday, from_minute, to_minute, slot_minutes from clinic.provider_hours
         where $1::uuid is null or provider_id = $1 order by weekday, from_minute",
        one
    )
    .fetch_all(&mut *c)
    .await?
    {
        hours.entry(r.provider_id).or_default().push(WeeklyHours {
            centre: r.centre_id.into(),
            weekday: r.weekday,
            from_minute: r.from_minute,
            to_minute: r.to_minute,
            slot_minutes: r.slot_minutes,
        });
    }
    let rows = sqlx::query!(
        r#"select p.id, p.version, a.family_name, a.given_name, p.profession, p.department_id, p.provider_number, p.sex,
                  p.birth_date, p.registration_number, p.licence_number, p.licence_until, p.expertise, p.qualifications,
                  p.practising_since, p.biography, p.fee_cents,
                  array(select s.specialty from clinic.provider_specialty s where s.provider_id = p.id order by 1) as "specialties!"
           from clinic.provider p join clinic.account a on a.id = p.account_id
           where $1::uuid is null and a.deactivated_at is null or p.id = $1
           order by lower(a.family_name), lower(a.given_name), p.id"#,
        one
    )
    .fetch_all(&mut *c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| ProviderEntry {
            id: r.id.into(),
            version: r.version,
            name: PersonName::new(r.family_name, r.given_name),
            profession: Profession::from_code(&r.profession).unwrap_or(Profession::Other),
            details: ProviderDetails {
                department: r.department_id.map(Into::into),
                provider_number: r.provider_number.unwrap_or_default(),
                sex: r.sex.unwrap_or_default(),
                birth_date: r.birth_date,
                registration_number: r.registration_number.unwrap_or_default(),
                licence_number: r.licence_number.unwrap_or_default(),
                licence_until: r.licence_until,
                specialties: r.specialties,
                expertise: r.expertise.unwrap_or_default(),
                qualifications: r.qualifications.unwrap_or_default(),
                practising_since: r.practising_since,
                biography: r.biography.unwrap_or_default(),
                fee_cents: r.fee_cents,
            },
            centres: centres.remove(&r.id).unwrap_or_default(),
            hours: hours.remove(&r.id).unwrap_or_default(),
        })
        .collect())
}
