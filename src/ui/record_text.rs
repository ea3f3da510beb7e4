//! A record as one text: the panel's tabs in their order, every field that was given, who wrote it, what was amended.
use crate::{
    domain::{
        authored::Authored,
        dates,
        encounter::{Note, Observation},
        history::HistoryList,
        name::PersonName,
        record::{Identity, Record},
        referral::{Referral, Target},
        service_request::{Report, TestOrder},
    },
    text::clean_one_line,
    tr,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// The lines of a record while they are collected; empty fields and empty sections leave no line.
struct Page {
    lines: Vec<String>,
    heading: Option<String>,
    zone: Tz,
}

impl Page {
    fn section(&mut self, title: &str) {
        self.heading = Some(clean_one_line(title).to_uppercase());
    }
    fn line(&mut self, line: impl Into<String>) {
        if let Some(heading) = self.heading.take() {
            self.lines.push(String::new());
            self.lines.push(heading);
        }
        self.lines.push(line.into());
    }
    /// `label: value`, when there is a value; further lines of it are indented.
    fn field(&mut self, label: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let mut rest = value.lines();
        let first = rest.next().unwrap_or_default();
        self.line(format!("  {label}: {first}"));
        rest.for_each(|l| self.line(format!("    {l}")));
    }
    fn option(&mut self, label: &str, value: Option<&String>) {
        self.field(label, value.map_or("", String::as_str));
    }
    fn time(&self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        format!("{} {}", dates::long_date(local.date_naive()), dates::clock(local.time()))
    }
    /// One row of a list: what it is, who entered it, and that it was struck out.
    fn row(&mut self, what: &str, by: &Authored) {
        let struck = by.struck.as_ref().map(|s| (s.by.to_string(), s.at));
        self.entry(what, &by.author, by.at, struck);
    }
    fn entry(
        &mut self,
        what: &str,
        author: &PersonName,
        at: DateTime<Utc>,
        struck: Option<(String, DateTime<Utc>)>,
    ) {
        let time = self.time(at);
        match struck {
            None => self.line(format!("  {what}  ({author}, {time})")),
            Some((by, when)) => {
                let when = self.time(when);
                self.line(tr!(
                    "  ENTERED IN ERROR by {by}, {when}: {what}",
                    by = by,
                    when = when,
                    what = what
                ));
                self.line(tr!("    first entered by {author}, {time}", author = author, time = time));
            }
        }
    }
}

/// The whole record as text, in the zone of its centre.
#[must_use]
pub fn record_text(record: &Record) -> String {
    written(record, true)
}

/// What was done in the visit as text, without the patient's identity and lists.
#[must_use]
pub fn visit_text(record: &Record) -> String {
    written(record, false)
}

fn written(record: &Record, with_patient: bool) -> String {
    let mut page =
        Page { lines: vec![], heading: None, zone: record.zone.parse().unwrap_or(chrono_tz::Tz::UTC) };
    head(&mut page, record);
    if with_patient {
        identity(&mut page, record);
        lists(&mut page, record);
        past_visits(&mut page, record);
    }
    examination(&mut page, record);
    tests(&mut page, record);
    diagnosis(&mut page, record);
    end(&mut page, record);
    addenda(&mut page, record);
    page.lines.join("\n")
}

fn head(page: &mut Page, record: &Record) {
    let visit = &record.visit;
    let kind = if record.contact { tr!("Contact without a visit") } else { tr!("Visit") };
    let from = page.time(visit.started_at);
    page.line(format!("{kind} {from}, {}", visit.centre_name));
    page.field(tr!("Provider"), &format!("{}, {}", visit.provider_name, record.profession));
    if let Some(at) = visit.ended_at {
        let at = page.time(at);
        page.field(tr!("Ended"), &at);
    }
    let state = match (&visit.signed_by, visit.signed_at) {
        (Some(by), Some(at)) => tr!("signed by {by}, {at}", by = by, at = page.time(at)),
        _ => tr!("{state}, not signed", state = visit.state.word()),
    };
    page.field(tr!("State"), &state);
    page.field(tr!("Reason for voiding"), &visit.void_why);
    if !record.whole {
        page.line(tr!(
            "  You see what you wrote yourself; what others wrote about this patient is closed to you."
        ));
    }
}

fn identity(page: &mut Page, record: &Record) {
    let p: &Identity = &record.patient;
    page.section(tr!("Patient"));
    page.line(format!("  {}", p.name));
    page.option(tr!("Preferred name"), p.preferred_name.as_ref());
    page.option(tr!("Name in a second script"), p.second_script_name.as_ref());
    page.field(tr!("Sex"), &p.sex);
    if let Some(born) = p.birth_date {
        let visit = record.visit.started_at.with_timezone(&page.zone).date_naive();
        let age = dates::age(born, visit);
        page.field(
            tr!("Born"),
            &tr!("{date}, {age} at this visit", date = dates::long_date(born), age = age),
        );
    }
    page.field(tr!("Record number"), &format!("{:06}", p.record_number));
    page.option(tr!("National number"), p.national_number.as_ref());
    page.option(tr!("Medicare number"), p.medicare_number.as_ref());
    page.option(tr!("E-mail"), p.email.as_ref());
    page.option(tr!("Phone"), p.phone.as_ref());
    page.option(tr!("Address"), p.address.as_ref());
    page.option(tr!("Language"), p.language.as_ref());
    let contact: Vec<&str> = p.contact.iter().flatten().map(String::as_str).collect();
    page.field(tr!("Emergency contact"), &contact.join(", "));
    page.option(tr!("Blood group"), p.blood_group.as_ref());
}

fn lists(page: &mut Page, record: &Record) {
    for list in HistoryList::ALL {
        page.section(list.word());
        if *list == HistoryList::Allergies && record.history.of(*list).next().is_none() {
            page.line(format!("  {}", record.history.allergy_state.word()));
        }
        for item in record.history.items.iter().filter(|i| i.entry.list() == *list) {
            let mut what = item.entry.name().to_owned();
            let details = item.entry.details();
            for part in [item.entry.code().map(|c| format!("[{c}]")), Some(details)].into_iter().flatten() {
                if !part.is_empty() {
                    what.push_str(", ");
                    what.push_str(&part);
                }
            }
            // Beside the tab's own list a word is left out that a record read alone needs.
            if matches!(list, HistoryList::Allergies | HistoryList::Conditions) && item.entry.is_active() {
                what.push_str(tr!(", active"));
            }
            if let Some(number) = item.origin {
                what.push_str(&tr!(", in record {number}", number = format!("{number:06}")));
            }
            if item.encounter == Some(record.visit.id) {
                what.push_str(tr!(" (added in this visit)"));
            }
            let struck = item.struck_at.map(|at| (item.author.to_string(), at));
            page.entry(&what, &item.author, item.created_at, struck);
        }
    }
}

fn past_visits(page: &mut Page, record: &Record) {
    page.section(tr!("Past visits"));
    for v in &record.past {
        let mut line = format!("  {}, {}, {}", dates::long_date(v.day), v.provider, v.centre);
        if !v.diagnosis.is_empty() {
            line.push_str(": ");
            line.push_str(&v.diagnosis);
        }
        page.line(line);
    }
}

/// By whom a row of `table` was struck out, where the row itself does not say.
fn struck_by(record: &Record, id: uuid::Uuid) -> Option<(String, DateTime<Utc>)> {
    record.amendments.iter().find(|a| a.id == id).map(|a| (a.struck.by.to_string(), a.struck.at))
}

fn examination(page: &mut Page, record: &Record) {
    page.section(tr!("Examination"));
    page.field(tr!("Chief complaint"), &record.visit.chief_complaint);
    for vital in &record.vitals {
        let flag = vital.flag.map(|f| format!(" {}", f.letter())).unwrap_or_default();
        let what = format!("{} {}{flag}", Observation::name(vital), vital.text());
        page.entry(&what, &vital.author, vital.at, struck_by(record, vital.id.0));
    }
    record.notes.iter().filter(|n| !n.addendum).for_each(|n| note(page, record, n));
}

fn note(page: &mut Page, record: &Record, note: &Note) {
    let mut title = if note.addendum { tr!("Addendum") } else { tr!("Note") }.to_owned();
    for part in [note.system.map(|s| s.word().to_owned()), Some(note.title.clone())].into_iter().flatten() {
        if !part.is_empty() {
            title.push_str(": ");
            title.push_str(&part);
        }
    }
    page.entry(&title, &note.author, note.at, struck_by(record, note.id.0));
    note.body.lines().for_each(|l| page.line(format!("    {l}")));
}

fn tests(page: &mut Page, record: &Record) {
    page.section(tr!("Tests"));
    for order in &record.tests {
        test(page, order);
        record.reports.iter().filter(|r| r.what.order == Some(order.id)).for_each(|r| report(page, r));
    }
    let ordered = |r: &&Report| r.what.order.is_some_and(|o| record.tests.iter().any(|t| t.id == o));
    record.reports.iter().filter(|r| !ordered(r)).for_each(|r| report(page, r));
}

fn test(page: &mut Page, order: &TestOrder) {
    let t = &order.what;
    let mut what = t.name.clone();
    if let Some(code) = &t.code {
        what.push_str(&format!(" [{code}]"));
    }
    if let Some(panel) = &t.panel {
        what.push_str(&tr!(", from {panel}", panel = panel));
    }
    if let Some(specimen) = &t.specimen {
        what.push_str(&tr!(", on {specimen}", specimen = specimen));
    }
    what.push_str(&format!(", {}, {}", t.urgency.word(), order.status.word()));
    page.row(&what, &order.written);
    page.field(tr!("  Notes"), &t.notes);
    if let Some((by, at)) = &order.reviewed {
        let at = page.time(*at);
        page.field(tr!("  Reviewed"), &format!("{by}, {at}"));
    }
    for result in &order.results {
        let measured = page.time(result.what.measured_at);
        let what = tr!("  Result {value}, measured {at}", value = result.what.in_words(), at = measured);
        page.row(&what, &result.written);
        if let Some((by, at)) = &result.acknowledged {
            let at = page.time(*at);
            page.field(tr!("    Acknowledged"), &format!("{by}, {at}"));
        }
    }
}

fn report(page: &mut Page, report: &Report) {
    let r = &report.what;
    page.row(&tr!("Report: {title}, {kind}", title = r.title, kind = r.kind.word()), &report.written);
    page.field(tr!("  Facility"), &r.facility);
    page.field(tr!("  File"), &r.file_name);
}

fn diagnosis(page: &mut Page, record: &Record) {
    page.section(tr!("Diagnosis"));
    for d in &record.diagnoses {
        let listed = if d.condition.is_some() { tr!(", in the condition list") } else { "" };
        page.row(&format!("{}{listed}", d.in_words()), &d.written);
    }
    page.section(tr!("Medication"));
    for p in &record.prescriptions {
        let starts = tr!("from {date}", date = dates::long_date(p.what.starts_on));
        let words = p.what.in_words(Some(p.what.starts_on));
        page.row(&format!("{words}, {starts}, {}", p.status.word()), &p.written);
        if !p.warnings.is_empty() {
            let warnings: Vec<_> = p.warnings.iter().map(|w| w.word()).collect();
            page.field(tr!("  Warnings"), &warnings.join(", "));
        }
        page.field(tr!("  Given nevertheless because"), &p.override_why);
    }
    page.section(tr!("Treatment and advice"));
    for t in &record.treatments {
        page.row(&t.title, &t.written);
        page.field(tr!("  Notes"), &t.notes);
    }
}

fn end(page: &mut Page, record: &Record) {
    let visit = &record.visit;
    page.section(tr!("Follow-up"));
    if let Some(on) = visit.follow_up_on {
        page.field(tr!("Date"), &dates::full_day(on));
    }
    page.field(tr!("Notes"), &visit.follow_up_notes);
    if let Some((at, with)) = &record.follow_up {
        let at = page.time(*at);
        page.field(tr!("Booked"), &format!("{at}, {with}"));
    }
    page.section(tr!("Referrals"));
    record.referrals.iter().for_each(|r| referral(page, r));
    page.section(tr!("End"));
    if let Some(cents) = visit.fee_cents {
        page.field(tr!("Fee"), &format!("{}.{:02}", cents / 100, cents % 100));
    }
    if let (Some(from), Some(to)) = (visit.sick_from, visit.sick_to) {
        let days = tr!("{from} to {to}", from = dates::long_date(from), to = dates::long_date(to));
        page.field(tr!("Sick note"), &days);
    }
    let documents: Vec<_> = visit.documents.iter().map(|d| d.word()).collect();
    page.field(tr!("Documents"), &documents.join(", "));
}

fn referral(page: &mut Page, r: &Referral) {
    let what = format!("{}, {}, {}", r.to, r.what.urgency.word(), r.status.word());
    page.row(&what, &r.written);
    if let Some(Target::Outside { specialty, contact, .. }) = &r.what.target {
        page.field(tr!("  Specialty"), specialty);
        page.field(tr!("  Contact"), contact);
    }
    page.field(tr!("  Reason"), &r.what.reason);
    page.field(tr!("  Letter"), &r.what.letter);
    page.field(tr!("  Written"), &dates::long_date(r.written_on));
    if let Some(until) = r.what.valid_until {
        page.field(tr!("  Valid until"), &dates::long_date(until));
    }
    let visits = r.what.visits_allowed.map_or_else(|| tr!("any number").to_owned(), |n| n.to_string());
    page.field(tr!("  Visits allowed"), &visits);
    if let Some(at) = r.sent_at {
        let at = page.time(at);
        page.field(tr!("  Sent"), &at);
    }
}

fn addenda(page: &mut Page, record: &Record) {
    page.section(tr!("Added after signing"));
    record.notes.iter().filter(|n| n.addendum).for_each(|n| note(page, record, n));
}
