//! The rows of the view of everything about one person: kinds of record, centres, authors, and who looked.
use crate::{
    domain::{dates::long_date, subject::Subject},
    interop::subject::kind_word,
    tr,
    ui::widgets::table::{Column, Table},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

/// One line.
#[derive(Clone)]
pub struct Line {
    id: Uuid,
    /// What it counts: `kept`, `at`, `by`, `looked`.
    part: &'static str,
    name: String,
    n: i64,
    first: String,
    last: String,
}

/// The empty table.
pub fn table() -> Table<Line> {
    Table::new(|l: &Line| l.id)
        .column(Column::new("", |l: &Line| l.part.to_owned()).width(7).look(|_, t| t.dim()))
        .column(Column::new("What or who", |l: &Line| l.name.clone()).grow(20))
        .column(Column::new("Rows", |l: &Line| l.n.to_string()).width(6).right())
        .column(Column::new("First", |l: &Line| l.first.clone()).width(12).priority(3))
        .column(Column::new("Last", |l: &Line| l.last.clone()).width(12).priority(2))
        .empty("Nothing is kept about this person.")
}

/// All lines, by part; the most first.
pub fn lines(kept: &Subject) -> Vec<Line> {
    let mut all: Vec<Line> = vec![];
    let parts = kept
        .kinds
        .iter()
        .map(|p| (tr!("kept"), p, kind_word(&p.name)))
        .chain(kept.centres.iter().map(|p| (tr!("at"), p, p.name.clone())))
        .chain(kept.authors.iter().map(|p| (tr!("by"), p, p.name.clone())));
    for (part, p, name) in parts {
        let (first, last) = (day(p.first, kept.zone), day(p.last, kept.zone));
        all.push(Line { id: id(all.len()), part, name, n: p.n, first, last });
    }
    for v in &kept.viewers {
        let name = format!("{} ({})", v.who, v.role.replace('_', " "));
        let last = day(Some(v.last), kept.zone);
        all.push(Line { id: id(all.len()), part: tr!("looked"), name, n: v.n, first: String::new(), last });
    }
    all
}

/// The lines have no ids of their own; their place is one.
fn id(place: usize) -> Uuid {
    Uuid::from_u128(place as u128)
}

fn day(at: Option<DateTime<Utc>>, zone: Tz) -> String {
    at.map(|at| long_date(at.with_timezone(&zone).date_naive())).unwrap_or_default()
}
