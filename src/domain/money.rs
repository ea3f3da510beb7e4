//! Amounts of money: kept in cents of the site's currency, read and shown with a point.
use super::why::Why;
use crate::tr;

/// The most there may be, in cents.
pub const MOST: i32 = 10_000_000;

/// `85.00`.
#[must_use]
pub fn money(cents: i32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Cents of `85` or `85.50`, at most [`MOST`].
///
/// # Errors
/// [`Why`] it is no amount.
pub fn cents(typed: &str) -> Result<i32, Why> {
    let (whole, part) = typed.trim().split_once('.').unwrap_or((typed.trim(), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let amount = match (whole.trim().parse::<i32>(), part.len()) {
        _ if !digits(whole.trim()) || !digits(part) => None,
        (Ok(whole), 0) => whole.checked_mul(100),
        (Ok(whole), 2) => part.parse::<i32>().ok().and_then(|p| whole.checked_mul(100)?.checked_add(p)),
        _ => None,
    };
    amount.filter(|n| (0..=MOST).contains(n)).ok_or_else(|| {
        Why::new("fee", tr!("This is not an amount.")).instead(tr!("Write it as 85 or 85.50, up to 100000."))
    })
}

#[cfg(test)]
mod tests {
    use super::{MOST, cents, money};

    #[test]
    fn what_is_shown_is_read_again() {
        for n in [0, 5, 8550, MOST] {
            assert_eq!(cents(&money(n)), Ok(n));
        }
        assert_eq!(cents(" 85 "), Ok(8500));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for typed in ["", "-5", "+5", "5.5", "5.-1", "100000.01", "99999999999", "5,50", "a"] {
            assert!(cents(typed).is_err(), "{typed}");
        }
    }
}
