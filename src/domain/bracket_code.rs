//! A code typed in brackets: `[2823-3]` in a line of words.

/// Takes a `[code]` out of a line that was typed: the code, and the line without it.
#[must_use]
pub fn take_code(line: &str) -> (Option<String>, String) {
    let found = line.split_once('[').and_then(|(before, rest)| {
        let (code, after) = rest.split_once(']')?;
        let fits = !code.is_empty()
            && code.len() <= 20
            && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        fits.then(|| (code.to_uppercase(), format!("{} {}", before.trim(), after.trim())))
    });
    match found {
        Some((code, rest)) => (Some(code), rest.trim().to_owned()),
        None => (None, line.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_brackets_is_taken_out_of_the_line() {
        assert_eq!(take_code("potassium [2823-3] serum"), (Some("2823-3".into()), "potassium serum".into()));
        assert_eq!(take_code("rash [both arms]"), (None, "rash [both arms]".into()));
        assert_eq!(take_code("[] x"), (None, "[] x".into()));
    }
}
