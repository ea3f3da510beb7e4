//! Wrong usage, told as every other refusal is to a script that asked for JSON: which rule, why, and what works instead.
use super::{Failure, failure::USAGE};
use crate::{domain::why::Why, text::clean};
use clap::error::ErrorKind;

/// Whether `--json` stands among the arguments of this process, however wrong the others are.
pub fn wants_json() -> bool {
    std::env::args_os().skip(1).take_while(|a| a != "--").any(|a| a == "--json")
}

/// The same words as a person is told, in their parts.
pub fn failure(e: &clap::Error) -> Failure {
    let told = e.render().to_string();
    let mut parts = told.split("\n\n").map(one_line).filter(|p| !p.is_empty());
    let first = parts.next().unwrap_or_default();
    let sentence = first.strip_prefix("error: ").unwrap_or(&first).to_owned();
    let rest: Vec<String> = parts.filter(|p| !p.starts_with("For more information")).collect();
    let why = Why::new(rule(e.kind()), sentence);
    let code = u8::try_from(e.exit_code()).unwrap_or(USAGE);
    Failure::because(code, if rest.is_empty() { why } else { why.instead(rest.join(". ")) })
}

fn one_line(part: &str) -> String {
    clean(part).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "missing_argument",
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => "unknown_argument",
        ErrorKind::ArgumentConflict => "arguments_conflict",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::NoEquals => "wrong_value",
        _ => "wrong_usage",
    }
}

#[cfg(test)]
mod tests {
    use super::failure;
    use crate::cli::Cli;
    use clap::Parser as _;

    fn told(arguments: &[&str]) -> (u8, String, String, String) {
        let e = Cli::try_parse_from([&["praxis"], arguments].concat()).unwrap_err();
        let failure = failure(&e);
        let why = failure.why().unwrap().clone();
        (failure.code(), why.rule, why.sentence, why.instead.unwrap_or_default())
    }

    #[test]
    fn wrong_usage_is_a_rule_with_what_works_instead() {
        let (code, rule, sentence, instead) = told(&["board", "--json"]);
        assert_eq!((code, rule.as_str()), (2, "missing_argument"));
        assert_eq!(sentence, "the following required arguments were not provided: --as <FILE>");
        assert!(instead.starts_with("Usage: praxis board") && !instead.contains("For more"), "{instead}");
        let of = |arguments: &[&str]| told(arguments).1;
        assert_eq!(of(&["board", "--json", "--as", "x", "--dya", "tue"]), "unknown_argument");
        assert_eq!(of(&["schedule", "--json", "--as", "x", "--limit", "0"]), "wrong_value");
        assert_eq!(of(&["cancle", "--json"]), "unknown_argument");
    }
}
