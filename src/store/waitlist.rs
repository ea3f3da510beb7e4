//! The waiting list as it is read: its entries with the calls made to them.
use super::{Error, Event, Store, refusal, sealed};
use crate::domain::{
    actor::Actor,
    booking::DayPart,
    ids::{PatientId, WaitId},
    name::PersonName,
    queue::Priority,
    time::Period,
    waitlist::{CallOutcome, FreedTime, OpenOffer, WaitCall, WaitEntry, WaitStatus, Weekdays, Wish},
};
use chrono::NaiveDate;
use sqlx::PgConnection;

/// Which entries are read.
#[derive(Debug, Clone)]
pub(super) enum Which {
    /// Those who wait; `true`: those whose wait has ended in the last 60 days.
    List(bool),
    One(WaitId),
    Of(PatientId),
    /// What any of these patients wait for.
    Among(Vec<PatientId>),
    /// Those whom this time could suit, by what they want.
    Suits(FreedTime),
}

impl Store {
    /// Who waits, by priority and then by days waited; or with `ended` whose wait is over. Where the person may see it.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn waiting_list(
        &self,
        actor: &Actor,
        ended: bool,
        opened: bool,
    ) -> Result<Vec<WaitEntry>, Error> {
        self.view(actor, Event::new("waitlist.open", "waitlist_entry"), opened, move |c| {
            Box::pin(async move {
                let rows = entries(c, Which::List(ended)).await?;
                let facts = serde_json::json!({ "rows": rows.len(), "ended": ended });
                Ok((rows, facts))
            })
        })
        .await
    }

    /// What one patient waits for.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not permitted.
    pub async fn waits_of(&self, actor: &Actor, patient: PatientId) -> Result<Vec<WaitEntry>, Error> {
        let event = Event::new("waitlist.open", "waitlist_entry");
        self.view(actor, event, false, move |c| {
            Box::pin(async move { Ok((entries(c, Which::Of(patient)).await?, serde_json::json!({}))) })
        })
        .await
    }

    /// One entry with every call that was made, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], and [`Error::Refused`] when it is not permitted.
    pub async fn wait(&self, actor: &Actor, id: WaitId) -> Result<(WaitEntry, Vec<WaitCall>), Error> {
        let event = Event::new("waitlist.open", "waitlist_entry").id(id.0);
        self.view(actor, event, true, move |c| {
            Box::pin(async move {
                let entry =
                    entries(&mut *c, Which::One(id)).await?.into_iter().next().ok_or(Error::NotFound)?;
                let calls = calls(c, id).await?;
                let facts = serde_json::json!({ "calls": calls.len() });
                Ok(((entry, calls), facts))
            })
        })
        .await
    }
}

async fn calls(c: &mut PgConnection, id: WaitId) -> Result<Vec<WaitCall>, Error> {
    let rows = sqlx::query!(
        r#"select k.id, k.at, btrim(a.given_name || ' ' || a.family_name) as "by!", k.provider_id, v.family_name, v.given_name,
                  k.starts_at, k.ends_at, k.outcome
             from clinic.waitlist_call k
             join clinic.account a on a.id = k.account_id
             join clinic.provider p on p.id = k.provider_id
             join clinic.account v on v.id = p.account_id
            where k.entry_id = $1 order by k.at desc, k.id limit 100"#,
        id.0
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| WaitCall {
            id: r.id.into(),
            at: r.at,
            by: r.by,
            provider: r.provider_id.into(),
            provider_name: PersonName::new(r.family_name, r.given_name),
            period: Period { start: r.starts_at, end: r.ends_at },
            outcome: r.outcome.as_deref().and_then(CallOutcome::from_code),
        })
        .collect())
}

pub(super) async fn entries(c: &mut PgConnection, which: Which) -> Result<Vec<WaitEntry>, Error> {
    let (mut one, mut of, mut suits): (_, Option<Vec<uuid::Uuid>>, _) = (None, None, None);
    match &which {
        Which::One(id) => one = Some(id.0),
        Which::Of(patient) => of = Some(vec![patient.0]),
        Which::Among(patients) => of = Some(patients.iter().map(|p| p.0).collect()),
        Which::Suits(time) => suits = Some(*time),
        Which::List(_) => {}
    }
    let ended = matches!(which, Which::List(true));
    let rows = sqlx::query!(
        r#"with offers as materialized (select * from clinic.waitlist_offers())
           select e.id, e.version, e.patient_id as owner, p.id as patient, p.family_name, p.given_name, p.record_number, p.birth_date as "birth_date?",
                  coalesce(p.phone, '') as "phone!", e.provider_id as "provider_id?", a.family_name as "with_family?", a.given_name as "with_given?",
                  e.profession, e.department_id as "department_id?", coalesce(d.name, '') as "department!",
                  e.centre_id as "centre_id?", coalesce(x.name, '') as "centre!", e.visit_type, coalesce(t.name, '') as "visit_type_name!",
                  e.first_day, e.last_day, e.part, e.weekdays, e.priority, e.referral_id is not null as "referred!", e.note, e.status,
                  e.appointment_id, btrim(by.given_name || ' ' || by.family_name) as "added_by!", e.added_at,
                  p.deactivated_at is not null as "deactivated!", p.blocked_until as "blocked_until?",
                  (select count(*) from clinic.waitlist_call k where k.entry_id = e.id) as "calls!",
                  last.outcome as "last_outcome?", last.at as "last_at?", o.who as "offered_by?", o.until as "offered_until?", o.mine as "mine?",
                  (clinic.now() at time zone coalesce(x.zone, (select y.zone from clinic.centre y where y.id in (select clinic.my_centres())
                                                                order by y.id limit 1), 'UTC'))::date as "today!"
             from clinic.waitlist_entry e
             -- One by one by its key: joined, every patient there is would be read for it.
             join lateral (select y.id, y.family_name, y.given_name, y.record_number, y.birth_date, y.phone, y.deactivated_at, y.blocked_until
                             from clinic.patient y where y.id = (clinic.records_of(e.patient_id))[1] offset 0) p on true
             join clinic.account by on by.id = e.added_by
             left join clinic.provider v on v.id = e.provider_id
             left join clinic.account a on a.id = v.account_id
             left join clinic.department d on d.id = e.department_id
             left join clinic.centre x on x.id = e.centre_id
             left join clinic.visit_type t on t.code = e.visit_type
             left join offers o on o.entry_id = e.id
             left join lateral (select k.outcome, k.outcome_at as at from clinic.waitlist_call k
                                 where k.entry_id = e.id and k.outcome is not null order by k.outcome_at desc limit 1) last on true
            where case
                  when $1::uuid is not null then e.id = $1
                  when $2::uuid[] is not null then e.status = 'waiting' and e.patient_id in (select r.record from clinic.records_of_each($2) r)
                  when $3::uuid is not null then
                      e.status = 'waiting'
                      and exists (select from clinic.provider f cross join clinic.centre g
                                   where f.id = $3 and g.id = $4
                                     and (e.provider_id = f.id or e.profession = f.profession
                                          and (e.department_id is null or e.department_id = f.department_id))
                                     and (e.centre_id is null or e.centre_id = g.id)
                                     and e.first_day <= ($6::timestamptz at time zone g.zone)::date
                                     and e.last_day >= ($5::timestamptz at time zone g.zone)::date
                                     and (f.profession <> 'specialist'
                                          or clinic.referral_exists(e.patient_id, f.id,
                                                 greatest(e.first_day, ($5::timestamptz at time zone g.zone)::date))))
                  when $7::boolean then e.status <> 'waiting' and e.changed_at > clinic.now() - interval '60 days'
                                        or e.status = 'waiting' and e.last_day between clinic.now()::date - 60 and clinic.now()::date
                  else e.status = 'waiting' and e.last_day >= clinic.now()::date - 1 end
            order by case e.priority when 'urgent' then 0 when 'soon' then 1 else 2 end, e.added_at, e.id limit 500"#,
        one,
        of.as_deref(),
        suits.map(|t| t.provider.0),
        suits.map(|t| t.centre.0),
        suits.map(|t| t.period.start),
        suits.map(|t| t.period.end),
        ended
    )
    .fetch_all(&mut *c)
    .await?;
    let owners: Vec<uuid::Uuid> = rows.iter().filter(|r| r.note.is_some()).map(|r| r.owner).collect();
    let keys = sealed::keys(c, owners).await?;
    let mut all = vec![];
    for r in rows {
        let text = keys.row("waitlist_entry", r.owner, r.id);
        let offer = r.offered_by.zip(r.offered_until).zip(r.mine);
        let status = WaitStatus::of(&r.status, offer.is_some(), r.last_day, r.today);
        // Between two days of different zones the list says what the entry's own centre says.
        if matches!(which, Which::List(ended) if ended == status.is_open()) {
            continue;
        }
        let blocked: Option<NaiveDate> = r.blocked_until.filter(|until| *until >= r.today);
        all.push(WaitEntry {
            id: r.id.into(),
            version: r.version,
            patient: r.patient.into(),
            patient_name: PersonName::new(r.family_name, r.given_name),
            record_number: r.record_number,
            born: r.birth_date,
            phone: r.phone,
            wish: Wish {
                provider: r.provider_id.map(Into::into),
                profession: r.profession,
                department: r.department_id.map(Into::into),
                centre: r.centre_id.map(Into::into),
                visit_type: r.visit_type,
                first: r.first_day,
                last: r.last_day,
                part: part_of(&r.part),
                weekdays: Weekdays(r.weekdays),
                priority: Priority::from_code(&r.priority),
            },
            provider_name: r.with_family.zip(r.with_given).map(|(f, g)| PersonName::new(f, g)),
            department_name: r.department,
            centre_name: r.centre,
            visit_type_name: r.visit_type_name,
            referred: r.referred,
            note: text.open("note", r.note.as_deref())?,
            added_by: r.added_by,
            added_at: r.added_at,
            status,
            unbookable: match (r.deactivated, blocked) {
                (true, _) => Some(refusal::why("patient_deactivated", &serde_json::Value::Null)),
                (_, Some(until)) => {
                    Some(refusal::why("patient_blocked", &serde_json::json!({ "until": until })))
                }
                _ => None,
            },
            appointment: r.appointment_id.map(Into::into),
            calls: r.calls,
            last_call: r.last_outcome.as_deref().and_then(CallOutcome::from_code).zip(r.last_at),
            offer: offer.map(|((by, until), mine)| OpenOffer { by, until, mine }),
        });
    }
    Ok(all)
}

/// The part of the day of this code.
pub(super) fn part_of(code: &str) -> DayPart {
    match code {
        "morning" => DayPart::Morning,
        "afternoon" => DayPart::Afternoon,
        "evening" => DayPart::Evening,
        _ => DayPart::Any,
    }
}
