//! Rooms: kept by administrators, given out at the desk. That two visits never share one is the database's constraint.
use super::{Error, Event, Store, account::known, stale};
use crate::domain::{
    actor::Actor,
    ids::{AppointmentId, CentreId, RequestId, RoomId},
    room::{Room, RoomDetails, RoomKind},
};

impl Store {
    /// The rooms of a centre, or of all, with who is in each now; retired ones last.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn rooms(&self, actor: &Actor, centre: Option<CentreId>) -> Result<Vec<Room>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select r.id, r.version, r.centre_id, c.name as centre_name, r.name, r.kind, coalesce(r.equipment, '') as "equipment!",
                              r.retired_at is not null as "retired!",
                              (select a.id from clinic.appointment a
                                where a.room_id = r.id and a.status in ('arrived', 'in_progress')
                                order by a.status = 'in_progress' desc, a.starts_at limit 1) as holds
                         from clinic.room r join clinic.centre c on c.id = r.centre_id
                        where $1::uuid is null or r.centre_id = $1
                        order by r.retired_at is not null, c.name, lower(r.name), r.id"#,
                    centre.map(|c| c.0)
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| Room {
                        id: r.id.into(),
                        version: r.version,
                        centre: r.centre_id.into(),
                        centre_name: r.centre_name,
                        details: RoomDetails {
                            name: r.name,
                            kind: RoomKind::from_code(&r.kind).unwrap_or(RoomKind::Other),
                            equipment: r.equipment,
                        },
                        retired: r.retired,
                        holds: r.holds.map(Into::into),
                    })
                    .collect())
            })
        })
        .await
    }

    /// A new room.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the centre has a room of that name.
    pub async fn add_room(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RoomId,
        centre: CentreId,
        d: RoomDetails,
    ) -> Result<RoomId, Error> {
        let event = Event::new("room.add", "room").id(id.0);
        let arguments = (id, centre, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                sqlx::query!(
                    "insert into clinic.room (id, centre_id, name, kind, equipment) values ($1, $2, $3, $4, $5)",
                    id.0,
                    centre.0,
                    d.name,
                    d.kind.code(),
                    known(&d.equipment)
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Replaces what the form says about a room. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when the centre has another room of that name.
    pub async fn change_room(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RoomId,
        seen: i64,
        d: RoomDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("room.change", "room").id(id.0);
        let arguments = (id, seen, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.room set name = $3, kind = $4, equipment = $5 where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    d.name,
                    d.kind.code(),
                    known(&d.equipment)
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::room(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Retires a room, or takes it into use again. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Refused`] by `room_has_bookings`; [`Error::Stale`].
    pub async fn retire_room(
        &self,
        actor: &Actor,
        request: RequestId,
        id: RoomId,
        seen: i64,
        retired: bool,
    ) -> Result<i64, Error> {
        let event = Event::new(if retired { "room.retire" } else { "room.reopen" }, "room").id(id.0);
        self.write(actor, request, event, &(id, seen, retired), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.room set retired_at = case when $3 then clinic.now() end
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    retired
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::room(c, id.0).await?),
                }
            })
        })
        .await
    }

    /// Puts an appointment into a room of its centre, or takes it out of one. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Overlap`] when somebody else is in the room at that time; [`Error::Refused`] for a room of another centre or a
    /// retired one; [`Error::Stale`].
    pub async fn set_room(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        room: Option<RoomId>,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.set-room", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "room": room }));
        self.write(actor, request, event, &(appointment, seen, room), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.appointment set room_id = $3 where id = $1 and version = $2 returning version",
                    appointment.0,
                    seen,
                    room.map(|r| r.0)
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::appointment(c, appointment.0).await?),
                }
            })
        })
        .await
    }
}
