//! Phones and e-mail addresses: one stored form each, so that a number is found however it was written.
use super::why::Why;
use crate::tr;

/// An e-mail address, trimmed, its domain in lower case. The form is checked, not whether somebody reads it.
pub fn email(typed: &str) -> Result<String, Why> {
    let typed = typed.trim();
    let wrong = || {
        Why::new("email_form", tr!("This is not an e-mail address."))
            .instead(tr!("Write it as name@example.com."))
    };
    let (local, domain) = typed.rsplit_once('@').ok_or_else(wrong)?;
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if local_ok && domain.contains('.') && domain.split('.').all(label_ok) && typed.len() <= 254 {
        Ok(format!("{local}@{}", domain.to_lowercase()))
    } else {
        Err(wrong())
    }
}

/// A phone number as it is kept: digits and a leading `+`, groups separated by one space as they were typed.
pub fn phone(typed: &str) -> Result<String, Why> {
    let wrong = |sentence: &'static str| {
        Why::new("phone_form", sentence).instead(tr!("Write it as 02 9382 1111 or +61 2 9382 1111."))
    };
    let mut kept = String::new();
    let mut gap = false;
    for (i, c) in typed.trim().chars().enumerate() {
        match c {
            '0'..='9' => {
                if gap && !kept.is_empty() {
                    kept.push(' ');
                }
                kept.push(c);
                gap = false;
            }
            '+' if i == 0 => kept.push('+'),
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => gap = kept != "+",
            _ => return Err(wrong(tr!("A phone number has only digits, spaces and a leading +."))),
        }
    }
    match phone_digits(&kept).len() {
        6..=15 => Ok(kept),
        0..=5 => Err(wrong(tr!("This phone number is too short: it has 6 to 15 digits."))),
        _ => Err(wrong(tr!("This phone number is too long: it has 6 to 15 digits."))),
    }
}

/// The digits alone: what the database's search column keeps.
#[must_use]
pub fn phone_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_is_checked_by_its_form() {
        assert_eq!(email(" Jack.Black+x@GMAIL.com ").unwrap(), "Jack.Black+x@gmail.com");
        assert!(email("josé@exámple.com").is_ok());
        for wrong in [
            "",
            "jack",
            "@x.com",
            "a@b",
            "a@b..c",
            "a b@c.de",
            "a@-b.c",
            "a..b@c.de",
            "a\u{1b}@b.de",
            "a@b.de\n.x y",
        ] {
            assert_eq!(email(wrong).unwrap_err().rule, "email_form", "{wrong:?}");
        }
    }

    #[test]
    fn a_phone_number_is_kept_in_one_form() {
        assert_eq!(phone("(02) 9382-1111").unwrap(), "02 9382 1111");
        assert_eq!(phone("+61 2 9382 1111").unwrap(), "+61 2 9382 1111");
        assert_eq!(phone("93821111").unwrap(), "93821111");
        assert_eq!(phone_digits("+61 2-93"), "61293");
        for wrong in ["", "12345", "1234567890123456", "02 93x", "0+2938211", "+"] {
            assert_eq!(phone(wrong).unwrap_err().rule, "phone_form", "{wrong:?}");
        }
    }
}
