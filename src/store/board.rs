//! The board of a day at one centre: what a desk sees, in one query.
use super::{
    Error, Event, Store,
    appointment::{kind_of, status_of, texts},
    sealed,
};
use crate::{
    domain::{
        actor::Actor,
        appointment::{AppointmentKind, AppointmentStatus},
        booking::waited,
        ids::{AppointmentId, CentreId, DepartmentId, EncounterId, PatientId, ProviderId},
        name::PersonName,
        patient::{Sex, easily_confused},
        predict::{Expected, Habits, Slot, predict},
        queue::{Priority, QueuePlace},
    },
    text::fold,
};
use chrono::{DateTime, NaiveDate, Utc};
use std::{collections::HashMap, sync::Arc};

/// One appointment of the day as the board shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRow {
    pub appointment: AppointmentId,
    pub version: i64,
    pub day: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub status: AppointmentStatus,
    pub kind: AppointmentKind,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub phone: String,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub reason: String,
    /// Why it was cancelled, voided or missed.
    pub why: String,
    pub room: Option<String>,
    pub arrived_at: Option<DateTime<Utc>>,
    /// `listed`, `none_known`, `not_asked` or `hidden`.
    pub allergy_state: String,
    /// Booked on a referral.
    pub referred: bool,
    /// Was never seen here before.
    pub new_patient: bool,
    /// Something about the patient must be read.
    pub alert: bool,
    /// The visit, for whoever may read it.
    pub encounter: Option<EncounterId>,
    /// Somebody else of the day is easily taken for them.
    pub look_alike: bool,
    pub service: Service,
    /// The place in the queue; what nobody asked of it yet is empty.
    pub queue: QueuePlace,
}

/// Which service of the centre an appointment is for, and what its prediction needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    pub department: Option<(DepartmentId, String)>,
    /// The code of the kind of visit, and its name.
    pub visit_type: Option<(String, String)>,
    /// The kind of visit as [`Habits`] names it.
    pub habit: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
}

/// A day at a centre.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    /// Every appointment of the day in the order of time, the cancelled ones too.
    pub rows: Vec<BoardRow>,
    /// Appointments of earlier days that are still booked or arrived: each is to be closed as no-show or left.
    pub earlier: Vec<BoardRow>,
    /// From so many minutes on a wait is long; 0: nothing is.
    pub long_wait: i64,
    /// When each of today's will be seen, where [`Board::predicted`] has said it.
    pub expected: HashMap<AppointmentId, Expected>,
    /// What the prediction was made from, to be handed to the next one.
    pub habits: Option<Arc<Habits>>,
}

impl Board {
    /// The same board with its predictions.
    #[must_use]
    pub fn predicted(mut self, habits: Arc<Habits>, now: DateTime<Utc>) -> Self {
        let day: Vec<Slot> = self.rows.iter().map(BoardRow::slot).collect();
        self.expected = predict(&day, &habits, now);
        self.habits = Some(habits);
        self
    }
}

impl BoardRow {
    fn slot(&self) -> Slot {
        Slot {
            id: self.appointment,
            provider: self.provider,
            status: self.status,
            kind: self.kind,
            habit: self.service.habit.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            arrived_at: self.arrived_at,
            started_at: self.service.started_at,
            place: self.queue.clone(),
        }
    }

    /// Where this one stands among those who wait: the lowest is called first.
    #[must_use]
    pub fn turn(&self, now: DateTime<Utc>) -> (u8, DateTime<Utc>, Option<DateTime<Utc>>, AppointmentId) {
        (self.queue.rank(self.kind, now), self.starts_at, self.arrived_at, self.appointment)
    }
}

/// The figures over a board. Cancelled and voided ones do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BoardCounts {
    pub today: usize,
    pub waiting: usize,
    pub in_room: usize,
    pub done: usize,
    pub no_show: usize,
    /// In minutes.
    pub longest_wait: Option<i64>,
}

impl BoardCounts {
    /// Counted at `now`.
    #[must_use]
    pub fn of(rows: &[BoardRow], now: DateTime<Utc>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.today +=
                usize::from(!matches!(row.status, AppointmentStatus::Cancelled | AppointmentStatus::Voided));
            match row.status {
                AppointmentStatus::Arrived => {
                    counts.waiting += 1;
                    counts.longest_wait = counts.longest_wait.max(waited(row.arrived_at, now));
                }
                AppointmentStatus::InProgress => counts.in_room += 1,
                AppointmentStatus::Completed => counts.done += 1,
                AppointmentStatus::NoShow => counts.no_show += 1,
                _ => {}
            }
        }
        counts
    }
}

impl Store {
    /// The day at the centre. `earlier` asks for what is left open of the 60 days before.
    ///
    /// `opened` says that a person opened the view: that is logged, a refresh is not.
    ///
    /// # Errors
    /// [`Error::Refused`] at a centre where one does not work; those of the line to the server, and [`Error::NoSession`].
    pub async fn board(
        &self,
        actor: &Actor,
        centre: CentreId,
        day: NaiveDate,
        opened: bool,
    ) -> Result<Board, Error> {
        let event = Event::new("board.open", "centre").id(centre.0);
        self.view(actor, event, opened, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"with day as materialized (
                           select x.id, x.version, x.day, x.starts_at, x.ends_at, x.status, x.kind, x.patient_id, x.provider_id, x.room,
                                  x.arrived_at, x.started_at, x.referral_id, x.visit_type
                             from clinic.appointment x where x.centre_id = $1 and x.day = $2
                           union all
                           select x.id, x.version, x.day, x.starts_at, x.ends_at, x.status, x.kind, x.patient_id, x.provider_id, x.room,
                                  x.arrived_at, x.started_at, x.referral_id, x.visit_type
                             from clinic.appointment x
                            where x.centre_id = $1 and x.day < $2 and x.day > $2 - 60 and x.status in ('booked', 'arrived')
                              and $2 = (select (clinic.now() at time zone c.zone)::date from clinic.centre c where c.id = $1)),
                       -- Of everybody of the day at once, merged records together.
                       people as materialized (
                           select r.patient_id,
                                  bool_or(exists (select from clinic.appointment h where h.patient_id = r.record and h.status = 'completed')) as seen,
                                  bool_or(exists (select from clinic.patient_alert l where l.patient_id = r.record and l.struck_at is null)) as alert
                             from clinic.records_of_each((select array_agg(day.patient_id) from day)) r group by r.patient_id),
                       allergies as materialized (select s.patient_id, s.state from clinic.allergy_states((select array_agg(day.patient_id) from day)) s)
                       select a.id as "id!", a.version as "version!", a.day as "day!", a.starts_at as "starts_at!", a.ends_at as "ends_at!",
                              a.status as "status!", a.kind as "kind!", a.patient_id as "patient_id!", p.family_name,
                              p.given_name, p.record_number, p.sex, p.birth_date, coalesce(p.phone, '') as "phone!", a.provider_id as "provider_id!",
                              v.family_name as provider_family, v.given_name as provider_given, pr.profession, a.room, a.arrived_at,
                              allergies.state as "allergy_state!",
                              a.referral_id is not null as "referred!",
                              not people.seen as "new_patient!", people.alert as "alert!",
                              (select e.id from clinic.encounter e
                                where e.appointment_id = a.id and e.state <> 'voided') as encounter,
                              a.started_at, a.visit_type, t.name as "visit_type_name?", left(md5(a.visit_type), 8) as habit, pr.department_id, d.name as "department?",
                              q.ticket as "ticket?", q.priority as "priority?", q.priority_at as "priority_at?",
                              coalesce(b.given_name || ' ' || b.family_name, '') as "priority_by!", q.called_at as "called_at?",
                              q.room as "called_to?", q.calls as "calls?", q.absents as "absents?", q.retry_at as "retry_at?",
                              (select clinic.setting('long_wait_minutes')::bigint) as "long_wait!"
                       from day a
                       join people on people.patient_id = a.patient_id
                       join allergies on allergies.patient_id = a.patient_id
                       join clinic.patient p on p.id = a.patient_id
                       join clinic.provider pr on pr.id = a.provider_id
                       join clinic.account v on v.id = pr.account_id
                       left join clinic.department d on d.id = pr.department_id
                       left join clinic.visit_type t on t.code = a.visit_type
                       left join clinic.queue_entry q on q.id = a.id
                       left join clinic.account b on b.id = q.priority_by
                       order by a.starts_at, p.family_name, p.given_name, a.id"#,
                    centre.0,
                    day
                )
                .fetch_all(&mut *c)
                .await?;
                let facts = serde_json::json!({ "day": day, "rows": rows.len() });
                let mut texts = texts(&mut *c, rows.iter().map(|r| r.id).collect()).await?;
                let keys = sealed::keys(&mut *c, rows.iter().map(|r| r.patient_id)).await?;
                let long_wait = rows.first().map_or(0, |r| r.long_wait);
                let rows = rows
                    .into_iter()
                    .map(|r| {
                        let text = keys.row("appointment", r.patient_id, r.id);
                        let said = texts.remove(&r.id).unwrap_or_default();
                        Ok(BoardRow {
                            appointment: r.id.into(),
                            version: r.version,
                            day: r.day,
                            starts_at: r.starts_at,
                            ends_at: r.ends_at,
                            status: status_of(&r.status)?,
                            kind: kind_of(&r.kind)?,
                            patient: r.patient_id.into(),
                            patient_name: PersonName::new(r.family_name, r.given_name),
                            record_number: r.record_number,
                            sex: Sex::from_code(&r.sex),
                            birth_date: r.birth_date,
                            phone: r.phone,
                            provider: r.provider_id.into(),
                            provider_name: PersonName::new(r.provider_family, r.provider_given),
                            profession: r.profession,
                            reason: text.open("reason", said.reason.as_deref())?,
                            why: text.open("status_why", said.status_why.as_deref())?,
                            room: r.called_to.clone().or(r.room),
                            arrived_at: r.arrived_at,
                            allergy_state: r.allergy_state,
                            referred: r.referred,
                            new_patient: r.new_patient,
                            alert: r.alert,
                            encounter: r.encounter.map(Into::into),
                            look_alike: false,
                            service: Service {
                                department: r.department_id.map(Into::into).zip(r.department),
                                visit_type: r.visit_type.zip(r.visit_type_name),
                                habit: r.habit,
                                started_at: r.started_at,
                            },
                            queue: QueuePlace {
                                ticket: r.ticket,
                                priority: r.priority.as_deref().map(Priority::from_code).unwrap_or_default(),
                                priority_by: r.priority_by,
                                priority_at: r.priority_at,
                                called_at: r.called_at,
                                room: r.called_to,
                                calls: r.calls.unwrap_or_default(),
                                absents: r.absents.unwrap_or_default(),
                                retry_at: r.retry_at,
                            },
                        })
                    })
                    .collect::<Result<Vec<_>, Error>>()?;
                let (mut rows, earlier): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| r.day == day);
                mark_look_alikes(&mut rows);
                Ok((Board { rows, earlier, long_wait, ..Board::default() }, facts))
            })
        })
        .await
    }
}

/// Marks everybody for whom somebody else of the day is easily taken.
pub(super) fn mark_look_alikes(rows: &mut [BoardRow]) {
    let people: Vec<(PatientId, String, String, Option<NaiveDate>)> = rows
        .iter()
        .map(|r| (r.patient, fold(&r.patient_name.family), fold(&r.patient_name.given), r.birth_date))
        .collect();
    for (row, me) in rows.iter_mut().zip(&people) {
        row.look_alike = people.iter().any(|other| {
            other.0 != me.0 && easily_confused((&me.1, &me.2), me.3, (&other.1, &other.2), other.3)
        });
    }
}
