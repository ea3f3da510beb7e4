//! Holds that go with their session, or with its hours, and are there again when that is taken back. What was to be released
//! meanwhile stays released.
use super::{Error, Event, session_slots::HoldKind};
use crate::domain::{
    ids::{ClinicSessionId, HoldId},
    time::Period,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

/// Time of a session that was held back before the session went or got other hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostHold {
    pub id: HoldId,
    pub session: ClinicSessionId,
    pub kind: HoldKind,
    pub period: Period,
    pub release: DateTime<Utc>,
}

/// What is held in these sessions and not released yet. Their rows are locked by the caller.
pub(super) async fn held(c: &mut PgConnection, sessions: &[ClinicSessionId]) -> Result<Vec<LostHold>, Error> {
    let ids: Vec<uuid::Uuid> = sessions.iter().map(|s| s.0).collect();
    let rows = sqlx::query!(
        "select id, clinic_session_id, kind, starts_at, ends_at, release_at from clinic.held_slot
          where clinic_session_id = any ($1) and release_at > clinic.now() order by starts_at, id",
        &ids
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| LostHold {
            id: r.id.into(),
            session: r.clinic_session_id.into(),
            kind: if r.kind == HoldKind::Urgent.code() { HoldKind::Urgent } else { HoldKind::SameDay },
            period: Period { start: r.starts_at, end: r.ends_at },
            release: r.release_at,
        })
        .collect())
}

/// Of what was held in a session that which is not held now.
pub(super) fn lost(before: &[LostHold], after: &[LostHold], session: ClinicSessionId) -> Vec<LostHold> {
    let gone = |h: &&LostHold| h.session == session && !after.iter().any(|a| a.id == h.id);
    before.iter().filter(gone).copied().collect()
}

/// Holds again, in a session that is as it was, what is not to be released by now. Returns how many that are.
pub(super) async fn hold_again(
    c: &mut PgConnection,
    session: ClinicSessionId,
    holds: &[LostHold],
) -> Result<u32, Error> {
    let mut again = 0;
    for h in holds {
        let done = sqlx::query!(
            "insert into clinic.held_slot (id, clinic_session_id, provider_id, day, kind, starts_at, ends_at, release_at)
             select $1, s.id, s.provider_id, s.day, $3, $4, $5, $6
               from clinic.clinic_session s
              where s.id = $2 and $6 > clinic.now() and $5 > clinic.now()
                and (select auth.permits('session.hold')) is not null
             on conflict do nothing",
            h.id.0,
            session.0,
            h.kind.code(),
            h.period.start,
            h.period.end,
            h.release
        )
        .execute(&mut *c)
        .await?;
        again += u32::try_from(done.rows_affected()).unwrap_or(0);
    }
    if again > 0 {
        let facts = serde_json::json!({ "holds": again, "undone": true });
        Event::new("session.hold", "clinic_session").id(session.0).facts(facts).record(c).await?;
    }
    Ok(again)
}
