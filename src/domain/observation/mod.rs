//! Vital signs: the catalogue with codes, units and the range outside which a value is a mistake; and free signs. The
//! bands that make a value unusual for an age are in [`bands`], the line that enters many at once in [`line`].
use super::why::Why;
use crate::tr;
use serde::{Deserialize, Serialize};

pub mod bands;
pub mod line;

pub use bands::{Flag, flag};
pub use line::parse_line;

/// A sign of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    Temperature,
    HeartRate,
    RespiratoryRate,
    Systolic,
    Diastolic,
    OxygenSaturation,
    Height,
    Weight,
    Bmi,
    Pain,
    Glucose,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignDef {
    pub sign: Sign,
    /// The name in the database and in files.
    pub code: &'static str,
    /// LOINC 2.x.
    pub loinc: &'static str,
    /// The unit on screen; `ucum` is the same for other systems.
    pub unit: &'static str,
    pub ucum: &'static str,
    /// The lowest and highest value a living person can have; outside, it is a mistake of typing.
    pub possible: (f64, f64),
    /// Figures after the point on screen.
    pub decimals: usize,
    /// What may be typed for it.
    pub words: &'static [&'static str],
}

const fn def(
    sign: Sign,
    code: &'static str,
    loinc: &'static str,
    units: (&'static str, &'static str),
    possible: (f64, f64),
    decimals: usize,
    words: &'static [&'static str],
) -> SignDef {
    SignDef { sign, code, loinc, unit: units.0, ucum: units.1, possible, decimals, words }
}

/// The whole catalogue, in the order of the form. LOINC codes from LOINC 2.x (`loinc.org`); 15074-8 is glucose in mmol/L.
/// The possible ranges are wide on purpose: they catch slips, not illness.
pub const CATALOGUE: [SignDef; 11] = [
    def(
        Sign::Temperature,
        "temperature",
        "8310-5",
        ("°C", "Cel"),
        (25.0, 45.0),
        1,
        &["t", "temp", "temperature"],
    ),
    def(
        Sign::HeartRate,
        "heart_rate",
        "8867-4",
        ("/min", "/min"),
        (10.0, 350.0),
        0,
        &["hr", "pulse", "p", "heart"],
    ),
    def(
        Sign::RespiratoryRate,
        "respiratory_rate",
        "9279-1",
        ("/min", "/min"),
        (2.0, 120.0),
        0,
        &["rr", "resp"],
    ),
    def(Sign::Systolic, "systolic", "8480-6", ("mmHg", "mm[Hg]"), (30.0, 320.0), 0, &["sys", "sbp"]),
    def(Sign::Diastolic, "diastolic", "8462-4", ("mmHg", "mm[Hg]"), (10.0, 220.0), 0, &["dia", "dbp"]),
    def(
        Sign::OxygenSaturation,
        "oxygen_saturation",
        "59408-5",
        ("%", "%"),
        (30.0, 100.0),
        0,
        &["spo2", "sat", "sats", "o2"],
    ),
    def(Sign::Height, "height", "8302-2", ("cm", "cm"), (20.0, 275.0), 1, &["ht", "height"]),
    def(Sign::Weight, "weight", "29463-7", ("kg", "kg"), (0.2, 650.0), 1, &["wt", "weight"]),
    def(Sign::Bmi, "bmi", "39156-5", ("kg/m²", "kg/m2"), (5.0, 250.0), 1, &["bmi"]),
    def(Sign::Pain, "pain", "72514-3", ("/10", "{score}"), (0.0, 10.0), 0, &["pain"]),
    def(
        Sign::Glucose,
        "glucose",
        "15074-8",
        ("mmol/L", "mmol/L"),
        (0.3, 90.0),
        1,
        &["glu", "bgl", "bsl", "glucose"],
    ),
];

impl Sign {
    /// Its row of the catalogue.
    #[must_use]
    pub fn def(self) -> &'static SignDef {
        &CATALOGUE[self as usize]
    }

    /// The sign of this database code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        CATALOGUE.iter().find(|d| d.code == code).map(|d| d.sign)
    }

    /// The name on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Temperature => tr!("Temperature"),
            Self::HeartRate => tr!("Heart rate"),
            Self::RespiratoryRate => tr!("Respiratory rate"),
            Self::Systolic => tr!("Systolic pressure"),
            Self::Diastolic => tr!("Diastolic pressure"),
            Self::OxygenSaturation => tr!("Oxygen saturation"),
            Self::Height => tr!("Height"),
            Self::Weight => tr!("Weight"),
            Self::Bmi => tr!("BMI"),
            Self::Pain => tr!("Pain"),
            Self::Glucose => tr!("Glucose"),
        }
    }
}

/// What was measured: a sign of the catalogue, or one the clinic names itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    Known(Sign),
    Free(String),
}

/// A figure, or words for free signs that have none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(f64),
    Words(String),
}

/// One measured sign, not yet saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub what: Measured,
    pub value: Value,
    pub unit: String,
}

impl Reading {
    /// A catalogue sign in its own unit; refused outside the possible range, with the range.
    pub fn known(sign: Sign, value: f64) -> Result<Self, Why> {
        let def = sign.def();
        let (low, high) = def.possible;
        if !(low..=high).contains(&value) {
            let sentence = tr!(
                "{sign} {value} {unit} is impossible.",
                sign = sign.word(),
                value = figure(value, 1),
                unit = def.unit
            );
            return Err(Why::new("vital_possible", sentence).instead(tr!(
                "It lies between {low} and {high}.",
                low = figure(low, def.decimals),
                high = figure(high, def.decimals)
            )));
        }
        if sign == Sign::Pain && value.fract() != 0.0 {
            return Err(Why::new("pain_whole", tr!("Pain is a whole number."))
                .instead(tr!("Give one from 0 (none) to 10 (the worst).")));
        }
        Ok(Self { what: Measured::Known(sign), value: Value::Number(value), unit: def.unit.to_owned() })
    }

    /// The figure, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(n) => Some(*n),
            Value::Words(_) => None,
        }
    }

    /// The sign of the catalogue, if it is one.
    #[must_use]
    pub fn sign(&self) -> Option<Sign> {
        match &self.what {
            Measured::Known(sign) => Some(*sign),
            Measured::Free(_) => None,
        }
    }

    /// The name on screen; a free sign's comes from data and is cleaned before it is drawn.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.what {
            Measured::Known(sign) => sign.word(),
            Measured::Free(name) => name,
        }
    }

    /// `37.2 °C`.
    #[must_use]
    pub fn text(&self) -> String {
        let value = match &self.value {
            Value::Number(n) => figure(*n, self.sign().map_or(3, |s| s.def().decimals.max(1))),
            Value::Words(words) => words.clone(),
        };
        if self.unit.is_empty() || self.unit.starts_with('/') {
            format!("{value}{}", self.unit)
        } else {
            format!("{value} {}", self.unit)
        }
    }
}

/// Body mass index in kg/m², to one figure after the point, from the latest height (cm) and weight (kg); `None` where
/// either is impossible.
#[must_use]
pub fn bmi(height_cm: f64, weight_kg: f64) -> Option<f64> {
    Reading::known(Sign::Height, height_cm).ok()?;
    Reading::known(Sign::Weight, weight_kg).ok()?;
    let metres = height_cm / 100.0;
    let bmi = (weight_kg / (metres * metres) * 10.0).round() / 10.0;
    Reading::known(Sign::Bmi, bmi).ok().map(|_| bmi)
}

/// A figure with at most so many decimals and no trailing zeros.
#[must_use]
pub fn figure(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_in_the_order_of_its_signs() {
        for (i, def) in CATALOGUE.iter().enumerate() {
            assert_eq!(def.sign as usize, i);
            assert_eq!(Sign::from_code(def.code), Some(def.sign));
            assert_eq!(serde_json::to_value(def.sign).unwrap(), def.code);
        }
    }

    #[test]
    fn no_word_means_two_signs() {
        let mut words: Vec<_> = CATALOGUE.iter().flat_map(|d| d.words).collect();
        let n = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), n);
    }

    #[test]
    fn an_impossible_value_is_refused_with_the_range() {
        let why = Reading::known(Sign::Temperature, 372.0).unwrap_err();
        assert_eq!(why.to_string(), "Temperature 372 °C is impossible. It lies between 25 and 45.");
        assert!(Reading::known(Sign::Pain, 2.5).is_err());
        assert!(Reading::known(Sign::Weight, f64::NAN).is_err());
    }

    #[test]
    fn bmi_comes_from_height_and_weight() {
        assert_eq!(bmi(175.0, 70.0), Some(22.9));
        assert_eq!(bmi(0.0, 70.0), None);
        assert_eq!(bmi(1.75, 70.0), None);
    }

    #[test]
    fn a_reading_is_written_with_its_unit() {
        assert_eq!(Reading::known(Sign::Temperature, 37.2).unwrap().text(), "37.2 °C");
        assert_eq!(Reading::known(Sign::Pain, 3.0).unwrap().text(), "3/10");
        assert_eq!(Reading::known(Sign::HeartRate, 72.0).unwrap().text(), "72/min");
    }
}
