//! The fields of a patient's identity as a form: the same where somebody is registered, changed and taken in.
use super::widgets::form::{Field, Form};
use crate::{
    domain::{
        dates,
        patient::{BLOOD_GROUPS, Identity, PatientField as F, Sex, check},
    },
    tr,
};
use chrono::NaiveDate;

/// The empty form.
#[must_use]
pub fn form(today: NaiveDate) -> Form<F> {
    let text = |label: &str, field: F, max: usize| {
        Field::text(label).max(max).check(move |typed| check(field, typed, today).map(|_| ()))
    };
    Form::new()
        .with(F::FamilyName, text(tr!("Family name"), F::FamilyName, 100).required())
        .with(F::GivenName, text(tr!("Given name"), F::GivenName, 100))
        .with(F::BirthDate, text(tr!("Born"), F::BirthDate, 20).hint(tr!("4/5/1996 or 4 may 1996")))
        .with(
            F::Sex,
            Field::choice(tr!("Sex"), Sex::ALL.map(sex_word).to_vec()).with(&sex_word(Sex::Unknown)),
        )
        .with(F::Phone, text(tr!("Phone"), F::Phone, 40))
        .with(F::MedicareNumber, text(tr!("Medicare number"), F::MedicareNumber, 30))
        .with(F::NationalNumber, text(tr!("National number"), F::NationalNumber, 30))
        .with(F::Email, text(tr!("E-mail"), F::Email, 254))
        .with(F::Address, text(tr!("Address"), F::Address, 300))
        .with(F::PreferredName, text(tr!("Preferred name"), F::PreferredName, 100))
        .with(F::SecondScriptName, text(tr!("Name in second script"), F::SecondScriptName, 100))
        .with(F::Language, text(tr!("Language"), F::Language, 60).hint(tr!("en, ar, zh")))
        .with(F::ContactName, text(tr!("Emergency contact"), F::ContactName, 100))
        .with(F::ContactRelationship, text(tr!("Relationship"), F::ContactRelationship, 60))
        .with(F::ContactPhone, text(tr!("Contact's phone"), F::ContactPhone, 40))
        .with(F::BloodGroup, Field::choice(tr!("Blood group"), BLOOD_GROUPS.map(String::from).to_vec()))
}

/// Begins with what was typed when the person was looked for: a name, a phone number or a birth date.
pub fn look_for(form: &mut Form<F>, typed: &str, today: NaiveDate) {
    let typed = typed.trim();
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    if dates::parse_birth_date(typed, today).is_ok() && digits > 2 {
        form.set(F::BirthDate, typed);
    } else if digits == 0 {
        let typed = typed.replace(',', " ");
        let (family, given) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
        let capital = |name: &str| {
            let mut letters = name.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + letters.as_str()
        };
        form.set(F::FamilyName, &capital(family));
        form.set(F::GivenName, &capital(given.trim()));
    } else if digits >= 8 && check(F::Phone, typed, today).is_ok() {
        form.set(F::Phone, typed);
    }
}

/// What stands in the form.
#[must_use]
pub fn identity(form: &Form<F>, today: NaiveDate) -> Identity {
    let get = |f| form.get(f);
    Identity {
        family_name: get(F::FamilyName),
        given_name: get(F::GivenName),
        preferred_name: get(F::PreferredName),
        second_script_name: get(F::SecondScriptName),
        sex: form.chosen(F::Sex).and_then(|i| Sex::ALL.get(i)).copied().unwrap_or_default(),
        birth_date: dates::parse_birth_date(&get(F::BirthDate), today).ok(),
        national_number: get(F::NationalNumber),
        medicare_number: get(F::MedicareNumber),
        email: get(F::Email),
        phone: get(F::Phone),
        address: get(F::Address),
        language: get(F::Language),
        contact_name: get(F::ContactName),
        contact_relationship: get(F::ContactRelationship),
        contact_phone: get(F::ContactPhone),
        blood_group: get(F::BloodGroup),
    }
}

/// Puts an identity that is stored into the form.
pub fn fill(form: &mut Form<F>, i: &Identity) {
    for (field, value) in [
        (F::FamilyName, &i.family_name),
        (F::GivenName, &i.given_name),
        (F::PreferredName, &i.preferred_name),
        (F::SecondScriptName, &i.second_script_name),
        (F::NationalNumber, &i.national_number),
        (F::MedicareNumber, &i.medicare_number),
        (F::Email, &i.email),
        (F::Phone, &i.phone),
        (F::Address, &i.address),
        (F::Language, &i.language),
        (F::ContactName, &i.contact_name),
        (F::ContactRelationship, &i.contact_relationship),
        (F::ContactPhone, &i.contact_phone),
        (F::BloodGroup, &i.blood_group),
    ] {
        form.set(field, value);
    }
    form.set(F::Sex, &sex_word(i.sex));
    form.set(F::BirthDate, &i.birth_date.map(dates::long_date).unwrap_or_default());
    form.saved();
}

fn sex_word(sex: Sex) -> String {
    match sex {
        Sex::Female => tr!("female"),
        Sex::Male => tr!("male"),
        Sex::Other => tr!("other"),
        Sex::Unknown => tr!("not known"),
    }
    .into()
}
