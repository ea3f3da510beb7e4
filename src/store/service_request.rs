//! Ordering tests and moving them along. The order of the statuses is the database's (`clinic.service_request_rules`).
use super::{
    Error, Event, Store,
    authored::{authored, by, coded, stale},
    report, result, sealed,
};
use crate::domain::{
    actor::Actor,
    ids::{RequestId, ServiceRequestId},
    record::VisitRef,
    service_request::{NewTest, Report, TestOrder, TestStatus, TestUrgency},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the Tests tab shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VisitTests {
    /// Ordered in this visit, as they were ordered.
    pub orders: Vec<TestOrder>,
    /// Ordered in other visits: those that wait to be looked at first, then the newest.
    pub earlier: Vec<TestOrder>,
    /// Reports of this visit.
    pub reports: Vec<Report>,
}

impl Store {
    /// The tests of a visit and of the patient's earlier ones. `opened`: a person opened the view, which is logged.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn visit_tests(
        &self,
        actor: &Actor,
        visit: VisitRef,
        opened: bool,
    ) -> Result<VisitTests, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                if opened {
                    Event::new("tests.open", "encounter")
                        .id(visit.encounter.0)
                        .patient(visit.patient)
                        .record(&mut *c)
                        .await?;
                }
                let all = orders(c, None, Some(visit.patient.0)).await?;
                let (orders, mut earlier): (Vec<_>, Vec<_>) =
                    all.into_iter().partition(|o| o.encounter == visit.encounter);
                earlier.sort_by_key(|o| (!o.waits(), std::cmp::Reverse(o.ordered_at)));
                let reports = report::reports(c, visit.encounter.0).await?;
                Ok(VisitTests { orders, earlier, reports })
            })
        })
        .await
    }

    /// Orders tests in a visit.
    ///
    /// # Errors
    /// [`Error::Refused`] when the speaker may not write in the visit or it is signed.
    pub async fn order_tests(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        tests: Vec<NewTest>,
    ) -> Result<Vec<ServiceRequestId>, Error> {
        let event = Event::new("tests.order", "service_request")
            .patient(visit.patient)
            .facts(serde_json::json!({ "encounter": visit.encounter, "tests": tests.len() }));
        self.write(actor, request, event, &(visit, tests.clone()), move |c| {
            Box::pin(async move {
                let mut made = Vec::with_capacity(tests.len());
                for test in &tests {
                    made.push(insert(c, visit, test).await?);
                }
                Ok(made)
            })
        })
        .await
    }

    /// Moves a test along. Returns its new version.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody changed it since `seen`; [`Error::Refused`] when the step is not allowed.
    pub async fn set_test_status(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        order: ServiceRequestId,
        seen: i64,
        status: TestStatus,
    ) -> Result<i64, Error> {
        let event = Event::new("tests.set-status", "service_request")
            .id(order.0)
            .patient(visit.patient)
            .facts(serde_json::json!({ "to": status.code() }));
        self.write(actor, request, event, &(order, status), move |c| {
            Box::pin(async move {
                let version = sqlx::query_scalar!(
                    "update clinic.service_request set status = $3
                      where id = $1 and version = $2 and struck_at is null returning version",
                    order.0,
                    seen,
                    status.code()
                )
                .fetch_optional(&mut *c)
                .await?;
                match version {
                    Some(v) => Ok(v),
                    None => Err(stale!(c, "clinic.service_request", order.0)),
                }
            })
        })
        .await
    }
}

async fn insert(c: &mut PgConnection, visit: VisitRef, test: &NewTest) -> Result<ServiceRequestId, Error> {
    let id = ServiceRequestId::new();
    let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
    let text = keys.row("service_request", visit.patient.0, id);
    let done = sqlx::query!(
        "insert into clinic.service_request (id, encounter_id, patient_id, code, name, panel, specimen, urgency, notes, ordered_at, author)
         select $1, e.id, e.patient_id, $4, $5, $6, $7, $8, $9, clinic.now(), auth.actor()
           from clinic.encounter e where e.id = $2 and e.patient_id = $3",
        id.0,
        visit.encounter.0,
        visit.patient.0,
        test.code,
        text.seal_required("name", &test.name)?,
        test.panel,
        text.seal("specimen", test.specimen.as_deref().unwrap_or_default())?,
        test.urgency.code(),
        text.seal("notes", &test.notes)?
    )
    .execute(&mut *c)
    .await?;
    if done.rows_affected() == 1 { Ok(id) } else { Err(Error::NotFound) }
}

/// The tests of a visit or of a patient, as they were ordered, with their results.
pub(super) async fn orders(
    c: &mut PgConnection,
    encounter: Option<Uuid>,
    patient: Option<Uuid>,
) -> Result<Vec<TestOrder>, Error> {
    let rows = sqlx::query!(
        r#"select r.id, r.patient_id, r.encounter_id, r.version, r.code, r.name, r.panel, r.specimen, r.urgency, r.notes, r.status, r.ordered_at,
                  r.created_at, r.reviewed_at, r.struck_at, coalesce(r.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", v.family_name as "v_family?", v.given_name as "v_given?",
                  s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.service_request r
           left join clinic.account a on a.id = r.author
           left join clinic.account v on v.id = r.reviewed_by
           left join clinic.account s on s.id = r.struck_by
           where ($1::uuid is null or r.encounter_id = $1) and ($2::uuid is null or r.patient_id = any ((select clinic.records_of($2))::uuid[]))
           order by r.ordered_at, r.id"#,
        encounter,
        patient
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(&mut *c, rows.iter().map(|r| r.patient_id)).await?;
    let mut results = result::results(c, encounter, patient).await?;
    rows.into_iter()
        .map(|r| {
            let text = keys.row("service_request", r.patient_id, r.id);
            Ok(TestOrder {
                id: r.id.into(),
                encounter: r.encounter_id.into(),
                version: r.version,
                what: NewTest {
                    code: r.code,
                    name: text.open("name", Some(&r.name))?,
                    panel: r.panel,
                    specimen: Some(text.open("specimen", r.specimen.as_deref())?).filter(|s| !s.is_empty()),
                    urgency: coded(TestUrgency::from_code(&r.urgency), "urgency")?,
                    notes: text.open("notes", r.notes.as_deref())?,
                },
                status: coded(TestStatus::from_code(&r.status), "test status")?,
                ordered_at: r.ordered_at,
                reviewed: by((r.v_family, r.v_given), r.reviewed_at),
                written: authored(
                    r.mine,
                    (r.a_family, r.a_given),
                    r.created_at,
                    (r.s_family, r.s_given),
                    r.struck_at,
                ),
                results: results.remove(&r.id).unwrap_or_default(),
            })
        })
        .collect()
}
