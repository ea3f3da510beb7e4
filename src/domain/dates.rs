//! Dates and times as people type and read them: day first, resolved against a given today. A date that does not exist
//! is refused with the reason, never moved to a neighbour.
use super::why::Why;
use crate::tr;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Weekday};

/// The oldest age a birth date may give, in years.
pub const OLDEST_AGE: u32 = 125;

/// A date for a booking or a search: `12/3`, `12 mar 2026`, `2026-03-12`, `tue`, `next tue`, `last tue`, `3w`, `+3`.
///
/// Without a year it is the next such day from today on; a bare weekday is never today; `next tue` is in the week after
/// this one (weeks begin on Monday).
pub fn parse_date(typed: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    let text = typed.trim().to_lowercase().replace(',', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    if let Some(found) = relative(&words, today) {
        return found;
    }
    let Some((day, month, year)) = parts(&words) else {
        return Err(unread(typed));
    };
    match (month, year) {
        (Some(month), Some(year)) => exact(full_year(year, today.year() + 50), month, day),
        (Some(month), None) => coming(day, month, today),
        (None, _) => (0..12)
            .filter_map(|n| today.checked_add_months(Months::new(n)))
            .filter_map(|m| NaiveDate::from_ymd_opt(m.year(), m.month(), day))
            .find(|d| *d >= today)
            .ok_or_else(|| unread(typed)),
    }
}

/// A birth date, year and all: `4/5/96`, `040596`, `04051996`, `4 may 1996`, `1996-05-04`. A year of two digits is the
/// latest that is not in the future.
pub fn parse_birth_date(typed: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    let text = typed.trim().to_lowercase().replace(',', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((day, Some(month), Some(year))) = parts(&words) else {
        return Err(Why::new("birth_date_form", tr!("This is not a birth date with day, month and year."))
            .instead(tr!("Write it as 4/5/1996 or 4 may 1996.")));
    };
    let mut born = exact(full_year(year, today.year()), month, day)?;
    if born > today && year.1 <= 2 {
        born = exact(full_year(year, today.year() - 1), month, day)?;
    }
    if born > today {
        return Err(Why::new("birth_date_future", tr!("A birth date cannot be in the future."))
            .instead(tr!("Check the year.")));
    }
    if age_years(born, today) > OLDEST_AGE {
        return Err(Why::new(
            "birth_date_old",
            tr!(
                "Nobody born on {date} is alive: that is over {n} years ago.",
                date = long_date(born),
                n = OLDEST_AGE
            ),
        )
        .instead(tr!("Check the year.")));
    }
    Ok(born)
}

/// A time of day: `9`, `930`, `9:30`, `14.30`, `2pm`, `noon`.
pub fn parse_time(typed: &str) -> Result<NaiveTime, Why> {
    let text: String = typed.trim().to_lowercase().split_whitespace().collect();
    if text == "noon" {
        return NaiveTime::from_hms_opt(12, 0, 0).ok_or_else(|| no_time(typed));
    }
    let (figures, half) = match text.strip_suffix('m').unwrap_or(&text) {
        t if t.ends_with('a') => (&t[..t.len() - 1], Some(0)),
        t if t.ends_with('p') => (&t[..t.len() - 1], Some(12)),
        _ => (text.as_str(), None),
    };
    let (hours, minutes) = match figures.split_once([':', '.', 'h']) {
        Some((h, m)) if m.len() == 2 => (h, m),
        Some((h, "")) => (h, "0"),
        Some(_) => return Err(no_time(typed)),
        None if figures.is_ascii() && (3..=4).contains(&figures.len()) => figures.split_at(figures.len() - 2),
        None => (figures, "0"),
    };
    let (Some(hour), Some(minute)) = (number(hours, 2), number(minutes, 2)) else {
        return Err(no_time(typed));
    };
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return Err(no_time(typed)),
        Some(half) => hour % 12 + half,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0).ok_or_else(|| no_time(typed))
}

fn no_time(typed: &str) -> Why {
    Why::new("time_form", tr!("\"{typed}\" is not a time of day.", typed = typed.trim()))
        .instead(tr!("Write 9, 930, 14:30 or 2pm; the last minute of a day is 23:59."))
}

fn unread(typed: &str) -> Why {
    Why::new("date_form", tr!("\"{typed}\" is not a date.", typed = typed.trim()))
        .instead(tr!("Write 12/3, 12 mar 2026, tomorrow, tue, next tue, 3w or +3."))
}

fn number(text: &str, digits: usize) -> Option<u32> {
    (!text.is_empty() && text.len() <= digits && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn relative(words: &[&str], today: NaiveDate) -> Option<Result<NaiveDate, Why>> {
    let ahead = |n: u64| Some(Ok(today + Days::new(n)));
    let week_day = i64::from(today.weekday().num_days_from_monday());
    match words {
        ["today" | "tod" | "now"] => ahead(0),
        ["tomorrow" | "tom" | "tmr"] => ahead(1),
        ["yesterday" | "yes"] => Some(Ok(today - Days::new(1))),
        [name] if weekday(name).is_some() => {
            let wanted = i64::from(weekday(name)?.num_days_from_monday());
            let days = (wanted - week_day).rem_euclid(7);
            ahead(if days == 0 { 7 } else { days.unsigned_abs() })
        }
        ["next", name] => {
            let wanted = i64::from(weekday(name)?.num_days_from_monday());
            ahead((7 - week_day + wanted).unsigned_abs())
        }
        ["last", name] => {
            let wanted = i64::from(weekday(name)?.num_days_from_monday());
            let days = (week_day - wanted).rem_euclid(7);
            Some(Ok(today - Days::new(if days == 0 { 7 } else { days.unsigned_abs() })))
        }
        ["in", rest @ ..] if !rest.is_empty() => offset(&rest.concat(), today),
        _ => offset(&words.concat(), today),
    }
}

/// `3w`, `+3`, `-2d`, `10 days`.
fn offset(text: &str, today: NaiveDate) -> Option<Result<NaiveDate, Why>> {
    let (back, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let signed = rest.len() != text.len();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let n = number(&rest[..digits], 4)?;
    let by_months = |months: u32| {
        let months = Months::new(months);
        if back { today.checked_sub_months(months) } else { today.checked_add_months(months) }
    };
    let by_days = |days: u32| {
        let days = Days::new(u64::from(days));
        if back { today.checked_sub_days(days) } else { today.checked_add_days(days) }
    };
    let found = match &rest[digits..] {
        "" if signed => by_days(n),
        "d" | "day" | "days" => by_days(n),
        "w" | "wk" | "week" | "weeks" => by_days(n * 7),
        "m" | "mo" | "month" | "months" => by_months(n),
        "y" | "yr" | "year" | "years" => by_months(n * 12),
        _ => return None,
    };
    let in_calendar = found.filter(|d| (1800..=9999).contains(&d.year()));
    Some(in_calendar.ok_or_else(|| {
        Why::new("date_too_far", tr!("That is outside the calendar.")).instead(tr!("Give a nearer date."))
    }))
}

type Year = (u32, usize);

/// Day, month if given, year if given (with the number of its digits).
fn parts(words: &[&str]) -> Option<(u32, Option<u32>, Option<Year>)> {
    let year =
        |text: &str| matches!(text.len(), 2 | 4).then(|| number(text, 4).map(|y| (y, text.len()))).flatten();
    let pieces: Vec<&str> =
        words.iter().flat_map(|w| w.split(['/', '.', '-'])).filter(|p| !p.is_empty()).collect();
    let day = |text: &str| {
        let bare = ["st", "nd", "rd", "th"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
        number(bare, 2)
    };
    let month_at = |text: &str| number(text, 2).or_else(|| month(text));
    match pieces[..] {
        [one] if matches!(one.len(), 6 | 8) && one.bytes().all(|b| b.is_ascii_digit()) => {
            // 20260312 cannot be day first: there is no month 26.
            let first_four = number(&one[..4], 4)?;
            if one.len() == 8 && (1800..=2200).contains(&first_four) && number(&one[2..4], 2)? > 12 {
                return Some((number(&one[6..], 2)?, number(&one[4..6], 2), Some((first_four, 4))));
            }
            Some((number(&one[..2], 2)?, number(&one[2..4], 2), year(&one[4..])))
        }
        [d] => Some((day(d)?, None, None)).filter(|(d, ..)| (1..=31).contains(d)),
        [y, m, d] if y.len() == 4 && number(y, 4).is_some() => {
            Some((number(d, 2)?, Some(month_at(m)?), Some(year(y)?)))
        }
        [m, d] if month(m).is_some() => Some((day(d)?, month(m), None)),
        [m, d, y] if month(m).is_some() => Some((day(d)?, month(m), Some(year(y)?))),
        [d, m] => Some((day(d)?, Some(month_at(m)?), None)),
        [d, m, y] => Some((day(d)?, Some(month_at(m)?), Some(year(y)?))),
        _ => None,
    }
}

/// The full year of one typed with two digits: the latest that is not after `latest`.
fn full_year((year, digits): Year, latest: i32) -> i32 {
    let year = i32::try_from(year).unwrap_or(i32::MAX);
    if digits > 2 {
        return year;
    }
    let guess = latest - latest.rem_euclid(100) + year;
    if guess > latest { guess - 100 } else { guess }
}

fn exact(year: i32, month: u32, day: u32) -> Result<NaiveDate, Why> {
    if !(1800..=2200).contains(&year) {
        return Err(Why::new("date_year", tr!("The year {year} is out of reach.", year = year))
            .instead(tr!("Write the year with four digits.")));
    }
    if !(1..=12).contains(&month) {
        return Err(Why::new("date_month", tr!("There is no month {month}.", month = month))
            .instead(tr!("Write the day first, as in 25/12.")));
    }
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| no_such_day(year, month, day))
}

fn no_such_day(year: i32, month: u32, day: u32) -> Why {
    let name = month_name(month);
    let sentence = if (month, day) == (2, 29) {
        tr!("29 February {year} does not exist: {year} is not a leap year.", year = year)
    } else {
        let last = (28..=31).rev().find(|d| NaiveDate::from_ymd_opt(year, month, *d).is_some()).unwrap_or(28);
        tr!("{day} {month} does not exist: {month} has {last} days.", day = day, month = name, last = last)
    };
    Why::new("date_exists", sentence).instead(tr!("Check the day and the month."))
}

/// The next such day from today on; 29 February waits for its leap year.
fn coming(day: u32, month: u32, today: NaiveDate) -> Result<NaiveDate, Why> {
    if (month, day) != (2, 29) {
        exact(today.year(), month, day)?;
    }
    (today.year()..=today.year() + 8)
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|d| *d >= today)
        .ok_or_else(|| no_such_day(today.year(), month, day))
}

pub(super) fn weekday(text: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let n = NAMES.iter().position(|name| text.len() >= 3 && name.starts_with(text.trim_end_matches('.')))?;
    Weekday::try_from(u8::try_from(n).ok()?).ok()
}

fn month(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let n = NAMES.iter().position(|name| {
        text == "sept" && *name == "september" || text.len() >= 3 && name.starts_with(text)
    })?;
    u32::try_from(n + 1).ok()
}

/// The month's full name.
#[must_use]
pub fn month_name(month: u32) -> &'static str {
    match month {
        1 => tr!("January"),
        2 => tr!("February"),
        3 => tr!("March"),
        4 => tr!("April"),
        5 => tr!("May"),
        6 => tr!("June"),
        7 => tr!("July"),
        8 => tr!("August"),
        9 => tr!("September"),
        10 => tr!("October"),
        11 => tr!("November"),
        _ => tr!("December"),
    }
}

/// The month in three letters.
#[must_use]
pub fn month_short(month: u32) -> &'static str {
    match month {
        1 => tr!("Jan"),
        2 => tr!("Feb"),
        3 => tr!("Mar"),
        4 => tr!("Apr"),
        5 => tr!("May"),
        6 => tr!("Jun"),
        7 => tr!("Jul"),
        8 => tr!("Aug"),
        9 => tr!("Sep"),
        10 => tr!("Oct"),
        11 => tr!("Nov"),
        _ => tr!("Dec"),
    }
}

/// The weekday in three letters.
#[must_use]
pub fn weekday_short(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => tr!("Mon"),
        Weekday::Tue => tr!("Tue"),
        Weekday::Wed => tr!("Wed"),
        Weekday::Thu => tr!("Thu"),
        Weekday::Fri => tr!("Fri"),
        Weekday::Sat => tr!("Sat"),
        Weekday::Sun => tr!("Sun"),
    }
}

/// `Thu 12 Mar`: a day near today.
#[must_use]
pub fn short_day(date: NaiveDate) -> String {
    format!("{} {:02} {}", weekday_short(date.weekday()), date.day(), month_short(date.month()))
}

/// `04 May 1996`: a date of any year.
#[must_use]
pub fn long_date(date: NaiveDate) -> String {
    format!("{:02} {} {}", date.day(), month_short(date.month()), date.year())
}

/// `Thu 12 Mar 2026`.
#[must_use]
pub fn full_day(date: NaiveDate) -> String {
    format!("{} {}", weekday_short(date.weekday()), long_date(date))
}

/// `09:30`.
#[must_use]
pub fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// Completed years on a day; 0 before birth.
#[must_use]
pub fn age_years(born: NaiveDate, on: NaiveDate) -> u32 {
    on.years_since(born).unwrap_or(0)
}

/// Completed months on a day; 0 before birth.
#[must_use]
pub fn age_months(born: NaiveDate, on: NaiveDate) -> u32 {
    let months = (on.year() - born.year()) * 12 + i32::try_from(on.month()).unwrap_or(0)
        - i32::try_from(born.month()).unwrap_or(0)
        - i32::from(on.day() < born.day());
    u32::try_from(months).unwrap_or(0)
}

/// The age as it is said: `29 y`; under two years `14 mo`; under one month `12 d`.
#[must_use]
pub fn age(born: NaiveDate, on: NaiveDate) -> String {
    match (age_years(born, on), age_months(born, on)) {
        (_, 0) => tr!("{n} d", n = (on - born).num_days().max(0)),
        (0 | 1, months) => tr!("{n} mo", n = months),
        (years, _) => tr!("{n} y", n = years),
    }
}

/// The age beside a name, where there is little room: `29`, `14mo`, `12d`. A number alone is years.
#[must_use]
pub fn age_short(born: NaiveDate, on: NaiveDate) -> String {
    match age_years(born, on) {
        0 | 1 => age(born, on).replace(' ', ""),
        years => years.to_string(),
    }
}

#[cfg(test)]
#[path = "dates_tests.rs"]
mod tests;
