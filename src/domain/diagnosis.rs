//! What the visit found: coded by ICD-10-CM code or in free words, main or additional, certain or suspected.
use super::{
    authored::Authored,
    bracket_code::take_code,
    coded::coded,
    ids::{DiagnosisId, EncounterId, HistoryItemId},
    why::Why,
};
use crate::tr;
use serde::{Deserialize, Serialize};

coded! {
    /// Whether a diagnosis is the visit's main one; a visit has one main diagnosis at most.
    pub enum DiagnosisRole {
        Main = "main" "main",
        Additional = "additional" "additional",
    }
}

coded! {
    /// How sure the diagnosis is.
    pub enum Certainty {
        Certain = "certain" "certain",
        Suspected = "suspected" "suspected",
    }
}

/// A diagnosis as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDiagnosis {
    /// ICD-10-CM, as in `J06.9`; none for free words.
    pub code: Option<String>,
    pub name: String,
    pub role: DiagnosisRole,
    pub certainty: Certainty,
}

/// A diagnosis as it stands in a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    pub id: DiagnosisId,
    pub encounter: EncounterId,
    pub version: i64,
    pub code: Option<String>,
    pub name: String,
    pub role: DiagnosisRole,
    pub certainty: Certainty,
    /// The entry of the condition list it was promoted to.
    pub condition: Option<HistoryItemId>,
    pub written: Authored,
}

/// Longest name of a diagnosis, in characters.
pub const LONGEST_NAME: usize = 300;

impl NewDiagnosis {
    /// In full words, as it will stand in the record: `J06.9 Acute cold, suspected`.
    #[must_use]
    pub fn in_words(&self) -> String {
        words(self.code.as_deref(), &self.name, self.role, self.certainty)
    }
}

impl Diagnosis {
    /// In full words.
    #[must_use]
    pub fn in_words(&self) -> String {
        words(self.code.as_deref(), &self.name, self.role, self.certainty)
    }
}

fn words(code: Option<&str>, name: &str, role: DiagnosisRole, certainty: Certainty) -> String {
    let mut text = code.map_or_else(String::new, |c| format!("{c} "));
    text.push_str(name);
    text.push_str(", ");
    text.push_str(role.word());
    text.push_str(", ");
    text.push_str(certainty.word());
    text
}

/// Whether this has the form of an ICD-10-CM code: a letter, a digit, a digit or letter, then up to four after a dot.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let (category, rest) = text.split_once('.').map_or((text, None), |(c, r)| (c, Some(r)));
    let c: Vec<char> = category.chars().collect();
    let category_fits =
        c.len() == 3 && c[0].is_ascii_alphabetic() && c[1].is_ascii_digit() && c[2].is_ascii_alphanumeric();
    category_fits
        && rest.is_none_or(|r| (1..=4).contains(&r.len()) && r.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Reads one line: `J06.9 acute cold`, `? pneumonia` for a suspected one, `+ asthma` for an additional one.
///
/// `B12` is a vitamin and no category of ICD-10-CM: it stays a word.
///
/// # Errors
/// When nothing is named, or a code in brackets has no code's form.
pub fn parse_diagnosis(line: &str, first: bool) -> Result<NewDiagnosis, Why> {
    let (mut code, rest) = take_code(line);
    let mut rest = rest.as_str();
    let mut certainty = Certainty::Certain;
    let mut role = if first { DiagnosisRole::Main } else { DiagnosisRole::Additional };
    loop {
        if let Some(after) = rest.strip_prefix('?') {
            (certainty, rest) = (Certainty::Suspected, after.trim_start());
        } else if let Some(after) = rest.strip_prefix('+') {
            (role, rest) = (DiagnosisRole::Additional, after.trim_start());
        } else {
            break;
        }
    }
    if let Some(before) = rest.strip_suffix('?') {
        (certainty, rest) = (Certainty::Suspected, before.trim_end());
    }
    if let Some(code) = code.as_deref().filter(|c| !is_code(c)) {
        return Err(Why::new(
            "diagnosis_code",
            tr!("{code} has not the form of a diagnosis code.", code = code),
        )
        .instead(tr!("Write it as J06.9, or leave the code out.")));
    }
    let (first_word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if code.is_none() && is_code(first_word) && !first_word.eq_ignore_ascii_case("b12") {
        code = Some(first_word.to_uppercase());
        rest = after.trim_start();
    }
    let name = if rest.is_empty() { code.clone().unwrap_or_default() } else { rest.to_owned() };
    if name.is_empty() {
        return Err(Why::new("diagnosis_empty", tr!("The diagnosis has no name."))
            .instead(tr!("Type a code, words, or both: J06.9 acute cold.")));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Why::new(
            "diagnosis_long",
            tr!("The name is longer than {n} characters.", n = LONGEST_NAME),
        )
        .instead(tr!("Put the rest into an examination note.")));
    }
    Ok(NewDiagnosis { code, name, role, certainty })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_code_name_role_and_certainty() {
        use {Certainty::*, DiagnosisRole::*};
        for (line, first, code, name, role, certainty) in [
            ("J06.9 acute cold", true, Some("J06.9"), "acute cold", Main, Certain),
            ("j06.9", true, Some("J06.9"), "J06.9", Main, Certain),
            ("asthma", false, None, "asthma", Additional, Certain),
            ("? pneumonia", true, None, "pneumonia", Main, Suspected),
            ("pneumonia ?", true, None, "pneumonia", Main, Suspected),
            ("+ I10 hypertension", true, Some("I10"), "hypertension", Additional, Certain),
            ("B12 deficiency", true, None, "B12 deficiency", Main, Certain),
            ("gout [M10.9]", true, Some("M10.9"), "gout", Main, Certain),
            ("C4A.0 carcinoma", true, Some("C4A.0"), "carcinoma", Main, Certain),
        ] {
            let found = parse_diagnosis(line, first).unwrap();
            assert_eq!(
                found,
                NewDiagnosis { code: code.map(Into::into), name: name.into(), role, certainty },
                "{line}"
            );
        }
    }

    #[test]
    fn an_empty_line_or_a_wrong_code_is_refused() {
        for line in ["", "  ", "?", "x [12.9]"] {
            assert!(parse_diagnosis(line, true).is_err(), "{line:?}");
        }
        assert!(!is_code("J06.") && !is_code("J6") && !is_code("J06.12345") && is_code("S72.001A"));
    }
}
