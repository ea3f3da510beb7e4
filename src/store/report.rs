//! Reports that belong to a visit: what they are called and where their file is; the file itself is not kept here.
use super::{
    Error, Event, Store,
    authored::{authored, coded},
    sealed,
};
use crate::domain::{
    actor::Actor,
    ids::{ReportId, RequestId},
    record::VisitRef,
    service_request::{NewReport, Report, ReportType},
};
use sqlx::PgConnection;
use uuid::Uuid;

impl Store {
    /// Adds a report to a visit, or to one of its orders.
    ///
    /// # Errors
    /// [`Error::Refused`] when the speaker may not write in the visit or it is signed.
    pub async fn add_report(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        report: NewReport,
    ) -> Result<ReportId, Error> {
        let event = Event::new("tests.add-report", "encounter")
            .id(visit.encounter.0)
            .patient(visit.patient)
            .facts(serde_json::json!({ "type": report.kind.code() }));
        self.write(actor, request, event, &(visit, report.clone()), move |c| {
            Box::pin(async move {
                let id = ReportId::new();
                let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
                let text = keys.row("report", visit.patient.0, id);
                let done = sqlx::query!(
                    "insert into clinic.report (id, encounter_id, service_request_id, patient_id, type, title, facility, file_name, author)
                     select $1, e.id, $4, e.patient_id, $5, $6, $7, $8, auth.actor()
                       from clinic.encounter e where e.id = $2 and e.patient_id = $3",
                    id.0,
                    visit.encounter.0,
                    visit.patient.0,
                    report.order.map(|o| o.0),
                    report.kind.code(),
                    text.seal_required("title", &report.title)?,
                    text.seal("facility", &report.facility)?,
                    text.seal("file_name", &report.file_name)?
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
            })
        })
        .await
    }
}

/// The reports of a visit, oldest first.
pub(super) async fn reports(c: &mut PgConnection, encounter: Uuid) -> Result<Vec<Report>, Error> {
    let rows = sqlx::query!(
        r#"select r.id, r.patient_id, r.encounter_id, r.service_request_id, r.type as kind, r.title, r.facility, r.file_name, r.created_at,
                  r.struck_at, coalesce(r.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.report r
           left join clinic.account a on a.id = r.author
           left join clinic.account s on s.id = r.struck_by
           where r.encounter_id = $1 order by r.created_at, r.id"#,
        encounter
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("report", r.patient_id, r.id);
            Ok(Report {
                id: r.id.into(),
                encounter: r.encounter_id.into(),
                what: NewReport {
                    kind: coded(ReportType::from_code(&r.kind), "report type")?,
                    title: text.open("title", Some(&r.title))?,
                    facility: text.open("facility", r.facility.as_deref())?,
                    file_name: text.open("file_name", r.file_name.as_deref())?,
                    order: r.service_request_id.map(Into::into),
                },
                written: authored(
                    r.mine,
                    (r.a_family, r.a_given),
                    r.created_at,
                    (r.s_family, r.s_given),
                    r.struck_at,
                ),
            })
        })
        .collect()
}
