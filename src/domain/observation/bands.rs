//! What is unusual for an age. Unusual is asked about and flagged, never refused; no score or diagnosis is made of it.
//!
//! Sources. From 16 years: NEWS2 (Royal College of Physicians, 2017), the bands that score 0 for respiration, saturation
//! (scale 1), pulse and temperature; blood pressure low at its score of 2 (systolic 100 or less), high from 140/90 (2018
//! ESC/ESH guidelines, office hypertension grade 1), diastolic low under 60. Under 16: the normal ranges of the AHA
//! *Pediatric Advanced Life Support* provider manual (2020), awake heart rate. Temperature at every age 36.1-38.0 (NEWS2).
//! Adult BMI: WHO 18.5-24.9. Glucose: under 4.0 (hypoglycaemia, Diabetes UK), from 11.1 (WHO 2006, random sample).
//! Pain from 7: severe on the 0-10 scale. A clinic's physician must approve them before use.
use super::{Reading, Sign};
use serde::{Deserialize, Serialize};

/// A value outside the usual band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum Flag {
    #[serde(rename = "L")]
    #[sqlx(rename = "L")]
    Low,
    #[serde(rename = "H")]
    #[sqlx(rename = "H")]
    High,
}

impl Flag {
    /// `L` or `H`, as laboratories write it.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Low => 'L',
            Self::High => 'H',
        }
    }
}

type Band = (f64, f64);

/// Upper age in months (exclusive), then the bands of heart rate, respiration, systolic and diastolic pressure (PALS 2020).
const CHILDREN: [(u32, Band, Band, Band, Band); 7] = [
    (1, (100.0, 205.0), (30.0, 53.0), (67.0, 84.0), (35.0, 53.0)),
    (12, (100.0, 180.0), (30.0, 53.0), (72.0, 104.0), (37.0, 56.0)),
    (36, (98.0, 140.0), (22.0, 37.0), (86.0, 106.0), (42.0, 63.0)),
    (72, (80.0, 120.0), (20.0, 28.0), (89.0, 112.0), (46.0, 72.0)),
    (120, (75.0, 118.0), (18.0, 25.0), (97.0, 115.0), (57.0, 76.0)),
    (144, (75.0, 118.0), (18.0, 25.0), (102.0, 120.0), (61.0, 80.0)),
    (192, (60.0, 100.0), (12.0, 20.0), (110.0, 131.0), (64.0, 83.0)),
];

/// The usual band of a sign at an age in completed months, both ends included; `None` where none is known. Without an
/// age the adult's band is used.
#[must_use]
pub fn usual(sign: Sign, age_months: Option<u32>) -> Option<Band> {
    let months = age_months.unwrap_or(u32::MAX);
    let child = CHILDREN.iter().find(|(until, ..)| months < *until);
    let band = match (sign, child) {
        (Sign::HeartRate, Some(c)) => c.1,
        (Sign::HeartRate, None) => (51.0, 90.0),
        (Sign::RespiratoryRate, Some(c)) => c.2,
        (Sign::RespiratoryRate, None) => (12.0, 20.0),
        (Sign::Systolic, Some(c)) => c.3,
        (Sign::Systolic, None) => (101.0, 139.0),
        (Sign::Diastolic, Some(c)) => c.4,
        (Sign::Diastolic, None) => (60.0, 89.0),
        (Sign::OxygenSaturation, Some(_)) => (94.0, 100.0),
        (Sign::OxygenSaturation, None) => (96.0, 100.0),
        (Sign::Temperature, _) => (36.1, 38.0),
        (Sign::Glucose, _) => (4.0, 11.0),
        (Sign::Pain, _) => (0.0, 6.0),
        (Sign::Bmi, _) if months >= 18 * 12 => (18.5, 24.9),
        (Sign::Bmi | Sign::Height | Sign::Weight, _) => return None,
    };
    Some(band)
}

/// Low or high for the age in completed months; free signs are never flagged.
#[must_use]
pub fn flag(reading: &Reading, age_months: Option<u32>) -> Option<Flag> {
    let value = reading.number()?;
    let (low, high) = usual(reading.sign()?, age_months)?;
    if value < low {
        Some(Flag::Low)
    } else if value > high {
        Some(Flag::High)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(sign: Sign, value: f64, years: u32) -> Option<Flag> {
        flag(&Reading::known(sign, value).unwrap(), Some(years * 12))
    }

    #[test]
    fn adults_are_flagged_outside_news2_score_0() {
        assert_eq!(flagged(Sign::HeartRate, 90.0, 40), None);
        assert_eq!(flagged(Sign::HeartRate, 91.0, 40), Some(Flag::High));
        assert_eq!(flagged(Sign::HeartRate, 50.0, 40), Some(Flag::Low));
        assert_eq!(flagged(Sign::RespiratoryRate, 21.0, 40), Some(Flag::High));
        assert_eq!(flagged(Sign::OxygenSaturation, 95.0, 40), Some(Flag::Low));
        assert_eq!(flagged(Sign::Temperature, 38.1, 40), Some(Flag::High));
        assert_eq!(flagged(Sign::Temperature, 36.0, 40), Some(Flag::Low));
        assert_eq!(flagged(Sign::Systolic, 140.0, 40), Some(Flag::High));
        assert_eq!(flagged(Sign::Systolic, 100.0, 40), Some(Flag::Low));
    }

    #[test]
    fn what_is_usual_for_a_child_differs() {
        assert_eq!(flagged(Sign::HeartRate, 130.0, 2), None);
        assert_eq!(flagged(Sign::HeartRate, 130.0, 30), Some(Flag::High));
        assert_eq!(flag(&Reading::known(Sign::Systolic, 70.0).unwrap(), Some(0)), None);
        assert_eq!(flagged(Sign::HeartRate, 100.0, 15), None);
        assert_eq!(flagged(Sign::HeartRate, 100.0, 16), Some(Flag::High));
    }

    #[test]
    fn height_weight_and_a_childs_bmi_have_no_band() {
        assert_eq!(flagged(Sign::Weight, 300.0, 40), None);
        assert_eq!(flagged(Sign::Bmi, 30.0, 10), None);
        assert_eq!(flagged(Sign::Bmi, 30.0, 40), Some(Flag::High));
    }
}
