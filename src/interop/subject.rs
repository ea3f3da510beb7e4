//! Everything kept about one person, for that person: readable text, or JSON for another program. Whatever is in the text
//! was cleaned first; the file is new, and only its owner can read it.
use crate::{
    domain::{
        dates::long_date,
        subject::{SubjectRecord, SubjectRow},
    },
    text::{clean, clean_lines, escaped_json},
    tr,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// What the program needs and no reader: where a row belongs, how often it changed, folded copies of other fields.
const INNER: [&str; 5] = ["id", "patient_id", "version", "phone_digits", "session_id"];

/// What a table holds, in words.
#[must_use]
pub fn kind_word(kind: &str) -> String {
    match kind {
        "patient" => tr!("identity"),
        "account" => tr!("account"),
        "patient_registration" => tr!("application for an account"),
        "patient_alert" => tr!("alerts"),
        "appointment" => tr!("appointments"),
        "appointment_event" => tr!("changes of appointments"),
        "encounter" => tr!("visits"),
        "observation" => tr!("measurements and findings"),
        "note" => tr!("notes"),
        "service_request" => tr!("tests"),
        "result" => tr!("results"),
        "report" => tr!("reports"),
        "diagnosis" => tr!("diagnoses"),
        "prescription" => tr!("prescriptions"),
        "treatment" => tr!("treatments"),
        "referral" => tr!("referrals"),
        "allergy" => tr!("allergies"),
        "condition" => tr!("conditions"),
        "medication" => tr!("medication"),
        "surgery" => tr!("surgery"),
        "vaccination" => tr!("vaccinations"),
        "family_history" => tr!("family history"),
        "access_request" => tr!("requests to read the record"),
        "connection" => tr!("connections with providers"),
        "emergency" => tr!("emergency accesses"),
        "message" => tr!("messages"),
        "draft" => tr!("unfinished text"),
        "erasure" => tr!("proposals to erase"),
        "patient_link" => tr!("records that were merged"),
        "payment" => tr!("payments"),
        "print_job" => tr!("papers that were printed"),
        other => return clean(&other.replace('_', " ")).into_owned(),
    }
    .to_owned()
}

/// Readable text: a heading for each kind of record, a paragraph for each row.
#[must_use]
pub fn text(record: &SubjectRecord) -> String {
    let mut out = String::new();
    let at = record.at.with_timezone(&record.zone);
    let _ = writeln!(
        out,
        "{}\n{}\n",
        clean(&tr!(
            "Everything kept about {patient}, record {number}",
            patient = record.patient,
            number = format!("{:06}", record.record_number)
        )),
        clean(&tr!(
            "Taken out on {day} at {time} ({zone}) by {who}",
            day = long_date(at.date_naive()),
            time = at.format("%H:%M"),
            zone = record.zone,
            who = record.by
        ))
    );
    let mut kinds: Vec<&str> = vec![];
    for row in &record.rows {
        if !kinds.contains(&row.kind.as_str()) {
            kinds.push(&row.kind);
        }
    }
    for kind in kinds {
        let rows: Vec<&SubjectRow> = record.rows.iter().filter(|r| r.kind == kind).collect();
        heading(&mut out, &kind_word(kind), rows.len());
        for row in rows {
            for (name, value) in row.fields.iter().filter(|(name, _)| !INNER.contains(&name.as_str())) {
                let said = said(record, value);
                let mut lines = said.lines();
                let first = lines.next().unwrap_or_default();
                let _ = writeln!(out, "  {}: {first}", clean(&name.replace('_', " ")));
                for line in lines {
                    let _ = writeln!(out, "      {line}");
                }
            }
            out.push('\n');
        }
    }
    heading(&mut out, tr!("who looked at it"), record.views.len());
    for v in &record.views {
        let at = v.at.with_timezone(&record.zone);
        let refused = if v.refused { tr!("refused") } else { "" };
        let line = format!(
            "  {} {}  {} ({})  {}  {} {refused}",
            long_date(at.date_naive()),
            at.format("%H:%M"),
            v.who,
            v.role.replace('_', " "),
            v.centre,
            v.action
        );
        let _ = writeln!(out, "{}", clean(line.trim_end()));
    }
    out
}

fn heading(out: &mut String, word: &str, n: usize) {
    let line = format!("{} ({n})", clean(word));
    let _ = writeln!(out, "{line}\n{}", "-".repeat(line.chars().count()));
}

/// A value as a person reads it: ids by their names, instants on the clinic's wall.
fn said(record: &SubjectRecord, value: &Value) -> String {
    match value {
        Value::String(s) => {
            if let Some(name) = s.parse().ok().and_then(|id| record.names.get(&id)) {
                return clean(name).into_owned();
            }
            if let Ok(at) = s.parse::<DateTime<Utc>>() {
                let at = at.with_timezone(&record.zone);
                return format!("{} {}", long_date(at.date_naive()), at.format("%H:%M"));
            }
            match s.parse::<NaiveDate>() {
                Ok(day) => long_date(day),
                Err(_) => clean_lines(s).into_owned(),
            }
        }
        Value::Bool(true) => tr!("yes").into(),
        Value::Bool(false) => tr!("no").into(),
        Value::Array(all) => all.iter().map(|v| said(record, v)).collect::<Vec<_>>().join(", "),
        other => clean(&other.to_string()).into_owned(),
    }
}

/// The same for another program: every row of every table as it is kept, texts opened, and the names behind the ids.
#[must_use]
pub fn json(record: &SubjectRecord) -> Value {
    let mut tables: Map<String, Value> = Map::new();
    for row in &record.rows {
        if let Value::Array(rows) = tables.entry(row.kind.clone()).or_insert_with(|| Value::Array(vec![])) {
            rows.push(Value::Object(row.fields.clone()));
        }
    }
    let views = record.views.iter().map(|v| {
        json!({
            "at": v.at, "who": v.who.to_string(), "role": v.role, "centre": v.centre, "action": v.action,
            "right": v.right, "refused": v.refused,
        })
    });
    json!({
        "patient": record.patient.to_string(),
        "record_number": record.record_number,
        "taken_out": { "at": record.at, "by": record.by.to_string() },
        "tables": tables,
        "views": views.collect::<Vec<_>>(),
        "names": record.names.iter().map(|(id, name)| (id.to_string(), json!(name))).collect::<Map<_, _>>(),
    })
}

/// A file that was not there before and that only its owner can read; gone again unless it was filled.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
    filled: bool,
}

impl NewFile {
    /// Makes the file.
    ///
    /// # Errors
    /// When it is there already, or its folder cannot be written.
    pub fn at(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file, filled: false })
    }

    /// Writes the record, as JSON or as text, and waits until it is on the disk.
    ///
    /// # Errors
    /// Those of the file system; the file is then gone again.
    pub fn fill(mut self, record: &SubjectRecord, as_json: bool) -> io::Result<()> {
        let written = if as_json {
            format!("{}\n", escaped_json(&format!("{:#}", json(record))))
        } else {
            text(record)
        };
        self.file.write_all(written.as_bytes())?;
        self.file.sync_all()?;
        self.filled = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.filled {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::name::PersonName;
    use std::collections::HashMap;
    use uuid::Uuid;

    fn record() -> SubjectRecord {
        let who = Uuid::from_u128(7);
        let fields = json!({
            "id": Uuid::from_u128(1), "author": who, "body": "first line\nsecond \u{1b}[31mline", "created_at": "2026-03-11T01:30:00+00:00",
            "struck": false, "day": "2026-03-11",
        });
        let Value::Object(fields) = fields else { unreachable!() };
        SubjectRecord {
            patient: PersonName::new("Black", "Jack"),
            record_number: 123,
            rows: vec![SubjectRow { kind: "note".into(), fields }],
            views: vec![],
            names: HashMap::from([(who, "SMITH Anna".to_owned())]),
            at: "2026-03-12T00:00:00Z".parse().unwrap(),
            by: PersonName::new("Root", "Ada"),
            zone: chrono_tz::Australia::Sydney,
        }
    }

    #[test]
    fn text_names_people_tells_the_clinics_time_and_holds_no_escape() {
        let text = text(&record());
        for part in [
            "Everything kept about BLACK Jack, record 000123",
            "notes (1)\n---------\n",
            "  author: SMITH Anna\n",
            "  body: first line\n      second \u{fffd}[31mline\n",
            "  created at: 11 Mar 2026 12:30\n",
            "  day: 11 Mar 2026\n",
            "  struck: no\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        assert!(!text.contains('\u{1b}') && !text.contains("  id:"));
    }

    #[test]
    fn json_has_every_field_as_it_is_kept() {
        let json = json(&record());
        assert_eq!(json["tables"]["note"][0]["body"], "first line\nsecond \u{1b}[31mline");
        assert_eq!(json["names"]["00000000-0000-0000-0000-000000000007"], "SMITH Anna");
        assert!(!json.to_string().contains('\u{1b}'), "escaped on the way out");
    }

    #[test]
    fn a_file_is_new_its_owners_alone_and_gone_unless_it_was_filled() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("praxis-subject-{}", std::process::id()));
        drop(NewFile::at(&path).unwrap());
        assert!(!path.exists());
        NewFile::at(&path).unwrap().fill(&record(), true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(NewFile::at(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with('{'));
        std::fs::remove_file(&path).unwrap();
    }
}
