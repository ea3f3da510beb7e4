//! Providers: their professions, where they work, and their weekly hours, which never overlap, across centres.
use super::{
    actor::Role,
    ids::{CentreId, DepartmentId, ProviderId},
    name::PersonName,
    why::Why,
};
use crate::tr;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a provider has learnt. One person has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profession {
    Gp,
    Specialist,
    Pathologist,
    Pharmacist,
    Physiotherapist,
    Radiographer,
    Other,
}

impl Profession {
    /// Every profession, in the order of the forms.
    pub const ALL: [Self; 7] = [
        Self::Gp,
        Self::Specialist,
        Self::Physiotherapist,
        Self::Pharmacist,
        Self::Pathologist,
        Self::Radiographer,
        Self::Other,
    ];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Gp => "gp",
            Self::Specialist => "specialist",
            Self::Pathologist => "pathologist",
            Self::Pharmacist => "pharmacist",
            Self::Physiotherapist => "physiotherapist",
            Self::Radiographer => "radiographer",
            Self::Other => "other",
        }
    }

    /// The profession of this code, if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == code)
    }

    /// The word on screen (English; the screens pass it through `tr_str`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gp => "GP",
            Self::Other => "other provider",
            other => other.code(),
        }
    }

    /// Patients are referred to it. GPs are booked without a letter, and medicine is dispensed on a prescription.
    #[must_use]
    pub fn takes_referrals(self) -> bool {
        !matches!(self, Self::Gp | Self::Pharmacist)
    }

    /// What an account of this profession may do.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Gp => Role::Gp,
            Self::Specialist => Role::Specialist,
            Self::Pharmacist => Role::Pharmacist,
            Self::Pathologist | Self::Radiographer => Role::DiagnosticsProvider,
            Self::Physiotherapist | Self::Other => Role::OtherProvider,
        }
    }
}

/// Hours of one weekday at one centre, in minutes after midnight on the centre's wall clock; the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WeeklyHours {
    pub centre: CentreId,
    /// ISO: Monday is 1.
    pub weekday: i32,
    pub from_minute: i32,
    pub to_minute: i32,
    pub slot_minutes: i32,
}

/// The weekdays as the forms write them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `09:30` as minutes after midnight; `24:00` is the end of a day.
#[must_use]
pub fn minute_of(typed: &str) -> Option<i32> {
    let (hours, minutes) = typed.trim().split_once(':')?;
    let digits = |s: &str| {
        (matches!(s.len(), 1 | 2) && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i32>())
    };
    let (hours, minutes) = (digits(hours)?.ok()?, digits(minutes).filter(|_| minutes.len() == 2)?.ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= 24 * 60).then_some(all)
}

/// Minutes after midnight as `09:30`.
#[must_use]
pub fn clock_of(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The hours of one weekday as they are typed: `09:00-12:30, 14:00-18:00`. Empty is no hours.
///
/// # Errors
/// A sentence that names the piece that is not understood, ends before it starts, or overlaps another.
pub fn parse_hours(typed: &str) -> Result<Vec<(i32, i32)>, Why> {
    let mut found: Vec<(i32, i32)> = vec![];
    for piece in typed.split([',', ';']).map(str::trim).filter(|p| !p.is_empty()) {
        let wrong = || {
            Why::new("hours_form", tr!("`{piece}` is no stretch of time.", piece = piece))
                .instead(tr!("Write it as 09:00-12:30, and a comma before the next."))
        };
        let (from, to) = piece.split_once(['-', '–']).ok_or_else(wrong)?;
        let (from, to) = (minute_of(from).ok_or_else(wrong)?, minute_of(to).ok_or_else(wrong)?);
        if from >= to {
            return Err(Why::new("hours_order", tr!("`{piece}` ends before it starts.", piece = piece)));
        }
        if found.iter().any(|&(f, t)| from < t && f < to) {
            return Err(Why::new(
                "provider_hours_overlap",
                tr!("`{piece}` overlaps other hours of the day.", piece = piece),
            )
            .instead(tr!("Join them, or leave a gap.")));
        }
        found.push((from, to));
    }
    found.sort_unstable();
    Ok(found)
}

/// The hours of one weekday as [`parse_hours`] reads them.
#[must_use]
pub fn show_hours(hours: &[(i32, i32)]) -> String {
    let all: Vec<String> = hours.iter().map(|&(f, t)| format!("{}-{}", clock_of(f), clock_of(t))).collect();
    all.join(", ")
}

/// Two of the hours that overlap, if any do: nobody is at two centres at once.
#[must_use]
pub fn overlapping(hours: &[WeeklyHours]) -> Option<(WeeklyHours, WeeklyHours)> {
    hours.iter().enumerate().find_map(|(i, a)| {
        hours[i + 1..]
            .iter()
            .find(|b| a.weekday == b.weekday && a.from_minute < b.to_minute && b.from_minute < a.to_minute)
            .map(|b| (*a, *b))
    })
}

/// Everything a form says about a provider beside name and address, which are the account's. Empty text is "not known".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDetails {
    pub department: Option<DepartmentId>,
    pub provider_number: String,
    /// `female`, `male`, `other`, `unknown` or empty.
    pub sex: String,
    pub birth_date: Option<NaiveDate>,
    pub registration_number: String,
    pub licence_number: String,
    pub licence_until: Option<NaiveDate>,
    /// Codes of `clinic.specialty`.
    pub specialties: Vec<String>,
    pub expertise: String,
    pub qualifications: String,
    /// The year of the first practice.
    pub practising_since: Option<i32>,
    pub biography: String,
    /// The fee of a service, in cents.
    pub fee_cents: Option<i32>,
}

/// A provider as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEntry {
    pub id: ProviderId,
    pub version: i64,
    pub name: PersonName,
    pub profession: Profession,
    pub details: ProviderDetails,
    /// The centres they work at, in the order of their names.
    pub centres: Vec<(CentreId, String)>,
    pub hours: Vec<WeeklyHours>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profession_comes_back_from_its_code_and_sees_patients() {
        for p in Profession::ALL {
            assert_eq!(Profession::from_code(p.code()), Some(p));
            assert!(p.role().sees_patients());
        }
    }

    #[test]
    fn times_of_day_are_read_strictly() {
        assert_eq!(minute_of("09:30"), Some(570));
        assert_eq!(minute_of(" 9:00 "), Some(540));
        assert_eq!(minute_of("24:00"), Some(1440));
        for wrong in ["", "9", "09:60", "24:01", "9:5", "-1:00", "09:3a", "100:00", "+9:00"] {
            assert_eq!(minute_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_days_hours_read_as_they_are_shown() {
        let hours = parse_hours("14:00-18:00, 9:00 - 12:30").unwrap();
        assert_eq!(show_hours(&hours), "09:00-12:30, 14:00-18:00");
        assert_eq!(parse_hours(&show_hours(&hours)).unwrap(), hours);
        assert_eq!(parse_hours("  ").unwrap(), []);
        assert_eq!(parse_hours("12:00-09:00").unwrap_err().rule, "hours_order");
        assert_eq!(parse_hours("09:00-12:00,11:59-13:00").unwrap_err().rule, "provider_hours_overlap");
        assert!(parse_hours("09:00-12:00,12:00-13:00").is_ok());
        assert_eq!(parse_hours("nine to five").unwrap_err().rule, "hours_form");
    }

    #[test]
    fn hours_at_two_centres_may_touch_and_not_overlap() {
        let at = |weekday, from_minute, to_minute| WeeklyHours {
            centre: CentreId::new(),
            weekday,
            from_minute,
            to_minute,
            slot_minutes: 30,
        };
        assert_eq!(overlapping(&[at(1, 540, 720), at(1, 720, 800), at(2, 540, 720)]), None);
        assert!(overlapping(&[at(1, 540, 720), at(2, 0, 10), at(1, 719, 800)]).is_some());
    }
}
