//! Every kind of field with what it takes and what it refuses.
use super::*;
use proptest::prelude::*;

fn today() -> NaiveDate {
    "2026-03-12".parse().unwrap()
}
fn ok(field: Field, typed: &str) -> String {
    check(field, typed, today()).unwrap_or_else(|w| panic!("{field:?} {typed:?}: {w}"))
}
fn rule(field: Field, typed: &str) -> String {
    check(field, typed, today()).expect_err(typed).rule
}

#[test]
fn names_in_any_script_are_taken() {
    for name in [
        "O'Brien",
        "Müller-Łoś",
        "محمد علي",
        "王小明",
        "Нгуен",
        "Đặng",
        "Ng",
        "de la Cruz",
        "می\u{200c}خواهم",
    ] {
        assert_eq!(ok(Field::FamilyName, name), name);
    }
    assert_eq!(ok(Field::FamilyName, "  van \t der\u{a0}Berg\n"), "van der Berg");
    assert_eq!(rule(Field::FamilyName, "--"), "name_letters");
}

#[test]
fn hostile_text_is_refused_with_a_sentence() {
    for hostile in ["a\x1b[31m", "a\0b", "a\u{202e}b", "Ja\u{200b}ck", "a\u{9b}b", "a\u{e0041}", "a\u{e000}"]
    {
        for field in [Field::FamilyName, Field::NoteText, Field::Reason, Field::Address] {
            assert_eq!(rule(field, hostile), "text_hidden", "{hostile:?}");
        }
    }
    assert_eq!(rule(Field::FamilyName, &format!("e{}", "\u{301}".repeat(5000))), "text_marks");
    assert_eq!(rule(Field::FamilyName, &"x".repeat(101)), "field_length");
    assert_eq!(rule(Field::NoteText, &"x".repeat(500_000)), "field_length");
    assert_eq!(ok(Field::FamilyName, "\u{feff}Black"), "Black");
    let why = check(Field::FamilyName, &"x".repeat(101), today()).unwrap_err();
    assert_eq!(why.to_string(), "Family name has 101 characters. At most 100 fit.");
}

#[test]
fn empty_is_refused_only_where_the_field_is_required() {
    for field in Field::ALL {
        let required = field.rule().required;
        assert_eq!(check(*field, "", today()).is_err(), required, "{field:?}");
        assert_eq!(Field::from_code(field.rule().code), Some(*field));
    }
    assert_eq!(
        check(Field::FamilyName, "  ", today()).unwrap_err().to_string(),
        "Family name is missing. Fill it in."
    );
}

#[test]
fn notes_keep_their_lines() {
    assert_eq!(ok(Field::NoteText, "\n one  two \r\n\tthree\n\n"), " one  two\n\tthree");
    assert_eq!(ok(Field::Reason, "knee\npain"), "knee pain");
}

#[test]
fn passwords_are_long_and_differ_from_the_user_name() {
    let rule = |typed: &str, login| password(typed, login).unwrap_err().rule;
    assert_eq!(rule("short", ""), "password_short");
    assert_eq!(rule(&"x".repeat(257), ""), "password_long");
    assert_eq!(rule("Jack.Black@x.org", "jack.black@x.org"), "password_is_login");
    assert_eq!(rule("twelve chars\n", ""), "password_control");
    assert!(password("correct horse battery", "jack").is_ok());
    assert_eq!(ok(Field::Password, " twelve chars "), " twelve chars ");
}

#[test]
fn user_names_are_kept_in_lower_case() {
    assert_eq!(ok(Field::Login, "Reception-1"), "reception-1");
    assert_eq!(ok(Field::Login, "Jack@Gmail.COM"), "jack@gmail.com");
    for wrong in ["a", "a b", "-x-", "jäck", "a@b"] {
        check(Field::Login, wrong, today()).expect_err(wrong);
    }
}

#[test]
fn numbers_amounts_and_groups_have_one_form() {
    assert_eq!(ok(Field::ProviderNumber, "abc-12/3"), "ABC-12/3");
    assert_eq!(rule(Field::ProviderNumber, "a;b"), "number_form");
    assert_eq!(ok(Field::Fee, "$85.5"), "85.50");
    assert_eq!(ok(Field::Fee, "0"), "0.00");
    for wrong in ["-5", "85.505", "1e3", "100000.01", "x", "."] {
        assert_eq!(rule(Field::Fee, wrong), "money_form", "{wrong}");
    }
    assert_eq!(ok(Field::SlotMinutes, "030"), "30");
    assert_eq!(rule(Field::SlotMinutes, "4"), "field_range");
    assert_eq!(ok(Field::Quantity, "1,5"), "1.5");
    assert_eq!(rule(Field::Quantity, "0"), "field_range");
    assert_eq!(ok(Field::BloodGroup, "o pos"), "O+");
    assert_eq!(ok(Field::BloodGroup, "ab-"), "AB-");
    assert_eq!(rule(Field::BloodGroup, "C+"), "blood_group");
    assert_eq!(ok(Field::Zone, "Australia/Sydney"), "Australia/Sydney");
    assert_eq!(rule(Field::Zone, "Sydney"), "zone_known");
}

#[test]
fn a_medicare_number_of_wrong_length_is_refused_and_a_wrong_check_figure_noted() {
    assert_eq!(ok(Field::MedicareNumber, "2123 45670 1"), "2123456701");
    assert_eq!(note(Field::MedicareNumber, "2123456701"), None);
    assert!(note(Field::MedicareNumber, "2123456711").is_some());
    assert_eq!(note(Field::MedicareNumber, ""), None);
    assert_eq!(rule(Field::MedicareNumber, "212345670"), "medicare_length");
    assert_eq!(rule(Field::MedicareNumber, "2123x456701"), "medicare_length");
}

#[test]
fn dates_are_stored_in_one_form_and_lie_where_they_can() {
    assert_eq!(ok(Field::BirthDate, "4/5/96"), "1996-05-04");
    assert_eq!(rule(Field::BirthDate, "1/1/2030"), "birth_date_future");
    assert_eq!(rule(Field::BirthDate, "31/4/1990"), "date_exists");
    assert_eq!(ok(Field::FollowUpDate, "3w"), "2026-04-02");
    assert_eq!(rule(Field::FollowUpDate, "yesterday"), "date_coming");
    assert_eq!(ok(Field::Since, "1/2/2019"), "2019-02-01");
    assert_eq!(ok(Field::Since, "1/4"), "2025-04-01");
    assert_eq!(ok(Field::Since, "yesterday"), "2026-03-11");
    assert_eq!(rule(Field::Since, "1/4/2027"), "date_past");
    assert_eq!(rule(Field::Since, "tomorrow"), "date_past");
    assert_eq!(rule(Field::Since, "31/4/2020"), "date_exists");
    assert_eq!(rule(Field::Since, "soon"), "date_form");
    assert_eq!(ok(Field::SickFrom, "today"), "2026-03-12");
    assert_eq!(check_undated(Field::BirthDate, "04/05/2096").unwrap(), "2096-05-04");
}

proptest! {
    #[test]
    fn what_is_taken_is_taken_again_unchanged(n in 0usize..Field::ALL.len(), typed in "\\PC{0,20}|[ -~\n\t]{0,20}") {
        let field = Field::ALL[n];
        if let Ok(stored) = check(field, &typed, today()) {
            prop_assert_eq!(check(field, &stored, today()), Ok(stored.clone()), "{:?}", field);
            prop_assert!(stored.chars().count() <= field.rule().max + 3);
            prop_assert!(!stored.chars().any(|c| is_direction(c) || (c.is_control() && !matches!(c, '\n' | '\t'))));
        }
    }
}
