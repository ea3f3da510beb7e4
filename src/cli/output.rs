//! Writing to stdout and stderr: a closed pipe is no fault, and nothing acts on the terminal.
use super::Failure;
use crate::text::escaped_json;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Writes a text and a line end to stdout. `| head` may close it early.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes an answer as one line of JSON that does nothing on a terminal.
pub fn say_json(answer: &serde_json::Value) {
    say(&escaped_json(&answer.to_string()));
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
        note(&escaped_json(&said.to_string()));
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
