//! What stands under the lines of the Diagnosis tab: how to type, what was understood, what a check found.
use super::{Check, DIAGNOSIS, DRUG, DiagnosisTab};
use crate::{
    domain::{
        diagnosis::parse_diagnosis,
        prescription::{NewPrescription, Warning},
    },
    tr,
};
use chrono::NaiveDate;

impl DiagnosisTab {
    /// What stands under the lines: what is wrong, or what was understood.
    pub(super) fn echo(&self, today: NaiveDate) -> (String, bool) {
        if let Some(why) = &self.lines.problem {
            return (why.to_string(), true);
        }
        let Some(at) = self.lines.entries.current() else { return (String::new(), false) };
        let line = self.lines.entries.text(at);
        if line.is_empty() {
            let hint = match at {
                DIAGNOSIS => tr!("J06.9 acute cold; with ? in front suspected, with + additional"),
                DRUG => tr!(
                    "amoxicillin 500 mg tds 7d; then #21 quantity, r2 repeats, \"instructions\", from 12/3"
                ),
                _ => tr!("rest at home: 3 days, plenty to drink"),
            };
            return (hint.to_owned(), false);
        }
        match at {
            DIAGNOSIS => match parse_diagnosis(line, !self.has_main()) {
                Ok(d) => (d.in_words(), false),
                Err(_) => (String::new(), false),
            },
            DRUG => match (NewPrescription::parse(line, today), &self.check) {
                (Ok(new), Some(Check { line: checked, warnings: Some(found) })) if checked == line => {
                    let words = new.in_words(Some(today));
                    let warned: Vec<String> = found.iter().map(Warning::sentence).collect();
                    if warned.is_empty() {
                        (tr!("{words} -- Enter prescribes it", words = words), false)
                    } else {
                        (tr!("{warnings} Enter asks why it is given.", warnings = warned.join(" ")), true)
                    }
                }
                (Ok(new), _) => (new.in_words(Some(today)), false),
                (Err(_), _) => (String::new(), false),
            },
            _ => (String::new(), false),
        }
    }
}
