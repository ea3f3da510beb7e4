//! The days of the week of a wish in the line: `mon wed`, `mon-wed`, `fridays`, `every tue`. One day alone is until when, as
//! everywhere; beside an end (`mon 3w`) it says on which days. What is read is said back in full before anything is done.
use super::{Token, end_of_wish};
use crate::domain::{dates, waitlist::Weekdays, when, why::Why};
use chrono::NaiveDate;

/// A word that names days of the week.
struct Named {
    bits: i32,
    /// It cannot be a date: several days, or a plural.
    certain: bool,
}

/// What is left of the line, where days stood in it, and which.
pub(super) struct Taken {
    pub tokens: Vec<Token>,
    /// Places in `tokens` before which days stood: what follows is no name any more.
    pub at: Vec<usize>,
    pub days: Weekdays,
}

fn number(word: &str) -> Option<u32> {
    dates::weekday(word).map(|d| d.num_days_from_monday())
}

fn range(from: u32, to: u32) -> i32 {
    let last = if to < from { to + 7 } else { to };
    (from..=last).fold(0, |bits, d| bits | 1 << (d % 7))
}

fn named(word: &str) -> Option<Named> {
    let word = word.to_lowercase();
    match word.as_str() {
        "weekdays" => return Some(Named { bits: range(0, 4), certain: true }),
        "weekends" => return Some(Named { bits: range(5, 6), certain: true }),
        _ => {}
    }
    let (mut bits, mut certain) = (0, false);
    for item in word.split(',').filter(|i| !i.is_empty()) {
        let single = number(item);
        let plural = || item.strip_suffix('s').and_then(number);
        let between = || item.split_once('-').and_then(|(a, b)| number(a).zip(number(b)));
        if let Some(day) = single {
            certain |= bits != 0;
            bits |= range(day, day);
        } else if let Some(day) = plural() {
            (bits, certain) = (bits | range(day, day), true);
        } else if let Some((from, to)) = between() {
            (bits, certain) = (bits | range(from, to), true);
        } else {
            return None;
        }
    }
    (bits != 0).then_some(Named { bits, certain })
}

/// Whether a word would be read as days of the week.
pub(super) fn is_days(word: &str) -> bool {
    named(word).is_some()
}

/// Half of it is a day: `mon-wde`.
fn is_broken(word: &str) -> bool {
    word.to_lowercase().split_once('-').is_some_and(|(a, b)| number(a).is_some() != number(b).is_some())
}

fn is_any(token: &Token, words: &[&str]) -> bool {
    token.plain().is_some_and(|t| words.contains(&t.to_lowercase().as_str()))
}

/// Days that stand beside each other.
struct Run {
    from: usize,
    to: usize,
    bits: i32,
    certain: bool,
}

fn runs(tokens: &[Token]) -> Vec<Run> {
    let word = |at: usize| tokens.get(at).and_then(Token::plain).and_then(named);
    let mut all: Vec<Run> = vec![];
    let mut at = 0;
    while at < tokens.len() {
        // `next mon` is a date, and the first word is the patient's unless it can be nothing but days.
        let dated = at > 0 && is_any(&tokens[at - 1], &["next", "this", "coming", "last", "until", "till"]);
        let Some(first) = word(at).filter(|n| !dated && (at > 0 || n.certain)) else {
            at += 1;
            continue;
        };
        let mut run = Run { from: at, to: at + 1, bits: first.bits, certain: first.certain };
        loop {
            let filler = tokens.get(run.to).is_some_and(|t| is_any(t, &["and", "or", "&"]));
            let through = tokens.get(run.to).is_some_and(|t| is_any(t, &["to"]));
            let next = run.to + usize::from(filler || through);
            let Some(more) = word(next) else { break };
            let last = word(run.to - 1).map_or(0, |n| n.bits);
            run.bits |= if through && last.count_ones() == 1 && more.bits.count_ones() == 1 {
                range(last.trailing_zeros(), more.bits.trailing_zeros())
            } else {
                more.bits
            };
            (run.to, run.certain) = (next + 1, true);
        }
        while run.from > 0 && is_any(&tokens[run.from - 1], &["on", "every", "each"]) {
            run.from -= 1;
            run.certain |= is_any(&tokens[run.from], &["every", "each"]);
        }
        at = run.to;
        all.push(run);
    }
    all
}

/// Takes the days of the week out of the line of a wish.
///
/// # Errors
/// Something that begins or ends like a day of the week and is none.
pub(super) fn take(mut tokens: Vec<Token>, today: NaiveDate) -> Result<Taken, Why> {
    let (mut at, mut bits) = (vec![], 0);
    // From the last to the first: what is taken out moves nothing that is still to be looked at.
    for run in runs(&tokens).into_iter().rev() {
        let mut rest: Vec<Token> = tokens[..run.from].to_vec();
        rest.extend(tokens[run.to..].iter().cloned());
        let beside_an_end = end_of_wish(&rest, today).is_some_and(|(start, heard)| {
            heard.when.as_ref().is_ok_and(|w| w.day.is_some())
                && (start..=start + heard.words).contains(&run.from)
        });
        if run.certain || beside_an_end {
            let width = run.to - run.from;
            at.iter_mut().for_each(|a| *a -= width);
            at.push(run.from);
            (tokens, bits) = (rest, bits | run.bits);
        }
    }
    let end = end_of_wish(&tokens, today).map(|(start, _)| start);
    let behind = at.iter().copied().chain(end).min().unwrap_or(usize::MAX);
    if tokens.iter().skip(behind).filter_map(Token::plain).any(is_broken) {
        return Err(Weekdays::unknown());
    }
    // `until fri` says what `fri` says.
    let until = (1..tokens.len()).find(|n| {
        let next: Vec<String> =
            tokens[n + 1..].iter().map_while(Token::plain).map(str::to_lowercase).collect();
        let next: Vec<&str> = next.iter().map(String::as_str).collect();
        is_any(&tokens[*n], &["until", "till"])
            && when::hear(&next, today).is_some_and(|h| h.when.is_ok_and(|w| w.day.is_some()))
    });
    if let Some(n) = until {
        tokens.remove(n);
        at.iter_mut().filter(|a| **a > n).for_each(|a| *a -= 1);
    }
    Ok(Taken { tokens, at, days: if bits == 0 { Weekdays::ANY } else { Weekdays(bits) } })
}

/// The same days as words that can be nothing else.
pub(super) fn echo(days: Weekdays) -> Vec<String> {
    const NAMES: [&str; 7] =
        ["mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays"];
    if days == Weekdays::ANY {
        return vec![];
    }
    NAMES.iter().enumerate().filter(|(n, _)| days.0 >> n & 1 == 1).map(|(_, w)| (*w).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::{desk_line::Line, waitlist::Weekdays};

    fn read(typed: &str) -> Line {
        Line::parse(typed, "2026-11-21".parse().unwrap())
    }

    #[test]
    fn several_days_ranges_and_plurals_are_days_of_the_week_and_the_rest_is_until_when() {
        let line = read("wl bla smith mon wed pm 3w");
        assert_eq!((line.names.join(" "), line.days.words()), ("bla smith".into(), "Mon Wed".into()));
        assert_eq!(line.when.echo(), "2026-12-12 afternoon");
        for (typed, days, until) in [
            ("wl bla smith mon-wed", "Mon Tue Wed", ""),
            ("wl bla smith fri-mon 2w", "Mon Fri Sat Sun", "2026-12-05"),
            ("wl bla smith mon,thu 2w", "Mon Thu", "2026-12-05"),
            ("wl bla smith mon, wed and fri 2w", "Mon Wed Fri", "2026-12-05"),
            ("wl bla smith mon to wed 2w", "Mon Tue Wed", "2026-12-05"),
            ("wl bla smith 2w on tuesdays", "Tue", "2026-12-05"),
            ("wl bla smith every tue mornings", "Tue", "morning"),
            ("wl bla smith mon 3w", "Mon", "2026-12-12"),
            ("wl bla smith 3w mon", "Mon", "2026-12-12"),
            ("wl bla smith weekdays 3w", "Mon Tue Wed Thu Fri", "2026-12-12"),
            // One day alone is until when, as before.
            ("wl bla smith fri", "", "2026-11-27"),
            ("wl bla smith fri mornings", "", "2026-11-27 morning"),
            ("wl bla smith mon tue until fri", "Mon Tue", "2026-11-27"),
        ] {
            let line = read(typed);
            assert_eq!((line.days.words(), line.when.echo()), (days.into(), until.into()), "{typed}");
            assert_eq!(line.names, ["bla", "smith"], "{typed}");
        }
    }

    #[test]
    fn people_named_like_days_are_people_and_other_lines_know_no_days() {
        let line = read("wl sun li smith 2w");
        assert_eq!((line.names.join(" "), line.days), ("sun li smith".into(), Weekdays::ANY));
        assert_eq!(read("wl kim sun-hee smith mon wed").names, ["kim", "sun-hee", "smith"]);
        assert_eq!(read("wl li \"sun\" smith mon wed 2w").names, ["li", "sun", "smith"]);
        assert_eq!(read("bk bla smith mon wed").days, Weekdays::ANY);
        let line = read("wl bla smith mon wed rings first");
        assert_eq!((line.days.words(), line.reason), ("Mon Wed".into(), "rings first".into()));
    }

    #[test]
    fn what_only_begins_like_a_day_is_refused_in_a_sentence() {
        let why = read("wl bla smith 2w mon-wde").wrong.map(|w| w.to_string()).unwrap_or_default();
        assert!(why.starts_with("Those are no days of the week. Write them like mon wed"), "{why}");
    }

    #[test]
    fn the_echo_of_days_reads_back_as_the_same() {
        for typed in
            ["wl bla smith mon-wed 2w urgent", "wl at rand every tue", "wl for tue sun", "wl bla every mon"]
        {
            let line = read(typed);
            assert_eq!(read(&line.echo()), line, "{typed} -> {}", line.echo());
        }
    }
}
