//! A prescription on one line, `amoxicillin 500 mg tds 7d`, read into its fields and said back in full words, so that the
//! prescriber sees what was understood before it is saved. Nothing typed is dropped.
use super::observation::figure;
use crate::tr;
use serde::{Deserialize, Serialize};

pub mod parse;

pub use parse::parse_prescription;

/// How a drug is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Route {
    Oral,
    Sublingual,
    Intravenous,
    Intramuscular,
    Subcutaneous,
    Topical,
    Inhaled,
    Nebulised,
    Nasal,
    Rectal,
    Vaginal,
    Eye,
    Ear,
}

impl Route {
    /// Every route: code in the database, and what may be typed for it.
    pub const ALL: [(Self, &'static str, &'static [&'static str]); 13] = [
        (Self::Oral, "oral", &["po", "oral", "orally"]),
        (Self::Sublingual, "sublingual", &["sl", "subling", "sublingual"]),
        (Self::Intravenous, "intravenous", &["iv", "intravenous"]),
        (Self::Intramuscular, "intramuscular", &["im", "imi", "intramuscular"]),
        (Self::Subcutaneous, "subcutaneous", &["sc", "subcut", "subcutaneous"]),
        (Self::Topical, "topical", &["top", "topical", "topically"]),
        (Self::Inhaled, "inhaled", &["inh", "inhaled"]),
        (Self::Nebulised, "nebulised", &["neb", "nebulised"]),
        (Self::Nasal, "nasal", &["nasal", "nasally"]),
        (Self::Rectal, "rectal", &["pr", "rectal", "rectally"]),
        (Self::Vaginal, "vaginal", &["pv", "vaginal", "vaginally"]),
        (Self::Eye, "eye", &["occ", "eye", "eyes"]),
        (Self::Ear, "ear", &["aur", "ear", "ears"]),
    ];

    /// The name in the database and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(r, ..)| *r == self).map_or("", |(_, code, _)| code)
    }

    /// The route of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c, _)| *c == code).map(|(r, ..)| *r)
    }

    /// The words on screen and on paper.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Oral => tr!("by mouth"),
            Self::Sublingual => tr!("under the tongue"),
            Self::Intravenous => tr!("into a vein"),
            Self::Intramuscular => tr!("into a muscle"),
            Self::Subcutaneous => tr!("under the skin"),
            Self::Topical => tr!("on the skin"),
            Self::Inhaled => tr!("inhaled"),
            Self::Nebulised => tr!("by nebuliser"),
            Self::Nasal => tr!("into the nose"),
            Self::Rectal => tr!("rectally"),
            Self::Vaginal => tr!("vaginally"),
            Self::Eye => tr!("into the eye"),
            Self::Ear => tr!("into the ear"),
        }
    }
}

/// How often.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// One single dose, now.
    Stat,
    /// 1 to 4 times a day.
    TimesADay(u8),
    /// Every 1, 2, 3, 4, 6, 8 or 12 hours.
    EveryHours(u8),
    Morning,
    Night,
    /// In other words.
    Free(String),
}

/// The intervals of [`Frequency::EveryHours`].
pub const EVERY_HOURS: [u8; 7] = [1, 2, 3, 4, 6, 8, 12];

impl Frequency {
    /// The short code: `stat`, `od`, `bd`, `tds`, `qid`, `q8h`, `mane`, `nocte`; free words as they are.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Stat => "stat".to_owned(),
            Self::TimesADay(1) => "od".to_owned(),
            Self::TimesADay(2) => "bd".to_owned(),
            Self::TimesADay(3) => "tds".to_owned(),
            Self::TimesADay(4) => "qid".to_owned(),
            Self::TimesADay(n) => format!("{n}/d"),
            Self::EveryHours(h) => format!("q{h}h"),
            Self::Morning => "mane".to_owned(),
            Self::Night => "nocte".to_owned(),
            Self::Free(words) => words.clone(),
        }
    }

    /// The frequency of a code; whatever is no code is free words.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        parse::frequency(&code.to_lowercase()).unwrap_or_else(|| Self::Free(code.to_owned()))
    }

    /// The words on screen and on paper.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Stat => tr!("once, now").to_owned(),
            Self::TimesADay(1) => tr!("once a day").to_owned(),
            Self::TimesADay(2) => tr!("twice a day").to_owned(),
            Self::TimesADay(3) => tr!("three times a day").to_owned(),
            Self::TimesADay(4) => tr!("four times a day").to_owned(),
            Self::TimesADay(n) => tr!("{n} times a day", n = n),
            Self::EveryHours(1) => tr!("every hour").to_owned(),
            Self::EveryHours(h) => tr!("every {h} hours", h = h),
            Self::Morning => tr!("in the morning").to_owned(),
            Self::Night => tr!("at night").to_owned(),
            Self::Free(words) => words.clone(),
        }
    }
}

/// What a prescription line says. Fields that were not typed are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Shorthand {
    pub drug: String,
    pub dose: String,
    pub route: Option<Route>,
    pub frequency: Option<Frequency>,
    /// Only when needed.
    pub as_needed: bool,
    pub duration_days: Option<u16>,
    /// How many to supply.
    pub quantity: Option<f64>,
    pub repeats: Option<u8>,
    pub instructions: String,
}

impl Shorthand {
    /// All of it in full words, as it will stand in the record.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut parts = vec![self.drug.clone()];
        parts.extend((!self.dose.is_empty()).then(|| self.dose.clone()));
        parts.extend(self.route.map(|r| r.word().to_owned()));
        parts.extend(self.frequency.as_ref().map(Frequency::words));
        parts.extend(self.as_needed.then(|| tr!("when needed").to_owned()));
        parts.extend(self.duration_days.map(|n| crate::tr_n!("for {n} day", "for {n} days", n)));
        parts.extend(self.quantity.map(|n| tr!("{n} to supply", n = figure(n, 2))));
        parts.extend(self.repeats.map(|n| crate::tr_n!("{n} repeat", "{n} repeats", n)));
        parts.extend((!self.instructions.is_empty()).then(|| self.instructions.clone()));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back() {
        for (route, code, _) in Route::ALL {
            assert_eq!(Route::from_code(code), Some(route));
            assert_eq!(serde_json::to_value(route).unwrap(), code);
        }
        let all = (1..=4).map(Frequency::TimesADay).chain(EVERY_HOURS.map(Frequency::EveryHours)).chain([
            Frequency::Stat,
            Frequency::Morning,
            Frequency::Night,
            Frequency::Free("Mondays".into()),
        ]);
        for frequency in all {
            assert_eq!(Frequency::from_code(&frequency.code()), frequency);
        }
    }

    #[test]
    fn no_word_means_two_routes() {
        let mut words: Vec<_> = Route::ALL.iter().flat_map(|(_, _, w)| *w).collect();
        let n = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), n);
    }
}
