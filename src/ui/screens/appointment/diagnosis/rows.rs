//! The rows of the Diagnosis tab.
use crate::{
    domain::{
        authored::Authored, diagnosis::Diagnosis, prescription::Prescription, record::VisitRow,
        treatment::Treatment,
    },
    store::VisitDiagnoses,
    tr,
    ui::theme::Theme,
};
use ratatui::style::Style;
use uuid::Uuid;

/// One row of the list.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) kind: Kind,
    pub(super) what: String,
    pub(super) state: String,
    pub(super) by: Authored,
}

#[derive(Clone)]
pub(super) enum Kind {
    Diagnosis(Diagnosis),
    Drug(Prescription),
    Advice(Treatment),
}

impl Kind {
    pub(super) fn row(&self) -> VisitRow {
        match self {
            Self::Diagnosis(d) => VisitRow::Diagnosis(d.id),
            Self::Drug(p) => VisitRow::Prescription(p.id),
            Self::Advice(t) => VisitRow::Treatment(t.id),
        }
    }
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Diagnosis(_) => tr!("diagnosis"),
            Self::Drug(_) => tr!("drug"),
            Self::Advice(_) => tr!("advice"),
        }
    }
}

pub(super) fn look(row: &Row, theme: Theme) -> Style {
    if row.by.struck.is_some() { theme.dim() } else { theme.text() }
}

/// The rows: diagnoses, drugs, advice.
pub(super) fn rows(found: &VisitDiagnoses) -> Vec<Row> {
    let state = |by: &Authored, state: String| {
        if by.struck.is_some() { tr!("entered in error").to_owned() } else { state }
    };
    let diagnoses = found.diagnoses.iter().map(|d| {
        let listed = if d.condition.is_some() { tr!("in conditions") } else { "" };
        Row {
            id: d.id.0,
            what: d.in_words(),
            state: state(&d.written, listed.to_owned()),
            by: d.written.clone(),
            kind: Kind::Diagnosis(d.clone()),
        }
    });
    let drugs = found.prescriptions.iter().map(|p| Row {
        id: p.id.0,
        what: p.what.in_words(Some(p.what.starts_on)),
        state: state(&p.written, p.status.word().to_owned()),
        by: p.written.clone(),
        kind: Kind::Drug(p.clone()),
    });
    let advice = found.treatments.iter().map(|t| Row {
        id: t.id.0,
        what: if t.notes.is_empty() { t.title.clone() } else { format!("{}: {}", t.title, t.notes) },
        state: state(&t.written, String::new()),
        by: t.written.clone(),
        kind: Kind::Advice(t.clone()),
    });
    diagnoses.chain(drugs).chain(advice).collect()
}
