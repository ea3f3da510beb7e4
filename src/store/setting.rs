//! The policies of the site: read by everybody, changed by administrators with a reason that goes to the log.
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
}
