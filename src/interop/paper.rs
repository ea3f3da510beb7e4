//! What the desk puts on paper, as text of 72 columns: day sheet, appointment slip, routing slip, receipt, the close of a day. Every
//! line is clean and fits, whatever the names are.
use crate::{
    domain::{
        fee::{FeeDay, FeeLine, Payment},
        money::{amount, money},
        paper::PaperRow,
    },
    text::{clean, pad, width, wrap},
    tr,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// The width of a paper.
pub const COLUMNS: usize = 72;

/// Puts lines together, each cut to the paper.
struct Sheet(String);

impl Sheet {
    fn new(clinic: &str, title: &str) -> Self {
        let mut sheet = Self(String::new());
        sheet.line(clinic);
        sheet.line(title);
        sheet.rule();
        sheet
    }
    fn line(&mut self, text: &str) {
        let text = clean(text);
        let kept = if width(&text) > COLUMNS { pad(&text, COLUMNS) } else { text.into_owned() };
        self.0.push_str(kept.trim_end());
        self.0.push('\n');
    }
    fn rule(&mut self) {
        self.0.push_str(&"-".repeat(COLUMNS));
        self.0.push('\n');
    }
    /// A label and a text of any length, wrapped under itself.
    fn field(&mut self, label: &str, text: &str) {
        let label = pad(label, 14);
        for (n, piece) in wrap(&clean(text), COLUMNS - 14).into_iter().enumerate() {
            let before = if n == 0 { label.clone() } else { " ".repeat(14) };
            self.line(&format!("{before}{piece}"));
        }
    }
    /// A text at the left and an amount at the right.
    fn sum(&mut self, what: &str, value: &str) {
        self.line(&format!("{}{value:>16}", pad(&clean(what), COLUMNS - 16)));
    }
}

/// The appointments of a day, in its order, two lines each. Both say whose they are: a page may end between them.
#[must_use]
pub fn day_sheet(clinic: &str, title: &str, rows: &[PaperRow]) -> String {
    let mut sheet = Sheet::new(clinic, title);
    for row in rows {
        let who = format!("{} {}", row.patient, row.born);
        sheet.line(&format!(
            "{} {} {}",
            pad(&row.time, 5),
            pad(&clean(&who), 38),
            pad(&clean(&row.provider), 27)
        ));
        let rest = [row.number.as_str(), row.reason.as_str(), row.status.as_str(), row.room.as_str()];
        let rest: Vec<&str> = rest.into_iter().filter(|t| !t.is_empty()).collect();
        sheet.line(&format!("      {}", rest.join(" / ")));
    }
    sheet.rule();
    sheet.line(&tr!("{n} appointments", n = rows.len()));
    sheet.0
}

/// What a patient takes home: when, where and with whom.
#[must_use]
pub fn slip(clinic: &str, contact: &str, row: &PaperRow) -> String {
    let mut sheet = Sheet::new(clinic, tr!("Your appointment"));
    sheet.field(tr!("Name"), &row.patient);
    sheet.field(tr!("Date"), &row.date);
    sheet.field(tr!("Time"), &row.time);
    sheet.field(tr!("With"), &row.provider);
    if !row.reason.is_empty() {
        sheet.field(tr!("For"), &row.reason);
    }
    sheet.rule();
    if !contact.is_empty() {
        sheet.field(tr!("Questions"), contact);
    }
    sheet.line(tr!("If you cannot come, please tell us as early as you can."));
    sheet.0
}

/// What a patient carries through the house: where to go, and boxes to tick.
#[must_use]
pub fn routing_slip(clinic: &str, row: &PaperRow) -> String {
    let mut sheet = Sheet::new(clinic, tr!("Routing slip"));
    sheet.field(tr!("Patient"), &format!("{}  {}  {}", row.patient, row.number, row.born));
    sheet.field(tr!("Appointment"), &format!("{} {}", row.date, row.time));
    sheet.field(tr!("Provider"), &row.provider);
    for (label, text) in [(tr!("For"), &row.reason), (tr!("Room"), &row.room), (tr!("Ticket"), &row.ticket)] {
        if !text.is_empty() {
            sheet.field(label, text);
        }
    }
    sheet.rule();
    for place in [
        tr!("Reception"),
        tr!("Nurse"),
        tr!("Provider"),
        tr!("Laboratory"),
        tr!("Imaging"),
        tr!("Payment"),
        tr!("Next appointment"),
    ] {
        sheet.line(&format!("[ ] {}", pad(place, 22)));
    }
    sheet.0
}

/// What was paid for a visit; for one payment, or for all of them.
#[must_use]
pub fn receipt(
    clinic: &str,
    contact: &str,
    line: &FeeLine,
    currency: &str,
    zone: Tz,
    of: Option<&Payment>,
) -> String {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%d %b %Y %H:%M").to_string();
    let title = match of {
        Some(p) => tr!("Receipt {n}", n = p.receipt),
        None => tr!("Account of a visit").into(),
    };
    let mut sheet = Sheet::new(clinic, &title);
    sheet.field(tr!("Name"), &line.patient_name.to_string());
    sheet.field(tr!("Visit"), &day(line.starts_at));
    sheet.field(tr!("With"), &line.provider_name.to_string());
    if !line.what.is_empty() {
        sheet.field(tr!("For"), &line.what);
    }
    sheet.rule();
    sheet.sum(tr!("Due"), &money(line.due, currency));
    let of = of.map(|p| p.id);
    for p in line.payments.iter().filter(|p| of.is_none_or(|id| id == p.id)) {
        let what = if p.cents < 0 { tr!("given back") } else { tr!("paid") };
        let what =
            format!("{} {} ({}, {})", day(p.at), what, p.method.word(), tr!("receipt {n}", n = p.receipt));
        sheet.sum(&what, &money(p.cents, currency));
    }
    sheet.rule();
    sheet.sum(tr!("Still to be paid"), &money(line.open(), currency));
    if !contact.is_empty() {
        sheet.line("");
        sheet.line(contact);
    }
    sheet.0
}

/// The close of a day: what was taken by method and by person, and what was counted.
#[must_use]
pub fn day_close(clinic: &str, title: &str, fees: &FeeDay) -> String {
    let mut sheet = Sheet::new(clinic, title);
    let currency = fees.currency.as_str();
    for (method, cents) in &fees.till.by_method {
        sheet.sum(method.word(), &money(*cents, currency));
    }
    sheet.rule();
    sheet.sum(tr!("Total"), &money(fees.till.total(), currency));
    sheet.line("");
    for (person, cents) in &fees.till.by_person {
        sheet.sum(person, &money(*cents, currency));
    }
    if fees.till.corrections != 0 {
        sheet.sum(tr!("Corrections after the close"), &money(fees.till.corrections, currency));
    }
    let open: i64 = fees.lines.iter().map(|l| l.open().max(0)).sum();
    sheet.sum(tr!("Still to be paid for visits of the day"), &money(open, currency));
    sheet.rule();
    match &fees.closed {
        Some(close) => {
            sheet.sum(tr!("Cash by the entries"), &money(close.cash, currency));
            sheet.sum(tr!("Cash counted"), &money(close.counted, currency));
            sheet.sum(tr!("Difference"), &amount(close.counted - close.cash));
            if !close.note.is_empty() {
                sheet.field(tr!("Note"), &close.note);
            }
            sheet.line(&tr!("Closed by {who}", who = close.by));
        }
        None => sheet.line(tr!("Not closed yet.")),
    }
    sheet.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_sheet_that_is_torn_between_two_pages_says_on_both_whose_line_it_is() {
        let row = PaperRow {
            time: "09:30".into(),
            patient: "BLACK Jack".into(),
            number: "000123".into(),
            born: "04 May 1996".into(),
            provider: "JACKSON Samuel physio".into(),
            reason: "headache".into(),
            status: "booked".into(),
            ..PaperRow::default()
        };
        let text = day_sheet("Randwick", "Day sheet", &[row]);
        let lines: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(lines[0], "09:30 BLACK Jack 04 May 1996                 JACKSON Samuel physio");
        assert_eq!(lines[1], "      000123 / headache / booked");
    }

    #[test]
    fn no_line_is_wider_than_the_paper_and_no_control_character_reaches_it() {
        let long =
            "Wolfeschlegelsteinhausenbergerdorff \u{1b}[31mHubert 王王王王王王王王王王王王王王王".to_owned();
        let row = PaperRow {
            time: "09:30".into(),
            patient: long.clone(),
            provider: long.clone(),
            reason: long.repeat(3),
            status: "booked".into(),
            ..PaperRow::default()
        };
        for text in [
            day_sheet(&long, &long, &[row.clone(), row.clone()]),
            slip(&long, &long, &row),
            routing_slip(&long, &row),
        ] {
            assert!(text.lines().all(|l| width(l) <= COLUMNS), "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }
}
