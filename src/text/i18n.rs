//! Every word the program says passes through [`tr!`](crate::tr). The English sentence is the key; a catalogue set once
//! at the start may put another language in its place, and a sentence it lacks is said in English. Values are put in
//! by name and never read again for placeholders, so no patient's name can act as one.
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;

/// English sentence -> the sentence said instead.
pub type Catalogue = HashMap<String, String>;

static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

/// Sets the language for the life of the program; `false` when one was set before, which then stays.
pub fn set_catalogue(catalogue: Catalogue) -> bool {
    CATALOGUE.set(catalogue).is_ok()
}

/// The sentence in the person's language: for command titles and other plain literals looked up when they are shown.
#[must_use]
pub fn tr_str(english: &str) -> &str {
    find(CATALOGUE.get(), english)
}

/// A sentence about `n` things: `tr_n("{n} patient", "{n} patients", n)`. `one` is said for exactly 1.
#[must_use]
pub fn tr_n(one: &str, many: &str, n: impl Display) -> String {
    let n = n.to_string();
    let sentence = if n == "1" { one } else { many };
    fill(tr_str(sentence), &[("n", &n)])
}

fn find<'a>(catalogue: Option<&'a Catalogue>, english: &'a str) -> &'a str {
    catalogue.and_then(|found| found.get(english)).map_or(english, String::as_str)
}

/// Puts the values in the places named `{name}`; `{{` and `}}` are braces, and a place nobody named stays as it is.
#[must_use]
pub fn fill(sentence: &str, values: &[(&str, &dyn Display)]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(sentence.len() + 16 * values.len());
    let mut rest = sentence;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let here = &rest[at..];
        let doubled = here.starts_with("{{") || here.starts_with("}}");
        let place = here.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        if doubled {
            out.push_str(&here[..1]);
            rest = &here[2..];
        } else if let Some((value, after)) = place.and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, v)| (v, after))
        }) {
            // Writing to a String cannot fail.
            let _ = write!(out, "{value}");
            rest = after;
        } else {
            out.push_str(&here[..1]);
            rest = &here[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Whether a sentence has no braces: `tr!` asks this at compile time when it is given no values.
#[must_use]
pub const fn has_no_places(sentence: &str) -> bool {
    let bytes = sentence.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'{' || bytes[i] == b'}' {
            return false;
        }
        i += 1;
    }
    true
}

/// Says an English sentence in the person's language.
///
/// `tr!("Not saved yet")` is a `&'static str`; `tr!("Saved {time} by {who}", time = t, who = w)` is a `String`.
/// A place without a value, or a value without a place, does not compile.
#[macro_export]
macro_rules! tr {
    ($english:literal $(,)?) => {{
        const ENGLISH: &str = $english;
        const _: () = assert!(
            $crate::text::i18n::has_no_places(ENGLISH),
            "a sentence with places needs their values, as in name = value"
        );
        let said: &'static str = $crate::text::i18n::tr_str(ENGLISH);
        said
    }};
    ($english:literal, $($name:ident = $value:expr),+ $(,)?) => {
        match ($(&$value,)+) {
            ($($name,)+) => {
                let _ = ::std::format_args!($english, $($name = $name),+);
                $crate::text::i18n::fill(
                    $crate::text::i18n::tr_str($english),
                    &[$((::std::stringify!($name), $name as &dyn ::std::fmt::Display)),+],
                )
            }
        }
    };
}

/// [`tr_n`](crate::text::i18n::tr_n) as a macro, for modules that import nothing: `tr_n!("{n} day", "{n} days", n)`.
#[macro_export]
macro_rules! tr_n {
    ($one:literal, $many:literal, $n:expr $(,)?) => {
        $crate::text::i18n::tr_n($one, $many, $n)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_without_a_catalogue_is_said_in_english() {
        assert_eq!(tr!("Not saved yet"), "Not saved yet");
        assert_eq!(tr_str("Book"), "Book");
    }

    #[test]
    fn values_are_put_in_by_name() {
        let who = String::from("Chen");
        assert_eq!(tr!("Saved {time} by {who}", time = 930, who = who), "Saved 930 by Chen");
        assert_eq!(tr!("{a}{a} and {b}", a = "x", b = 'y'), "xx and y");
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled_again() {
        assert_eq!(tr!("{a} {b}", a = "{b}", b = "{a}"), "{b} {a}");
    }

    #[test]
    fn braces_are_written_twice_and_unknown_places_stay() {
        assert_eq!(fill("{{x}} {y} {", &[("x", &1)]), "{x} {y} {");
        assert_eq!(fill("{ {x}", &[("x", &1)]), "{ 1");
    }

    #[test]
    fn one_is_singular_and_everything_else_plural() {
        let say = |n: i64| tr_n("{n} patient", "{n} patients", n);
        assert_eq!(
            (say(1), say(0), say(12)),
            ("1 patient".into(), "0 patients".into(), "12 patients".into())
        );
    }

    #[test]
    fn a_catalogue_replaces_the_sentence_and_may_move_the_places() {
        let catalogue = Catalogue::from([("{n} of {m}".to_owned(), "{m}, davon {n}".to_owned())]);
        let said = find(Some(&catalogue), "{n} of {m}");
        assert_eq!(fill(said, &[("n", &2), ("m", &5)]), "5, davon 2");
        assert_eq!(find(Some(&catalogue), "Not there"), "Not there");
    }
}
