//! A text that is meant for paper, and what a line of it is made of.
use super::ids::{CentreId, PatientId};

/// A text that is meant for paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What kind it is: `day-sheet`, `slip`, `routing-slip`, `receipt`, `day-close`.
    pub kind: &'static str,
    pub title: String,
    pub text: String,
    pub centre: CentreId,
    /// Whom it is about, where it is about one.
    pub patient: Option<PatientId>,
}

/// One row of a day sheet, or what a slip says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaperRow {
    pub time: String,
    pub patient: String,
    /// Record number and birth date: what tells two of one name apart.
    pub number: String,
    pub born: String,
    pub provider: String,
    pub reason: String,
    pub status: String,
    pub room: String,
    pub ticket: String,
    pub date: String,
}
