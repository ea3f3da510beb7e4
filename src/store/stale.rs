//! Who changed a row since it was read: what a save that lost the race tells the person.
use super::Error;
use sqlx::PgConnection;
use uuid::Uuid;

macro_rules! tables {
    ($($name:ident $table:tt)*) => {$(
        /// Who changed this row last and when, or that it is gone.
        pub(super) async fn $name(c: &mut PgConnection, id: Uuid) -> Result<Error, Error> {
            let row = sqlx::query!(
                r#"select x.changed_at, coalesce(nullif(trim(a.given_name || ' ' || a.family_name), ''), 'Somebody') as "by!"
                   from clinic."# + $table + r#" x left join clinic.account a on a.id = x.changed_by where x.id = $1"#,
                id
            )
            .fetch_optional(c)
            .await?;
            Ok(row.map_or(Error::NotFound, |r| Error::Stale { by: r.by, at: r.changed_at }))
        }
    )*};
}

tables! {
    access_request "access_request"
    connection "connection"
    account "account"
    centre "centre"
    department "department"
    room "room"
    schedule_exception "schedule_exception"
    visit_type "visit_type"
    waitlist_entry "waitlist_entry"
    appointment "appointment"
    provider "provider"
    message "message"
    registration "provider_registration"
    patient_registration "patient_registration"
}
