//! Centres as administrators manage them: added, changed, retired; never deleted.
use super::{Error, Event, Store, account::known, stale};
use crate::{
    domain::{
        actor::Actor,
        centre::{CentreDetails, CentreEntry, CentreKind},
        ids::{CentreId, RequestId},
    },
    text::fold,
};

impl Store {
    /// Every centre in the order of names, retired ones last.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn centre_entries(&self, actor: &Actor) -> Result<Vec<CentreEntry>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select x.id, x.version, x.kind, x.number, x.name, x.phone, x.email, x.address, x.suburb, x.zone,
                              x.retired_at is not null as "retired!",
                              (select count(*) from clinic.department d where d.centre_id = x.id and d.retired_at is null) as "departments!",
                              (select count(*) from clinic.provider_centre pc where pc.centre_id = x.id) as "providers!"
                       from clinic.centre x order by x.retired_at is not null, x.name_key, x.id"#
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| CentreEntry {
                        id: r.id.into(),
                        version: r.version,
                        details: CentreDetails {
                            kind: CentreKind::from_code(&r.kind).unwrap_or(CentreKind::MedicalCentre),
                            number: r.number.unwrap_or_default(),
                            name: r.name,
                            phone: r.phone.unwrap_or_default(),
                            email: r.email.unwrap_or_default(),
                            address: r.address.unwrap_or_default(),
                            suburb: r.suburb.unwrap_or_default(),
                            zone: r.zone,
                        },
                        retired: r.retired,
                        departments: r.departments,
                        providers: r.providers,
                    })
                    .collect())
            })
        })
        .await
    }

    /// A new centre.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when number or name is taken.
    pub async fn add_centre(
        &self,
        actor: &Actor,
        request: RequestId,
        id: CentreId,
        details: CentreDetails,
    ) -> Result<CentreId, Error> {
        let event = Event::new("centre.add", "centre").id(id);
        let arguments = (id, details.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                insert(c, id, &details).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Replaces what the form says about a centre. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when number or name is taken.
    pub async fn change_centre(
        &self,
        actor: &Actor,
        request: RequestId,
        id: CentreId,
        seen: i64,
        d: CentreDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("centre.change", "centre").id(id);
        let arguments = (id, seen, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.centre set kind = $3, number = $4, name = $5, name_key = $6, phone = $7, email = $8,
                            address = $9, suburb = $10, zone = $11
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    d.kind.code(),
                    known(&d.number),
                    d.name,
                    fold(&d.name),
                    known(&d.phone),
                    known(&d.email),
                    known(&d.address),
                    known(&d.suburb),
                    d.zone
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::centre(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Retires a centre, or takes it into use again. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Refused`] by `centre_has_sessions` while sessions are planned there.
    pub async fn retire_centre(
        &self,
        actor: &Actor,
        request: RequestId,
        id: CentreId,
        seen: i64,
        retired: bool,
    ) -> Result<i64, Error> {
        let event = Event::new(if retired { "centre.retire" } else { "centre.reopen" }, "centre").id(id);
        self.write(actor, request, event, &(id, seen, retired), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.centre set retired_at = case when $3 then clinic.now() end
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    retired
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::centre(c, id.0).await?),
                }
            })
        })
        .await
    }
}

/// Inserts a centre.
pub(super) async fn insert(c: &mut sqlx::PgConnection, id: CentreId, d: &CentreDetails) -> Result<(), Error> {
    sqlx::query!(
        "insert into clinic.centre (id, kind, number, name, name_key, phone, email, address, suburb, zone)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        d.kind.code(),
        known(&d.number),
        d.name,
        fold(&d.name),
        known(&d.phone),
        known(&d.email),
        known(&d.address),
        known(&d.suburb),
        d.zone
    )
    .execute(c)
    .await?;
    Ok(())
}
