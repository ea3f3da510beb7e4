//! What people type, and the day it means on Thursday 12 March 2026.
use super::*;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
fn today() -> NaiveDate {
    date("2026-03-12")
}

#[test]
fn what_people_type_becomes_the_day_they_mean() {
    for (typed, meant) in [
        ("12/3", "2026-03-12"),
        ("11/3", "2027-03-11"),
        ("12 mar", "2026-03-12"),
        ("mar 20", "2026-03-20"),
        ("12 Mar 2026", "2026-03-12"),
        ("12th march, 2027", "2027-03-12"),
        ("2026-03-12", "2026-03-12"),
        ("20260315", "2026-03-15"),
        ("15032026", "2026-03-15"),
        ("1.4.26", "2026-04-01"),
        ("1-4-2026", "2026-04-01"),
        ("15", "2026-03-15"),
        ("5", "2026-04-05"),
        ("31", "2026-03-31"),
        ("today", "2026-03-12"),
        ("tomorrow", "2026-03-13"),
        ("yesterday", "2026-03-11"),
        ("tue", "2026-03-17"),
        ("thu", "2026-03-19"),
        ("Friday", "2026-03-13"),
        ("next tue", "2026-03-17"),
        ("next fri", "2026-03-20"),
        ("last tue", "2026-03-10"),
        ("last thu", "2026-03-05"),
        ("3w", "2026-04-02"),
        ("10d", "2026-03-22"),
        ("2m", "2026-05-12"),
        ("1y", "2027-03-12"),
        ("+3", "2026-03-15"),
        ("-3", "2026-03-09"),
        ("in 3 weeks", "2026-04-02"),
        ("29 feb", "2028-02-29"),
    ] {
        assert_eq!(parse_date(typed, today()).map_err(|e| e.to_string()), Ok(date(meant)), "{typed}");
    }
}

#[test]
fn an_impossible_date_is_refused_with_the_reason() {
    for (typed, sentence) in [
        ("31/4", "31 April does not exist: April has 30 days."),
        ("31 apr 2026", "31 April does not exist: April has 30 days."),
        ("29 feb 2027", "29 February 2027 does not exist: 2027 is not a leap year."),
        ("30/2", "30 February does not exist: February has 28 days."),
        ("3/13", "There is no month 13."),
        ("0/5", "0 May does not exist: May has 31 days."),
        ("1/1/9999", "The year 9999 is out of reach."),
        ("9999y", "That is outside the calendar."),
        ("soon", "\"soon\" is not a date."),
        ("", "\"\" is not a date."),
        ("1/2/3/4", "\"1/2/3/4\" is not a date."),
    ] {
        assert_eq!(parse_date(typed, today()).unwrap_err().sentence, sentence, "{typed}");
    }
}

#[test]
fn birth_dates_lie_in_the_past_and_within_a_life() {
    for (typed, meant) in [
        ("4/5/96", "1996-05-04"),
        ("040596", "1996-05-04"),
        ("04051996", "1996-05-04"),
        ("4 may 1996", "1996-05-04"),
        ("1996-05-04", "1996-05-04"),
        ("12/3/26", "2026-03-12"),
        ("13/3/26", "1926-03-13"),
        ("1/1/00", "2000-01-01"),
    ] {
        assert_eq!(parse_birth_date(typed, today()).map_err(|e| e.to_string()), Ok(date(meant)), "{typed}");
    }
    for (typed, rule) in [
        ("13/3/2026", "birth_date_future"),
        ("1/1/1899", "birth_date_old"),
        ("31/4/1990", "date_exists"),
        ("4/5", "birth_date_form"),
        ("tomorrow", "birth_date_form"),
    ] {
        assert_eq!(parse_birth_date(typed, today()).unwrap_err().rule, rule, "{typed}");
    }
}

#[test]
fn times_are_read_as_people_type_them() {
    for (typed, meant) in [
        ("9", "09:00"),
        ("930", "09:30"),
        ("0930", "09:30"),
        ("9:30", "09:30"),
        ("14.30", "14:30"),
        ("1430", "14:30"),
        ("2pm", "14:00"),
        ("2 PM", "14:00"),
        ("9.30p", "21:30"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
        ("noon", "12:00"),
        ("0", "00:00"),
    ] {
        assert_eq!(parse_time(typed).map(clock).map_err(|e| e.to_string()), Ok(meant.to_owned()), "{typed}");
    }
    for typed in ["24", "25:00", "9:60", "960", "13pm", "0am", "9:3", "", "x", "12345", "٩"] {
        assert_eq!(parse_time(typed).unwrap_err().rule, "time_form", "{typed}");
    }
}

#[test]
fn dates_are_shown_in_words() {
    assert_eq!(short_day(today()), "Thu 12 Mar");
    assert_eq!(long_date(date("1996-05-04")), "04 May 1996");
    assert_eq!(full_day(today()), "Thu 12 Mar 2026");
}

#[test]
fn ages_are_years_then_months_then_days_for_the_young() {
    for (born, said) in [
        ("1996-05-04", "29 y"),
        ("1996-03-12", "30 y"),
        ("2024-03-12", "2 y"),
        ("2024-03-13", "23 mo"),
        ("2026-02-12", "1 mo"),
        ("2026-02-28", "12 d"),
        ("2026-03-12", "0 d"),
    ] {
        assert_eq!(age(date(born), today()), said, "{born}");
    }
    let short: Vec<String> =
        ["1996-05-04", "2024-03-13", "2026-02-28"].map(|born| age_short(date(born), today())).into();
    assert_eq!(short, ["29", "23mo", "12d"]);
}

proptest! {
    #[test]
    fn nothing_typed_makes_it_panic(typed in "\\PC{0,14}|[0-9/.:apmdwy+ -]{0,10}") {
        let _ = (parse_date(&typed, today()), parse_birth_date(&typed, today()), parse_time(&typed));
    }

    #[test]
    fn a_written_date_reads_back(n in 0u64..36_000) {
        let day = date("1927-01-01") + Days::new(n);
        prop_assert_eq!(parse_date(&long_date(day), today()).ok(), Some(day));
        prop_assert_eq!(parse_date(&day.to_string(), today()).ok(), Some(day));
    }
}
