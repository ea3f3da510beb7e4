//! Names and folders inside of what others read: nothing in them ends the quotation.

/// A name as SQL wants it, whatever is in it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `pg_ctl` hands its options to a shell.
pub(super) fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_stays_inside_the_name() {
        assert_eq!(quote("a\"; drop table x; --"), "\"a\"\"; drop table x; --\"");
    }

    #[test]
    fn a_quote_in_a_folder_stays_one_word_for_the_shell() {
        assert_eq!(shell_quote("/a'b c"), r"'/a'\''b c'");
    }
}
