//! Small closed sets that the database keeps as a word: the enum, its code there and its word on screen in one list.

/// Declares such an enum: `coded! { /// Doc. pub enum Severity { Mild = "mild" "mild", … } }`.
macro_rules! coded {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        $vis enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            /// Every one, in the order in which screens list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the database and in files.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The one of this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The word on screen.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $crate::tr!($word)),* }
            }
        }
    };
}
pub(crate) use coded;
