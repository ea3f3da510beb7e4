//! What the screens of the front desk share: changing the status of an appointment with its undoing, asking for a
//! reason, and short words for waits and times.
use super::{
    cx::{Cx, Env},
    widgets::{picker, prompt::Prompt},
};
use crate::{
    domain::{
        actor::Actor,
        appointment::{AppointmentStatus, Facts},
        booking::{Booked, Directory, FreeSlot},
        dates,
        ids::{AppointmentId, RequestId},
        patient::{Allergies, PatientHit, age_sex, record_number},
        patient_query::PatientQuery,
        waitlist::{Chosen, Freed, FreedTime, WaitEntry, Wish},
        when,
        why::Why,
    },
    search::patients::ranked,
    store::{AppointmentStep, Error, Store},
    tr,
};
use chrono::{Days, NaiveDate};
use std::sync::Arc;

/// An appointment as a row knew it: what a change needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub id: AppointmentId,
    pub version: i64,
    pub status: AppointmentStatus,
    /// `09:30 BLACK Jack`.
    pub label: String,
}

/// What became of a change.
#[derive(Debug)]
pub struct Done {
    pub target: Target,
    pub to: AppointmentStatus,
    /// It took something back.
    pub undo: bool,
    /// The new version.
    pub result: Result<i64, Error>,
}

impl Target {
    /// Whether it may become `to`; whether its time is free is left to the database.
    ///
    /// # Errors
    /// Which rule refuses, and what works instead.
    pub fn check(&self, to: AppointmentStatus, today: bool, future: bool) -> Result<(), Why> {
        self.status.check(to, Facts { today, future, free: true })
    }
}

async fn write(
    store: Store,
    actor: Arc<Actor>,
    target: Target,
    to: AppointmentStatus,
    why: String,
) -> Result<i64, Error> {
    let request = RequestId::new();
    if (target.status, to) == (AppointmentStatus::Cancelled, AppointmentStatus::Booked) {
        return store.restore_appointment(&actor, request, target.id, target.version).await;
    }
    store.set_status(&actor, request, target.id, target.version, to.code(), &why).await
}

/// Asks the store to change the status.
pub fn change<M: Send + 'static>(
    cx: &mut Cx<M>,
    target: Target,
    to: AppointmentStatus,
    why: String,
    done: impl FnOnce(Done) -> M + Send + 'static,
) {
    let Some(actor) = cx.env().actor.clone() else { return };
    let asked = target.clone();
    cx.save(
        "appointment.status",
        move |store| write(store, actor, asked, to, why),
        move |result| done(Done { target, to, undo: false, result }),
    );
}

/// Says what was done and offers to take it back, or says why not.
pub fn tell<M: Send + 'static>(cx: &mut Cx<M>, done: &Done, msg: impl FnOnce(Done) -> M + Send + 'static) {
    let who = &done.target.label;
    let version = match &done.result {
        Ok(version) => *version,
        Err(e) => return cx.failed(e),
    };
    if done.undo {
        return cx.toast(tr!("Taken back: {who} is {status}.", who = who, status = done.to.word()));
    }
    if done.to == AppointmentStatus::Cancelled {
        cx.freed(Freed::Cancelled(done.target.id));
    }
    let said = match done.to {
        AppointmentStatus::Arrived => tr!("Checked in: {who}", who = who),
        AppointmentStatus::NoShow => tr!("No-show: {who}", who = who),
        AppointmentStatus::Cancelled => tr!("Cancelled: {who}", who = who),
        AppointmentStatus::Left => tr!("Left without being seen: {who}", who = who),
        AppointmentStatus::Booked => tr!("Booked again: {who}", who = who),
        other => tr!("{who} is {status}", who = who, status = other.word()),
    };
    let Some(actor) = cx.env().actor.clone() else { return };
    let (back, to) = (Target { version, status: done.to, ..done.target.clone() }, done.target.status);
    let taken_back = back.clone();
    let why = if to == AppointmentStatus::Cancelled { tr!("undone").to_owned() } else { String::new() };
    cx.undoable(
        said,
        "appointment.status",
        move |store| write(store, actor, back, to, why),
        move |result| msg(Done { target: taken_back, to, undo: true, result }),
    );
}

/// What a new wish of this patient begins with: anybody, from today for four weeks, where the person works.
#[must_use]
pub fn new_wish(env: &Env) -> Wish {
    let today = env.today();
    let last = today.checked_add_days(Days::new(28)).unwrap_or(today);
    let centre = env.actor.as_ref().and_then(|a| a.workplace.as_ref()).map(|w| w.centre);
    Wish { centre, ..Wish::between(today, last) }
}

/// The time that an appointment leaves when it is moved.
#[must_use]
pub fn left_by(old: &Booked) -> Freed {
    Freed::Time(FreedTime { provider: old.provider, centre: old.centre, period: old.period })
}

/// Asks for a reason that must be given.
pub fn ask_reason<M: Send + 'static>(
    cx: &mut Cx<M>,
    question: String,
    done: impl Fn(Option<String>) -> M + Send + Sync + 'static,
) {
    cx.open(
        move |answer| {
            Prompt::new(question, answer).check(|text| {
                if text.trim().is_empty() {
                    Err(Why::new("reason", tr!("A reason is needed; it is kept.")))
                } else {
                    Ok(())
                }
            })
        },
        done,
    );
}

/// Asks for a date as people write it.
pub fn ask_date<M: Send + 'static>(
    cx: &mut Cx<M>,
    question: String,
    done: impl Fn(Option<NaiveDate>) -> M + Send + Sync + 'static,
) {
    let today = cx.env().today();
    cx.open(
        move |answer| {
            Prompt::new(question, answer).check(move |text| when::parse_day(text, today).map(|_| ()))
        },
        move |text: Option<String>| done(text.and_then(|t| when::parse_day(&t, today).ok())),
    );
}

/// Shows who changed an appointment, how and when; the times are those of its centre.
pub fn show_changes<M: Send + 'static>(
    cx: &mut Cx<M>,
    booked: &Booked,
    steps: &[AppointmentStep],
    closed: impl Fn(()) -> M + Send + Sync + 'static,
) {
    let row = |s: &AppointmentStep| {
        let at = s.at.with_timezone(&booked.zone);
        let what = match s.moved_from {
            Some(from) => {
                let from = from.with_timezone(&booked.zone).naive_local();
                tr!(
                    "moved from {day} {time}",
                    day = dates::short_day(from.date()),
                    time = dates::clock(from.time())
                )
            }
            None => s.to.word().to_owned(),
        };
        let when = format!("{} {}", dates::short_day(at.date_naive()), dates::clock(at.time()));
        picker::Row::new((), format!("{when}  {what}"), format!("{}  {}", s.by, s.why))
    };
    let rows = steps.iter().map(row).collect();
    let title = tr!("Changes: {when} {who}", when = when(booked), who = booked.patient_name);
    cx.open(move |answer| picker::Picker::new(title, answer).rows(rows), move |_: Option<()>| closed(()));
}

/// `12m`, `1h05`.
#[must_use]
pub fn wait(minutes: i64) -> String {
    if minutes < 60 { format!("{minutes}m") } else { format!("{}h{:02}", minutes / 60, minutes % 60) }
}

/// `Thu 12 Mar 10:30`, on the wall of the centre.
#[must_use]
pub fn when(b: &Booked) -> String {
    let at = b.period.starts_at(b.zone);
    format!("{} {}", dates::short_day(at.date()), dates::clock(at.time()))
}

/// Everything a confirmation says, on one line.
#[must_use]
pub fn confirmation(b: &Booked) -> String {
    let (from, to) = (b.period.starts_at(b.zone), b.period.ends_at(b.zone));
    let said = tr!(
        "{who} ({number}) {day} {from} to {to}, {provider}, {centre}",
        who = b.patient_name,
        number = record_number(b.record_number),
        day = dates::full_day(from.date()),
        from = dates::clock(from.time()),
        to = dates::clock(to.time()),
        provider = b.provider_name,
        centre = b.centre_name
    );
    said + &off_the_list(b)
}

/// The open wishes that a booking of this time would close.
#[must_use]
pub fn met_by<'a>(
    waits: &'a [WaitEntry],
    slot: &FreeSlot,
    directory: Option<&Directory>,
    visit_type: Option<&str>,
) -> Vec<&'a WaitEntry> {
    let chosen = Chosen {
        provider: slot.provider,
        profession: &slot.profession,
        department: directory.and_then(|d| d.provider(slot.provider)).and_then(|p| p.department),
        centre: slot.centre,
        visit_type,
        at: slot.day.and_time(slot.time()),
    };
    waits.iter().filter(|e| e.status.is_open() && e.wish.is_met_by(&chosen)).collect()
}

/// `. Off the waiting list: any GP, to Thu 26 Mar`; nothing where the booking closed no wish.
#[must_use]
pub fn off_the_list(b: &Booked) -> String {
    all_off_the_list(std::slice::from_ref(b))
}

/// The same of several that were booked or moved together; whose each is, where they are of several patients.
#[must_use]
pub fn all_off_the_list(all: &[Booked]) -> String {
    let several = all.iter().any(|b| Some(b.patient) != all.first().map(|first| first.patient));
    let words = |b: &Booked| {
        let day = b.period.starts_at(b.zone).date();
        let whose = |wish: String| if several { format!("{} ({wish})", b.patient_name) } else { wish };
        b.met.iter().map(|m| whose(m.words(day))).collect::<Vec<_>>()
    };
    let wishes: Vec<String> = all.iter().flat_map(words).collect();
    match wishes.as_slice() {
        [] => String::new(),
        some => tr!(". Off the waiting list: {wishes}", wishes = some.join("; ")),
    }
}

/// Allergies in one phrase: listed, none known, not asked and hidden are four different things.
#[must_use]
pub fn allergies(of: &Allergies) -> String {
    match of {
        Allergies::Listed(marks) => {
            let all: Vec<String> = marks
                .iter()
                .map(|m| {
                    let what = if m.reaction.is_empty() {
                        m.substance.clone()
                    } else {
                        format!("{} ({})", m.substance, m.reaction)
                    };
                    what + &of_record(m.origin)
                })
                .collect();
            tr!("ALLERGY {what}", what = all.join(", "))
        }
        Allergies::NoneKnown => tr!("no known allergies").into(),
        Allergies::NotAsked => tr!("allergies not asked").into(),
        Allergies::Hidden => tr!("allergies hidden from you").into(),
    }
}

/// ` [000045]`: that something stands in another record of the same person.
#[must_use]
pub fn of_record(origin: Option<i32>) -> String {
    origin.map(|n| format!(" [{}]", record_number(n))).unwrap_or_default()
}

/// `closed, opens Mon 8:00`, or `closed` where nobody said when.
#[must_use]
pub fn closed(opens: &str) -> String {
    match opens.trim() {
        "" => tr!("closed").into(),
        opens => tr!("closed, opens {opens}", opens = opens),
    }
}

/// A profession in a word.
#[must_use]
pub fn profession(code: &str) -> String {
    match code {
        "gp" => tr!("GP").into(),
        "specialist" => tr!("specialist").into(),
        "physiotherapist" => tr!("physio").into(),
        other => other.replace('_', " "),
    }
}

/// What tells two patients of the same name apart.
#[must_use]
pub fn patient_detail(hit: &PatientHit, today: NaiveDate) -> String {
    let born = hit.birth_date.map(dates::long_date).unwrap_or_default();
    let last = match &hit.merged_into {
        Some(leads) => tr!("merged into {number}", number = record_number(leads.record_number)),
        None => hit.phone.clone(),
    };
    format!(
        "{}  {born}  {}  {last}",
        age_sex(hit.birth_date, hit.sex, today),
        record_number(hit.record_number)
    )
}

/// Rows of a picker of patients for what was typed. Choosing a merged record chooses the one that goes on.
///
/// # Errors
/// Those of the store.
pub async fn patient_rows(
    store: Store,
    actor: Option<Arc<Actor>>,
    typed: String,
    today: NaiveDate,
) -> Result<Vec<picker::Row<PatientHit>>, Error> {
    let Some(actor) = actor else { return Err(Error::NoSession) };
    let query = PatientQuery::parse(&typed, today);
    let hits = store.find_patients(&actor, query.clone(), false).await?;
    let mut rows = vec![];
    for f in ranked(&query, hits) {
        let detail = patient_detail(&f.hit, today);
        let goes_on = match &f.hit.merged_into {
            Some(leads) => store.patient_hit(&actor, leads.id).await?,
            None => None,
        };
        rows.push(picker::Row::new(goes_on.unwrap_or(f.hit), f.shown, detail));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_short() {
        assert_eq!([wait(0), wait(59), wait(65)], ["0m", "59m", "1h05"]);
    }

    #[test]
    fn four_states_of_allergies_are_four_phrases() {
        use crate::domain::patient::AllergyMark;
        let listed = Allergies::Listed(vec![AllergyMark {
            substance: "penicillin".into(),
            reaction: "rash".into(),
            severity: None,
            origin: None,
        }]);
        assert_eq!(allergies(&listed), "ALLERGY penicillin (rash)");
        let all = [Allergies::NoneKnown, Allergies::NotAsked, Allergies::Hidden].map(|a| allergies(&a));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
