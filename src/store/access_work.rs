//! What waits for somebody's decision about access, in numbers: for the homes.
use super::Error;
use crate::domain::access::AccessWork;
use sqlx::PgConnection;

/// How many requests, connections and reviews wait for the speaker.
pub(super) async fn work(c: &mut PgConnection) -> Result<AccessWork, Error> {
    let r = sqlx::query!(
        r#"select (select count(*) from clinic.access_request r where r.state = 'asked' and r.asker <> auth.actor()) as "requests!",
                              (select count(*) from clinic.connection x where x.state = 'asked'
                                  and (x.patient_id = auth.own_patient() and x.asked_side = 'provider'
                                       or x.provider_id = auth.provider_id() and x.asked_side = 'patient')) as "connections!",
                              (select count(*) from clinic.emergency e where e.verdict is null and e.account_id <> auth.actor()) as "reviews!",
                              (select count(*) from clinic.emergency e where e.verdict is null and e.account_id <> auth.actor()
                                  and e.overdue_from <= clinic.now()) as "overdue!""#
    )
    .fetch_one(c)
    .await?;
    Ok(AccessWork {
        requests: r.requests,
        connections: r.connections,
        reviews: r.reviews,
        overdue: r.overdue,
    })
}
