//! Booking, moving and changing the status of appointments. The rules are the database's (`clinic.appointment_rules`).
use super::{Error, Event, Store, sealed};
use crate::domain::{
    actor::Actor,
    ids::{AppointmentId, RequestId},
};
use sqlx::PgConnection;

impl Store {
    /// Moves an appointment to another status, with the reason where one is needed. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when the edge is not allowed.
    pub async fn set_status(
        &self,
        actor: &Actor,
        request: RequestId,
        appointment: AppointmentId,
        seen: i64,
        status: &'static str,
        why: &str,
    ) -> Result<i64, Error> {
        let event = Event::new("appointment.set-status", "appointment")
            .id(appointment.0)
            .facts(serde_json::json!({ "to": status }));
        let why = sealed::seal(why);
        self.write(actor, request, event, &(appointment, status), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.appointment set status = $3, status_why = $4 where id = $1 and version = $2 returning version",
                    appointment.0,
                    seen,
                    status,
                    why
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale(c, appointment).await?),
                }
            })
        })
        .await
    }
}

/// Who changed the appointment since it was read, or that it is gone.
async fn stale(c: &mut PgConnection, appointment: AppointmentId) -> Result<Error, Error> {
    let row = sqlx::query!(
        r#"select x.changed_at, coalesce(a.given_name || ' ' || a.family_name, 'Somebody') as "by!"
           from clinic.appointment x left join clinic.account a on a.id = x.changed_by where x.id = $1"#,
        appointment.0
    )
    .fetch_optional(c)
    .await?;
    Ok(row.map_or(Error::NotFound, |r| Error::Stale { by: r.by, at: r.changed_at }))
}
