//! Results typed in under an ordered test, and that somebody has looked at them.
use super::{
    Error, Event, Store,
    authored::{authored, by, coded},
    sealed,
};
use crate::domain::{
    actor::Actor,
    ids::{RequestId, ResultId, ServiceRequestId},
    record::VisitRef,
    service_request::{NewResult, ResultFlag, TestResult},
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

impl Store {
    /// Adds a result to an order, which becomes received.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the order is not one of this patient's that the speaker sees.
    pub async fn add_result(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        order: ServiceRequestId,
        result: NewResult,
    ) -> Result<ResultId, Error> {
        let event = Event::new("tests.add-result", "service_request").id(order.0).patient(visit.patient);
        self.write(actor, request, event, &(order, result.clone()), move |c| {
            Box::pin(async move {
                let id = ResultId::new();
                let keys = sealed::keys_to_write(&mut *c, visit.patient.0).await?;
                let text = keys.row("result", visit.patient.0, id);
                let done = sqlx::query!(
                    "insert into clinic.result (id, service_request_id, patient_id, value, numeric_value, unit, range_low, range_high,
                            range_text, flag, measured_at, performed_by, author)
                     select $1, r.id, r.patient_id, $4, $5::float8::numeric, nullif($6, ''), $7::float8::numeric, $8::float8::numeric,
                            nullif($9, ''), $10, $11, $12, auth.actor()
                       from clinic.service_request r
                      where r.id = $2 and r.patient_id = $3 and r.struck_at is null and r.status <> 'cancelled'",
                    id.0,
                    order.0,
                    visit.patient.0,
                    text.seal_required("value", &result.value)?,
                    result.number(),
                    result.unit,
                    result.range_low,
                    result.range_high,
                    result.range_text,
                    result.flag.map(ResultFlag::code),
                    result.measured_at,
                    text.seal("performed_by", &result.performed_by)?
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 0 {
                    return Err(Error::NotFound);
                }
                sqlx::query!(
                    "update clinic.service_request set status = 'received'
                      where id = $1 and status in ('ordered', 'collected', 'sent')",
                    order.0
                )
                .execute(&mut *c)
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Acknowledges every result of an order that nobody has; a received order becomes reviewed. Returns how many.
    ///
    /// # Errors
    /// Those of the line to the server; [`Error::Refused`] when the role does not allow it.
    pub async fn acknowledge_results(
        &self,
        actor: &Actor,
        request: RequestId,
        visit: VisitRef,
        order: ServiceRequestId,
    ) -> Result<u64, Error> {
        let event = Event::new("tests.acknowledge", "service_request").id(order.0).patient(visit.patient);
        self.write(actor, request, event, &order, move |c| {
            Box::pin(async move {
                let done = sqlx::query!(
                    "update clinic.result set acknowledged_at = clinic.now(), acknowledged_by = auth.actor()
                      where service_request_id = $1 and patient_id = $2 and acknowledged_at is null and struck_at is null",
                    order.0,
                    visit.patient.0
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "update clinic.service_request set status = 'reviewed' where id = $1 and status = 'received'",
                    order.0
                )
                .execute(&mut *c)
                .await?;
                if done.rows_affected() == 0 {
                    // None was left; or none that is theirs to acknowledge.
                    let (patient, order) = (visit.patient.0, order.0);
                    sqlx::query!("select auth.demand('tests.acknowledge', $1, $2)", patient, order)
                        .execute(c)
                        .await?;
                }
                Ok(done.rows_affected())
            })
        })
        .await
    }
}

/// The results of the orders of a visit or of a patient, by order, oldest first.
pub(super) async fn results(
    c: &mut PgConnection,
    encounter: Option<Uuid>,
    patient: Option<Uuid>,
) -> Result<HashMap<Uuid, Vec<TestResult>>, Error> {
    let rows = sqlx::query!(
        r#"select r.id, r.patient_id, r.service_request_id, r.value, r.unit, r.range_low::float8 as range_low, r.range_high::float8 as range_high,
                  r.range_text, r.flag, r.measured_at, r.performed_by, r.acknowledged_at, r.created_at, r.struck_at,
                  coalesce(r.author = auth.actor(), false) as "mine!",
                  a.family_name as "a_family?", a.given_name as "a_given?", k.family_name as "k_family?", k.given_name as "k_given?",
                  s.family_name as "s_family?", s.given_name as "s_given?"
           from clinic.result r
           join clinic.service_request o on o.id = r.service_request_id
           left join clinic.account a on a.id = r.author
           left join clinic.account k on k.id = r.acknowledged_by
           left join clinic.account s on s.id = r.struck_by
           where ($1::uuid is null or o.encounter_id = $1) and ($2::uuid is null or r.patient_id = any ((select clinic.records_of($2))::uuid[]))
           order by r.measured_at, r.id"#,
        encounter,
        patient
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().map(|r| r.patient_id)).await?;
    let mut found: HashMap<Uuid, Vec<TestResult>> = HashMap::new();
    for r in rows {
        let text = keys.row("result", r.patient_id, r.id);
        found.entry(r.service_request_id).or_default().push(TestResult {
            id: r.id.into(),
            what: NewResult {
                value: text.open("value", Some(&r.value))?,
                unit: r.unit.unwrap_or_default(),
                range_low: r.range_low,
                range_high: r.range_high,
                range_text: r.range_text.unwrap_or_default(),
                flag: r.flag.map(|f| coded(ResultFlag::from_code(&f), "result flag")).transpose()?,
                measured_at: r.measured_at,
                performed_by: text.open("performed_by", r.performed_by.as_deref())?,
            },
            acknowledged: by((r.k_family, r.k_given), r.acknowledged_at),
            written: authored(
                r.mine,
                (r.a_family, r.a_given),
                r.created_at,
                (r.s_family, r.s_given),
                r.struck_at,
            ),
        });
    }
    Ok(found)
}
