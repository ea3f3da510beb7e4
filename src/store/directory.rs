//! The directory: centres and providers as everybody who is signed in may see them, and the clinic's name before that.
use super::{Error, Store};
use crate::domain::{
    actor::Actor,
    ids::{CentreId, ClinicSessionId, ProviderId},
    name::PersonName,
    provider::WeeklyHours,
};
use crate::tr;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::HashMap;

/// What a stranger at the sign-in screen is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontDoor {
    pub name: String,
    /// How to reach the clinic, in one line; may be empty.
    pub contact: String,
    /// Patients may register themselves.
    pub sign_up: bool,
}

/// A centre in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct CentreRow {
    pub id: CentreId,
    pub name: String,
    /// `hospital` or `medical_centre`.
    pub kind: String,
    pub suburb: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub number: Option<String>,
    pub zone: Tz,
    pub providers: i64,
    /// Names of the departments that are kept.
    pub departments: Vec<String>,
}

/// The first slot that can still be booked with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextFree {
    pub session: ClinicSessionId,
    pub centre: CentreId,
    pub starts_at: DateTime<Utc>,
}

/// A provider in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderRow {
    pub id: ProviderId,
    pub name: PersonName,
    pub profession: String,
    /// Names of specialties.
    pub specialties: Vec<String>,
    pub expertise: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// Where they work, by name.
    pub centres: Vec<(CentreId, String)>,
    pub next_free: Option<NextFree>,
    /// The zone of the centre of the next free slot, or of their first centre.
    pub zone: Tz,
}

/// One department of a centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentLine {
    pub name: String,
    pub services: Option<String>,
    /// Said when somebody asks for a closed department.
    pub opens: Option<String>,
    pub closed: bool,
}

/// Everything the page of a centre shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CentrePage {
    pub centre: CentreRow,
    pub departments: Vec<DepartmentLine>,
    /// By profession, then name.
    pub providers: Vec<ProviderRow>,
}

/// Everything the page of a provider shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderPage {
    pub provider: ProviderRow,
    pub registration_number: Option<String>,
    pub qualifications: Option<String>,
    pub practising_since: Option<i32>,
    pub biography: Option<String>,
    pub fee_cents: Option<i32>,
    pub department: Option<String>,
    /// By weekday and time.
    pub hours: Vec<WeeklyHours>,
}

impl Store {
    /// Name and contact of the clinic; needs no sign-in.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn front_door(&self) -> Result<FrontDoor, Error> {
        let row = sqlx::query!(
            r#"select coalesce(clinic.setting('clinic_name'), '') as "name!", coalesce(clinic.setting('clinic_contact'), '') as "contact!",
                      coalesce(clinic.setting('patient_sign_up'), 'off') <> 'off' as "sign_up!""#
        )
        .fetch_one(&self.0.readers)
        .await?;
        Ok(FrontDoor { name: row.name, contact: row.contact, sign_up: row.sign_up })
    }

    /// Every centre that is in use, by name.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn centres(&self, actor: &Actor) -> Result<Vec<CentreRow>, Error> {
        self.read(actor, |c| Box::pin(async move { centres(c, None).await })).await
    }

    /// One centre with its departments and providers.
    ///
    /// # Errors
    /// [`Error::NotFound`]; those of the line to the server.
    pub async fn centre_page(&self, actor: &Actor, id: CentreId) -> Result<CentrePage, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let centre = centres(c, Some(id)).await?.pop().ok_or(Error::NotFound)?;
                let departments = sqlx::query_as!(
                    DepartmentLine,
                    "select d.name, d.services, d.opens, d.closed from clinic.department d
                     where d.centre_id = $1 and d.retired_at is null order by d.name",
                    id.0
                )
                .fetch_all(&mut *c)
                .await?;
                let mut providers = providers(c, None, Some(id)).await?;
                providers.sort_by(|a, b| (&a.profession, &a.name).cmp(&(&b.profession, &b.name)));
                Ok(CentrePage { centre, departments, providers })
            })
        })
        .await
    }

    /// Everybody who can be booked, by name, with the next free slot.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn providers(&self, actor: &Actor) -> Result<Vec<ProviderRow>, Error> {
        self.read(actor, |c| Box::pin(async move { providers(c, None, None).await })).await
    }

    /// One provider with profile and weekly hours.
    ///
    /// # Errors
    /// [`Error::NotFound`]; those of the line to the server.
    pub async fn provider_page(&self, actor: &Actor, id: ProviderId) -> Result<ProviderPage, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let provider = providers(c, Some(id), None).await?.pop().ok_or(Error::NotFound)?;
                let r = sqlx::query!(
                    r#"select p.registration_number, p.qualifications, p.practising_since, p.biography, p.fee_cents,
                              d.name as "department?", d.closed as "closed?", d.opens as "opens?"
                       from clinic.provider p left join clinic.department d on d.id = p.department_id where p.id = $1"#,
                    id.0
                )
                .fetch_one(&mut *c)
                .await?;
                let hours = sqlx::query!(
                    "select h.centre_id, h.weekday, h.from_minute, h.to_minute, h.slot_minutes from clinic.provider_hours h
                     where h.provider_id = $1 order by h.weekday, h.from_minute",
                    id.0
                )
                .fetch_all(&mut *c)
                .await?
                .into_iter()
                .map(|h| WeeklyHours {
                    centre: h.centre_id.into(),
                    weekday: h.weekday,
                    from_minute: h.from_minute,
                    to_minute: h.to_minute,
                    slot_minutes: h.slot_minutes,
                })
                .collect();
                Ok(ProviderPage {
                    provider,
                    registration_number: r.registration_number,
                    qualifications: r.qualifications,
                    practising_since: r.practising_since,
                    biography: r.biography,
                    fee_cents: r.fee_cents,
                    department: r.department.map(|name| match (r.closed, r.opens.as_deref()) {
                        (Some(true), Some(opens)) => tr!("{name} (closed, opens {opens})", name = name, opens = opens),
                        (Some(true), None) => tr!("{name} (closed)", name = name),
                        _ => name,
                    }),
                    hours,
                })
            })
        })
        .await
    }
}

async fn centres(c: &mut sqlx::PgConnection, only: Option<CentreId>) -> Result<Vec<CentreRow>, Error> {
    let rows = sqlx::query!(
        r#"select c.id, c.name, c.kind, c.suburb, c.address, c.phone, c.email, c.number, c.zone,
                  (select count(*) from clinic.provider_centre x join clinic.provider p on p.id = x.provider_id
                     join clinic.account a on a.id = p.account_id
                    where x.centre_id = c.id and a.deactivated_at is null) as "providers!",
                  array(select d.name from clinic.department d where d.centre_id = c.id and d.retired_at is null order by d.name) as "departments!"
           from clinic.centre c
           where c.retired_at is null and ($1::uuid is null or c.id = $1) order by c.name, c.id"#,
        only.map(|o| o.0)
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CentreRow {
            id: r.id.into(),
            name: r.name,
            kind: r.kind,
            suburb: r.suburb,
            address: r.address,
            phone: r.phone,
            email: r.email,
            number: r.number,
            zone: r.zone.parse().unwrap_or(Tz::UTC),
            providers: r.providers,
            departments: r.departments,
        })
        .collect())
}

async fn providers(
    c: &mut sqlx::PgConnection,
    only: Option<ProviderId>,
    at: Option<CentreId>,
) -> Result<Vec<ProviderRow>, Error> {
    let rows = sqlx::query!(
        r#"select p.id, a.family_name, a.given_name, p.profession, p.expertise, d.phone, d.email,
                  array(select s.name from clinic.provider_specialty x join clinic.specialty s on s.code = x.specialty
                         where x.provider_id = p.id order by s.name) as "specialties!",
                  array(select c.id from clinic.provider_centre x join clinic.centre c on c.id = x.centre_id
                         where x.provider_id = p.id and c.retired_at is null order by c.name, c.id) as "centre_ids!",
                  array(select c.name from clinic.provider_centre x join clinic.centre c on c.id = x.centre_id
                         where x.provider_id = p.id and c.retired_at is null order by c.name, c.id) as "centre_names!",
                  (select c.zone from clinic.provider_centre x join clinic.centre c on c.id = x.centre_id
                    where x.provider_id = p.id and c.retired_at is null order by c.name, c.id limit 1) as zone
           from clinic.provider p join clinic.account a on a.id = p.account_id left join clinic.account_details() d on d.id = a.id
           where a.deactivated_at is null and ($1::uuid is null or p.id = $1)
             and ($2::uuid is null or exists (select from clinic.provider_centre x where x.provider_id = p.id and x.centre_id = $2))
           order by a.family_name, a.given_name, p.id"#,
        only.map(|o| o.0),
        at.map(|o| o.0)
    )
    .fetch_all(&mut *c)
    .await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|r| r.id).collect();
    let free: HashMap<uuid::Uuid, (NextFree, String)> = sqlx::query!(
        r#"select f.provider_id as "provider!", f.centre_id as "centre!", f.clinic_session_id as "session!", f.starts_at as "starts_at!",
                  c.zone
           from clinic.next_free($1) f join clinic.centre c on c.id = f.centre_id"#,
        &ids
    )
    .fetch_all(&mut *c)
    .await?
    .into_iter()
    .map(|f| {
        let next = NextFree { session: f.session.into(), centre: f.centre.into(), starts_at: f.starts_at };
        (f.provider, (next, f.zone))
    })
    .collect();
    Ok(rows
        .into_iter()
        .map(|r| {
            let next = free.get(&r.id);
            let zone = next.map(|(_, z)| z.as_str()).or(r.zone.as_deref()).and_then(|z| z.parse().ok());
            ProviderRow {
                id: r.id.into(),
                name: PersonName::new(r.family_name, r.given_name),
                profession: r.profession,
                specialties: r.specialties,
                expertise: r.expertise,
                phone: r.phone,
                email: r.email,
                centres: r.centre_ids.into_iter().map(CentreId).zip(r.centre_names).collect(),
                next_free: next.map(|(n, _)| *n),
                zone: zone.unwrap_or(Tz::UTC),
            }
        })
        .collect())
}
