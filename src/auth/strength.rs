//! Whether a password may be chosen: long enough, and hard to guess by somebody who knows the person.
//!
//! No rules of composition: they make passwords worse. zxcvbn estimates the guesses, with its own list of common
//! passwords and words (compiled in, nothing is asked of anybody) and the person's own names beside it.
use crate::{domain::why::Why, tr};
use zxcvbn::{feedback::Warning, zxcvbn};

/// The least number of characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password: enough for any sentence, few enough to hash.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The guesses that a password must be worth, as a power of ten. zxcvbn calls 10^8 safe for a slow hash; ten times that
/// also refuses whole dates and a clinic's name with a digit.
const ENOUGH: f64 = 9.0;
/// The estimate looks at no more characters than this: what is longer is strong by what stands here, or not at all.
const ESTIMATED: usize = 64;

/// Looks at a password that somebody wants; `own` are their login, names, e-mail address and the like.
///
/// # Errors
/// `password_length`, `password_too_long` or `password_weak`, and how to do better.
pub fn check(password: &str, own: &[&str]) -> Result<(), Why> {
    if password.chars().count() < PASSWORD_MIN {
        let sentence = tr!("A password has at least {n} characters.", n = PASSWORD_MIN);
        return Err(Why::new("password_length", sentence).instead(tr!("Four plain words are easy to keep.")));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        let sentence = tr!("A password has at most {n} bytes.", n = PASSWORD_MAX_BYTES);
        return Err(Why::new("password_too_long", sentence).instead(tr!("A sentence is long enough.")));
    }
    let start: String = password.chars().take(ESTIMATED).collect();
    let words = own_words(own);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let estimate = zxcvbn(&start, &words);
    if estimate.guesses_log10() >= ENOUGH {
        return Ok(());
    }
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    let better = tr!("Add two or three words that have nothing to do with each other.");
    Err(Why::new("password_weak", reason(warning)).instead(better))
}

/// What is known of the person, whole and in its parts.
fn own_words(own: &[&str]) -> Vec<String> {
    let mut words = vec!["praxis".to_owned(), "clinic".to_owned()];
    for text in own {
        let text = text.trim().to_lowercase();
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|p| p.chars().count() > 2);
        words.extend(parts.map(str::to_owned));
        words.push(text);
    }
    words.retain(|w| !w.is_empty());
    words
}

fn reason(warning: Option<Warning>) -> String {
    use Warning as W;
    match warning {
        Some(W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword) => {
            tr!("This is one of the passwords that are tried first.")
        }
        Some(W::ThisIsSimilarToACommonlyUsedPassword) => {
            tr!("This is little more than a common password.")
        }
        Some(W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess) => {
            tr!("Rows of keys are guessed at once.")
        }
        Some(
            W::RepeatsLikeAaaAreEasyToGuess
            | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess
            | W::SequencesLikeAbcAreEasyToGuess,
        ) => {
            tr!("Repeats and sequences are guessed at once.")
        }
        Some(W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess) => {
            tr!("Years and dates are guessed at once.")
        }
        Some(W::NamesAndSurnamesByThemselvesAreEasyToGuess | W::CommonNamesAndSurnamesAreEasyToGuess) => {
            tr!("Names are guessed at once.")
        }
        Some(W::AWordByItselfIsEasyToGuess) => tr!("One word is guessed at once."),
        None => tr!("This password is guessed too easily."),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(password: &str, own: &[&str]) -> String {
        check(password, own).map_or_else(|why| why.rule, |()| "taken".into())
    }

    #[test]
    fn common_passwords_and_what_is_made_of_them_are_refused_however_long() {
        for password in [
            "password1234",
            "passwordpassword",
            "Password123!",
            "P@ssw0rdP@ssw0rd",
            "123456789012345678",
            "qwertyuiopasdfgh",
            "letmeinletmein",
            "iloveyouiloveyou",
            "administrator1",
            "aaaaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "abcdefghijklmnop",
            "monkeymonkeymonkey",
            "welcome12345",
            "2019-12-31-2020",
        ] {
            assert_eq!(rule(password, &[]), "password_weak", "{password}");
        }
    }

    #[test]
    fn what_is_known_of_the_person_makes_no_password() {
        let own = ["anna.smithers", "Smithers", "Annabella", "Randwick Medical Centre"];
        assert_eq!(rule("annabellasmithers", &own), "password_weak");
        assert_eq!(rule("Randwick2024!", &own), "password_weak");
        assert_eq!(rule("praxisclinic1", &own), "password_weak");
    }

    #[test]
    fn a_few_plain_words_or_something_long_is_taken_whatever_its_letters() {
        for password in
            ["heron biscuit tunnel", "four plain words", "tY7#kq0Zb!xE", "药方 纸船 山路 灯塔 河流 云雀"]
        {
            assert_eq!(rule(password, &["anna"]), "taken", "{password}");
        }
        let sentence = "the lighthouse keeps its bread in a violin case. ".repeat(20);
        assert_eq!(rule(&sentence, &[]), "taken");
        assert_eq!(rule(&"heron biscuit tunnel ".repeat(60), &[]), "password_too_long");
        assert_eq!(rule("elevenchars", &[]), "password_length");
    }
}
