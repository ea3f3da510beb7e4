//! Fees due and paid, and the close of a day. What is due, the numbers of receipts, the till and its close are the database's
//! functions (`clinic.fee_take`, `clinic.fee_refund`, `clinic.close_day`), which also tell the log.
use super::{Error, Event, Store, appointment::status_of, sealed};
use crate::domain::{
    actor::Actor,
    fee::{DayClose, FeeDay, FeeLine, Method, Payment, Till},
    ids::{AppointmentId, CentreId, PaymentId, RequestId},
    name::PersonName,
};
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

impl Store {
    /// What was due and paid for the appointments of a day at a centre, its till and its close.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn fees(
        &self,
        actor: &Actor,
        centre: CentreId,
        day: NaiveDate,
        opened: bool,
    ) -> Result<FeeDay, Error> {
        let event = Event::new("fees.open", "centre").id(centre.0);
        self.view(actor, event, opened, move |c| {
            Box::pin(async move {
                let mut lines = lines(&mut *c, centre, day).await?;
                let facts = serde_json::json!({ "day": day, "rows": lines.len() });
                payments(&mut *c, &mut lines).await?;
                let row = sqlx::query!(
                    r#"select clinic.setting('currency') as "currency!", clinic.day_totals($1, $2) as totals,
                              d.id as "id?", d.cash_cents as "cash?", d.counted_cents as "counted?", d.note as "note?",
                              d.closed_at as "at?", btrim(a.given_name || ' ' || a.family_name) as "by?"
                         from (select) one
                         left join clinic.day_close d on d.centre_id = $1 and d.day = $2
                         left join clinic.account a on a.id = d.closed_by"#,
                    centre.0,
                    day
                )
                .fetch_one(&mut *c)
                .await?;
                let mut closed = None;
                if let (Some(id), Some(cash), Some(counted), Some(at)) = (row.id, row.cash, row.counted, row.at) {
                    let owners = row.note.is_some().then_some(sealed::ORGANISATION);
                    let keys = sealed::keys(&mut *c, owners).await?;
                    let note = keys.row("day_close", sealed::ORGANISATION, id).open("note", row.note.as_deref())?;
                    closed = Some(DayClose { cash, counted, note, at, by: row.by.unwrap_or_default() });
                }
                let till = till_of(&row.totals.unwrap_or_default());
                Ok((FeeDay { day, currency: row.currency, lines, till, closed }, facts))
            })
        })
        .await
    }

    /// Records a payment and answers with the number of its receipt. After the close of the day it is a correction and needs
    /// a reason.
    ///
    /// # Errors
    /// [`Error::Refused`] by `fee_more_than_due` or `day_closed`, and when it is not permitted.
    pub async fn take_fee(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PaymentId,
        appointment: AppointmentId,
        method: Method,
        cents: i64,
        why: &str,
    ) -> Result<i32, Error> {
        let event = Event::new("fee.take", "appointment").id(appointment.0).by_database();
        let why = why.trim().to_owned();
        self.write(actor, request, event, &(id, appointment, method, cents, why.clone()), move |c| {
            Box::pin(async move {
                let why = sealed_why(&mut *c, appointment, id, &why).await?;
                Ok(sqlx::query_scalar!(
                    r#"select clinic.fee_take($1, $2, $3, $4, $5) as "receipt!""#,
                    id.0,
                    appointment.0,
                    method.code(),
                    i32::try_from(cents).unwrap_or(i32::MAX),
                    why
                )
                .fetch_one(c)
                .await?)
            })
        })
        .await
    }

    /// Gives back a payment or a part of it, with a reason. Answers with `void` when it was undone on its own day, else `refund`.
    ///
    /// # Errors
    /// [`Error::Refused`] by `refund_more_than_paid` or `refund_needs_reason`, and when it is not permitted.
    pub async fn refund_fee(
        &self,
        actor: &Actor,
        request: RequestId,
        id: PaymentId,
        appointment: AppointmentId,
        payment: PaymentId,
        cents: i64,
        why: &str,
    ) -> Result<String, Error> {
        let event = Event::new("fee.refund", "appointment").id(appointment.0).by_database();
        let why = why.trim().to_owned();
        self.write(actor, request, event, &(id, payment, cents, why.clone()), move |c| {
            Box::pin(async move {
                let why = sealed_why(&mut *c, appointment, id, &why).await?;
                Ok(sqlx::query_scalar!(
                    r#"select clinic.fee_refund($1, $2, $3, $4) as "how!""#,
                    id.0,
                    payment.0,
                    i32::try_from(cents).unwrap_or(i32::MAX),
                    why
                )
                .fetch_one(c)
                .await?)
            })
        })
        .await
    }

    /// Closes a day's till against what was counted. Answers with what was counted more (or less, below nothing).
    ///
    /// # Errors
    /// [`Error::Refused`] by `day_closed`, or by `count_differs` without a note, and when it is not permitted.
    pub async fn close_day(
        &self,
        actor: &Actor,
        request: RequestId,
        centre: CentreId,
        day: NaiveDate,
        counted: i64,
        note: &str,
    ) -> Result<i64, Error> {
        let event = Event::new("day.close", "centre").id(centre.0).by_database();
        let note = note.trim().to_owned();
        self.write(actor, request, event, &(centre, day, counted, note.clone()), move |c| {
            Box::pin(async move {
                let id = Uuid::now_v7();
                let note = if note.is_empty() {
                    None
                } else {
                    let keys = sealed::keys_to_write(&mut *c, sealed::ORGANISATION).await?;
                    keys.row("day_close", sealed::ORGANISATION, id).seal("note", &note)?
                };
                Ok(sqlx::query_scalar!(
                    r#"select clinic.close_day($1, $2, $3, $4, $5) as "difference!""#,
                    id,
                    centre.0,
                    day,
                    counted,
                    note
                )
                .fetch_one(c)
                .await?)
            })
        })
        .await
    }
}

async fn lines(c: &mut PgConnection, centre: CentreId, day: NaiveDate) -> Result<Vec<FeeLine>, Error> {
    let rows = sqlx::query!(
        r#"select a.id, a.patient_id, p.family_name, p.given_name, p.record_number, v.family_name as provider_family,
                  v.given_name as provider_given, a.starts_at, a.status, coalesce(t.name, '') as "what!",
                  clinic.due_cents(a.id)::bigint as "due!"
             from clinic.appointment a
             join clinic.patient p on p.id = a.patient_id
             join clinic.provider pr on pr.id = a.provider_id
             join clinic.account v on v.id = pr.account_id
             left join clinic.visit_type t on t.code = a.visit_type
            where a.centre_id = $1 and a.day = $2
              and (a.status not in ('cancelled', 'voided')
                   or exists (select from clinic.payment y where y.appointment_id = a.id))
            order by a.starts_at, p.family_name, a.id"#,
        centre.0,
        day
    )
    .fetch_all(c)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(FeeLine {
                appointment: r.id.into(),
                patient: r.patient_id.into(),
                patient_name: PersonName::new(r.family_name, r.given_name),
                record_number: r.record_number,
                provider_name: PersonName::new(r.provider_family, r.provider_given),
                starts_at: r.starts_at,
                status: status_of(&r.status)?,
                what: r.what,
                due: r.due,
                payments: vec![],
            })
        })
        .collect()
}

async fn payments(c: &mut PgConnection, lines: &mut [FeeLine]) -> Result<(), Error> {
    let of: Vec<Uuid> = lines.iter().map(|l| l.appointment.0).collect();
    let rows = sqlx::query!(
        r#"select y.id, y.appointment_id, y.patient_id, y.kind, y.method, y.cents::bigint as "cents!", y.why, y.correction, y.receipt, y.at,
                  y.cents + coalesce((select sum(z.cents) from clinic.payment z where z.of_payment = y.id), 0)::bigint as "rest!",
                  btrim(a.given_name || ' ' || a.family_name) as "by!"
             from clinic.payment y join clinic.account a on a.id = y.account_id
            where y.appointment_id = any ($1) order by y.receipt"#,
        &of
    )
    .fetch_all(&mut *c)
    .await?;
    let keys = sealed::keys(c, rows.iter().filter(|r| r.why.is_some()).map(|r| r.patient_id)).await?;
    for r in rows {
        let why = keys.row("payment", r.patient_id, r.id).open("why", r.why.as_deref())?;
        let Some(line) = lines.iter_mut().find(|l| l.appointment.0 == r.appointment_id) else { continue };
        line.payments.push(Payment {
            id: r.id.into(),
            appointment: r.appointment_id.into(),
            kind: r.kind,
            method: Method::from_code(&r.method),
            cents: r.cents,
            rest: r.rest,
            why,
            correction: r.correction,
            receipt: r.receipt,
            at: r.at,
            by: r.by,
        });
    }
    Ok(())
}

/// The reason of an entry, sealed under its patient; none where there is none.
async fn sealed_why(
    c: &mut PgConnection,
    appointment: AppointmentId,
    id: PaymentId,
    why: &str,
) -> Result<Option<Vec<u8>>, Error> {
    if why.is_empty() {
        return Ok(None);
    }
    let patient =
        sqlx::query_scalar!("select patient_id from clinic.appointment where id = $1", appointment.0)
            .fetch_optional(&mut *c)
            .await?
            .ok_or(Error::NotFound)?;
    let keys = sealed::keys_to_write(c, patient).await?;
    keys.row("payment", patient, id.0).seal("why", why)
}

fn till_of(totals: &serde_json::Value) -> Till {
    let pairs = |name: &str| -> Vec<(String, i64)> {
        let of = totals[name].as_object().cloned().unwrap_or_default();
        of.into_iter().map(|(k, v)| (k, v.as_i64().unwrap_or_default())).collect()
    };
    Till {
        by_method: pairs("method").into_iter().map(|(m, n)| (Method::from_code(&m), n)).collect(),
        by_person: pairs("person"),
        entries: totals["entries"].as_i64().unwrap_or_default(),
        corrections: totals["corrections"].as_i64().unwrap_or_default(),
    }
}
