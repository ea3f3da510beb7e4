//! What is stored in this visit: signs and notes as rows; and the last values of every sign with their trend.
use crate::{
    domain::{
        encounter::{Note, Observation},
        ids::EncounterId,
    },
    tr,
    ui::{
        theme::Theme,
        widgets::{
            chart::spark,
            table::{Column, Table},
        },
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

/// One stored row of the visit.
#[derive(Debug, Clone)]
pub enum Stored {
    Sign(Observation),
    Note(Note),
}

impl Stored {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Sign(o) => o.id.0,
            Self::Note(n) => n.id.0,
        }
    }
    /// When it was taken or written.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Sign(o) => o.at,
            Self::Note(n) => n.at,
        }
    }
    /// The signed-in person wrote it.
    #[must_use]
    pub fn mine(&self) -> bool {
        match self {
            Self::Sign(o) => o.mine,
            Self::Note(n) => n.mine,
        }
    }
    /// It is entered in error.
    #[must_use]
    pub fn struck(&self) -> bool {
        match self {
            Self::Sign(o) => o.struck_at.is_some(),
            Self::Note(n) => n.struck_at.is_some(),
        }
    }
    /// What it is, for a sentence that names it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Sign(o) => format!("{} {}", o.name(), o.text()),
            Self::Note(n) => {
                let kind = if n.addendum { tr!("addendum") } else { tr!("note") };
                let first = n.body.lines().next().unwrap_or_default();
                format!("{kind} {}", if n.title.is_empty() { first } else { &n.title })
            }
        }
    }
    fn mark(&self) -> String {
        if self.struck() { "x".into() } else { String::new() }
    }
    fn what(&self) -> String {
        match self {
            Self::Sign(o) => o.name().to_owned(),
            Self::Note(n) => {
                let kind = if n.addendum { tr!("Addendum") } else { tr!("Note") };
                n.system.map_or(kind.to_owned(), |s| format!("{kind}, {}", s.word()))
            }
        }
    }
    fn text(&self) -> String {
        match self {
            _ if self.struck() => tr!("entered in error: {what}", what = self.name()),
            Self::Sign(o) => {
                let flag = o.flag.map(|f| format!(" {}", f.letter())).unwrap_or_default();
                o.text() + &flag
            }
            Self::Note(n) if n.title.is_empty() => n.body.replace('\n', " "),
            Self::Note(n) => format!("{}: {}", n.title, n.body.replace('\n', " ")),
        }
    }
    fn by(&self) -> String {
        match self {
            Self::Sign(o) => o.author.to_string(),
            Self::Note(n) => n.author.to_string(),
        }
    }
}

/// The table of what is stored in the visit.
#[must_use]
pub fn table(zone: Tz) -> Table<Stored> {
    Table::new(Stored::id)
        .column(Column::new("", Stored::mark).width(1))
        .column(
            Column::new("Time", move |r: &Stored| r.at().with_timezone(&zone).format("%H:%M").to_string())
                .width(5)
                .priority(2),
        )
        .column(Column::new("In this visit", Stored::what).width(22))
        .column(Column::new("", Stored::text).grow(24))
        .column(Column::new("By", Stored::by).width(14).priority(3))
        .uncounted()
        .empty("Nothing is stored in this visit yet.")
}

/// The rows of a visit: signs of this visit, then its notes, the newest first.
#[must_use]
pub fn of_visit(signs: &[Observation], notes: &[Note], encounter: EncounterId) -> Vec<Stored> {
    let mut rows: Vec<Stored> = signs
        .iter()
        .filter(|o| o.encounter == Some(encounter))
        .cloned()
        .map(Stored::Sign)
        .chain(notes.iter().cloned().map(Stored::Note))
        .collect();
    rows.sort_by_key(|r| (std::cmp::Reverse(r.at()), r.id()));
    rows
}

/// `Blood pressure 120/80 mmHg ▂▅▇ 12 Mar`, one for each sign, the newest first: what stands beside the entry.
#[must_use]
pub fn last_values(signs: &[Observation], zone: Tz, theme: Theme) -> Vec<String> {
    let counted: Vec<&Observation> = signs.iter().filter(|o| o.struck_at.is_none()).collect();
    let mut done: Vec<&Observation> = vec![];
    let mut out = vec![];
    for sign in &counted {
        if done.iter().any(|d| d.same_sign(sign)) {
            continue;
        }
        done.push(sign);
        let mut series: Vec<f64> =
            counted.iter().filter(|o| o.same_sign(sign)).filter_map(|o| o.figure()).collect();
        series.reverse();
        let trend = if series.len() > 1 { format!(" {}", spark(&series, theme)) } else { String::new() };
        let flag = sign.flag.map(|f| format!(" {}", f.letter())).unwrap_or_default();
        let day = sign.at.with_timezone(&zone).format("%d %b");
        out.push(format!("{} {}{flag}{trend} {day}", sign.name(), sign.text()));
    }
    out
}
