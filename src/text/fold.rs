//! Folding: the form in which names are searched, stored in the search columns of the database and compared. Always
//! computed here, never in SQL, so that both sides agree. The rule, letter by letter:
//! 1. apostrophes vanish (`O'Brien` = `obrien`); whatever is neither letter, digit nor mark separates words;
//! 2. NFKD, lower case, NFKD; accents, Hebrew points and Arabic vowel signs go (combining classes 10-36 and 200+),
//!    marks that are letters of their own (Devanagari vowels, Japanese voicing, Thai tones) stay;
//! 3. letters without a decomposition are replaced: ß ss, æ ae, œ oe, ø o, đ ð d, ł l, ı i, þ th, ħ h, ŧ t, ŋ n, ς σ;
//!    Arabic alef forms ا, ى and Persian ی as ي, Persian ک as ك, ة as ه, tatweel gone; Arabic and Persian digits as 0-9.
//!
//! The database compares the stored form byte by byte: a change here needs a migration that folds again.
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};

/// A folded text that remembers, for each of its characters, which character of the original it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    pub chars: Vec<char>,
    pub from: Vec<usize>,
}

/// The folded form: words separated by one space, none at the ends.
#[must_use]
pub fn fold(text: &str) -> String {
    fold_marked(text).chars.into_iter().collect()
}

/// The folded words.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The folded form with the way back to the original's characters.
#[must_use]
pub fn fold_marked(text: &str) -> Folded {
    let mut out = Folded::default();
    let mut gap = false;
    let mut at_start = true;
    for (at, original) in text.chars().enumerate() {
        if is_apostrophe(original) || original == '\u{640}' {
            continue;
        }
        let parts = original.nfkd().flat_map(char::to_lowercase).flat_map(|c| std::iter::once(c).nfkd());
        for c in parts {
            if matches!(canonical_combining_class(c), 10..=36 | 200..) || is_dropped(c) {
                continue;
            }
            if !(c.is_alphanumeric() || is_combining_mark(c)) {
                gap = true;
                continue;
            }
            if gap && !at_start {
                out.chars.push(' ');
                out.from.push(at);
            }
            (gap, at_start) = (false, false);
            for letter in replaced(c).chars() {
                out.chars.push(if letter == '\0' { c } else { letter });
                out.from.push(at);
            }
        }
    }
    out
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bb}' | '\u{2bc}' | '\u{2bf}' | '`' | '\u{b4}')
}

fn is_dropped(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}') || is_apostrophe(c)
}

/// What a letter is replaced by; NUL stands for itself.
fn replaced(c: char) -> &'static str {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' | 'ɖ' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ς' => "σ",
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' => "ه",
        '\u{660}'..='\u{669}' => DIGITS[(c as usize - 0x660) % 10],
        '\u{6f0}'..='\u{6f9}' => DIGITS[(c as usize - 0x6f0) % 10],
        _ => "\0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        assert_eq!(fold("  ÉLODIE  Müller-Łoś "), "elodie muller los");
        assert_eq!(fold("İstanbul ısı STRAẞE Þór Đặng Ærø"), "istanbul isi strasse thor dang aero");
        assert_eq!(fold("e\u{301}"), "e");
    }

    #[test]
    fn apostrophes_vanish_and_hyphens_separate() {
        for typed in ["O'Brien", "O’Brien", "OBRIEN", "o`brien", "O´Brien"] {
            assert_eq!(fold(typed), "obrien");
        }
        assert_eq!(words("Smith-Jones, Mary Ann"), ["smith", "jones", "mary", "ann"]);
        assert_eq!(words(" - ' "), Vec::<String>::new());
    }

    #[test]
    fn arabic_letter_forms_do_not_matter() {
        assert_eq!(fold("أحمد"), fold("احمد"));
        assert_eq!(fold("إبراهيم"), fold("ابراهيم"));
        assert_eq!(fold("فاطمة"), fold("فاطمه"));
        assert_eq!(fold("ليلى"), fold("ليلي"));
        assert_eq!(fold("مُحَمَّد"), fold("محـمد"));
        assert_eq!(fold("۱۲٣"), "123");
    }

    #[test]
    fn marks_that_are_letters_stay() {
        assert_ne!(fold("कि"), fold("क"));
        assert_ne!(fold("が"), fold("か"));
        assert_eq!(fold("王小明"), "王小明");
        assert_eq!(fold("ΝΊΚΟΣ"), fold("Νίκος"));
    }

    #[test]
    fn every_folded_letter_knows_where_it_came_from() {
        let folded = fold_marked("Straße É");
        assert_eq!(folded.chars.iter().collect::<String>(), "strasse e");
        assert_eq!(folded.from, [0, 1, 2, 3, 4, 4, 5, 7, 7]);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn the_way_back_never_leaves_the_text(text in "\\PC{0,30}") {
            let folded = fold_marked(&text);
            let n = text.chars().count();
            prop_assert_eq!(folded.chars.len(), folded.from.len());
            prop_assert!(folded.from.iter().all(|&i| i < n) && folded.from.is_sorted());
        }
    }
}
