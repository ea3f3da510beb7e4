//! The command line of the desk as a grammar: `bk bla ja smith tue 10:30 blood test` becomes a verb, words of names, a time
//! and a reason. Who is meant is found elsewhere; nothing typed is an error here, and an echo reads back as the same line.
mod days;

use super::{
    waitlist::Weekdays,
    when::{self, When},
    why::Why,
};
use crate::tr;
use chrono::NaiveDate;

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Book,
    Move,
    Cancel,
    Restore,
    Arrived,
    NoShow,
    WalkIn,
    Find,
    Go,
    Free,
    Wait,
}

impl Verb {
    /// In the order in which the help shows them.
    pub const ALL: [Self; 11] = [
        Self::Book,
        Self::Move,
        Self::Cancel,
        Self::Restore,
        Self::Arrived,
        Self::NoShow,
        Self::WalkIn,
        Self::Wait,
        Self::Free,
        Self::Find,
        Self::Go,
    ];

    /// The short word that is typed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Book => "bk",
            Self::Move => "mv",
            Self::Cancel => "cx",
            Self::Restore => "rs",
            Self::Arrived => "ar",
            Self::NoShow => "ns",
            Self::WalkIn => "wi",
            Self::Find => "fd",
            Self::Go => "go",
            Self::Free => "free",
            Self::Wait => "wl",
        }
    }

    /// The verb of a short or a long word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "bk" | "book" => Self::Book,
            "mv" | "move" => Self::Move,
            "cx" | "cancel" => Self::Cancel,
            "rs" | "restore" => Self::Restore,
            "ar" | "arrived" => Self::Arrived,
            "ns" | "no-show" | "noshow" => Self::NoShow,
            "wi" | "walk-in" | "walkin" => Self::WalkIn,
            "fd" | "find" | "open" => Self::Find,
            "go" => Self::Go,
            "free" => Self::Free,
            "wl" | "wait" => Self::Wait,
            _ => return None,
        })
    }

    /// What it does and how it is written, for the help.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Book => tr!("book, as in the line below"),
            Self::Move => tr!("move to another day or time"),
            Self::Cancel => tr!("cancel: cx bla ja for ill"),
            Self::Restore => tr!("book again what was cancelled"),
            Self::Arrived => tr!("check in"),
            Self::NoShow => tr!("did not come"),
            Self::WalkIn => tr!("walk-in, is here now"),
            Self::Find => tr!("open a person or a centre"),
            Self::Go => tr!("go to a place"),
            Self::Free => tr!("free times: free smith tue"),
            Self::Wait => tr!("waits: wl bla smith mon wed 3w"),
        }
    }

    /// The action that the log and the permissions know; none where nothing is written.
    #[must_use]
    pub fn action(self) -> Option<&'static str> {
        match self {
            Self::Book | Self::WalkIn => Some("appointment.book"),
            Self::Move => Some("appointment.move"),
            Self::Cancel | Self::Arrived | Self::NoShow => Some("appointment.set-status"),
            Self::Restore => Some("appointment.restore"),
            Self::Wait => Some("waitlist.add"),
            Self::Find | Self::Go | Self::Free => None,
        }
    }

    fn tells_time(self) -> bool {
        !matches!(self, Self::Find | Self::Go)
    }
}

/// A line taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// `None`: its first word, then the first of `names`, is no verb.
    pub verb: Option<Verb>,
    /// Words of the patient and, behind them, of the provider.
    pub names: Vec<String>,
    /// Words that can only be the provider's: behind `dr` or `with`. What does not fit is reason.
    pub provider: Vec<String>,
    /// Words of the centre: behind `at` or `@`.
    pub centre: Vec<String>,
    pub when: When,
    /// On which days of the week a wish is.
    pub days: Weekdays,
    /// A day or time that does not exist.
    pub wrong: Option<Why>,
    pub reason: String,
}

/// A word and whether it stood in quotes, where nothing is taken for a time or a mark.
#[derive(Clone)]
struct Token {
    text: String,
    quoted: bool,
}

impl Token {
    fn plain(&self) -> Option<&str> {
        (!self.quoted).then_some(self.text.as_str())
    }
}

impl Line {
    /// Reads what was typed. `today` decides which day is meant.
    #[must_use]
    pub fn parse(typed: &str, today: NaiveDate) -> Self {
        let mut tokens = tokens(typed);
        let verb = tokens.first().and_then(Token::plain).and_then(|w| Verb::from_word(&w.to_lowercase()));
        if verb.is_some() {
            tokens.remove(0);
        }
        let mut line = Self { verb, ..Self::default() };
        match verb {
            Some(Verb::Wait) => match days::take(tokens, today) {
                Ok(taken) => {
                    line.days = taken.days;
                    line.read(&taken.tokens, &taken.at, today);
                }
                Err(why) => line.wrong = Some(why),
            },
            Some(verb) if verb.tells_time() => line.read(&tokens, &[], today),
            _ => line.names = tokens.into_iter().map(|t| t.text).collect(),
        }
        line
    }

    /// `days`: before which words days of the week stood.
    fn read(&mut self, tokens: &[Token], days: &[usize], today: NaiveDate) {
        let said = match self.verb {
            Some(Verb::Wait) => end_of_wish(tokens, today),
            _ => cluster(tokens, today),
        };
        let (mut at, mut to) = (0, Target::Names);
        while at < tokens.len() {
            if days.contains(&at) && !(self.names.is_empty() && self.provider.is_empty()) {
                to = Target::Reason;
            }
            if let Some((start, heard)) = said.as_ref().filter(|(start, _)| *start == at) {
                match &heard.when {
                    Ok(when) => self.when = *when,
                    Err(why) => self.wrong = Some(why.clone()),
                }
                at = start + heard.words;
                if !(self.names.is_empty() && self.provider.is_empty()) {
                    to = Target::Reason;
                }
                continue;
            }
            let token = &tokens[at];
            let next = tokens.get(at + 1).filter(|_| said.as_ref().is_none_or(|(start, _)| *start != at + 1));
            at += 1;
            let mark = token.plain().map(str::to_lowercase).unwrap_or_default();
            match mark.as_str() {
                // After the time words are the reason, but a marked provider or centre is still one.
                "dr" | "doctor" | "with"
                    if next.is_some() && (to != Target::Reason || self.reason.is_empty()) =>
                {
                    to = Target::Provider;
                }
                "at" if next.is_some() && (to != Target::Reason || self.reason.is_empty()) => {
                    self.centre.extend(next.map(|t| t.text.clone()));
                    at += 1;
                }
                "for" if to != Target::Reason => to = Target::Reason,
                "for" if self.reason.is_empty() => {}
                marked if marked.len() > 1 && marked.starts_with('@') => {
                    self.centre.push(token.text.chars().skip(1).collect());
                }
                _ => self.put(to, &token.text),
            }
        }
    }

    fn put(&mut self, to: Target, text: &str) {
        match to {
            Target::Names => self.names.push(text.to_owned()),
            Target::Provider => self.provider.push(text.to_owned()),
            Target::Reason => {
                if !self.reason.is_empty() {
                    self.reason.push(' ');
                }
                self.reason.push_str(text);
            }
        }
    }

    /// The same line in full words and figures, which reads back as the same whatever the day.
    #[must_use]
    pub fn echo(&self) -> String {
        let mut words: Vec<String> = self.verb.iter().map(|v| v.word().to_owned()).collect();
        let put = |words: &mut Vec<String>, word: &String| words.push(quoted(word, self.verb.is_none()));
        self.names.iter().for_each(|w| put(&mut words, w));
        if !self.provider.is_empty() {
            words.push("dr".into());
            self.provider.iter().for_each(|w| put(&mut words, w));
        }
        self.centre.iter().for_each(|w| words.extend(["at".to_owned(), quoted(w, true)]));
        if !self.when.is_empty() {
            words.push(self.when.echo());
        }
        words.extend(days::echo(self.days));
        if !self.reason.is_empty() {
            words.extend(["for".to_owned(), quoted(&self.reason, true)]);
        }
        words.join(" ")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Names,
    Provider,
    Reason,
}

/// Where the line says when: of several places the one that says most, then the first. `sun li tue 10:30` names Ms Sun.
fn cluster(tokens: &[Token], today: NaiveDate) -> Option<(usize, when::Heard)> {
    cluster_from(0, tokens, today)
}

/// The same of a wish, where the first word is the patient's unless no other word says when: `sun li smith 2w`.
fn end_of_wish(tokens: &[Token], today: NaiveDate) -> Option<(usize, when::Heard)> {
    cluster_from(1, tokens, today).or_else(|| cluster(tokens, today))
}

fn cluster_from(first: usize, tokens: &[Token], today: NaiveDate) -> Option<(usize, when::Heard)> {
    let mut best: Option<(usize, when::Heard)> = None;
    let mut at = first;
    while at < tokens.len() {
        let words: Vec<String> =
            tokens[at..].iter().map_while(Token::plain).take(8).map(str::to_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match when::hear(&words, today) {
            Some(heard) => {
                let start = at;
                at += heard.words;
                if best.as_ref().is_none_or(|(_, b)| heard.pieces > b.pieces) {
                    best = Some((start, heard));
                }
            }
            None => at += 1,
        }
    }
    best
}

fn tokens(typed: &str) -> Vec<Token> {
    let mut all = vec![];
    for (n, piece) in typed.split('"').enumerate() {
        if n % 2 == 1 {
            let text = piece.split_whitespace().collect::<Vec<_>>().join(" ");
            all.push(Token { text, quoted: true });
            continue;
        }
        all.extend(
            piece
                .split_whitespace()
                .map(|w| Token { text: w.trim_end_matches(',').to_owned(), quoted: false }),
        );
    }
    all.retain(|t| !t.text.is_empty());
    all
}

/// In quotes, unless nothing but a name could be read.
fn quoted(word: &str, always: bool) -> String {
    const READ: &[&str] = &[
        "dr",
        "doctor",
        "with",
        "at",
        "for",
        "on",
        "in",
        "the",
        "this",
        "next",
        "last",
        "coming",
        "half",
        "quarter",
        "past",
        "to",
        "noon",
        "midday",
        "tonight",
        "day",
        "after",
        "am",
        "pm",
        "morning",
        "afternoon",
        "evening",
        "mornings",
        "afternoons",
        "evenings",
        "today",
        "tod",
        "tomorrow",
        "tom",
        "tmr",
        "yesterday",
        "now",
        "one",
        "a",
        "and",
        "or",
        "every",
        "each",
        "until",
        "till",
    ];
    let lower = word.to_lowercase();
    let plain = word.chars().all(char::is_alphabetic)
        && !READ.contains(&lower.as_str())
        && super::dates::weekday(&lower).is_none()
        && !days::is_days(&lower);
    if plain && !always { word.to_owned() } else { format!("\"{word}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }
    fn read(typed: &str) -> Line {
        Line::parse(typed, today())
    }

    #[test]
    fn a_booking_is_names_a_time_and_a_reason() {
        let line = read("bk bla ja smith tue 10:30 blood test");
        assert_eq!(line.verb, Some(Verb::Book));
        assert_eq!(line.names, ["bla", "ja", "smith"]);
        assert_eq!(line.when.echo(), "2026-11-24 10:30");
        assert_eq!(line.reason, "blood test");
        assert_eq!(line.echo(), "bk bla ja smith 2026-11-24 10:30 for \"blood test\"");
    }

    #[test]
    fn parts_can_be_marked_and_stand_in_any_order() {
        let line = read("bk smi jo dr tan tue 10:30");
        assert_eq!((line.names.join(" "), line.provider.join(" ")), ("smi jo".into(), "tan".into()));
        let line = read("bk tue 10:30 bla ja with tan @rand for a blood test");
        assert_eq!(line.names, ["bla", "ja"]);
        assert_eq!((line.provider.join(" "), line.centre.join(" ")), ("tan".into(), "rand".into()));
        assert_eq!(line.reason, "a blood test");
        assert_eq!(read("bk bla at randwick tue at 9").centre, ["randwick"]);
        assert_eq!(read("bk bla at randwick tue at 9").when.echo(), "2026-11-24 09:00");
    }

    #[test]
    fn people_named_like_days_are_people() {
        let line = read("bk sun li smith tue 10:30");
        assert_eq!(line.names, ["sun", "li", "smith"]);
        assert_eq!(read("bk \"sun\" li tue").names, ["sun", "li"]);
        assert_eq!(read("bk may april tue").names, ["may", "april"]);
        let line = read("bk bla tue 10:30 back pain since mon");
        assert_eq!(
            (line.when.echo(), line.reason),
            ("2026-11-24 10:30".into(), "back pain since mon".into())
        );
    }

    #[test]
    fn a_day_that_does_not_exist_is_kept_as_the_reason_why_not() {
        assert_eq!(read("bk bla 31/2").wrong.map(|w| w.rule), Some("date_exists".into()));
        // Nor is the time that was said with it a reason.
        let line = read("bk bla 31/2 9 blood test");
        assert_eq!(
            (line.wrong.map(|w| w.rule), line.reason),
            (Some("date_exists".into()), "blood test".into())
        );
    }

    #[test]
    fn finding_takes_every_word_as_it_is() {
        assert_eq!(read("fd black 4/5/1996").names, ["black", "4/5/1996"]);
        assert_eq!(read("go sched").names, ["sched"]);
        assert_eq!(read("xx bla").verb, None);
        assert_eq!(read("\"bk\" bla").verb, None);
    }

    proptest! {
        #[test]
        fn an_echo_reads_back_as_the_same_line(
            typed in "((bk|mv|cx|rs|ar|ns|wi|fd|go|free|wl|xx) )?((bla|ja|smith|dr|with|at|for|@rand|tue|next|10:30|9|\"tue 9\"|noon|half|past|in|2|weeks|3w|pm|mornings|31/2|24/11|blood|to|sun|may|,|a|the|day|on) ?){0,9}"
        ) {
            let line = read(&typed);
            let again = read(&line.echo());
            // What does not exist is told and not echoed.
            if line.wrong.is_none() {
                prop_assert_eq!(&again, &line, "{} -> {}", typed, line.echo());
            }
        }
        #[test]
        fn any_text_is_read(typed in "\\PC{0,60}") {
            let line = read(&typed);
            let again = read(&line.echo());
            if line.wrong.is_none() {
                prop_assert_eq!(again, line);
            }
        }
    }
}
