//! The policies of the site, and the few numbers an administrator's home begins with.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    ids::RequestId,
    policy::{POLICIES, Policy},
};
use chrono::{DateTime, Utc};

/// A policy and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingEntry {
    pub policy: &'static Policy,
    pub value: String,
    pub changed_at: DateTime<Utc>,
}

/// How much of everything there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub staff: i64,
    pub patients: i64,
    pub providers: i64,
    pub centres: i64,
    /// Applications that wait for a decision.
    pub applications: i64,
    /// Appointments of today, cancelled ones left out, each centre in its own zone.
    pub appointments_today: i64,
    /// Refusals in the log of the last 24 hours.
    pub refusals: i64,
}

impl Store {
    /// Every policy with its value, in the order of the list.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn settings(&self, actor: &Actor) -> Result<Vec<SettingEntry>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows =
                    sqlx::query!("select key, value, changed_at from clinic.setting").fetch_all(c).await?;
                Ok(POLICIES
                    .iter()
                    .filter_map(|policy| {
                        let row = rows.iter().find(|r| r.key == policy.key)?;
                        Some(SettingEntry { policy, value: row.value.clone(), changed_at: row.changed_at })
                    })
                    .collect())
            })
        })
        .await
    }

    /// Changes a policy whose value was `seen`. The reason goes to the log.
    ///
    /// # Errors
    /// [`Error::Refused`] by `setting_value`; [`Error::Stale`] when somebody changed it meanwhile.
    pub async fn change_setting(
        &self,
        actor: &Actor,
        request: RequestId,
        key: &'static str,
        seen: String,
        value: String,
        why: String,
    ) -> Result<(), Error> {
        let event = Event::new("setting.change", "setting")
            .facts(serde_json::json!({ "key": key, "from": seen, "to": value, "why": why }));
        let arguments = (key, seen.clone(), value.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.setting set value = $3, changed_at = clinic.now() where key = $1 and value = $2",
                    key,
                    seen,
                    value
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 {
                    return Ok(());
                }
                let at = sqlx::query_scalar!("select changed_at from clinic.setting where key = $1", key)
                    .fetch_optional(&mut *c)
                    .await?
                    .ok_or(Error::NotFound)?;
                Err(Error::Stale { by: crate::tr!("Another administrator").into(), at })
            })
        })
        .await
    }

    /// The numbers of the administrator's home.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn totals(&self, actor: &Actor) -> Result<Totals, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let r = sqlx::query!(
                    r#"select
                        (select count(*) from clinic.account where role <> 'patient' and deactivated_at is null) as "staff!",
                        (select count(*) from clinic.patient where deactivated_at is null) as "patients!",
                        (select count(*) from clinic.provider p join clinic.account a on a.id = p.account_id
                          where a.deactivated_at is null) as "providers!",
                        (select count(*) from clinic.centre where retired_at is null) as "centres!",
                        (select count(*) from clinic.provider_registration where state = 'pending') as "applications!",
                        (select count(*) from clinic.appointment a join clinic.centre x on x.id = a.centre_id
                          where a.day = (clinic.now() at time zone x.zone)::date and a.status <> 'cancelled') as "today!",
                        (select count(*) from audit.event where outcome = 'refused' and at > now() - interval '24 hours') as "refusals!""#
                )
                .fetch_one(c)
                .await?;
                Ok(Totals {
                    staff: r.staff,
                    patients: r.patients,
                    providers: r.providers,
                    centres: r.centres,
                    applications: r.applications,
                    appointments_today: r.today,
                    refusals: r.refusals,
                })
            })
        })
        .await
    }
}
