//! What somebody types into the one search box for patients, taken apart: words of a name, a number, a birth date, an
//! e-mail address, or a name with a year of birth. Nothing typed is an error; what cannot be read finds nothing.
use super::dates;
use chrono::{Datelike, NaiveDate};

/// What is looked for. Words are as typed; whoever asks the database folds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatientQuery {
    pub words: Vec<String>,
    /// A record, national or Medicare number, or the end of a phone.
    pub digits: String,
    pub born: Option<NaiveDate>,
    pub born_year: Option<i32>,
    pub email: Option<String>,
    /// Something was typed that cannot be looked for yet, as `4/5/`.
    pub unfinished: bool,
}

/// Longer text is cut: no name or number is longer.
const LONGEST: usize = 120;
const MOST_WORDS: usize = 6;

impl PatientQuery {
    /// Reads the box. `today` decides which year a birth date of two digits means.
    #[must_use]
    pub fn parse(typed: &str, today: NaiveDate) -> Self {
        let text: String = typed.trim().chars().take(LONGEST).map(western_digit).collect();
        let mut query = Self::default();
        if text.is_empty() {
            return query;
        }
        if let Some(email) = text.split_whitespace().find(|t| t.contains('@')) {
            query.email = Some(email.to_lowercase());
            return query;
        }
        if !text.chars().any(char::is_alphabetic) {
            query.figures(&text, today);
            return query;
        }
        let mut tokens: Vec<&str> = text.split_whitespace().collect();
        for n in (1..=tokens.len().min(3)).rev() {
            let tail = tokens[tokens.len() - n..].join(" ");
            if tail.chars().any(|c| c.is_ascii_digit())
                && let Ok(born) = dates::parse_birth_date(&tail, today)
            {
                query.born = Some(born);
                tokens.truncate(tokens.len() - n);
                break;
            }
        }
        for token in tokens {
            let digits = figures_of(token);
            if digits.is_empty() || token.chars().any(char::is_alphabetic) {
                if query.words.len() < MOST_WORDS {
                    query.words.push(token.to_owned());
                }
            } else if let Some(year) = year_of(&digits, today) {
                query.born_year = Some(year);
            } else if digits.len() >= 3 {
                query.digits = digits;
            }
        }
        // A national number may have letters: one word with figures in it is looked for as a number.
        if let [one] = query.words.as_slice()
            && one.chars().all(|c| c.is_ascii_alphanumeric())
            && figures_of(one).len() >= 4
            && query.born.is_none()
        {
            query.digits = one.to_uppercase();
            query.words.clear();
        }
        query.unfinished = query.is_empty();
        query
    }

    fn figures(&mut self, text: &str, today: NaiveDate) {
        let digits = figures_of(text);
        let as_date = dates::parse_birth_date(text, today).ok();
        let written_as_date =
            text.contains('/') || text.matches(['-', '.']).count() == 2 && digits.len() <= 8;
        if written_as_date {
            self.born = as_date;
            self.unfinished = as_date.is_none();
        } else if digits.is_empty() {
            self.unfinished = true;
        } else {
            if matches!(digits.len(), 6 | 8) {
                self.born = as_date;
            }
            self.digits = digits;
        }
    }

    /// Nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.digits.is_empty()
            && self.born.is_none()
            && self.born_year.is_none()
            && self.email.is_none()
    }
}

fn western_digit(c: char) -> char {
    let offset = match c {
        '\u{660}'..='\u{669}' => c as u32 - 0x660,
        '\u{6f0}'..='\u{6f9}' => c as u32 - 0x6f0,
        _ => return c,
    };
    char::from_digit(offset, 10).unwrap_or(c)
}

fn figures_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn year_of(digits: &str, today: NaiveDate) -> Option<i32> {
    let year: i32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    (today.year() - 125..=today.year()).contains(&year).then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 12).unwrap()
    }
    fn read(text: &str) -> PatientQuery {
        PatientQuery::parse(text, today())
    }
    fn born(y: i32, m: u32, d: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(y, m, d)
    }

    #[test]
    fn words_stay_words() {
        assert_eq!(read(" jack  bla ").words, ["jack", "bla"]);
        assert_eq!(read("o'brien").words, ["o'brien"]);
        assert_eq!(read("عمر").words, ["عمر"]);
    }

    #[test]
    fn figures_are_a_number_or_a_birth_date_or_both() {
        assert_eq!(read("0412 345").digits, "0412345");
        assert_eq!(read("+61 412-345-678").digits, "61412345678");
        assert_eq!(read("123").digits, "123");
        assert_eq!(read("4/5/1996"), PatientQuery { born: born(1996, 5, 4), ..PatientQuery::default() });
        assert_eq!(read("1996-05-04").born, born(1996, 5, 4));
        let both = read("040596");
        assert_eq!((both.digits.as_str(), both.born), ("040596", born(1996, 5, 4)));
        assert_eq!(read("٠٤١٢").digits, "0412");
        assert!(read("4/5/").unfinished);
    }

    #[test]
    fn a_name_may_be_narrowed_by_a_year_a_date_or_a_number() {
        let q = read("black 1996");
        assert_eq!((q.words.clone(), q.born_year), (vec!["black".to_owned()], Some(1996)));
        let q = read("jack 4 may 1996");
        assert_eq!((q.words.clone(), q.born), (vec!["jack".to_owned()], born(1996, 5, 4)));
        let q = read("black 345678");
        assert_eq!((q.words.len(), q.digits.as_str()), (1, "345678"));
        assert_eq!(read("4 may 1996").born, born(1996, 5, 4));
    }

    #[test]
    fn an_address_and_a_number_with_letters_are_known() {
        assert_eq!(read("Jack@Example").email.as_deref(), Some("jack@example"));
        assert_eq!(read("n1234567").digits, "N1234567");
    }

    proptest! {
        #[test]
        fn nothing_typed_breaks_it(text in "\\PC{0,200}|[0-9 /.+-]{0,30}|['%_\\\\;]{0,20}") {
            let q = read(&text);
            prop_assert!(q.words.len() <= MOST_WORDS);
        }
    }
}
