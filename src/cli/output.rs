//! Writing to stdout and stderr: a closed pipe is no fault, and nothing acts on the terminal.
use super::Failure;
use crate::domain::characters::{
    is_control, is_direction, is_harmless, is_invisible, is_pile_mark, is_private,
};
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Writes a text and a line end to stdout. `| head` may close it early.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes an answer as one line of JSON. What would act on a terminal that shows it, or be invisible there, is written as
/// `\\u…`: a script reads the same text.
pub fn say_json(answer: &serde_json::Value) {
    say(&escaped(&answer.to_string()));
}

/// Such characters stand only inside of JSON's texts, where an escape means the same.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let hidden = !matches!(c, ' '..='~')
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

/// Writes a line to stderr, for what is no part of the answer.
pub fn note(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Says why the program ends.
pub fn complain(failure: &Failure, json: bool) {
    let text: Vec<String> = failure.to_string().lines().map(crate::logging::cleaned).collect();
    if json {
        let mut said = serde_json::json!({ "error": text.join("\n"), "exit": failure.code() });
        if let Some(why) = failure.why() {
            said["rule"] = why.rule.as_str().into();
            said["why"] = why.sentence.as_str().into();
            said["instead"] = why.instead.as_deref().into();
        }
        note(&escaped(&said.to_string()));
    } else {
        note(&format!("praxis: {}", text.join("\n")));
    }
}

/// Asks a question that only a terminal can answer; anything but y or yes is no.
pub fn ask(question: &str) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    write!(std::io::stderr().lock(), "{question} [y/N] ").ok();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).ok();
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_texts_and_shows_none_of_their_tricks() {
        let value = serde_json::json!({ "a": "\u{9b}2J\u{202e}x\u{e0041}\u{301}", "b": "Zoë 王 \x1b[2J\n" });
        let line = escaped(&value.to_string());
        assert_eq!(line, r#"{"a":"\u009b2J\u202ex\udb40\udc41\u0301","b":"Zoë 王 \u001b[2J\n"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }
}
