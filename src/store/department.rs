//! Departments of centres: opened, closed with a word on when they open again, and renamed.
use super::{Error, Event, Store, account::known, stale};
use crate::domain::{
    actor::Actor,
    centre::{DepartmentDetails, DepartmentEntry},
    ids::{DepartmentId, RequestId},
};

impl Store {
    /// Every department in the order of centres and names.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn department_entries(&self, actor: &Actor) -> Result<Vec<DepartmentEntry>, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select d.id, d.version, d.centre_id, x.name as centre_name, d.name, d.services, d.opens, d.closed
                     from clinic.department d join clinic.centre x on x.id = d.centre_id
                     where d.retired_at is null order by x.name_key, lower(d.name), d.id"
                )
                .fetch_all(c)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|r| DepartmentEntry {
                        id: r.id.into(),
                        version: r.version,
                        centre_name: r.centre_name,
                        details: DepartmentDetails {
                            centre: r.centre_id.into(),
                            name: r.name,
                            services: r.services.unwrap_or_default(),
                            closed: r.closed,
                            opens: r.opens.unwrap_or_default(),
                        },
                    })
                    .collect())
            })
        })
        .await
    }

    /// A new department.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the centre has one of that name.
    pub async fn add_department(
        &self,
        actor: &Actor,
        request: RequestId,
        id: DepartmentId,
        d: DepartmentDetails,
    ) -> Result<DepartmentId, Error> {
        let event = Event::new("department.add", "department").id(id);
        let arguments = (id, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                sqlx::query!(
                    "insert into clinic.department (id, centre_id, name, services, opens, closed) values ($1, $2, $3, $4, $5, $6)",
                    id.0,
                    d.centre.0,
                    d.name,
                    known(&d.services),
                    known(&d.opens),
                    d.closed
                )
                .execute(c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Replaces what the form says about a department; it stays at its centre. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Duplicate`] when the centre has another one of that name.
    pub async fn change_department(
        &self,
        actor: &Actor,
        request: RequestId,
        id: DepartmentId,
        seen: i64,
        d: DepartmentDetails,
    ) -> Result<i64, Error> {
        let event = Event::new("department.change", "department")
            .id(id)
            .facts(serde_json::json!({ "closed": d.closed }));
        let arguments = (id, seen, d.clone());
        self.write(actor, request, event, &arguments, move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.department set name = $3, services = $4, opens = $5, closed = $6
                     where id = $1 and version = $2 returning version",
                    id.0,
                    seen,
                    d.name,
                    known(&d.services),
                    known(&d.opens),
                    d.closed
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(version) => Ok(version),
                    None => Err(stale::department(c, id.0).await?),
                }
            })
        })
        .await
    }
}
