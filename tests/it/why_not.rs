//! Why not: every rule of the database, wherever a migration or the program names it, is a sentence with its facts and with
//! what works instead.
use praxis::store::refusal;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fs, path::Path};

/// Facts that are for the log: a time whose zone the rule does not know, or an id. The screen shows what it is about.
const FOR_THE_LOG: [&str; 16] = [
    "no_show_before_start",
    "nothing_in_the_past",
    "not_a_slot",
    "walk_in_today",
    "plain_text_refused",
    "write_without_event",
    "merge_goes_on",
    "merge_erased",
    "merge_visit_open",
    "patient_merged",
    "merged_overlap",
    "queue_over",
    "queue_not_waiting",
    "not_permitted",
    "record_no_relationship",
    "record_role",
];

fn files(folder: &str, end: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all.retain(|p| p.to_string_lossy().ends_with(end));
    all.into_iter().map(|p| fs::read_to_string(p).unwrap()).collect()
}

fn is_name(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Every rule that a migration refuses by, with the names of the facts it hands over.
fn rules_of_the_database() -> BTreeMap<String, Vec<String>> {
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sql in files("migrations", ".sql") {
        for piece in sql.split("refuse('").skip(1) {
            let (rule, rest) = piece.split_once('\'').unwrap();
            let rest = rest.split(';').next().unwrap_or_default();
            let facts = rules.entry(rule.to_owned()).or_default();
            if let Some((_, list)) = rest.split_once("jsonb_build_object(") {
                let quoted: Vec<&str> = list.split('\'').collect();
                let named =
                    |n: &usize| quoted.get(n + 1).is_some_and(|after| after.trim_start().starts_with(','));
                facts.extend((1..quoted.len()).step_by(2).filter(named).map(|n| quoted[n].to_owned()));
            }
        }
    }
    rules
}

/// Every rule that has a sentence of its own in the program.
fn rules_of_the_program() -> Vec<String> {
    let mut sources = files("src/store/refusal", ".rs");
    sources.push(
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/refusal.rs")).unwrap(),
    );
    let mut rules = vec![];
    for source in sources {
        let pieces: Vec<&str> = source.split('"').collect();
        for at in (1..pieces.len().saturating_sub(1)).step_by(2) {
            let after = pieces[at + 1].trim_start();
            let arm = after.starts_with("=>") || after.starts_with('|') || after.starts_with("if ");
            if arm && is_name(pieces[at]) {
                rules.push(pieces[at].to_owned());
            }
        }
    }
    rules
}

#[test]
fn every_rule_says_which_why_and_what_works_instead() {
    let mut rules = rules_of_the_database();
    assert!(rules.len() > 100, "{} rules found", rules.len());
    let own = rules_of_the_program();
    assert!(own.len() > 100, "{} sentences found", own.len());
    for rule in own {
        rules.entry(rule).or_default();
    }
    let mut wrong = vec![];
    for (rule, facts) in &rules {
        let told: Map<String, Value> =
            facts.iter().map(|f| (f.clone(), Value::from(format!("the {f} told")))).collect();
        let why = refusal(rule, &Value::Object(told));
        let all = why.to_string();
        let general = all.contains("A rule of the database refuses that");
        if general && rules_of_the_database().contains_key(rule) {
            wrong.push(format!("{rule}: has no sentence"));
        }
        if why.instead.as_deref().unwrap_or_default().trim().is_empty() {
            wrong.push(format!("{rule}: says nothing that works instead"));
        }
        if all.contains(['{', '}']) || !all.ends_with(['.', '?', ')', ':']) && !all.contains("told") {
            wrong.push(format!("{rule}: is no whole sentence: {all}"));
        }
        // A day is cut to its date, and a count is a number.
        let days = facts.iter().any(|f| all.contains(format!("the {f} told")[..10].trim()));
        let counts: Map<String, Value> = facts.iter().map(|f| (f.clone(), Value::from(4711))).collect();
        let counted = refusal(rule, &Value::Object(counts)).to_string();
        let names_one = days || counted.contains("4711") || counted.contains("47.11");
        if !facts.is_empty() && !names_one && !FOR_THE_LOG.contains(&rule.as_str()) {
            wrong.push(format!("{rule}: names none of its facts {facts:?}: {all}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
