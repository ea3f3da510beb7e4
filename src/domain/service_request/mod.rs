//! Ordered tests, their results and reports: what is entered, what stands in a visit, and how a line is read.
use super::{
    authored::Authored,
    bracket_code::take_code,
    coded::coded,
    ids::{EncounterId, ReportId, ResultId, ServiceRequestId},
    name::PersonName,
    why::Why,
};
use crate::tr;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod result_line;
pub use result_line::parse_result;

coded! {
    /// How far an ordered test is.
    pub enum TestStatus {
        Ordered = "ordered" "ordered",
        Collected = "collected" "collected",
        Sent = "sent" "sent",
        Received = "received" "received",
        Reviewed = "reviewed" "reviewed",
        Cancelled = "cancelled" "cancelled",
    }
}

impl TestStatus {
    /// The status a key advances to; none when a result or a person decides.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Ordered => Some(Self::Collected),
            Self::Collected => Some(Self::Sent),
            Self::Sent => Some(Self::Received),
            Self::Received => Some(Self::Reviewed),
            Self::Reviewed | Self::Cancelled => None,
        }
    }

    /// The status one step back, for undoing a slip.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        match self {
            Self::Collected | Self::Cancelled => Some(Self::Ordered),
            Self::Sent => Some(Self::Collected),
            Self::Ordered | Self::Received | Self::Reviewed => None,
        }
    }

    /// It can still be called off: no result has come.
    #[must_use]
    pub fn can_cancel(self) -> bool {
        matches!(self, Self::Ordered | Self::Collected | Self::Sent)
    }
}

coded! {
    /// How soon a test is wanted.
    pub enum TestUrgency {
        Routine = "routine" "routine",
        Urgent = "urgent" "urgent",
        Stat = "stat" "at once",
    }
}

coded! {
    /// How a result stands against its range.
    pub enum ResultFlag {
        Normal = "normal" "normal",
        Low = "low" "low",
        High = "high" "high",
        CriticalLow = "critical_low" "critically low",
        CriticalHigh = "critical_high" "critically high",
        Abnormal = "abnormal" "abnormal",
    }
}

impl ResultFlag {
    /// One or two letters for a column; nothing when normal.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Low => "L",
            Self::High => "H",
            Self::CriticalLow => "LL",
            Self::CriticalHigh => "HH",
            Self::Abnormal => "A",
        }
    }
}

coded! {
    /// What kind of document a report is.
    pub enum ReportType {
        Laboratory = "laboratory" "laboratory",
        Radiology = "radiology" "radiology",
        Pathology = "pathology" "pathology",
        Cardiology = "cardiology" "cardiology",
        DischargeSummary = "discharge_summary" "discharge summary",
        Operation = "operation" "operation",
        ReferralLetter = "referral_letter" "referral letter",
        Immunisation = "immunisation" "immunisation",
        Consent = "consent" "consent",
        Other = "other" "other",
    }
}

/// A test as it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTest {
    /// LOINC, as in `2823-3`; none for free words.
    pub code: Option<String>,
    pub name: String,
    /// The panel it was expanded from.
    pub panel: Option<String>,
    pub specimen: Option<String>,
    pub urgency: TestUrgency,
    pub notes: String,
}

/// A result as it is typed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewResult {
    pub value: String,
    pub unit: String,
    pub range_low: Option<f64>,
    pub range_high: Option<f64>,
    /// The range in other words, as in `negative`.
    pub range_text: String,
    /// Computed from the range where it was not typed.
    pub flag: Option<ResultFlag>,
    pub measured_at: DateTime<Utc>,
    pub performed_by: String,
}

/// A result as it stands under its order.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    pub id: ResultId,
    pub what: NewResult,
    pub acknowledged: Option<(PersonName, DateTime<Utc>)>,
    pub written: Authored,
}

/// A report as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReport {
    pub kind: ReportType,
    pub title: String,
    pub facility: String,
    pub file_name: String,
    /// The order it answers, if one.
    pub order: Option<ServiceRequestId>,
}

/// A report as it stands in a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub id: ReportId,
    pub encounter: EncounterId,
    pub what: NewReport,
    pub written: Authored,
}

/// An ordered test with everything under it.
#[derive(Debug, Clone, PartialEq)]
pub struct TestOrder {
    pub id: ServiceRequestId,
    pub encounter: EncounterId,
    pub version: i64,
    pub what: NewTest,
    pub status: TestStatus,
    pub ordered_at: DateTime<Utc>,
    pub reviewed: Option<(PersonName, DateTime<Utc>)>,
    pub written: Authored,
    pub results: Vec<TestResult>,
}

impl TestOrder {
    /// It has a result that nobody has acknowledged.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.results.iter().any(|r| r.acknowledged.is_none() && r.written.struck.is_none())
    }
}

/// Panels and the tests each one orders: name, what may be typed, specimen, and (LOINC code, name) of each test.
type Panel = (&'static str, &'static [&'static str], &'static str, &'static [(&'static str, &'static str)]);
const PANELS: [Panel; 4] = [
    (
        "Full blood count",
        &["fbc", "fbe", "cbc", "full blood count"],
        "blood",
        &[
            ("718-7", "Haemoglobin"),
            ("6690-2", "White cells"),
            ("777-3", "Platelets"),
            ("4544-3", "Haematocrit"),
        ],
    ),
    (
        "Urea and electrolytes",
        &["uec", "u&e", "eucs", "urea and electrolytes"],
        "serum",
        &[("2951-2", "Sodium"), ("2823-3", "Potassium"), ("2160-0", "Creatinine"), ("3094-0", "Urea")],
    ),
    (
        "Lipids",
        &["lipids", "lipid panel"],
        "serum",
        &[
            ("2093-3", "Cholesterol"),
            ("2085-9", "HDL cholesterol"),
            ("18262-6", "LDL cholesterol"),
            ("2571-8", "Triglycerides"),
        ],
    ),
    (
        "Liver function",
        &["lft", "lfts", "liver function"],
        "serum",
        &[("1742-6", "ALT"), ("1920-8", "AST"), ("6768-6", "Alkaline phosphatase"), ("1975-2", "Bilirubin")],
    ),
];

/// Longest name or note of a test, in characters.
pub const LONGEST_NAME: usize = 200;

/// Whether this has the form of a LOINC code: digits, a hyphen, one check digit.
#[must_use]
pub fn is_loinc(text: &str) -> bool {
    text.split_once('-').is_some_and(|(number, check)| {
        (1..=7).contains(&number.len())
            && check.len() == 1
            && number.chars().chain(check.chars()).all(|c| c.is_ascii_digit())
    })
}

/// Reads what is ordered on one line: `fbc, crp urgent; potassium [2823-3] serum: fasting`.
///
/// Orders stand between commas or semicolons; `urgent` or `stat` may follow, `on` names the specimen (`culture on
/// urine`), notes stand behind a colon; a panel becomes its tests.
///
/// # Errors
/// When nothing is named or a code has no LOINC form.
pub fn parse_tests(line: &str) -> Result<Vec<NewTest>, Why> {
    let mut found = Vec::new();
    for part in line.split([',', ';']).filter(|p| !p.trim().is_empty()) {
        found.extend(parse_one(part)?);
    }
    if found.is_empty() {
        return Err(Why::new("test_empty", tr!("No test is named."))
            .instead(tr!("Write it as fbc, crp urgent, culture on urine: before antibiotics.")));
    }
    Ok(found)
}

fn parse_one(part: &str) -> Result<Vec<NewTest>, Why> {
    let (code, part) = take_code(part);
    if let Some(code) = code.as_deref().filter(|c| !is_loinc(c)) {
        return Err(Why::new("test_code", tr!("{code} has not the form of a LOINC code.", code = code))
            .instead(tr!("Write it as 2823-3, or leave the code out.")));
    }
    let (what, notes) = part.split_once(": ").unwrap_or((&part, ""));
    let (what, specimen) = what.split_once(" on ").map_or((what, None), |(w, s)| (w, Some(s)));
    let mut urgency = TestUrgency::Routine;
    let mut take_urgency = |text: &str| {
        let kept: Vec<&str> = text
            .split_whitespace()
            .filter(|w| match w.to_lowercase().as_str() {
                "urgent" => {
                    urgency = TestUrgency::Urgent;
                    false
                }
                "stat" => {
                    urgency = TestUrgency::Stat;
                    false
                }
                "routine" => false,
                _ => true,
            })
            .collect();
        kept.join(" ")
    };
    let name = take_urgency(what);
    let specimen = specimen.map(&mut take_urgency).filter(|s| !s.is_empty());
    let name = if name.is_empty() { code.clone().unwrap_or_default() } else { name };
    if name.is_empty() || name.chars().count() > LONGEST_NAME || notes.chars().count() > LONGEST_NAME {
        return Err(Why::new(
            "test_name",
            tr!("The test's name or note is empty or longer than {n} characters.", n = LONGEST_NAME),
        )
        .instead(tr!("Write it as fbc, crp urgent, culture on urine: before antibiotics.")));
    }
    let typed = name.to_lowercase();
    let notes = notes.trim().to_owned();
    let Some((panel, _, usual, tests)) =
        PANELS.iter().find(|(_, names, ..)| code.is_none() && names.contains(&typed.as_str()))
    else {
        return Ok(vec![NewTest { code, name, panel: None, specimen, urgency, notes }]);
    };
    Ok(tests
        .iter()
        .map(|(code, name)| NewTest {
            code: Some((*code).into()),
            name: (*name).into(),
            panel: Some((*panel).into()),
            specimen: specimen.clone().or_else(|| Some((*usual).into())),
            urgency,
            notes: notes.clone(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_orders_several_tests_and_expands_panels() {
        let found =
            parse_tests("fbc, crp urgent; potassium [2823-3] on serum: fasting, culture on urine stat")
                .unwrap();
        assert_eq!(found.len(), 7);
        assert!(found[..4].iter().all(|t| t.panel.as_deref() == Some("Full blood count")));
        assert_eq!(
            found[..4].iter().map(|t| t.code.as_deref().unwrap()).collect::<Vec<_>>(),
            ["718-7", "6690-2", "777-3", "4544-3"]
        );
        assert_eq!((found[4].name.as_str(), found[4].urgency), ("crp", TestUrgency::Urgent));
        assert_eq!(found[5].code.as_deref(), Some("2823-3"));
        assert_eq!((found[5].specimen.as_deref(), found[5].notes.as_str()), (Some("serum"), "fasting"));
        assert_eq!((found[6].specimen.as_deref(), found[6].urgency), (Some("urine"), TestUrgency::Stat));
    }

    #[test]
    fn nothing_or_a_wrong_code_is_refused() {
        assert!(
            parse_tests(" , ").is_err() && parse_tests("urgent").is_err() && parse_tests("x [A1]").is_err()
        );
    }

    #[test]
    fn a_test_advances_to_reviewed_and_is_not_cancelled_once_its_result_is_there() {
        let mut status = TestStatus::Ordered;
        while let Some(next) = status.next() {
            status = next;
        }
        assert_eq!(status, TestStatus::Reviewed);
        assert!(TestStatus::Sent.can_cancel() && !TestStatus::Received.can_cancel());
    }
}
