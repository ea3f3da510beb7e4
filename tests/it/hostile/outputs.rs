//! What a terminal, a spreadsheet and a script may be given. Whoever adds a way out tries it with these.
use crate::support::program::stray;
use serde_json::Value;

/// What these bytes of the screens hold that the program does not itself use.
pub fn on_a_screen(bytes: &[u8]) -> Vec<String> {
    stray(bytes)
}

/// What these bytes of a command's answer hold that is no plain text: no sequence at all is the program's there.
pub fn in_plain_text(bytes: &[u8]) -> Vec<String> {
    let mut found = stray(bytes);
    if bytes.contains(&0x1b) || bytes.contains(&b'\r') {
        found.push("an escape or a return in plain text".into());
    }
    found
}

/// The answer is JSON, and also as bytes on a terminal it does nothing.
pub fn in_json(bytes: &[u8]) -> Vec<String> {
    let mut found = in_plain_text(bytes);
    if let Err(e) = serde_json::from_slice::<Value>(bytes) {
        found.push(format!("no JSON: {e}"));
    }
    found
}

/// The file is CSV with as many columns in each row, no cell is a formula, and nothing acts on a terminal that shows it.
pub fn in_csv(bytes: &[u8]) -> Vec<String> {
    let mut found = in_plain_text(&bytes.iter().copied().filter(|b| *b != b'\r').collect::<Vec<_>>());
    for (row, record) in csv::ReaderBuilder::new().has_headers(false).from_reader(bytes).records().enumerate()
    {
        match record {
            Err(e) => found.push(format!("row {row} is no CSV: {e}")),
            Ok(record) => {
                found.extend(record.iter().filter(|c| is_formula(c)).map(|c| format!("row {row}: {c:?}")));
            }
        }
    }
    found
}

/// A spreadsheet would calculate it: it begins like a formula, after any blanks, and is no number.
fn is_formula(cell: &str) -> bool {
    let begins = cell.trim_start().chars().next().is_some_and(|c| "=+-@＝＋－＠".contains(c));
    begins && cell.parse::<f64>().is_err()
}

#[test]
fn each_kind_of_offence_is_noticed() {
    assert_eq!(on_a_screen("\x1b[1;31mred\x1b[m \x1b[5X\r\x1b[2C".as_bytes()), [""; 0]);
    assert!(!on_a_screen(b"\x1b[2;3f").is_empty() && !on_a_screen(b"\x1b]0;x\x07").is_empty());
    assert!(!in_plain_text(b"\x1b[31mred").is_empty() && in_plain_text("zoë\n".as_bytes()).is_empty());
    assert!(!in_json(b"{\"a\":").is_empty() && !in_json("\"\u{202e}\"".as_bytes()).is_empty());
    assert!(in_json(b"{\"a\":\"\\u001b[2J\"}").is_empty());
    assert!(!in_csv(b"a,=1+1\n").is_empty() && !in_csv(b"a,b\nc\n").is_empty());
    assert!(!in_csv(b"a,\"\t@x\"\n").is_empty() && in_csv(b"a,-5.2\n'=1,b\n").is_empty());
}
