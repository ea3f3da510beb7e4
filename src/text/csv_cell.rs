//! A cell of a CSV file that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front.
use super::clean::clean_lines;
use std::borrow::Cow;

/// The cleaned cell; a leading `=`, `+`, `-`, `@`, tab or carriage return (after blanks too) is quoted with `'`. Plain
/// negative numbers stay numbers.
#[must_use]
pub fn csv_cell(raw: &str) -> Cow<'_, str> {
    let cleaned = clean_lines(raw);
    let begins = raw.trim_start_matches([' ', '\u{a0}']).chars().next();
    // What a spreadsheet reads is the cleaned text, and it passes over blanks and line ends of every kind.
    let reads = cleaned.trim_start().chars().next();
    let formula = begins.is_some_and(|c| matches!(c, '\t' | '\r'))
        || reads.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if formula && !is_number(raw) { Cow::Owned(format!("'{cleaned}")) } else { cleaned }
}

fn is_number(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|&b| b == b'.').count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_quoted() {
        for raw in [
            "=1+1",
            "+61 2 9382",
            "-x",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "  =HYPERLINK()",
            "\n=1+1",
            "\u{3000}\u{ad}=1",
        ] {
            assert!(csv_cell(raw).starts_with('\''), "{raw:?}");
        }
    }

    #[test]
    fn names_and_numbers_stay_as_they_are() {
        for raw in ["O'Brien", "-5.2", "12", "a=b", ""] {
            assert_eq!(csv_cell(raw), raw);
        }
        assert_eq!(csv_cell("a\x1b[m"), "a\u{fffd}[m");
        assert_eq!(csv_cell("-1-2"), "'-1-2");
    }
}
