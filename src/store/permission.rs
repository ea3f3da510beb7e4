//! The rules of permission as the database has them now, and why something is not permitted.
use super::{Error, Event, Store, authored::coded, refusal};
use crate::domain::{
    actor::{Actor, Role},
    ids::{AppointmentId, EncounterId, PatientId, PermissionChangeId, RequestId},
    name::PersonName,
    permission::{Code, Table},
    why::Why,
};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// What a visit costs, as far as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitFee {
    pub encounter: EncounterId,
    pub version: i64,
    /// In cents of the site's currency.
    pub cents: Option<i32>,
    /// It is part of a signed visit, and stays.
    pub signed: bool,
}

impl Store {
    /// The rules as they were read last; the program's own before anybody has signed in.
    #[must_use]
    pub fn permissions(&self) -> Arc<Table> {
        self.0.permissions.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads the rules of every role, keeps them and hands them out.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn read_permissions(&self, actor: &Actor) -> Result<Arc<Table>, Error> {
        let rules = self
            .read(actor, |c| {
                Box::pin(async move {
                    Ok(sqlx::query!(
                        r#"select r.action, r.role,
                                  case when r.next_at <= (select clinic.now()) then r.next_codes else r.codes end as "codes!"
                           from clinic.policy_rule r"#
                    )
                    .fetch_all(c)
                    .await?)
                })
            })
            .await?;
        let rules = rules.into_iter().map(|r| (r.action, r.role, r.codes));
        let table = Arc::new(Table::built_in().with(rules));
        *self.0.permissions.write().unwrap_or_else(std::sync::PoisonError::into_inner) = table.clone();
        Ok(table)
    }

    /// Why the person may not do this, of this patient, to this thing; `None`: they may.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn why_not(
        &self,
        actor: &Actor,
        action: &'static str,
        patient: Option<PatientId>,
        object: Option<Uuid>,
    ) -> Result<Option<Why>, Error> {
        let (table, role) = (self.permissions(), actor.role);
        if table.action(action).is_none() {
            return Ok(None);
        }
        self.read(actor, move |c| {
            Box::pin(async move {
                let answer =
                    sqlx::query_scalar!("select auth.may($1, $2, $3)", action, patient.map(|p| p.0), object)
                        .fetch_one(c)
                        .await?;
                Ok(answer.map(|code| refusal::because(&table, role, action, &code)))
            })
        })
        .await
    }
}

/// A change of a permission that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionChange {
    pub id: PermissionChangeId,
    pub action: String,
    pub role: Role,
    pub before: Vec<Code>,
    pub codes: Vec<Code>,
    pub why: String,
    pub by: PersonName,
    /// Proposed by the signed-in person.
    pub mine: bool,
    pub at: DateTime<Utc>,
    /// When it takes effect by itself; nothing where a second administrator confirms it.
    pub due: Option<DateTime<Utc>>,
}

impl Store {
    /// The changes that wait for a second administrator or for their hour, the newest first.
    ///
    /// # Errors
    /// Those of the line to the server. Nobody but who decides sees any.
    pub async fn permission_changes(&self, actor: &Actor) -> Result<Vec<PermissionChange>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"select x.id, x.action, x.role, x.codes_before, x.codes, x.why, x.proposed_at, x.effective_at,
                              x.proposed_by = auth.actor() as "mine!", a.family_name, a.given_name
                       from clinic.policy_change x join clinic.account a on a.id = x.proposed_by
                       where x.state = 'proposed' and (x.effective_at is null or x.effective_at > clinic.now())
                       order by x.proposed_at desc, x.id"#
                )
                .fetch_all(c)
                .await?;
                rows.into_iter()
                    .map(|r| {
                        Ok(PermissionChange {
                            id: r.id.into(),
                            role: coded(Role::from_code(&r.role), "role")?,
                            action: r.action,
                            before: codes(&r.codes_before),
                            codes: codes(&r.codes),
                            why: r.why,
                            by: PersonName::new(r.family_name, r.given_name),
                            mine: r.mine,
                            at: r.proposed_at,
                            due: r.effective_at,
                        })
                    })
                    .collect()
            })
        })
        .await
    }

    /// Proposes other codes for a role and an action; none takes the permission away. Where nobody else could confirm it, it
    /// takes effect after 24 hours: then that instant is returned.
    ///
    /// # Errors
    /// [`Error::Refused`] by `permission_pending`, `permission_unchanged`, `permission_code`, `permission_leaves_nobody`.
    pub async fn propose_permission(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PermissionChangeId,
        cell: (String, Role),
        wanted: Vec<Code>,
        why: String,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let names: Vec<String> = wanted.iter().map(|c| c.name().to_owned()).collect();
        let (action, role) = (cell.0, cell.1.code());
        let facts = serde_json::json!({ "action": action, "role": role, "codes": names, "why": why });
        let event = Event::new("permission.propose", "policy_change").id(id.0).facts(facts);
        let arguments = (id, action.clone(), role, names.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                Ok(sqlx::query_scalar!(
                    "select clinic.propose_permission($1, $2, $3, $4, $5)",
                    id.0,
                    action,
                    role,
                    &names,
                    why
                )
                .fetch_one(c)
                .await?)
            })
        })
        .await
    }

    /// Confirms what another administrator proposed: it is in effect at once.
    ///
    /// # Errors
    /// [`Error::Refused`] by `permission_second_person` or `permission_decided`.
    pub async fn confirm_permission(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PermissionChangeId,
    ) -> Result<(), Error> {
        let event = Event::new("permission.confirm", "policy_change").id(id.0);
        self.write(actor, request, event, &id, move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.confirm_permission($1)", id.0).fetch_one(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes a proposal back, one's own or another administrator's.
    ///
    /// # Errors
    /// [`Error::Refused`] by `permission_decided`.
    pub async fn withdraw_permission(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PermissionChangeId,
    ) -> Result<(), Error> {
        let event = Event::new("permission.withdraw", "policy_change").id(id.0);
        self.write(actor, request, event, &id, move |c| {
            Box::pin(async move {
                sqlx::query!("select clinic.withdraw_permission($1)", id.0).fetch_one(c).await?;
                Ok(())
            })
        })
        .await
    }

    /// The fee of an appointment's visit, for whoever may set it; nothing when there is no visit yet.
    ///
    /// # Errors
    /// [`Error::Refused`] by `not_permitted`.
    pub async fn visit_fee(
        &self,
        actor: &Actor,
        appointment: AppointmentId,
    ) -> Result<Option<VisitFee>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let found = sqlx::query!(
                    r#"select id as "id!", version as "version!", fee_cents, signed as "signed!" from clinic.visit_fee($1)"#,
                    appointment.0
                )
                .fetch_optional(c)
                .await?;
                Ok(found.map(|r| VisitFee {
                    encounter: r.id.into(),
                    version: r.version,
                    cents: r.fee_cents,
                    signed: r.signed,
                }))
            })
        })
        .await
    }

    /// Sets the fee of a visit that was read as version `seen`, also by who may not read the visit. Returns the new version.
    ///
    /// # Errors
    /// [`Error::Refused`] by `not_permitted` or `signed_is_signed`; [`Error::Stale`] when somebody changed the visit.
    pub async fn set_visit_fee(
        &self,
        actor: &Actor,
        request: RequestId,
        encounter: EncounterId,
        seen: i64,
        cents: Option<i32>,
    ) -> Result<i64, Error> {
        let event = Event::new("visit.set-fee", "encounter").id(encounter.0);
        self.write(actor, request, event, &(encounter, seen, cents), move |c| {
            Box::pin(async move {
                let made =
                    sqlx::query_scalar!("select clinic.set_visit_fee($1, $2, $3)", encounter.0, seen, cents)
                        .fetch_one(&mut *c)
                        .await?;
                match made {
                    Some(version) => Ok(version),
                    None => Err(super::encounter::unchanged(c, encounter).await?),
                }
            })
        })
        .await
    }
}

fn codes(names: &[String]) -> Vec<Code> {
    names.iter().filter_map(|n| Code::from_name(n)).collect()
}
