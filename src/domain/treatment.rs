//! Other treatment and advice of a visit: a title and, where wanted, notes.
use super::{
    authored::Authored,
    ids::{EncounterId, TreatmentId},
    why::Why,
};
use crate::tr;
use serde::{Deserialize, Serialize};

/// Treatment or advice as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTreatment {
    pub title: String,
    pub notes: String,
}

/// Treatment or advice as it stands in a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Treatment {
    pub id: TreatmentId,
    pub encounter: EncounterId,
    pub version: i64,
    pub title: String,
    pub notes: String,
    pub written: Authored,
}

/// Reads one line: `rest at home: 3 days, plenty to drink` has its notes behind the first colon.
///
/// # Errors
/// When there is no title.
pub fn parse_treatment(line: &str) -> Result<NewTreatment, Why> {
    let (title, notes) = line.split_once(": ").unwrap_or((line, ""));
    if title.trim().is_empty() {
        return Err(Why::new("treatment_empty", tr!("The advice has no title."))
            .instead(tr!("Write it as rest at home: 3 days.")));
    }
    Ok(NewTreatment { title: title.trim().into(), notes: notes.trim().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notes_stand_behind_the_colon() {
        let found = parse_treatment("rest: 3 days: at home").unwrap();
        assert_eq!((found.title.as_str(), found.notes.as_str()), ("rest", "3 days: at home"));
        assert_eq!(parse_treatment("ice").unwrap().notes, "");
        assert!(parse_treatment(" : x").is_err());
    }
}
