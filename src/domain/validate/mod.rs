//! Checks what was typed or imported against the one table of [`fields`], and brings it to the form that is stored. A
//! refusal is a sentence that says what would be right. Hostile text (controls, direction overrides, invisible letters,
//! piles of marks) is refused; names in any script are welcome.
use super::characters::{
    is_control, is_direction, is_harmless, is_invisible, is_joining, is_pile_mark, is_private,
};
use super::why::Why;
use super::{contact, dates};
use crate::tr;
use chrono::NaiveDate;

pub mod fields;

pub use fields::{Field, Kind, Rule};

/// Shortest and longest password in characters; there are no rules of composition (NIST SP 800-63B).
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=256;
const MARKS_PER_LETTER: usize = 4;
/// More is not even looked at.
const MOST_BYTES: usize = 400_000;

/// The value as it is stored, or why it is refused. Empty is fine unless the field is required.
///
/// Dates come back as `2026-03-12` and are understood as in [`dates`], relative to `today`.
pub fn check(field: Field, typed: &str, today: NaiveDate) -> Result<String, Why> {
    let rule = field.rule();
    if rule.kind == Kind::Password {
        return password(typed, "").map(|()| typed.to_owned());
    }
    if typed.len() > MOST_BYTES {
        return Err(too_long(&rule, typed.chars().count()));
    }
    let text = tidy(&rule, typed)?;
    let chars = text.chars().count();
    if chars > rule.max {
        return Err(too_long(&rule, chars));
    }
    if text.is_empty() {
        return if rule.required { Err(missing(&rule)) } else { Ok(text) };
    }
    match rule.kind {
        Kind::Line | Kind::Text | Kind::Password => Ok(text),
        Kind::Name if text.chars().any(char::is_alphabetic) => Ok(text),
        Kind::Name => {
            Err(Why::new("name_letters", tr!("{field} needs at least one letter.", field = rule.label))
                .instead(tr!("Write it as it is spoken, in any script.")))
        }
        Kind::Email => contact::email(&text),
        Kind::Phone => contact::phone(&text),
        Kind::Login => login(&text),
        Kind::Number => number(&rule, &text),
        Kind::Medicare => medicare(&text),
        Kind::BirthDate => dates::parse_birth_date(&text, today).map(|d| d.to_string()),
        Kind::Date | Kind::PastDate | Kind::ComingDate => date(&rule, &text, today).map(|d| d.to_string()),
        Kind::Money => money(&rule, &text),
        Kind::Whole(low, high) => whole(&rule, &text, low, high),
        Kind::Decimal(low, high) => decimal(&text)
            .filter(|n| (low..=high).contains(n))
            .map(|n| n.to_string())
            .ok_or_else(|| outside(&rule, low, high)),
        Kind::BloodGroup => blood_group(&text),
        Kind::Zone => zone(&text),
    }
}

/// The same where nothing depends on the day: for date fields, give the whole year.
pub fn check_undated(field: Field, typed: &str) -> Result<String, Why> {
    check(field, typed, NaiveDate::from_ymd_opt(2199, 1, 1).unwrap_or_default())
}

/// A remark on a value that is accepted all the same: a Medicare number whose check figure is wrong.
///
/// The ninth figure is the weighted sum of the first eight (1 3 7 9 1 3 7 9) modulo 10 (Services Australia). It only
/// warns, because clinics also keep other ten-figure numbers in this field.
#[must_use]
pub fn note(field: Field, stored: &str) -> Option<&'static str> {
    (field.rule().kind == Kind::Medicare && !stored.is_empty() && !medicare_adds_up(stored))
        .then(|| tr!("The check figure of this Medicare number is wrong. Compare it with the card."))
}

/// At least 12 characters, at most 256, no controls, and not the user name.
pub fn password(typed: &str, login: &str) -> Result<(), Why> {
    let chars = typed.chars().count();
    let why = |rule: &str, sentence: String| {
        Err(Why::new(rule, sentence).instead(tr!("Several words that only you would put together are best.")))
    };
    if chars < *PASSWORD_CHARS.start() {
        return why(
            "password_short",
            tr!("A password needs at least {n} characters.", n = PASSWORD_CHARS.start()),
        );
    }
    if chars > *PASSWORD_CHARS.end() {
        return why("password_long", tr!("A password has at most {n} characters.", n = PASSWORD_CHARS.end()));
    }
    if typed.chars().any(is_control) {
        return why("password_control", tr!("A password cannot contain control characters.").to_owned());
    }
    if !login.is_empty() && typed.trim().to_lowercase() == login.trim().to_lowercase() {
        return why("password_is_login", tr!("The password must differ from the user name.").to_owned());
    }
    Ok(())
}

/// Blanks brought in order and hostile characters refused.
fn tidy(rule: &Rule, typed: &str) -> Result<String, Why> {
    let lines = rule.kind == Kind::Text;
    let mut out = String::with_capacity(typed.len());
    let mut marks = 0;
    let mut rest = typed.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '\r' if next == Some('\n') => continue,
            '\n' | '\r' if lines => {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
            }
            '\t' if lines => out.push('\t'),
            _ if c.is_whitespace() && c != '\u{85}' => {
                if lines || !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if is_harmless(c) => continue,
            '\u{200c}' | '\u{200d}'
                if out.chars().next_back().is_some_and(is_joining) && next.is_some_and(is_joining) =>
            {
                out.push(c);
            }
            _ if is_control(c) || is_direction(c) || is_invisible(c) || is_private(c) => {
                return Err(Why::new(
                    "text_hidden",
                    tr!("{field} contains a character that cannot be seen.", field = rule.label),
                )
                .instead(tr!("Type it again instead of pasting it.")));
            }
            _ => out.push(c),
        }
        marks = if is_pile_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_PER_LETTER {
            return Err(Why::new(
                "text_marks",
                tr!(
                    "{field} has a letter with more than {n} marks on it.",
                    field = rule.label,
                    n = MARKS_PER_LETTER
                ),
            )
            .instead(tr!("Type it again instead of pasting it.")));
        }
    }
    Ok(if lines { out.trim_end().trim_start_matches('\n').to_owned() } else { out.trim().to_owned() })
}

fn missing(rule: &Rule) -> Why {
    Why::new("field_required", tr!("{field} is missing.", field = rule.label)).instead(tr!("Fill it in."))
}

fn too_long(rule: &Rule, chars: usize) -> Why {
    Why::new("field_length", tr!("{field} has {n} characters.", field = rule.label, n = chars))
        .instead(tr!("At most {max} fit.", max = rule.max))
}

fn outside(rule: &Rule, low: impl std::fmt::Display, high: impl std::fmt::Display) -> Why {
    Why::new("field_range", tr!("{field} is not possible.", field = rule.label)).instead(tr!(
        "Give a number from {low} to {high}.",
        low = low,
        high = high
    ))
}

fn login(text: &str) -> Result<String, Why> {
    let lower = text.to_lowercase();
    if lower.contains('@') {
        return contact::email(&lower);
    }
    let fits = (2..=64).contains(&lower.len())
        && lower.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        && lower.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fits {
        Ok(lower)
    } else {
        Err(Why::new("login_form", tr!("This cannot be a user name.")).instead(tr!(
            "Use an e-mail address, or 2 to 64 letters a-z, figures, dots, hyphens or underscores."
        )))
    }
}

fn number(rule: &Rule, text: &str) -> Result<String, Why> {
    let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || " -./".contains(c))
        && text.chars().any(|c| c.is_ascii_alphanumeric());
    if fits {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(Why::new(
            "number_form",
            tr!("{field} has a character that does not belong there.", field = rule.label),
        )
        .instead(tr!("Use letters a-z, figures, hyphens, dots and slashes.")))
    }
}

fn medicare(text: &str) -> Result<String, Why> {
    let digits = contact::phone_digits(text);
    let only_digits = text.chars().all(|c| c.is_ascii_digit() || " -/".contains(c));
    if only_digits && matches!(digits.len(), 10 | 11) {
        Ok(digits)
    } else {
        Err(Why::new(
            "medicare_length",
            tr!("A Medicare number has 10 figures, or 11 with the person's line."),
        )
        .instead(tr!("Copy it from the card; other numbers go into the national number.")))
    }
}

fn medicare_adds_up(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits.iter().zip([1, 3, 7, 9, 1, 3, 7, 9]).map(|(d, w)| d * w).sum();
    digits.get(8) == Some(&(sum % 10)) && matches!(digits.first(), Some(2..=6))
}

fn date(rule: &Rule, text: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    if rule.kind == Kind::PastDate {
        return past_date(rule, text, today);
    }
    let found = super::when::parse_day(text, today)?;
    if rule.kind == Kind::ComingDate && found < today {
        return Err(Why::new("date_coming", tr!("{field} cannot be in the past.", field = rule.label))
            .instead(tr!("Give a date from today on, or 3w for three weeks.")));
    }
    Ok(found)
}

/// A day and month without a year mean the last such day, not the next.
fn past_date(rule: &Rule, text: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    use chrono::Datelike as _;
    dates::parse_birth_date(text, today).or_else(|why| {
        let of_year = |year: i32| dates::parse_birth_date(&format!("{text} {year}"), today).ok();
        let last = of_year(today.year()).or_else(|| of_year(today.year() - 1));
        let named = dates::parse_date(text, today);
        match (last, named) {
            (Some(day), _) => Ok(day),
            (None, Ok(day)) if day <= today => Ok(day),
            (None, Err(unread)) if why.rule == "birth_date_form" => Err(unread),
            _ if why.rule.starts_with("birth_date") => Err(Why::new(
                "date_past",
                tr!("{field} must be a day up to today, within a lifetime.", field = rule.label),
            )
            .instead(tr!("Check the year."))),
            _ => Err(why),
        }
    })
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.replace(',', ".");
    let plain = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

fn money(rule: &Rule, text: &str) -> Result<String, Why> {
    let wrong = || {
        Why::new("money_form", tr!("{field} is not an amount of money.", field = rule.label))
            .instead(tr!("Write it as 85 or 85.50, up to 100000."))
    };
    let bare = text.trim_start_matches(['$', '€', '£']).trim().replace([' ', '\''], "");
    let (units, cents) = bare.split_once(['.', ',']).unwrap_or((&bare, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if units.is_empty() || !digits(units) || !digits(cents) || cents.len() > 2 {
        return Err(wrong());
    }
    let units: u32 = units.parse().map_err(|_| wrong())?;
    let amount = format!("{units}.{cents:0<2}");
    if units < 100_000 || amount == "100000.00" { Ok(amount) } else { Err(wrong()) }
}

fn whole(rule: &Rule, text: &str, low: u32, high: u32) -> Result<String, Why> {
    let found = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    found.filter(|n| (low..=high).contains(n)).map(|n| n.to_string()).ok_or_else(|| outside(rule, low, high))
}

fn blood_group(text: &str) -> Result<String, Why> {
    let group = text.to_uppercase().replace(['−', '–'], "-").replace([' ', 'R', 'H'], "").replace('0', "O");
    let group = group.replace("POS", "+").replace("NEG", "-");
    if ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"].contains(&group.as_str()) {
        Ok(group)
    } else {
        Err(Why::new("blood_group", tr!("This is not a blood group."))
            .instead(tr!("It is A, B, AB or O with + or -, as in O+.")))
    }
}

fn zone(text: &str) -> Result<String, Why> {
    text.parse::<chrono_tz::Tz>().map(|z| z.name().to_owned()).map_err(|_| {
        Why::new("zone_known", tr!("This time zone is not known."))
            .instead(tr!("Write it as Australia/Sydney."))
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
