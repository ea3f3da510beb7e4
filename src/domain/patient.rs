//! Somebody who is cared for: their identity, how it is checked, and how one is told from another who looks alike.
use super::{contact, dates, ids::PatientId, name::PersonName, why::Why};
use crate::tr;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The sex in the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
    Other,
    #[default]
    Unknown,
}

impl Sex {
    /// Every choice, in the order of a form.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Female, Self::Male, Self::Other];

    /// The name in the database, in commands and in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The sex of this code; anything else is unknown.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|s| s.code() == code).unwrap_or_default()
    }

    /// One letter beside the age.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Female => 'F',
            Self::Male => 'M',
            Self::Other => 'X',
            Self::Unknown => '-',
        }
    }
}

/// One field of the identity, for errors that belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatientField {
    FamilyName,
    GivenName,
    PreferredName,
    SecondScriptName,
    Sex,
    BirthDate,
    NationalNumber,
    MedicareNumber,
    Email,
    Phone,
    Address,
    Language,
    ContactName,
    ContactRelationship,
    ContactPhone,
    BloodGroup,
}

/// The blood groups a record may have.
pub const BLOOD_GROUPS: [&str; 8] = ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"];

/// Who a patient is. Empty text is no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub family_name: String,
    pub given_name: String,
    pub preferred_name: String,
    pub second_script_name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub national_number: String,
    pub medicare_number: String,
    pub email: String,
    pub phone: String,
    pub address: String,
    pub language: String,
    pub contact_name: String,
    pub contact_relationship: String,
    pub contact_phone: String,
    pub blood_group: String,
}

impl Identity {
    /// The name as every screen writes it.
    #[must_use]
    pub fn name(&self) -> PersonName {
        PersonName::new(self.family_name.clone(), self.given_name.clone())
    }

    /// The names that the search looks in, each with whether it is the family's.
    #[must_use]
    pub fn names(&self) -> [(&str, bool); 4] {
        [
            (&self.family_name, true),
            (&self.given_name, false),
            (&self.preferred_name, false),
            (&self.second_script_name, false),
        ]
    }

    /// The identity as it is kept (trimmed, phones and numbers in one form), or what is wrong with which field.
    ///
    /// # Errors
    /// Every field that cannot be kept, in the order of the form.
    pub fn checked(&self, today: NaiveDate) -> Result<Self, Vec<(PatientField, Why)>> {
        let mut wrong = vec![];
        let mut kept = self.clone();
        {
            let mut take = |field: PatientField, value: &mut String| match check(field, value, today) {
                Ok(clean) => *value = clean,
                Err(why) => wrong.push((field, why)),
            };
            take(PatientField::FamilyName, &mut kept.family_name);
            take(PatientField::GivenName, &mut kept.given_name);
            take(PatientField::PreferredName, &mut kept.preferred_name);
            take(PatientField::SecondScriptName, &mut kept.second_script_name);
            take(PatientField::NationalNumber, &mut kept.national_number);
            take(PatientField::MedicareNumber, &mut kept.medicare_number);
            take(PatientField::Email, &mut kept.email);
            take(PatientField::Phone, &mut kept.phone);
            take(PatientField::Address, &mut kept.address);
            take(PatientField::Language, &mut kept.language);
            take(PatientField::ContactName, &mut kept.contact_name);
            take(PatientField::ContactRelationship, &mut kept.contact_relationship);
            take(PatientField::ContactPhone, &mut kept.contact_phone);
            take(PatientField::BloodGroup, &mut kept.blood_group);
        }
        if kept.family_name.is_empty() && kept.given_name.is_empty() {
            let why = Why::new("patient_name", tr!("A patient needs a name."));
            wrong.push((
                PatientField::FamilyName,
                why.instead(tr!("One name alone goes into the family name.")),
            ));
        }
        if kept.birth_date.is_some_and(|b| b > today) {
            let why = Why::new("birth_date_future", tr!("A birth date cannot be in the future."));
            wrong.push((PatientField::BirthDate, why));
        }
        if wrong.is_empty() { Ok(kept) } else { Err(wrong) }
    }
}

/// One field's text as it is kept; empty stays empty.
///
/// # Errors
/// What is wrong with it and what would be right.
pub fn check(field: PatientField, typed: &str, today: NaiveDate) -> Result<String, Why> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(String::new());
    }
    match field {
        PatientField::FamilyName
        | PatientField::GivenName
        | PatientField::PreferredName
        | PatientField::SecondScriptName
        | PatientField::ContactName => person_name(typed),
        PatientField::BirthDate => dates::parse_birth_date(typed, today).map(dates::long_date),
        PatientField::NationalNumber | PatientField::MedicareNumber => number(typed),
        PatientField::Email => contact::email(typed),
        PatientField::Phone | PatientField::ContactPhone => contact::phone(typed),
        PatientField::BloodGroup => {
            let group = typed.to_uppercase();
            if BLOOD_GROUPS.contains(&group.as_str()) {
                Ok(group)
            } else {
                Err(Why::new("blood_group", tr!("That is not a blood group."))
                    .instead(tr!("It is one of A+ A- B+ B- AB+ AB- O+ O-.")))
            }
        }
        PatientField::Address => at_most(typed, 300),
        PatientField::Language | PatientField::ContactRelationship | PatientField::Sex => at_most(typed, 60),
    }
}

fn at_most(typed: &str, most: usize) -> Result<String, Why> {
    let n = typed.chars().count();
    if n > most {
        let why =
            Why::new("too_long", tr!("This is {n} letters long; {most} are possible.", n = n, most = most));
        return Err(why.instead(tr!("Shorten it.")));
    }
    Ok(typed.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn person_name(typed: &str) -> Result<String, Why> {
    let name = at_most(typed, 100)?;
    if name.chars().any(|c| c.is_ascii_digit() || c.is_control() || "<>{}[]|\\@#$%^*=+~_;\"".contains(c)) {
        return Err(Why::new(
            "name_letters",
            tr!("A name has letters, spaces, hyphens and apostrophes only."),
        )
        .instead(tr!("Take the other signs out.")));
    }
    if !name.chars().any(char::is_alphabetic) {
        return Err(Why::new("name_letters", tr!("A name has at least one letter.")));
    }
    Ok(name)
}

fn number(typed: &str) -> Result<String, Why> {
    let kept: String = typed.chars().filter(|c| !" -./".contains(*c)).collect::<String>().to_uppercase();
    if (4..=20).contains(&kept.len()) && kept.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(kept)
    } else {
        Err(Why::new("number_form", tr!("A number has 4 to 20 digits or letters."))
            .instead(tr!("Copy it from the card; spaces do not matter.")))
    }
}

/// What the lists show of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientHit {
    pub id: PatientId,
    pub record_number: i32,
    pub name: PersonName,
    pub preferred_name: String,
    pub second_script_name: String,
    pub sex: Sex,
    pub birth_date: Option<NaiveDate>,
    pub phone: String,
    pub deactivated: bool,
    /// Where it leads, when it was merged into another record.
    pub merged_into: Option<Leads>,
    /// The next open appointment from now on.
    pub next: Option<DateTime<Utc>>,
}

/// The record that goes on for one that was merged into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leads {
    pub id: PatientId,
    pub record_number: i32,
}

impl PatientHit {
    /// The name that is shown and searched: with the one in a second script behind it.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown = self.name.to_string();
        if !self.preferred_name.is_empty() && self.preferred_name != self.name.given {
            shown = format!("{shown} ({})", self.preferred_name);
        }
        if !self.second_script_name.is_empty() {
            shown = format!("{shown} {}", self.second_script_name);
        }
        shown
    }
}

/// Six digits, as every screen writes a record number.
#[must_use]
pub fn record_number(n: i32) -> String {
    format!("{n:06}")
}

/// Columns of the longest [`age_sex`].
pub const AGE_SEX: usize = 6;

/// `M 29`; under two years `M 14mo`, under one month `F 9d`; `F -` when the birth date is not known.
#[must_use]
pub fn age_sex(born: Option<NaiveDate>, sex: Sex, on: NaiveDate) -> String {
    let age = born.map_or_else(|| "-".into(), |b| dates::age_short(b, on));
    format!("{} {age}", sex.letter())
}

/// A sentence on the banner until somebody strikes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientAlert {
    pub id: uuid::Uuid,
    pub text: String,
    pub by: PersonName,
    pub at: DateTime<Utc>,
    /// Whose record it stands in, and its number where that is another one of the same person.
    pub patient: PatientId,
    pub origin: Option<i32>,
}

/// An allergy as the desk may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllergyMark {
    pub substance: String,
    pub reaction: String,
    pub severity: Option<String>,
    /// The number of the record it stands in, where that is another one of the same person.
    pub origin: Option<i32>,
}

/// What is known of allergies: four different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allergies {
    Listed(Vec<AllergyMark>),
    NoneKnown,
    NotAsked,
    Hidden,
}

/// Somebody who may be the same person, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAlike {
    pub hit: PatientHit,
    pub name: bool,
    pub birth_date: bool,
    pub phone: bool,
}

/// Whether two people of one day are easily taken for each other: the same or nearly the same family name, and given
/// names that begin alike, or the same birth date. `a` and `b` are folded `(family, given)`.
#[must_use]
pub fn easily_confused(
    a: (&str, &str),
    born_a: Option<NaiveDate>,
    b: (&str, &str),
    born_b: Option<NaiveDate>,
) -> bool {
    let begins_alike = |x: &str, y: &str| {
        let n = x.chars().zip(y.chars()).take_while(|(p, q)| p == q).count();
        n >= 3 || (n > 0 && (n == x.chars().count() || n == y.chars().count()))
    };
    let same_day = born_a.is_some() && born_a == born_b;
    // The cheapest first: a board compares everybody of a day with everybody.
    let family = || !a.0.is_empty() && (a.0 == b.0 || one_slip(a.0, b.0));
    (same_day || begins_alike(a.1, b.1)) && family() || a.0 == b.1 && a.1 == b.0 && !a.0.is_empty()
}

/// One letter changed, left out or added, in names of four letters or more.
fn one_slip(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 4 {
        return false;
    }
    if a.is_ascii() && b.is_ascii() {
        return slips_once(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    slips_once(&a, &b)
}

fn slips_once<L: PartialEq>(a: &[L], b: &[L]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 4 || long.len() - short.len() > 1 {
        return false;
    }
    let front = short.iter().zip(long.iter()).take_while(|(x, y)| x == y).count();
    let back =
        short[front..].iter().rev().zip(long[front..].iter().rev()).take_while(|(x, y)| x == y).count();
    short.len() - front - back <= 1 && long.len() - front - back <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
    }

    #[test]
    fn an_identity_is_kept_in_one_form() {
        let typed = Identity {
            family_name: "  O'Brien ".into(),
            given_name: "Siobhán  Mary".into(),
            phone: "(02) 9382-1111".into(),
            medicare_number: "2123 45670 1".into(),
            blood_group: "o+".into(),
            ..Identity::default()
        };
        let kept = typed.checked(today()).unwrap();
        assert_eq!(kept.family_name, "O'Brien");
        assert_eq!(kept.given_name, "Siobhán Mary");
        assert_eq!(kept.phone, "02 9382 1111");
        assert_eq!(kept.medicare_number, "2123456701");
        assert_eq!(kept.blood_group, "O+");
    }

    #[test]
    fn every_wrong_field_is_told() {
        let typed = Identity {
            given_name: "J4ck".into(),
            email: "nobody".into(),
            phone: "12".into(),
            birth_date: NaiveDate::from_ymd_opt(2030, 1, 1),
            ..Identity::default()
        };
        let wrong: Vec<_> = typed.checked(today()).unwrap_err().into_iter().map(|(f, _)| f).collect();
        assert_eq!(
            wrong,
            [PatientField::GivenName, PatientField::Email, PatientField::Phone, PatientField::BirthDate]
        );
        let nameless = Identity::default().checked(today()).unwrap_err();
        assert_eq!(nameless[0].1.rule, "patient_name");
    }

    #[test]
    fn look_alikes_of_a_day_are_marked_and_others_are_not() {
        let day = |d| NaiveDate::from_ymd_opt(1996, 5, d);
        assert!(easily_confused(("black", "jack"), day(4), ("black", "jackie"), day(1)));
        assert!(easily_confused(("smith", "ann"), day(4), ("smyth", "anna"), day(1)));
        assert!(easily_confused(("black", "jack"), day(4), ("black", "mary"), day(4)));
        assert!(easily_confused(("tan", "li"), None, ("li", "tan"), None));
        assert!(!easily_confused(("black", "jack"), day(4), ("black", "mary"), day(1)));
        assert!(!easily_confused(("wu", "li"), None, ("xu", "li"), None));
        assert!(!easily_confused(("", ""), None, ("", ""), None));
    }

    #[test]
    fn ages_and_numbers_are_written_short() {
        assert_eq!(age_sex(NaiveDate::from_ymd_opt(1996, 5, 4), Sex::Male, today()), "M 29");
        assert_eq!(age_sex(NaiveDate::from_ymd_opt(2025, 11, 4), Sex::Female, today()), "F 4mo");
        assert_eq!(age_sex(NaiveDate::from_ymd_opt(2024, 11, 4), Sex::Male, today()), "M 16mo");
        assert_eq!(age_sex(NaiveDate::from_ymd_opt(2026, 3, 3), Sex::Female, today()), "F 9d");
        assert_eq!(age_sex(None, Sex::Unknown, today()), "- -");
        assert_eq!(record_number(123), "000123");
    }
}
