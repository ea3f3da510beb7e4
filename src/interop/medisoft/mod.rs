//! MediSoft's four CSV files: centres, providers, patients and affiliations. Everything wrong is collected, nothing
//! stops at the first; what only the database can know is checked by the store.
mod table;

use crate::{
    domain::{
        centre::{CentreDetails, CentreKind},
        import::{ImportSet, NewAffiliation, NewCentre, NewPatient, NewPerson, NewProvider, Place, Remark},
        name::PersonName,
        provider::{Profession, minute_of},
        validate::{Field, check_undated},
    },
    text::fold,
    tr,
};
use std::{collections::HashMap, path::Path};
use table::{Layout, Row, quoted, read};
use zeroize::Zeroizing;

const CENTRES: Layout = Layout {
    file: "health_centres.csv",
    columns: &[
        (&["centre_type", "center_type"], true),
        (&["abn"], true),
        (&["name"], true),
        (&["phone"], false),
        (&["suburb"], false),
    ],
    may_lack: None,
};
const PROVIDERS: Layout = Layout {
    file: "provider.csv",
    columns: &[
        (&["provider_email", "email"], true),
        (&["provider_type"], true),
        (&["password"], true),
        (&["first_name", "given_name"], false),
        (&["last_name", "family_name", "surname"], false),
        (&["phone"], false),
        (&["provider_num", "provider_number"], false),
        (&["start_working_hours"], false),
        (&["end_working_hours"], false),
        (&["expertise"], false),
    ],
    may_lack: Some("expertise"),
};
const PATIENTS: Layout = Layout {
    file: "patient.csv",
    columns: &[
        (&["patient_email", "email"], true),
        (&["password"], true),
        (&["first_name", "given_name"], false),
        (&["last_name", "family_name", "surname"], false),
        (&["phone"], false),
        (&["medicare", "medicare_number"], false),
    ],
    may_lack: None,
};
const AFFILIATIONS: Layout = Layout {
    file: "provider_health_centre.csv",
    columns: &[(&["provider_email", "email"], true), (&["health_centre_name", "centre_name"], true)],
    may_lack: None,
};

/// The files of the folder, checked, or everything that is wrong in them. `zone`: the time zone of the centres.
///
/// # Errors
/// Every bad line with its reason, in the order of files and lines.
pub fn read_folder(folder: &Path, zone: &str) -> Result<ImportSet, Vec<Remark>> {
    let mut reader = Reader::default();
    let mut rows = |layout| read(folder, layout, &mut reader.problems);
    let (centres, providers, patients, affiliations) =
        (rows(&CENTRES), rows(&PROVIDERS), rows(&PATIENTS), rows(&AFFILIATIONS));
    for row in &centres {
        reader.centre(row, zone);
    }
    for row in &providers {
        reader.provider(row);
    }
    for row in &patients {
        reader.patient(row);
    }
    for row in &affiliations {
        reader.affiliation(row);
    }
    if reader.problems.is_empty() {
        return Ok(reader.set);
    }
    let order = |file: &str| [CENTRES, PROVIDERS, PATIENTS, AFFILIATIONS].iter().position(|l| l.file == file);
    reader.problems.sort_by_key(|p| (order(p.place.file), p.place.line));
    Err(reader.problems)
}

/// Collects what was read and what was wrong.
#[derive(Default)]
struct Reader {
    set: ImportSet,
    problems: Vec<Remark>,
    /// What must not come twice, and where it came first.
    seen: HashMap<(&'static str, String), Place>,
}

impl Reader {
    fn wrong(&mut self, place: Place, reason: impl Into<String>) {
        self.problems.push(Remark::new(place, reason));
    }

    /// The stored form of a field by the one table of field rules; a refusal is noted and gives nothing.
    fn field(&mut self, row: &Row, column: &'static str, field: Field) -> Option<String> {
        match check_undated(field, row.get(column)) {
            Ok(value) => Some(value),
            Err(why) if row.get(column).is_empty() => {
                self.wrong(row.place, format!("{column}: {why}"));
                None
            }
            Err(why) => {
                self.wrong(row.place, format!("{column} {}: {why}", quoted(row.get(column))));
                None
            }
        }
    }

    /// The field may be missing.
    fn optional(&mut self, row: &Row, column: &'static str, field: Field) -> Option<String> {
        if row.get(column).is_empty() { Some(String::new()) } else { self.field(row, column, field) }
    }

    /// Notes a second coming of what must be there once.
    fn once(&mut self, place: Place, what: &'static str, key: String, shown: &str) -> bool {
        match self.seen.insert((what, key.clone()), place) {
            None => true,
            Some(first) => {
                self.seen.insert((what, key), first);
                let reason = tr!(
                    "{what} {value} is already in {file}, line {line}",
                    what = what,
                    value = quoted(shown),
                    file = first.file,
                    line = first.line
                );
                self.wrong(place, reason);
                false
            }
        }
    }

    fn centre(&mut self, row: &Row, zone: &str) {
        let kind = match plain(row.get("centre_type")).as_str() {
            "hospital" => Some(CentreKind::Hospital),
            "medicalcentre" | "medicalcenter" => Some(CentreKind::MedicalCentre),
            _ => {
                let reason = tr!(
                    "centre_type {value} is neither Hospital nor MedicalCentre",
                    value = quoted(row.get("centre_type"))
                );
                self.wrong(row.place, reason);
                None
            }
        };
        let number = self.field(row, "abn", Field::CentreNumber);
        let name = self.field(row, "name", Field::CentreName);
        let phone = self.optional(row, "phone", Field::Phone);
        let suburb = self.optional(row, "suburb", Field::Suburb);
        let fresh = [("abn", &number, false), ("name", &name, true)].map(|(what, value, folded)| {
            value
                .as_ref()
                .is_some_and(|v| self.once(row.place, what, if folded { fold(v) } else { v.clone() }, v))
        });
        if let (Some(kind), Some(number), Some(name), Some(phone), Some(suburb), [true, true]) =
            (kind, number, name, phone, suburb, fresh)
        {
            let (email, address, zone) = (String::new(), String::new(), zone.to_owned());
            let details = CentreDetails { kind, number, name, phone, email, address, suburb, zone };
            self.set.centres.push(NewCentre { place: row.place, details });
        }
    }

    fn person(&mut self, row: &Row, email_column: &'static str) -> Option<NewPerson> {
        let email = self.field(row, email_column, Field::Email).map(|e| e.to_lowercase());
        let email = match email {
            Some(e) if e.is_empty() => {
                self.wrong(row.place, tr!("{column} is missing", column = email_column));
                None
            }
            Some(e) => self.once(row.place, "e-mail address", e.clone(), &e).then_some(e),
            None => None,
        };
        let family = self.optional(row, "last_name", Field::FamilyName);
        let given = self.optional(row, "first_name", Field::GivenName);
        let phone = self.optional(row, "phone", Field::Phone);
        let password = row.get("password");
        let fits = (1..=256).contains(&password.chars().count());
        if password.is_empty() {
            self.wrong(row.place, tr!("password is missing"));
        } else if !fits {
            self.wrong(row.place, tr!("password is longer than 256 characters"));
        }
        let name = PersonName::new(family?, given?);
        let password = Zeroizing::new(password.to_owned());
        Some(NewPerson { place: row.place, email: email?, name, phone: phone?, password }).filter(|_| fits)
    }

    fn provider(&mut self, row: &Row) {
        let profession = match plain(row.get("provider_type")).as_str() {
            "gp" => Some(Profession::Gp),
            "pathologist" => Some(Profession::Pathologist),
            "pharmacist" => Some(Profession::Pharmacist),
            "physiotherapist" => Some(Profession::Physiotherapist),
            "specialist" => Some(Profession::Specialist),
            "radiographer" => Some(Profession::Radiographer),
            _ => {
                let reason = tr!(
                    "provider_type {value} is none of GP, Pathologist, Pharmacist, Physiotherapist, Specialist, Radiographer",
                    value = quoted(row.get("provider_type"))
                );
                self.wrong(row.place, reason);
                None
            }
        };
        if row.short && profession == Some(Profession::Specialist) {
            self.wrong(row.place, tr!("a specialist's line lacks its field expertise"));
        }
        let person = self.person(row, "provider_email");
        let number = self.optional(row, "provider_num", Field::ProviderNumber);
        let number = number.filter(|n| n.is_empty() || self.once(row.place, "provider number", n.clone(), n));
        let expertise = self.optional(row, "expertise", Field::Specialty);
        let hours = self.hours(row);
        if let (Some(person), Some(profession), Some(provider_number), Some(expertise), Some(hours)) =
            (person, profession, number, expertise, hours)
        {
            self.set.providers.push(NewProvider { person, profession, provider_number, expertise, hours });
        }
    }

    /// `None` when they are wrong, `Some(None)` when there are none.
    fn hours(&mut self, row: &Row) -> Option<Option<(i32, i32)>> {
        let (from, to) = (row.get("start_working_hours"), row.get("end_working_hours"));
        if from.is_empty() && to.is_empty() {
            return Some(None);
        }
        let reason = match (minute_of(from), minute_of(to)) {
            (Some(from), Some(to)) if from < to => return Some(Some((from, to))),
            (Some(_), Some(_)) => {
                tr!(
                    "the working hours {from} to {to} end before they start",
                    from = quoted(from),
                    to = quoted(to)
                )
            }
            _ => tr!(
                "the working hours {from} to {to} are no times of day; write them as 09:00 and 17:00",
                from = quoted(from),
                to = quoted(to)
            ),
        };
        self.wrong(row.place, reason);
        None
    }

    fn patient(&mut self, row: &Row) {
        let person = self.person(row, "patient_email");
        let medicare = self.optional(row, "medicare", Field::MedicareNumber);
        let medicare =
            medicare.filter(|m| m.is_empty() || self.once(row.place, "Medicare number", m.clone(), m));
        if let (Some(person), Some(medicare_number)) = (person, medicare) {
            self.set.patients.push(NewPatient { person, medicare_number });
        }
    }

    fn affiliation(&mut self, row: &Row) {
        let email = self.field(row, "provider_email", Field::Email).map(|e| e.to_lowercase());
        let centre = self.field(row, "health_centre_name", Field::CentreName);
        if email.as_deref() == Some("") {
            self.wrong(row.place, tr!("{column} is missing", column = "provider_email"));
            return;
        }
        if let (Some(email), Some(centre)) = (email, centre) {
            let key = format!("{email}\n{}", fold(&centre));
            if self.once(row.place, "affiliation", key, &format!("{email} at {centre}")) {
                self.set.affiliations.push(NewAffiliation { place: row.place, email, centre });
            }
        }
    }
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
