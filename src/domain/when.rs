//! Days, times and parts of a day as they are said: `tomorrow 9`, `next tue pm`, `half past 9`, `24/11 14:00`. What was
//! understood is said back in full; what does not exist or has passed is refused with the reason.
use super::{booking::DayPart, dates, why::Why};
use crate::tr;
use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// A day, a time of day, a part of the day: whichever were said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct When {
    pub day: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    /// [`DayPart::Any`] beside a time.
    pub part: DayPart,
}

/// What the beginning of some words says about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// How many words it takes.
    pub words: usize,
    /// How many things were said: day, time, part.
    pub pieces: usize,
    /// What it means, or why it means nothing.
    pub when: Result<When, Why>,
}

/// The whole text as day, time or part of day.
///
/// # Errors
/// What was not understood or does not exist, and how it can be written.
pub fn parse_when(typed: &str, today: NaiveDate) -> Result<When, Why> {
    let text = typed.trim().to_lowercase().replace(',', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    match hear(&words, today) {
        Some(Heard { words: used, when, .. }) if used == words.len() || when.is_err() => when,
        Some(Heard { words: used, .. }) => Err(not_a_time(&words[used..].join(" "))),
        // What only a field for dates may mean: the fifteenth, or six figures.
        None => dates::parse_date(&text, today)
            .map(|day| When { day: Some(day), ..When::default() })
            .map_err(|_| not_a_time(typed.trim())),
    }
}

/// The day alone, in every way a day can be said.
///
/// # Errors
/// It is no day, or a time of day was said too.
pub fn parse_day(typed: &str, today: NaiveDate) -> Result<NaiveDate, Why> {
    let form = match dates::parse_date(typed, today) {
        Err(why) if why.rule == "date_form" => why,
        other => return other,
    };
    match parse_when(typed, today) {
        Ok(When { day: Some(day), time: None, part: DayPart::Any }) => Ok(day),
        Ok(When { day: Some(day), .. }) => Err(Why::new(
            "only_the_day",
            tr!("Only the day is asked for here: {day}.", day = spoken_day(day, today)),
        )
        .instead(tr!("Leave the time out; it is chosen next."))),
        Ok(_) => Err(form),
        Err(why) if why.rule == "when_form" => Err(form),
        Err(why) => Err(why),
    }
}

fn not_a_time(typed: &str) -> Why {
    Why::new("when_form", tr!("\"{typed}\" is neither a day nor a time.", typed = typed))
        .instead(tr!("Write tue 10:30, tomorrow 9, next tue pm, 3w, 24/11 14:00 or half past 9."))
}

impl When {
    /// Nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same in a form that is read back as the same, whatever the day: `2026-11-24 10:30`.
    #[must_use]
    pub fn echo(&self) -> String {
        let part = match self.part {
            DayPart::Any => "",
            DayPart::Morning => "morning",
            DayPart::Afternoon => "afternoon",
            DayPart::Evening => "evening",
        };
        let day = self.day.map(|d| d.format("%Y-%m-%d").to_string()).unwrap_or_default();
        let time = self.time.map(dates::clock).unwrap_or_default();
        [day.as_str(), time.as_str(), part]
            .iter()
            .filter(|p| !p.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The same in full, for a person: `Tuesday 24 November 10:30`.
    #[must_use]
    pub fn said(&self, today: NaiveDate) -> String {
        let mut said = vec![];
        said.extend(self.day.map(|d| spoken_day(d, today)));
        said.extend(self.time.map(dates::clock));
        said.extend(part_word(self.part).map(str::to_owned));
        said.join(" ")
    }

    /// Whether it can still come; a time without a day is today's.
    ///
    /// # Errors
    /// The day, or the time of today, has passed; or the clock skips that time.
    pub fn check(&self, zone: Tz, now: DateTime<Utc>) -> Result<(), Why> {
        let local = now.with_timezone(&zone).naive_local();
        let day = self.day.unwrap_or(local.date());
        if day < local.date() {
            return Err(Why::new(
                "day_has_passed",
                tr!("{day} has passed; nothing is booked in the past.", day = spoken_day(day, local.date())),
            )
            .instead(tr!("Say a day from today on, as in tomorrow or next tue.")));
        }
        let Some(time) = self.time else { return Ok(()) };
        let at = instant(zone, day, time)?;
        if at < now {
            return Err(Why::new(
                "time_has_passed",
                tr!(
                    "{time} today has passed: it is {now}.",
                    time = dates::clock(time),
                    now = dates::clock(local.time())
                ),
            )
            .instead(tr!(
                "Say a later time, or the day, as in tomorrow {time}.",
                time = dates::clock(time)
            )));
        }
        Ok(())
    }
}

/// The instant of a time on the wall; of one that comes twice, the first.
///
/// # Errors
/// The clock is put forward over it, with the first time that exists again.
pub fn instant(zone: Tz, day: NaiveDate, time: NaiveTime) -> Result<DateTime<Utc>, Why> {
    match zone.from_local_datetime(&day.and_time(time)) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Ok(at.with_timezone(&Utc)),
        LocalResult::None => {
            let next = super::time::instant(zone, day.and_time(time)).with_timezone(&zone).naive_local();
            Err(Why::new(
                "time_is_skipped",
                tr!(
                    "{time} on {day} does not exist: the clock is put forward over it.",
                    time = dates::clock(time),
                    day = spoken_day(day, day)
                ),
            )
            .instead(tr!("The next time that exists is {time}.", time = dates::clock(next.time()))))
        }
    }
}

/// `Tuesday 24 November`, with the year when it is another than today's.
#[must_use]
pub fn spoken_day(day: NaiveDate, today: NaiveDate) -> String {
    let name = match day.weekday() {
        Weekday::Mon => tr!("Monday"),
        Weekday::Tue => tr!("Tuesday"),
        Weekday::Wed => tr!("Wednesday"),
        Weekday::Thu => tr!("Thursday"),
        Weekday::Fri => tr!("Friday"),
        Weekday::Sat => tr!("Saturday"),
        Weekday::Sun => tr!("Sunday"),
    };
    let year = if day.year() == today.year() { String::new() } else { format!(" {}", day.year()) };
    format!("{name} {} {}{year}", day.day(), dates::month_name(day.month()))
}

/// A part of the day in a word; none for the whole day.
#[must_use]
pub fn part_word(part: DayPart) -> Option<&'static str> {
    match part {
        DayPart::Any => None,
        DayPart::Morning => Some(tr!("morning")),
        DayPart::Afternoon => Some(tr!("afternoon")),
        DayPart::Evening => Some(tr!("evening")),
    }
}

/// What the beginning of `words` (in lower case) says about time; `None`: it says nothing.
///
/// Hours from 1 to 6 are in the afternoon unless they are written with a zero or with am: nobody is booked at three in the
/// night by saying `fri 3`.
#[must_use]
pub fn hear(words: &[&str], today: NaiveDate) -> Option<Heard> {
    let mut hearing = Hearing::default();
    let mut at = 0;
    while at < words.len() {
        let filler = usize::from(matches!(words[at], "on" | "at") && at + 1 < words.len());
        let Some((used, piece)) = hearing.piece(&words[at + filler..], words[at] == "at", today) else {
            break;
        };
        if !hearing.take(piece) {
            break;
        }
        at += filler + used;
        hearing.pieces += 1;
    }
    let pieces = hearing.pieces;
    (pieces > 0).then(|| Heard { words: at, pieces, when: hearing.end() })
}

/// A time as it was said: whether it names its half of the day.
#[derive(Debug, Clone, Copy)]
struct Said {
    time: NaiveTime,
    exact: bool,
}

enum Piece {
    Day(NaiveDate),
    Time(Said),
    Part(DayPart),
    DayAndPart(NaiveDate, DayPart),
    Wrong(Why),
}

#[derive(Default)]
struct Hearing {
    day: Option<NaiveDate>,
    time: Option<Said>,
    part: DayPart,
    wrong: Option<Why>,
    pieces: usize,
}

impl Hearing {
    /// Takes a piece in; false when there is one of its kind already.
    fn take(&mut self, piece: Piece) -> bool {
        match piece {
            Piece::Day(_) | Piece::DayAndPart(..) if self.day.is_some() => return false,
            Piece::Time(_) if self.time.is_some() => return false,
            Piece::Part(_) if self.part != DayPart::Any => return false,
            Piece::DayAndPart(_, _) if self.part != DayPart::Any => return false,
            Piece::Day(day) => self.day = Some(day),
            Piece::Time(time) => self.time = Some(time),
            Piece::Part(part) => self.part = part,
            Piece::DayAndPart(day, part) => (self.day, self.part) = (Some(day), part),
            Piece::Wrong(_) if self.wrong.is_some() => return false,
            Piece::Wrong(why) => self.wrong = Some(why),
        }
        true
    }

    fn end(self) -> Result<When, Why> {
        if let Some(why) = self.wrong {
            return Err(why);
        }
        let Some(Said { time, exact }) = self.time else {
            return Ok(When { day: self.day, time: None, part: self.part });
        };
        let later = !exact
            && match self.part {
                DayPart::Any => (1..=6).contains(&time.hour()),
                DayPart::Morning => false,
                DayPart::Afternoon | DayPart::Evening => time.hour() < 12,
            };
        let time = if later { time.with_hour(time.hour() + 12).unwrap_or(time) } else { time };
        Ok(When { day: self.day, time: Some(time), part: DayPart::Any })
    }

    fn piece(&self, words: &[&str], after_at: bool, today: NaiveDate) -> Option<(usize, Piece)> {
        if let Some(found) = part(words, today) {
            return Some(found);
        }
        if !after_at && let Some((used, day)) = day(words, today) {
            return Some((used, day.map_or_else(Piece::Wrong, Piece::Day)));
        }
        let numbers_are_times = after_at
            || self.day.is_some()
            || self.part != DayPart::Any
            // The time of a day that does not exist goes with it.
            || self.wrong.is_some()
            || words.len() > 1 && bare(words[0], 2) && day(&words[1..], today).is_some();
        let (used, time) = time(words, numbers_are_times)?;
        Some((used, time.map_or_else(Piece::Wrong, Piece::Time)))
    }
}

fn part(words: &[&str], today: NaiveDate) -> Option<(usize, Piece)> {
    Some(match words {
        ["tonight", ..] => (1, Piece::DayAndPart(today, DayPart::Evening)),
        ["this", part, ..] => (2, Piece::DayAndPart(today, part_of(part)?)),
        [part, ..] => (1, Piece::Part(part_of(part)?)),
        [] => return None,
    })
}

fn part_of(word: &str) -> Option<DayPart> {
    match word {
        "morning" | "mornings" | "am" => Some(DayPart::Morning),
        "afternoon" | "afternoons" | "pm" => Some(DayPart::Afternoon),
        "evening" | "evenings" => Some(DayPart::Evening),
        _ => None,
    }
}

fn bare(word: &str, digits: usize) -> bool {
    !word.is_empty() && word.len() <= digits && word.bytes().all(|b| b.is_ascii_digit())
}

fn day(words: &[&str], today: NaiveDate) -> Option<(usize, Result<NaiveDate, Why>)> {
    let ahead = |used: usize, days: u64| Some((used, Ok(today + Days::new(days))));
    let read = |used: usize| {
        let found = dates::parse_date(&words[..used].join(" "), today);
        // A word that only looks like one is no date; one that names a day that is not, is refused.
        match found {
            Err(why) if why.rule == "date_form" => None,
            other => Some((used, other)),
        }
    };
    let month = |word: &str| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let nth = |word: &str| {
        let figures = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        bare(figures, 2) && matches!(&word[figures.len()..], "" | "st" | "nd" | "rd" | "th")
    };
    let year = |word: &str| word.len() == 4 && bare(word, 4);
    match words {
        ["the", "day", "after", "tomorrow", ..] => return ahead(4, 2),
        ["day", "after", "tomorrow", ..] => return ahead(3, 2),
        ["in", "a" | "one", "week", ..] => return ahead(3, 7),
        ["in", "a", "fortnight", ..] => return ahead(3, 14),
        ["this" | "coming", name, ..] if dates::weekday(name).is_some() => {
            return dates::parse_date(name, today).ok().map(|d| (2, Ok(d)));
        }
        ["in", n, unit, ..] if bare(n, 3) && unit_of_days(unit) => return read(3),
        ["in", one, ..] if one.starts_with(|c: char| c.is_ascii_digit()) => return read(2),
        ["next" | "last", name, ..] if dates::weekday(name).is_some() => return read(2),
        [n, unit, ..] if bare(n, 3) && unit_of_days(unit) => return read(2),
        _ => {}
    }
    let first = *words.first()?;
    if words.len() > 2
        && year(words[2])
        && (nth(first) && month(words[1]) || month(first) && nth(words[1]))
        && let Some(found) = read(3)
    {
        return Some(found);
    }
    if words.len() > 1
        && (nth(first) && month(words[1]) || month(first) && nth(words[1]))
        && let Some(found) = read(2)
    {
        return Some(found);
    }
    let figures = first.bytes().any(|b| b.is_ascii_digit());
    let written = first.contains('/') && figures && first.bytes().all(|b| b.is_ascii_digit() || b == b'/')
        || first.matches('-').count() == 2 && figures
        || first.matches('.').count() == 2 && figures;
    let offset = (first.starts_with('+') || first.ends_with(|c: char| c.is_ascii_alphabetic()))
        && first.trim_start_matches('+').starts_with(|c: char| c.is_ascii_digit())
        && !matches!(first.strip_suffix('m'), Some(rest) if rest.ends_with(['a', 'p']));
    let named = !figures
        && (dates::weekday(first).is_some()
            || matches!(first, "today" | "tod" | "tomorrow" | "tom" | "tmr" | "yesterday" | "now"));
    if written || named || offset { read(1) } else { None }
}

fn unit_of_days(word: &str) -> bool {
    matches!(word, "day" | "days" | "week" | "weeks" | "wk" | "month" | "months" | "year" | "years")
}

fn time(words: &[&str], numbers_too: bool) -> Option<(usize, Result<Said, Why>)> {
    let hour = |word: &str| bare(word, 2).then(|| word.parse::<u32>().ok()).flatten();
    let said = |used: usize, hour: u32, minute: u32, word: &str| {
        let exact = word.starts_with('0') || hour == 0 || hour > 12;
        NaiveTime::from_hms_opt(hour, minute, 0).map(|time| (used, Ok(Said { time, exact })))
    };
    let found = match words {
        ["noon" | "midday", ..] => return said(1, 12, 0, "0"),
        ["half", "past", h, ..] => said(3, hour(h)?, 30, h),
        ["quarter", "past", h, ..] => said(3, hour(h)?, 15, h),
        ["quarter", "to", h, ..] => said(3, hour(h)?.checked_sub(1)?, 45, h),
        [m, "past", h, ..] => said(3, hour(h)?, hour(m).filter(|m| (1..30).contains(m))?, h),
        [m, "to", h, ..] => {
            said(3, hour(h)?.checked_sub(1)?, 60 - hour(m).filter(|m| (1..30).contains(m))?, h)
        }
        ["half", h, ..] => said(2, hour(h)?, 30, h),
        [h, "o'clock", ..] => said(2, hour(h)?, 0, h),
        _ => None,
    };
    if let Some((used, Ok(Said { time, .. }))) = found {
        let (used, half) = with_half(words, used);
        return Some((used, Ok(halved(time, half).map_or(Said { time, exact: half.is_some() }, |t| t))));
    }
    let first = *words.first()?;
    let (bare_word, own_half) = split_half(first);
    let (half, used) = match (own_half, words.get(1)) {
        (Some(half), _) => (Some(half), 1),
        (None, Some(&"am")) if first.starts_with(|c: char| c.is_ascii_digit()) => (Some(0), 2),
        (None, Some(&"pm")) if first.starts_with(|c: char| c.is_ascii_digit()) => (Some(12), 2),
        (None, _) => (None, 1),
    };
    let parted = bare_word.split_once([':', '.', 'h']);
    let looks = match parted {
        Some((h, m)) => {
            bare(h, 2) && (m.is_empty() && bare_word.ends_with('h') || m.len() == 2 && bare(m, 2))
        }
        None if half.is_some() => bare(bare_word, 4),
        None => numbers_too && bare(bare_word, 4),
    };
    if !looks {
        return None;
    }
    let typed = words[..used].concat();
    Some((
        used,
        dates::parse_time(&typed).map(|time| Said {
            time,
            exact: half.is_some() || bare_word.starts_with('0') || time.hour() == 0 || time.hour() > 12,
        }),
    ))
}

/// `am` or `pm` behind a time that was said in words.
fn with_half(words: &[&str], used: usize) -> (usize, Option<u32>) {
    match words.get(used) {
        Some(&"am") => (used + 1, Some(0)),
        Some(&"pm") => (used + 1, Some(12)),
        _ => (used, None),
    }
}

fn halved(time: NaiveTime, half: Option<u32>) -> Option<Said> {
    let time = time.with_hour(time.hour() % 12 + half?)?;
    Some(Said { time, exact: true })
}

/// `9am` is `9` and the first half of the day.
fn split_half(word: &str) -> (&str, Option<u32>) {
    let starts = word.starts_with(|c: char| c.is_ascii_digit());
    for (end, half) in [("am", 0), ("pm", 12), ("a", 0), ("p", 12)] {
        if let Some(rest) =
            word.strip_suffix(end).filter(|r| starts && r.ends_with(|c: char| c.is_ascii_digit()))
        {
            return (rest, Some(half));
        }
    }
    (word, None)
}

#[cfg(test)]
#[path = "when_tests.rs"]
mod tests;
