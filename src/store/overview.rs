//! The first screens of those who treat nobody: totals, applications and the last entries of the log. Identity and
//! numbers only, never what is in a record.
use super::{Error, Store, access_work};
use crate::domain::{
    access::AccessWork,
    actor::Actor,
    ids::{AuditEventId, RegistrationId},
    name::PersonName,
};
use chrono::{DateTime, Utc};

/// How many log entries the overview shows.
const LAST_ENTRIES: i64 = 10;

/// What the clinic has, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub patients: i64,
    pub providers: i64,
    pub staff: i64,
    pub centres: i64,
    /// Sessions of today, each centre's own date.
    pub sessions_today: i64,
    pub appointments_today: i64,
    /// Booked or arrived on earlier days, never closed.
    pub left_open: i64,
}

/// A provider who waits to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingProvider {
    pub registration: RegistrationId,
    pub name: PersonName,
    pub profession: String,
    pub asked_at: DateTime<Utc>,
}

/// One entry of the log, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub event: AuditEventId,
    pub at: DateTime<Utc>,
    /// The login of who did it; `-` where nobody was signed in.
    pub login: String,
    pub action: String,
    pub entity: String,
    /// `done` or `refused`.
    pub outcome: String,
}

/// What the home of an administrator or auditor shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Administrators only.
    pub totals: Option<Totals>,
    pub pending: Vec<PendingProvider>,
    pub log: Vec<LogLine>,
    /// What waits for a decision about access.
    pub work: AccessWork,
}

impl Store {
    /// Totals and applications for administrators; the last entries of the log for them and for auditors.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn overview(&self, actor: &Actor) -> Result<Overview, Error> {
        let administrator = actor.role == crate::domain::actor::Role::Administrator;
        self.read(actor, move |c| {
            Box::pin(async move {
                let mut seen = Overview { work: access_work::work(&mut *c).await?, ..Overview::default() };
                if administrator {
                    let t = sqlx::query!(
                        r#"select (select count(*) from clinic.patient where deactivated_at is null) as "patients!",
                                  (select count(*) from clinic.provider p join clinic.account a on a.id = p.account_id
                                    where a.deactivated_at is null) as "providers!",
                                  (select count(*) from clinic.account where role <> 'patient' and deactivated_at is null) as "staff!",
                                  (select count(*) from clinic.centre where retired_at is null) as "centres!",
                                  (select count(*) from clinic.clinic_session s join clinic.centre c on c.id = s.centre_id
                                    where s.removed_at is null and s.day = (clinic.now() at time zone c.zone)::date) as "sessions!",
                                  (select count(*) from clinic.appointment a join clinic.centre c on c.id = a.centre_id
                                    where a.status <> 'cancelled' and a.day = (clinic.now() at time zone c.zone)::date) as "appointments!",
                                  (select count(*) from clinic.appointment a join clinic.centre c on c.id = a.centre_id
                                    where a.status in ('booked', 'arrived') and a.day < (clinic.now() at time zone c.zone)::date) as "left_open!""#
                    )
                    .fetch_one(&mut *c)
                    .await?;
                    seen.totals = Some(Totals {
                        patients: t.patients,
                        providers: t.providers,
                        staff: t.staff,
                        centres: t.centres,
                        sessions_today: t.sessions,
                        appointments_today: t.appointments,
                        left_open: t.left_open,
                    });
                    seen.pending = sqlx::query!(
                        "select r.id, r.family_name, r.given_name, r.profession, r.created_at from clinic.provider_registration r
                         where r.state = 'pending' order by r.created_at, r.id limit 50"
                    )
                    .fetch_all(&mut *c)
                    .await?
                    .into_iter()
                    .map(|r| PendingProvider {
                        registration: r.id.into(),
                        name: PersonName::new(r.family_name, r.given_name),
                        profession: r.profession,
                        asked_at: r.created_at,
                    })
                    .collect();
                }
                seen.log = sqlx::query!(
                    r#"select e.id, e.at, coalesce(d.login, '-') as "login!", e.action, e.entity, e.outcome
                       from audit.event e left join clinic.account_details() d on d.id = e.account_id
                       order by e.at desc, e.id desc limit $1"#,
                    LAST_ENTRIES
                )
                .fetch_all(&mut *c)
                .await?
                .into_iter()
                .map(|r| LogLine {
                    event: r.id.into(),
                    at: r.at,
                    login: r.login,
                    action: r.action,
                    entity: r.entity,
                    outcome: r.outcome,
                })
                .collect();
                Ok(seen)
            })
        })
        .await
    }
}
