//! What a booking needs and what it answers: free times, the strip of a day, who can be booked, and the confirmation.
use super::{
    appointment::{AppointmentKind, AppointmentStatus},
    ids::{AppointmentId, CentreId, ClinicSessionId, DepartmentId, PatientId, ProviderId, WaitId},
    name::PersonName,
    time::Period,
    waitlist::Met,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A part of the day, by the clock of the centre: the afternoon begins at 12:00, the evening at 17:00.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DayPart {
    #[default]
    Any,
    Morning,
    Afternoon,
    Evening,
}

impl DayPart {
    /// The first minute of the day that belongs to it, and the first that does not.
    #[must_use]
    pub fn minutes(self) -> (i32, i32) {
        match self {
            Self::Any => (0, 1440),
            Self::Morning => (0, 720),
            Self::Afternoon => (720, 1020),
            Self::Evening => (1020, 1440),
        }
    }

    /// The name in the database and for scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
            Self::Evening => "evening",
        }
    }

    /// The next one, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Any => Self::Morning,
            Self::Morning => Self::Afternoon,
            Self::Afternoon => Self::Evening,
            Self::Evening => Self::Any,
        }
    }
}

/// Which free times are looked for. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeFilter {
    /// Times at which this patient is busy elsewhere are left out; specialists they have no referral to, as well, unless
    /// the specialist is named.
    pub patient: Option<PatientId>,
    pub provider: Option<ProviderId>,
    /// A profession's code, as in `gp`.
    pub profession: Option<String>,
    pub department: Option<DepartmentId>,
    pub centre: Option<CentreId>,
    /// The first day, where the centres are.
    pub from: NaiveDate,
    /// How many days are looked at, 1 to 366.
    pub days: u16,
    pub part: DayPart,
    /// Times that begin between these two, on the wall where they are.
    pub window: Option<(NaiveTime, NaiveTime)>,
    /// A visit type's code: times that are long enough for it, with those who do it, and a room where it needs one.
    pub visit_type: Option<String>,
    /// Times that are held, too.
    pub held: bool,
    /// How many times are wanted, at most 200.
    pub limit: u16,
}

impl FreeFilter {
    /// The first minute of the day that is wanted, and the first that is not.
    #[must_use]
    pub fn minutes(&self) -> (i32, i32) {
        let (from, to) = self.part.minutes();
        let minute = |t: NaiveTime| i32::try_from(wall_minutes(t)).unwrap_or(0);
        self.window.map_or((from, to), |(a, b)| (from.max(minute(a)), to.min(minute(b))))
    }

    /// The next nine free times with anybody anywhere within 60 days.
    #[must_use]
    pub fn from(day: NaiveDate) -> Self {
        Self {
            patient: None,
            provider: None,
            profession: None,
            department: None,
            centre: None,
            from: day,
            days: 60,
            part: DayPart::Any,
            window: None,
            visit_type: None,
            held: false,
            limit: 9,
        }
    }
}

/// A time that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSlot {
    pub session: ClinicSessionId,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    pub day: NaiveDate,
    pub period: Period,
}

impl FreeSlot {
    /// The time on the wall where it is.
    #[must_use]
    pub fn time(&self) -> NaiveTime {
        self.period.starts_at(self.zone).time()
    }
}

/// What is asked for when an appointment is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAppointment {
    /// Made by the form when it opens: the same one is never booked twice.
    pub id: AppointmentId,
    pub patient: PatientId,
    pub provider: ProviderId,
    pub centre: CentreId,
    pub session: Option<ClinicSessionId>,
    pub kind: AppointmentKind,
    pub period: Period,
    /// A visit type's code.
    pub visit_type: Option<String>,
    pub reason: String,
    /// Only walk-ins and emergencies may be there already.
    pub arrived: bool,
}

/// Where an appointment is moved to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTime {
    pub provider: ProviderId,
    pub centre: CentreId,
    pub session: Option<ClinicSessionId>,
    pub period: Period,
}

/// An appointment as the server kept it: everything a confirmation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    pub id: AppointmentId,
    pub version: i64,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub record_number: i32,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub profession: String,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    pub session: Option<ClinicSessionId>,
    pub period: Period,
    pub kind: AppointmentKind,
    pub status: AppointmentStatus,
    /// A visit type's code.
    #[serde(default)]
    pub visit_type: Option<String>,
    /// The name of the room that is kept for it.
    #[serde(default)]
    pub room: Option<String>,
    pub reason: String,
    /// The wishes on the waiting list that this booking closed, when it was made or moved.
    #[serde(default)]
    pub met: Vec<Met>,
}

impl Booked {
    /// The wishes that were closed with it, to open them again.
    #[must_use]
    pub fn closed(&self) -> Vec<WaitId> {
        self.met.iter().map(|m| m.id).collect()
    }

    /// Where and when it is, to move it back.
    #[must_use]
    pub fn time(&self) -> NewTime {
        NewTime { provider: self.provider, centre: self.centre, session: self.session, period: self.period }
    }
}

/// Somebody who can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookableProvider {
    pub id: ProviderId,
    pub name: PersonName,
    pub profession: String,
    pub specialties: Vec<String>,
    pub expertise: String,
    pub department: Option<DepartmentId>,
    pub centres: Vec<CentreId>,
}

/// A place where people are booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookableCentre {
    pub id: CentreId,
    pub kind: String,
    pub name: String,
    pub suburb: String,
    pub zone: Tz,
    /// Name, whether closed, and when it opens.
    pub departments: Vec<BookableDepartment>,
}

/// A department of a centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookableDepartment {
    pub id: DepartmentId,
    pub name: String,
    pub closed: bool,
    pub opens: String,
}

/// Who and where, small enough to be kept whole in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    pub providers: Vec<BookableProvider>,
    pub centres: Vec<BookableCentre>,
}

impl Directory {
    /// The centre of this id.
    #[must_use]
    pub fn centre(&self, id: CentreId) -> Option<&BookableCentre> {
        self.centres.iter().find(|c| c.id == id)
    }

    /// The provider of this id.
    #[must_use]
    pub fn provider(&self, id: ProviderId) -> Option<&BookableProvider> {
        self.providers.iter().find(|p| p.id == id)
    }
}

/// One provider's day: when they have sessions, and which of that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayStrip {
    pub provider: ProviderId,
    pub name: PersonName,
    pub sessions: Vec<Period>,
    pub taken: Vec<Period>,
}

impl DayStrip {
    /// The two half hours of an hour on the wall: `-` no session, `.` free, `#` taken.
    #[must_use]
    pub fn hour(&self, zone: Tz, hour: u32) -> [char; 2] {
        [0, 30].map(|minute| {
            let here = |p: &Period| {
                let (from, to) =
                    (wall_minutes(p.starts_at(zone).time()), wall_minutes(p.ends_at(zone).time()));
                let to = if to <= from { 1440 } else { to };
                let at = hour * 60 + minute;
                from < at + 30 && at < to
            };
            match (self.taken.iter().any(here), self.sessions.iter().any(here)) {
                (true, _) => '#',
                (false, true) => '.',
                _ => '-',
            }
        })
    }
}

fn wall_minutes(time: NaiveTime) -> u32 {
    time.hour() * 60 + time.minute()
}

/// How long somebody has waited, in minutes; `None` before they arrived.
#[must_use]
pub fn waited(arrived_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<i64> {
    arrived_at.map(|at| (now - at).num_minutes().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn the_strip_of_a_day_shows_sessions_and_what_is_taken() {
        let zone = chrono_tz::Australia::Sydney;
        let at = |h, m| zone.with_ymd_and_hms(2026, 3, 12, h, m, 0).unwrap().with_timezone(&Utc);
        let strip = DayStrip {
            provider: ProviderId::new(),
            name: PersonName::default(),
            sessions: vec![Period { start: at(8, 0), end: at(12, 0) }],
            taken: vec![Period { start: at(8, 30), end: at(9, 15) }],
        };
        assert_eq!(strip.hour(zone, 7), ['-', '-']);
        assert_eq!(strip.hour(zone, 8), ['.', '#']);
        assert_eq!(strip.hour(zone, 9), ['#', '.']);
        assert_eq!(strip.hour(zone, 12), ['-', '-']);
    }

    #[test]
    fn the_parts_of_a_day_cover_it() {
        assert_eq!(DayPart::Morning.minutes().1, DayPart::Afternoon.minutes().0);
        assert_eq!(DayPart::Afternoon.minutes().1, DayPart::Evening.minutes().0);
        assert_eq!(DayPart::Any.next().next().next().next(), DayPart::Any);
    }
}
