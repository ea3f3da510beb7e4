//! JSON on its way out: a script reads the same text, and a terminal that shows it does nothing.
use crate::domain::characters::{
    is_control, is_direction, is_harmless, is_invisible, is_pile_mark, is_private,
};

/// This JSON with what would act on a terminal that shows it, or be invisible there, written as `\\u…`: such characters stand only
/// inside of JSON's texts, where an escape means the same. (The end of a line never does.)
#[must_use]
pub fn escaped_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let hidden = !matches!(c, ' '..='~' | '\n')
            && (is_control(c)
                || is_direction(c)
                || is_invisible(c)
                || is_harmless(c)
                || is_private(c)
                || is_pile_mark(c))
            || matches!(c, '\u{2028}' | '\u{2029}');
        if hidden {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_texts_and_shows_none_of_their_tricks() {
        let value = serde_json::json!({ "a": "\u{9b}2J\u{202e}x\u{e0041}\u{301}", "b": "Zoë 王 \x1b[2J\n" });
        let line = escaped_json(&value.to_string());
        assert_eq!(line, r#"{"a":"\u009b2J\u202ex\udb40\udc41\u0301","b":"Zoë 王 \u001b[2J\n"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
        let lines = escaped_json(&format!("{value:#}"));
        assert_eq!(
            (lines.lines().count(), serde_json::from_str::<serde_json::Value>(&lines).unwrap()),
            (4, value)
        );
    }
}
