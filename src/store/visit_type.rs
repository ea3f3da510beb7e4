//! The catalogue of visit types: read by whoever books, kept by administrators; retired, never deleted.
use super::{Error, Event, Store, stale};
use crate::domain::{
    actor::Actor,
    ids::{RequestId, VisitTypeId},
    room::RoomKind,
    visit_type::{VisitType, VisitTypeDetails},
};

impl Store {
    /// Every visit type in the order of names, retired ones last.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn visit_types(&self, actor: &Actor) -> Result<Vec<VisitType>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select id, version, code, name, minutes, price_cents, buffer_minutes, professions, room_kind,
                              retired_at is not null as "retired!"
                         from clinic.visit_type order by retired_at is not null, lower(name), code"#
                )
                .fetch_all(c)
                .await?;
                let number = |n: i32| u32::try_from(n).unwrap_or(0);
                Ok(rows
                    .into_iter()
                    .map(|r| VisitType {
                        id: r.id.into(),
                        version: r.version,
                        code: r.code,
                        details: VisitTypeDetails {
                            name: r.name,
                            minutes: number(r.minutes),
                            price_cents: number(r.price_cents),
                            buffer_minutes: number(r.buffer_minutes),
                            professions: r.professions,
                            room_kind: r.room_kind.as_deref().and_then(RoomKind::from_code),
                        },
                        retired: r.retired,
                    })
                    .collect())
            })
        })
        .await
    }

    /// A new visit type, called `code` by bookings and the command line.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the code is taken.
    pub async fn add_visit_type(
        &self,
        actor: &Actor,
        request: RequestId,
        id: VisitTypeId,
        code: String,
        d: VisitTypeDetails,
    ) -> Result<VisitTypeId, Error> {
        let event =
            Event::new("visit-type.add", "visit_type").id(id.0).facts(serde_json::json!({ "code": code }));
        let arguments = (id, code.clone(), d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
                sqlx::query!(
                    "insert into clinic.visit_type (id, code, name, minutes, price_cents, buffer_minutes, professions, room_kind)
                     values ($1, $2, $3, $4, $5, $6, $7, $8)",
                    id.0,
                    code,
                    d.name,
                    number(d.minutes),
                    number(d.price_cents),
                    number(d.buffer_minutes),
                    &d.professions,
                    d.room_kind.map(RoomKind::code)
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Replaces what the form says about a visit type; what is booked stays as it was booked. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub async fn change_visit_type(
        &self,
        actor: &Actor,
        request: RequestId,
        id: VisitTypeId,
        seen: i64,
        d: VisitTypeDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("visit-type.change", "visit_type").id(id.0);
        let arguments = (id, seen, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
                let version = sqlx::query_scalar!(
                    "update clinic.visit_type set name = $3, minutes = $4, price_cents = $5, buffer_minutes = $6,
                            professions = $7, room_kind = $8
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    d.name,
                    number(d.minutes),
                    number(d.price_cents),
                    number(d.buffer_minutes),
                    &d.professions,
                    d.room_kind.map(RoomKind::code)
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::visit_type(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Retires a visit type, or takes it into use again. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub async fn retire_visit_type(
        &self,
        actor: &Actor,
        request: RequestId,
        id: VisitTypeId,
        seen: i64,
        retired: bool,
    ) -> Result<i64, Error> {
        let name = if retired { "visit-type.retire" } else { "visit-type.reopen" };
        let event = Event::new(name, "visit_type").id(id.0);
        self.write(actor, request, event, &(id, seen, retired), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.visit_type set retired_at = case when $3 then clinic.now() end
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    retired
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::visit_type(c, id.0).await?),
                }
            })
        })
        .await
    }
}
