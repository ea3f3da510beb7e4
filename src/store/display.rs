//! What a waiting-room screen reads, signed in as a service: no name is whole, and nothing else answers to a service.
use super::{
    Connector, Error, Store, appointment::kind_of, appointment::status_of, check_schema, queue, refusal,
    with_token,
};
use crate::{
    clock::Clock,
    domain::{
        predict::{Habits, Slot},
        queue::{Priority, QueuePlace},
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::Connection as _;
use std::sync::Arc;

/// One appointment as the waiting room may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayPlace {
    pub slot: Slot,
    /// Initials, where the policy shows them and the patient waits.
    pub name: Option<String>,
    /// `Smith, A`.
    pub provider_name: String,
}

/// The day of a waiting room.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayDay {
    pub centre_name: String,
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// Patients are called by the ticket of their check-in.
    pub by_ticket: bool,
    /// Whoever is booked, waits or is being seen.
    pub places: Vec<DisplayPlace>,
    pub habits: Arc<Habits>,
}

impl Store {
    /// Signs a service in with its secret; what it may do is listed for it in the database. No sealed text is read.
    ///
    /// # Errors
    /// [`Error::Refused`] by `service_wrong` or `sign_in_wait`; [`Error::Schema`] when program and database do not fit.
    pub async fn open_service(
        connector: Connector,
        clock: Clock,
        name: &str,
        secret: &[u8],
    ) -> Result<Self, Error> {
        let (mut c, options) = connector.primary(None).await?;
        check_schema(&mut c).await?;
        let row = sqlx::query!(
            r#"select outcome as "outcome!", token, wait_seconds from auth.open_service($1, $2)"#,
            name,
            secret
        )
        .fetch_one(&mut c)
        .await?;
        let _ = c.close().await;
        match (row.outcome.as_str(), row.token) {
            ("open", Some(token)) => {
                let options = with_token(options, Some(&token));
                Ok(Self::on(&options, connector, Some(token), clock))
            }
            ("wait", _) => {
                let facts = serde_json::json!({ "seconds": row.wait_seconds });
                Err(Error::Refused(refusal::why("sign_in_wait", &facts)))
            }
            _ => Err(Error::Refused(refusal::why("service_wrong", &serde_json::Value::Null))),
        }
    }

    /// The waiting room's day of the service's centre. What past visits teach is read when `habits` has none.
    ///
    /// # Errors
    /// [`Error::NoSession`] when the service is nobody any more.
    pub async fn display_day(&self, habits: Option<Arc<Habits>>) -> Result<DisplayDay, Error> {
        let mut reading = self.reading().await?;
        let tx = &mut reading.tx;
        let head = sqlx::query!(
            r#"select centre_name as "centre_name!", zone as "zone!", now as "now!", names as "names!" from clinic.display_head(null)"#
        )
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(Error::NoSession)?;
        self.0.clock.follow(head.now);
        let rows = sqlx::query!(
            r#"select id as "id!", name, ticket, provider_id as "provider!", provider_name as "provider_name!", status as "status!",
                      kind as "kind!", priority as "priority!", habit, starts_at as "starts_at!", ends_at as "ends_at!", arrived_at,
                      started_at, called_at, retry_at, room
                 from clinic.display_day(null)"#
        )
        .fetch_all(&mut **tx)
        .await?;
        let habits = match habits {
            Some(known) => known,
            None => Arc::new(queue::habits(tx, None).await?),
        };
        reading.tx.commit().await?;
        let places = rows
            .into_iter()
            .map(|r| {
                Ok(DisplayPlace {
                    slot: Slot {
                        id: r.id.into(),
                        provider: r.provider.into(),
                        status: status_of(&r.status)?,
                        kind: kind_of(&r.kind)?,
                        habit: r.habit,
                        starts_at: r.starts_at,
                        ends_at: r.ends_at,
                        arrived_at: r.arrived_at,
                        started_at: r.started_at,
                        place: QueuePlace {
                            ticket: r.ticket,
                            priority: Priority::from_code(&r.priority),
                            called_at: r.called_at,
                            room: r.room,
                            retry_at: r.retry_at,
                            ..QueuePlace::default()
                        },
                    },
                    name: r.name,
                    provider_name: r.provider_name,
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(DisplayDay {
            centre_name: head.centre_name,
            zone: head.zone.parse().unwrap_or(Tz::UTC),
            now: head.now,
            by_ticket: head.names == "ticket",
            places,
            habits,
        })
    }
}
