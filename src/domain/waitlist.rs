//! The waiting list: what somebody wants, where they stand on it, and in which order a time that came free is offered.
pub use super::freed::{Freed, FreedHere, FreedTime, FreedTimes, Held};
use super::{
    booking::{DayPart, FreeSlot},
    dates,
    ids::{AppointmentId, CallId, CentreId, DepartmentId, PatientId, ProviderId, WaitId},
    name::PersonName,
    queue::Priority,
    time::Period,
    why::Why,
};
use crate::tr;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _, Utc, Weekday};
use serde::{Deserialize, Serialize};

/// Days of the week as bits, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekdays(pub i32);

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

impl Default for Weekdays {
    fn default() -> Self {
        Self::ANY
    }
}

impl Weekdays {
    /// Every day.
    pub const ANY: Self = Self(0b111_1111);

    /// Whether the day is among them.
    #[must_use]
    pub fn has(self, day: NaiveDate) -> bool {
        self.0 >> day.weekday().num_days_from_monday() & 1 == 1
    }

    /// `mon wed`, `tue-fri`; nothing is every day.
    ///
    /// # Errors
    /// [`Why`] `weekdays` when a word is no day of the week.
    pub fn parse(typed: &str) -> Result<Self, Why> {
        let day = |word: &str| -> Result<usize, Why> {
            let word = word.trim().to_lowercase();
            let begins = |d: &Weekday| word.starts_with(&dates::weekday_short(*d).to_lowercase());
            WEEK.iter().position(begins).ok_or_else(Self::unknown)
        };
        let mut bits = 0;
        for word in typed.split([' ', ',']).filter(|w| !w.is_empty()) {
            let (from, to) = match word.split_once('-') {
                Some((from, to)) => (day(from)?, day(to)?),
                None => (day(word)?, day(word)?),
            };
            let last = if to < from { to + 7 } else { to };
            (from..=last).for_each(|d| bits |= 1 << (d % 7));
        }
        Ok(if bits == 0 { Self::ANY } else { Self(bits) })
    }

    /// Why something is no days of the week.
    #[must_use]
    pub fn unknown() -> Why {
        Why::new("weekdays", tr!("Those are no days of the week."))
            .instead(tr!("Write them like mon wed, or tue-fri; nothing is every day."))
    }

    /// Whether one of them lies between these days, both included.
    #[must_use]
    pub fn occur(self, first: NaiveDate, last: NaiveDate) -> bool {
        first.iter_days().take_while(|d| *d <= last).take(7).any(|d| self.has(d))
    }

    /// `Mon Wed`; every day is nothing.
    #[must_use]
    pub fn words(self) -> String {
        if self == Self::ANY {
            return String::new();
        }
        let of = |(n, d): (usize, &Weekday)| (self.0 >> n & 1 == 1).then(|| dates::weekday_short(*d));
        WEEK.iter().enumerate().filter_map(of).collect::<Vec<_>>().join(" ")
    }
}

/// With whom, where, when and how soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// One provider; `None`: anybody of the profession.
    pub provider: Option<ProviderId>,
    /// A profession's code, where no provider is named.
    pub profession: Option<String>,
    pub department: Option<DepartmentId>,
    pub centre: Option<CentreId>,
    /// A visit type's code.
    pub visit_type: Option<String>,
    pub first: NaiveDate,
    /// Nothing is offered after this day.
    pub last: NaiveDate,
    pub part: DayPart,
    pub weekdays: Weekdays,
    pub priority: Priority,
}

impl Wish {
    /// For anybody of a profession between these days.
    #[must_use]
    pub fn between(first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            provider: None,
            profession: None,
            department: None,
            centre: None,
            visit_type: None,
            first,
            last,
            part: DayPart::Any,
            weekdays: Weekdays::ANY,
            priority: Priority::Routine,
        }
    }
}

/// What is booked, as a wish asks about it.
#[derive(Debug, Clone)]
pub struct Chosen<'a> {
    pub provider: ProviderId,
    pub profession: &'a str,
    /// Where it is not known, wishes for a department are not met.
    pub department: Option<DepartmentId>,
    pub centre: CentreId,
    pub visit_type: Option<&'a str>,
    /// On the wall of the centre.
    pub at: NaiveDateTime,
}

impl Wish {
    /// Whether booking this would meet the wish whole: the database closes it then.
    #[must_use]
    pub fn is_met_by(&self, it: &Chosen<'_>) -> bool {
        let whom = match self.provider {
            Some(id) => id == it.provider,
            None => {
                self.profession.as_deref() == Some(it.profession)
                    && (self.department.is_none() || self.department == it.department)
            }
        };
        let minute = i32::try_from(it.at.hour() * 60 + it.at.minute()).unwrap_or(0);
        let (from, to) = self.part.minutes();
        whom && self.centre.is_none_or(|c| c == it.centre)
            && self.visit_type.as_deref().is_none_or(|t| Some(t) == it.visit_type)
            && (self.first..=self.last).contains(&it.at.date())
            && self.weekdays.has(it.at.date())
            && (from..to).contains(&minute)
    }

    /// When: `Mon 16 Mar to Thu 26 Mar, mornings, Mon Wed`; from today on `to Thu 26 Mar`.
    #[must_use]
    pub fn when(&self, today: NaiveDate) -> String {
        let days = if self.first == self.last {
            dates::short_day(self.first)
        } else if self.first <= today {
            tr!("to {last}", last = dates::short_day(self.last))
        } else {
            tr!("{first} to {last}", first = dates::short_day(self.first), last = dates::short_day(self.last))
        };
        let part = match self.part {
            DayPart::Any => "",
            DayPart::Morning => tr!("mornings"),
            DayPart::Afternoon => tr!("afternoons"),
            DayPart::Evening => tr!("evenings"),
        };
        in_words([days, part.to_owned(), self.weekdays.words()])
    }
}

/// Somebody who is put on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWait {
    /// Made by the form when it opens.
    pub id: WaitId,
    pub patient: PatientId,
    pub wish: Wish,
    /// Sealed in the database.
    pub note: String,
}

/// Where somebody stands on the list. That a time is being offered, and that the days are over, follows from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitStatus {
    Waiting,
    Offered,
    Booked,
    /// They want nothing any more.
    Declined,
    /// Taken off the list.
    Withdrawn,
    Expired,
}

impl WaitStatus {
    /// The status as the database keeps it, and as it is today.
    #[must_use]
    pub fn of(code: &str, offered: bool, last: NaiveDate, today: NaiveDate) -> Self {
        match code {
            "booked" => Self::Booked,
            "declined" => Self::Declined,
            "withdrawn" => Self::Withdrawn,
            _ if last < today => Self::Expired,
            _ if offered => Self::Offered,
            _ => Self::Waiting,
        }
    }

    /// The name for scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Booked => "booked",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// They wait still.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => tr!("waiting"),
            Self::Offered => tr!("offered"),
            Self::Booked => tr!("booked"),
            Self::Declined => tr!("wants none"),
            Self::Withdrawn => tr!("withdrawn"),
            Self::Expired => tr!("expired"),
        }
    }
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    Booked,
    /// Not this time; they go on waiting.
    Declined,
    NoAnswer,
    LeftMessage,
    /// They want nothing any more.
    GaveUp,
    /// Booked, and taken back.
    Undone,
}

impl CallOutcome {
    const ALL: [Self; 6] =
        [Self::Booked, Self::Declined, Self::NoAnswer, Self::LeftMessage, Self::GaveUp, Self::Undone];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Declined => "declined",
            Self::NoAnswer => "no_answer",
            Self::LeftMessage => "left_message",
            Self::GaveUp => "gave_up",
            Self::Undone => "undone",
        }
    }

    /// The outcome of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.code() == code)
    }

    /// The word on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Booked => tr!("booked"),
            Self::Declined => tr!("declined"),
            Self::NoAnswer => tr!("no answer"),
            Self::LeftMessage => tr!("left a message"),
            Self::GaveUp => tr!("wants none any more"),
            Self::Undone => tr!("booked and taken back"),
        }
    }
}

/// One call, as the log of an entry keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitCall {
    pub id: CallId,
    pub at: DateTime<Utc>,
    pub by: String,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub period: Period,
    /// `None`: they are being called, or the desk let go of the time.
    pub outcome: Option<CallOutcome>,
}

/// Who is talking to somebody about a time just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOffer {
    pub by: String,
    pub until: DateTime<Utc>,
    /// This very sign-in.
    pub mine: bool,
}

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitEntry {
    pub id: WaitId,
    pub version: i64,
    /// Who is booked: the record that goes on, when theirs was merged.
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub born: Option<NaiveDate>,
    pub phone: String,
    pub wish: Wish,
    pub provider_name: Option<PersonName>,
    pub department_name: String,
    pub centre_name: String,
    pub visit_type_name: String,
    /// There is a referral for it.
    pub referred: bool,
    pub note: String,
    pub added_by: String,
    pub added_at: DateTime<Utc>,
    pub status: WaitStatus,
    /// They could not be booked now: why.
    pub unbookable: Option<Why>,
    pub appointment: Option<AppointmentId>,
    pub calls: i64,
    pub last_call: Option<(CallOutcome, DateTime<Utc>)>,
    pub offer: Option<OpenOffer>,
}

impl WaitEntry {
    /// For how many whole days they have waited.
    #[must_use]
    pub fn days(&self, now: DateTime<Utc>) -> i64 {
        (now - self.added_at).num_days().max(0)
    }

    /// With whom: the name, or `any GP`.
    #[must_use]
    pub fn whom(&self) -> String {
        whom(self.provider_name.as_ref(), self.wish.profession.as_deref())
    }

    /// When: `Mon 16 Mar to Thu 26 Mar, mornings, Mon Wed`; from today on `to Thu 26 Mar`.
    #[must_use]
    pub fn when(&self, today: NaiveDate) -> String {
        self.wish.when(today)
    }

    /// The wish in one phrase: `any GP, to Thu 26 Mar, mornings, Blood test`.
    #[must_use]
    pub fn words(&self, today: NaiveDate) -> String {
        in_words([self.whom(), self.when(today), self.visit_type_name.clone()])
    }
}

fn whom(name: Option<&PersonName>, code: Option<&str>) -> String {
    match (name, code) {
        (Some(name), _) => name.to_string(),
        (None, Some(code)) => tr!("any {profession}", profession = profession(code)),
        _ => String::new(),
    }
}

fn in_words<const N: usize>(all: [String; N]) -> String {
    all.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A wish that a booking has closed, as the confirmation says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    pub id: WaitId,
    pub provider_name: Option<PersonName>,
    pub visit_type_name: String,
    pub wish: Wish,
}

impl From<&WaitEntry> for Met {
    fn from(e: &WaitEntry) -> Self {
        Self {
            id: e.id,
            provider_name: e.provider_name.clone(),
            visit_type_name: e.visit_type_name.clone(),
            wish: e.wish.clone(),
        }
    }
}

impl Met {
    /// The wish in one phrase.
    #[must_use]
    pub fn words(&self, today: NaiveDate) -> String {
        let whom = whom(self.provider_name.as_ref(), self.wish.profession.as_deref());
        in_words([whom, self.wish.when(today), self.visit_type_name.clone()])
    }
}

fn profession(code: &str) -> String {
    if code == "gp" { tr!("GP").into() } else { code.replace('_', " ") }
}

/// Somebody whom the freed time suits, and the time they would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub entry: WaitEntry,
    pub slot: FreeSlot,
    /// They were called about this very time, and not reached.
    pub tried: Option<(CallOutcome, DateTime<Utc>)>,
}

/// A freed time with those it suits, ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offering {
    pub time: FreedTime,
    pub provider_name: PersonName,
    pub centre_name: String,
    pub zone: chrono_tz::Tz,
    pub matches: Vec<Match>,
}

/// The order in which a freed time is offered, in words.
#[must_use]
pub fn order_in_words() -> &'static str {
    tr!(
        "Urgent first, then soon; then who has waited more days; of these who asked for this provider by name, then whose visit fills the time best. Who was not reached comes last."
    )
}

/// Sorts by that order.
pub fn rank(matches: &mut [Match], freed: &FreedTime, now: DateTime<Utc>) {
    matches.sort_by_key(|m| {
        let e = &m.entry;
        let spare = (freed.period.end - m.slot.period.end).num_minutes().max(0);
        let start = (m.slot.period.start - freed.period.start).num_minutes();
        let unnamed = e.wish.provider.is_none();
        (m.tried.is_some(), e.wish.priority, -e.days(now), unnamed, spare + start, e.added_at, e.id)
    });
}

#[cfg(test)]
#[path = "waitlist_tests.rs"]
mod tests;
