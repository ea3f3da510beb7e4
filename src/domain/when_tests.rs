//! What people say on Thursday 12 March 2026, and when that is.
use super::*;
use proptest::prelude::*;

fn today() -> NaiveDate {
    "2026-03-12".parse().unwrap()
}
fn meant(typed: &str) -> String {
    parse_when(typed, today()).map_or_else(|why| format!("refused: {}", why.rule), |w| w.echo())
}

#[test]
fn days_and_times_as_people_say_them() {
    for (typed, expected) in [
        ("tomorrow 9", "2026-03-13 09:00"),
        ("3w", "2026-04-02"),
        ("next tue pm", "2026-03-17 afternoon"),
        ("fri 2:30", "2026-03-13 14:30"),
        ("fri 02:30", "2026-03-13 02:30"),
        ("fri 2:30am", "2026-03-13 02:30"),
        ("noon", "12:00"),
        ("tue noon", "2026-03-17 12:00"),
        ("half past 9", "09:30"),
        ("half past 2", "14:30"),
        ("quarter to 10 tomorrow", "2026-03-13 09:45"),
        ("ten past 9", "refused: when_form"),
        ("10 past 9", "09:10"),
        ("in 2 weeks", "2026-03-26"),
        ("in a week 10:30", "2026-03-19 10:30"),
        ("in a fortnight", "2026-03-26"),
        ("24/11 14:00", "2026-11-24 14:00"),
        ("24/11 9", "2026-11-24 09:00"),
        ("24 nov 10", "2026-11-24 10:00"),
        ("24 nov 2027 10", "2027-11-24 10:00"),
        ("tue 1030", "2026-03-17 10:30"),
        ("at 3", "15:00"),
        ("9 tue", "2026-03-17 09:00"),
        ("tue at 9", "2026-03-17 09:00"),
        ("on tue morning", "2026-03-17 morning"),
        ("tue morning 5", "2026-03-17 05:00"),
        ("tue evening 7", "2026-03-17 19:00"),
        ("this afternoon", "2026-03-12 afternoon"),
        ("tonight", "2026-03-12 evening"),
        ("day after tomorrow 8.30", "2026-03-14 08:30"),
        ("2pm", "14:00"),
        ("2 pm tue", "2026-03-17 14:00"),
        ("3 weeks 9", "2026-04-02 09:00"),
        ("31/2", "refused: date_exists"),
        ("tue 25:00", "refused: time_form"),
        ("tue 10:30 blood", "refused: when_form"),
        ("smith", "refused: when_form"),
        ("15", "2026-03-15"),
    ] {
        assert_eq!(meant(typed), expected, "{typed}");
    }
}

#[test]
fn names_are_not_taken_for_times() {
    for word in ["may", "smith", "000123", "9", "1030", "mar", "april", "pmx", "a", "p"] {
        assert_eq!(hear(&[word], today()), None, "{word}");
    }
}

#[test]
fn what_was_understood_is_said_in_full() {
    let said = |typed| parse_when(typed, today()).unwrap().said(today());
    assert_eq!(said("next tue 2:30"), "Tuesday 17 March 14:30");
    assert_eq!(said("tue pm"), "Tuesday 17 March afternoon");
    assert_eq!(said("1y"), "Friday 12 March 2027");
}

#[test]
fn what_has_passed_or_is_skipped_is_refused_with_what_works() {
    let zone = chrono_tz::Australia::Sydney;
    let now = zone.with_ymd_and_hms(2026, 3, 12, 9, 42, 0).unwrap().with_timezone(&Utc);
    let checked = |typed| {
        let why = parse_when(typed, today()).unwrap().check(zone, now).unwrap_err();
        format!("{}: {why}", why.rule)
    };
    assert!(checked("11/3/2026").starts_with("day_has_passed: Wednesday 11 March has passed"));
    assert!(checked("today 9").contains("it is 09:42. Say a later time"), "{}", checked("today 9"));
    assert_eq!(
        checked("4/10/2026 02:30"),
        "time_is_skipped: 02:30 on Sunday 4 October does not exist: the clock is put forward over it. \
         The next time that exists is 03:00."
    );
    assert!(parse_when("today 9:45", today()).unwrap().check(zone, now).is_ok());
}

#[test]
fn a_field_for_a_day_takes_every_way_to_say_one() {
    let day = |typed| parse_day(typed, today()).map_or_else(|why| why.rule, |d| d.to_string());
    assert_eq!(day("day after tomorrow"), "2026-03-14");
    assert_eq!(day("in a week"), "2026-03-19");
    assert_eq!(day("15"), "2026-03-15");
    assert_eq!(day("tue 10:30"), "only_the_day");
    assert_eq!([day("31/2"), day("noon"), day("smith")], ["date_exists", "date_form", "date_form"]);
}

proptest! {
    #[test]
    fn any_text_is_answered_and_an_echo_means_the_same(text in "[ a-z0-9:/.+-]{0,24}") {
        if let Ok(when) = parse_when(&text, today()) {
            prop_assert!(!when.is_empty());
            prop_assert_eq!(parse_when(&when.echo(), today()), Ok(when), "{}", when.echo());
        }
    }
    #[test]
    fn words_of_every_script_are_answered(text in "\\PC{0,30}") {
        let _ = parse_when(&text, today());
    }
}
