//! Amounts of money: kept in cents of the site's currency, read and shown with a point.
use super::why::Why;
use crate::tr;

/// The most there may be, in cents.
pub const MOST: i64 = 10_000_000;

/// `AUD 85.50`; less than nothing with a sign.
#[must_use]
pub fn money(cents: i64, currency: &str) -> String {
    format!("{currency} {}", amount(cents)).trim().to_owned()
}

/// `85.50`.
#[must_use]
pub fn amount(cents: impl Into<i64>) -> String {
    let cents = cents.into();
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Cents of an amount as people write it: `85`, `85.50`, `85,5`.
///
/// # Errors
/// A sentence that says how it is written.
pub fn parse_amount(text: &str) -> Result<i64, Why> {
    let wrong = || {
        Why::new("money_form", tr!("This is not an amount."))
            .instead(tr!("Write it as 85 or 85.50, up to 100000."))
    };
    let bare = text.trim().trim_start_matches(['$', '€', '£']).trim().replace(' ', "");
    let (units, cents) = bare.split_once(['.', ',']).unwrap_or((&bare, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if units.is_empty() || units.len() > 6 || !digits(units) || !digits(cents) || cents.len() > 2 {
        return Err(wrong());
    }
    let whole: i64 = units.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{cents:0<2}").parse().map_err(|_| wrong())?;
    let all = whole * 100 + part;
    if all <= MOST { Ok(all) } else { Err(wrong()) }
}

/// The same where a fee is kept: never less than nothing, at most [`MOST`].
///
/// # Errors
/// A sentence that says how it is written.
pub fn cents(text: &str) -> Result<i32, Why> {
    parse_amount(text).map(|cents| cents as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, cents) in [("85", 8500), ("85.5", 8550), ("85,50", 8550), (" $ 0.05", 5), ("100000", MOST)]
        {
            assert_eq!(parse_amount(text), Ok(cents), "{text}");
        }
        for text in ["", "-5", "1.234", "a", "100000.01", "1e3"] {
            assert!(parse_amount(text).is_err(), "{text}");
        }
        assert_eq!(money(-550, "AUD"), "AUD -5.50");
        for n in [0, 5, 8550, MOST] {
            assert_eq!(parse_amount(&amount(n)), Ok(n));
        }
    }
}
