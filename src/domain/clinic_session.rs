//! Clinic sessions: a provider's block of time at one centre on one day, cut into slots. Sessions of one provider never
//! overlap, at whatever centre; touching is allowed.
use super::{
    exception::ExceptionKind,
    ids::{AppointmentId, CentreId, ClinicSessionId, EncounterId, PatientId, ProviderId},
    name::PersonName,
    time::{self, Period},
    why::Why,
};
use crate::tr;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Day, hours and slot length as a person gives them, on the wall clock of the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionHours {
    pub day: NaiveDate,
    pub from: NaiveTime,
    /// 00:00 is midnight at the end of the day.
    pub to: NaiveTime,
    /// Minutes, 5 to 240.
    pub slot_minutes: u32,
}

impl SessionHours {
    /// The stretch of time this is where the centre is.
    ///
    /// # Errors
    /// When it ends before it starts, holds no slot, or the slot length is not possible.
    pub fn period(&self, zone: Tz) -> Result<Period, Why> {
        let period = time::session_period(zone, self.day, self.from, self.to)?;
        time::slots_of(period, self.slot_minutes)?;
        Ok(period)
    }
}

/// A session that shall be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSession {
    pub provider: ProviderId,
    pub centre: CentreId,
    pub hours: SessionHours,
}

/// A session as the schedule lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    pub id: ClinicSessionId,
    pub version: i64,
    pub provider: ProviderId,
    pub provider_name: PersonName,
    pub centre: CentreId,
    pub centre_name: String,
    pub zone: Tz,
    /// The date where the centre is.
    pub day: NaiveDate,
    pub period: Period,
    pub slot_minutes: u32,
    /// Slots that are taken by appointments that were not cancelled or missed.
    pub booked: u32,
    /// Slots that everybody may book now: not begun, not taken, not held, not shut.
    pub free: u32,
    pub kept: Kept,
}

/// What else is said about a session's slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Slots held for the same day or for urgent visits, not released yet.
    pub held: u32,
    /// The leave or holiday that some of it lies under.
    pub shut: Option<ExceptionKind>,
    /// Slots that have begun and that nobody has.
    pub past: u32,
    /// Appointments booked over its slots.
    pub overbooked: u32,
    /// How many may be; `None`: as the policy says.
    pub cap: Option<u32>,
    /// It was made from the weekly hours.
    pub planned: bool,
}

impl SessionRow {
    /// How many slots the session has.
    #[must_use]
    pub fn total(&self) -> u32 {
        u32::try_from(self.period.minutes()).unwrap_or(0) / self.slot_minutes.max(1)
    }

    /// Why slots that nobody has are not free, in a word: `leave`, `holiday`, `3 begun`, `2 held`; empty where none are.
    #[must_use]
    pub fn not_free(&self) -> String {
        match self.kept {
            Kept { shut: Some(ExceptionKind::Holiday), .. } => tr!("holiday").into(),
            Kept { shut: Some(_), .. } => tr!("leave").into(),
            Kept { past: past @ 1.., .. } => tr!("{n} begun", n = past),
            Kept { held: held @ 1.., .. } => tr!("{n} held", n = held),
            _ => String::new(),
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.period.end <= now
    }

    /// Its hours as a person would give them.
    #[must_use]
    pub fn hours(&self) -> SessionHours {
        SessionHours {
            day: self.day,
            from: self.period.starts_at(self.zone).time(),
            to: self.period.ends_at(self.zone).time(),
            slot_minutes: self.slot_minutes,
        }
    }

    /// `09:00-12:30`, where the centre is.
    #[must_use]
    pub fn times(&self) -> String {
        let (from, to) = (self.period.starts_at(self.zone), self.period.ends_at(self.zone));
        format!("{}-{}", from.format("%H:%M"), to.format("%H:%M"))
    }
}

/// One appointment of a session that is not over.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionAppointment {
    pub id: AppointmentId,
    pub version: i64,
    pub status: String,
    pub kind: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub patient: PatientId,
    pub patient_name: PersonName,
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub reason: String,
    pub arrived_at: Option<DateTime<Utc>>,
    /// The visit that was started, if one is open.
    pub encounter: Option<EncounterId>,
    pub allergy_state: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(zone: Tz, hours: SessionHours, booked: u32) -> SessionRow {
        SessionRow {
            id: ClinicSessionId::new(),
            version: 1,
            provider: ProviderId::new(),
            provider_name: PersonName::new("Smith", "Anna"),
            centre: CentreId::new(),
            centre_name: "Randwick".into(),
            zone,
            day: hours.day,
            period: hours.period(zone).unwrap(),
            slot_minutes: hours.slot_minutes,
            booked,
            free: 0,
            kept: Kept::default(),
        }
    }
    fn hours(day: &str, from: &str, to: &str, slot_minutes: u32) -> SessionHours {
        let time = |t| NaiveTime::parse_from_str(t, "%H:%M").unwrap();
        SessionHours { day: day.parse().unwrap(), from: time(from), to: time(to), slot_minutes }
    }

    #[test]
    fn the_number_of_slots_follows_the_hours() {
        let session = row(Tz::Australia__Sydney, hours("2026-03-12", "09:00", "12:45", 30), 3);
        assert_eq!(session.total(), 7);
        assert_eq!(session.times(), "09:00-12:45");
    }

    #[test]
    fn why_slots_are_not_free_is_said_in_a_word_the_widest_reason_first() {
        let mut session = row(Tz::UTC, hours("2026-03-12", "09:00", "12:00", 30), 1);
        assert_eq!(session.not_free(), "");
        session.kept.held = 2;
        assert_eq!(session.not_free(), "2 held");
        session.kept.past = 3;
        assert_eq!(session.not_free(), "3 begun");
        for (kind, word) in [(ExceptionKind::Leave, "leave"), (ExceptionKind::Holiday, "holiday")] {
            session.kept.shut = Some(kind);
            assert_eq!(session.not_free(), word);
        }
    }

    #[test]
    fn a_session_over_a_clock_change_has_the_slots_that_fit_the_real_hours() {
        let spring = row(Tz::Europe__Berlin, hours("2026-03-29", "01:00", "04:00", 30), 0);
        let autumn = row(Tz::Europe__Berlin, hours("2026-10-25", "01:00", "04:00", 30), 0);
        assert_eq!((spring.total(), autumn.total()), (4, 8));
        assert_eq!(autumn.times(), "01:00-04:00");
    }

    #[test]
    fn the_hours_come_back_as_they_were_given() {
        let given = hours("2026-03-12", "14:00", "00:00", 20);
        let session = row(Tz::Australia__Sydney, given, 99);
        assert_eq!(session.hours(), given);
    }

    #[test]
    fn hours_that_hold_no_slot_are_refused() {
        assert!(hours("2026-03-12", "09:00", "09:20", 30).period(Tz::UTC).is_err());
        assert!(hours("2026-03-12", "12:00", "09:00", 30).period(Tz::UTC).is_err());
        assert!(hours("2026-03-12", "09:00", "10:00", 4).period(Tz::UTC).is_err());
    }
}
