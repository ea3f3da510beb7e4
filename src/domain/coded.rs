//! Enums whose values are words in the database: one table gives the code, the way back and the word on screen.

/// Declares such an enum: `coded! { pub enum Urgency { Routine = "routine" "routine", } }`, code first, then the word.
#[macro_export]
macro_rules! coded {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        $vis enum $name { $($(#[$doc])* $variant,)* }
        impl $name {
            /// Every value, in the order in which the screens list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The name in the database and in files.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
            /// The value of this code, if there is one.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
            /// The words on screen.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $crate::tr!($word),)* }
            }
        }
    };
}

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

    coded! {
        enum Colour { Red = "red" "red", DarkBlue = "dark_blue" "dark blue", }
    }

    #[test]
    fn codes_read_back_and_match_the_stored_form() {
        for colour in Colour::ALL {
            assert_eq!(Colour::from_code(colour.code()), Some(*colour));
            assert_eq!(serde_json::to_value(colour).unwrap(), colour.code());
        }
        assert_eq!(Colour::DarkBlue.word(), "dark blue");
        assert_eq!(Colour::from_code("green"), None);
    }

    #[test]
    fn a_code_in_brackets_is_taken_out_of_the_line() {
        assert_eq!(
            take_code("potassium [2823-3] serum"),
            (Some("2823-3".into()), "potassium serum".into())
        );
        assert_eq!(take_code("rash [both arms]"), (None, "rash [both arms]".into()));
        assert_eq!(take_code("[] x"), (None, "[] x".into()));
    }
}
