//! Ranks what is in memory for what was typed, with nucleo, on the folded text: case, accents and letter forms do not
//! matter, words may come in any order and be cut short. Only when that finds nothing, words with one slip of the finger
//! are found. The marks point into the text as it is shown.
use crate::text::fold::{Folded, fold_marked, words};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// One item that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place in the list that was searched.
    pub index: usize,
    /// Higher is better; comparable within one ranking only.
    pub score: u32,
    /// The matched stretches, as positions of characters (not bytes) in the shown text, in order and apart.
    pub marks: Vec<Range<usize>>,
}

/// The items that match, best first; an empty query gives all of them in their order, unmarked.
///
/// Every word of the query must match. A word of three letters or more may leave letters out if what remains is at
/// least 60 % as good as the whole word; a shorter one must stand in the text as it is, at the beginning of a word.
pub fn rank<T, S: AsRef<str>>(query: &str, items: &[T], shown: impl Fn(&T) -> S) -> Vec<Hit> {
    let query = words(query);
    if query.is_empty() {
        return (0..items.len()).map(|index| Hit { index, score: 0, marks: Vec::new() }).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let atoms: Vec<Wanted> = query.iter().map(|word| Wanted::new(word, &mut matcher)).collect();
    let folded: Vec<Folded> = items.iter().map(|item| fold_marked(shown(item).as_ref())).collect();
    let mut found: Vec<(Hit, usize)> = Vec::new();
    for (index, hay) in folded.iter().enumerate() {
        if let Some((score, places)) = best(&atoms, hay, &mut matcher) {
            found.push((
                Hit { index, score, marks: mark(&places, hay, shown(&items[index]).as_ref()) },
                hay.chars.len(),
            ));
        }
    }
    if found.is_empty() {
        for (index, hay) in folded.iter().enumerate() {
            if let Some((score, places)) = misspelled(&query, hay) {
                let marks = mark(&places, hay, shown(&items[index]).as_ref());
                found.push((Hit { index, score, marks }, hay.chars.len()));
            }
        }
    }
    found.sort_by_key(|(hit, length)| (std::cmp::Reverse(hit.score), *length, hit.index));
    found.into_iter().map(|(hit, _)| hit).collect()
}

/// A word of the query.
struct Wanted {
    atom: Atom,
    letters: usize,
    text: Vec<char>,
    enough: u16,
}

impl Wanted {
    fn new(word: &str, matcher: &mut Matcher) -> Self {
        let text: Vec<char> = word.chars().collect();
        let atom = Atom::new(word, CaseMatching::Respect, Normalization::Never, AtomKind::Fuzzy, false);
        let full = atom.score(Utf32Str::Unicode(&text), matcher).unwrap_or(0);
        Self { atom, letters: text.len(), enough: full / 5 * 3, text }
    }

    fn find(&self, hay: &[char], matcher: &mut Matcher, places: &mut Vec<u32>) -> Option<u16> {
        if let Some(at) = word_starts(hay).find(|&at| hay[at..].starts_with(&self.text)) {
            // Where the word stands as typed, at the beginning of a word, that is the place to mark.
            let end = at + self.letters;
            let whole = hay.get(end).is_none_or(|c| *c == ' ');
            let score = self.atom.score(Utf32Str::Unicode(&hay[at..]), matcher)?;
            places.extend((at..end).filter_map(|i| u32::try_from(i).ok()));
            return Some(score + if whole { 12 } else { 6 } + if at == 0 { 4 } else { 0 });
        }
        if self.letters < 3 {
            return None;
        }
        let before = places.len();
        let score = self.atom.indices(Utf32Str::Unicode(hay), matcher, places)?;
        if score < self.enough {
            places.truncate(before);
            return None;
        }
        Some(score)
    }
}

fn word_starts(hay: &[char]) -> impl Iterator<Item = usize> {
    (0..hay.len()).filter(|&i| hay[i] != ' ' && (i == 0 || hay[i - 1] == ' '))
}

fn best(atoms: &[Wanted], hay: &Folded, matcher: &mut Matcher) -> Option<(u32, Vec<u32>)> {
    let mut places = Vec::new();
    let mut total = 0;
    for atom in atoms {
        total += u32::from(atom.find(&hay.chars, matcher, &mut places)?);
    }
    Some((total, places))
}

/// Every word is the beginning of one in the text, give or take one letter wrong, missing, doubled or swapped; words
/// under four letters must be right.
fn misspelled(query: &[String], hay: &Folded) -> Option<(u32, Vec<u32>)> {
    let mut places = Vec::new();
    let mut total = 0;
    for word in query {
        let word: Vec<char> = word.chars().collect();
        let allowed = usize::from(word.len() >= 4);
        let (slips, at, length) = word_starts(&hay.chars)
            .map(|at| {
                let end = hay.chars[at..].iter().position(|c| *c == ' ').map_or(hay.chars.len(), |n| at + n);
                let (slips, length) = nearest_prefix(&word, &hay.chars[at..end]);
                (slips, at, length)
            })
            .min()?;
        if slips > allowed {
            return None;
        }
        total += if slips == 0 { 10 } else { 5 };
        places.extend((at..at + length).filter_map(|i| u32::try_from(i).ok()));
    }
    Some((total, places))
}

/// Slips (optimal string alignment) between a word and the nearest beginning of another, and how long that is.
fn nearest_prefix(word: &[char], other: &[char]) -> (usize, usize) {
    let n = word.len();
    let rows = other.len().min(n + 1);
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=n).collect();
    let mut nearest = (n, 0);
    for i in 1..=rows {
        let mut row = vec![i; n + 1];
        for j in 1..=n {
            let same = usize::from(other[i - 1] != word[j - 1]);
            row[j] = (back[j - 1] + same).min(back[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && other[i - 1] == word[j - 2] && other[i - 2] == word[j - 1] {
                row[j] = row[j].min(two_back[j - 2] + 1);
            }
        }
        if row[n] < nearest.0 || (row[n] == nearest.0 && i <= n) {
            nearest = (row[n], i);
        }
        two_back = std::mem::replace(&mut back, row);
    }
    nearest
}

/// Places in the folded text as stretches of the shown one; a mark belongs to its letter.
fn mark(places: &[u32], hay: &Folded, shown: &str) -> Vec<Range<usize>> {
    let mut at: Vec<usize> = places.iter().filter_map(|p| hay.from.get(*p as usize).copied()).collect();
    at.sort_unstable();
    at.dedup();
    let mut marks: Vec<Range<usize>> = Vec::new();
    for i in at {
        let own = shown.chars().skip(i + 1).take_while(|c| is_combining_mark(*c)).count();
        match marks.last_mut() {
            Some(last) if last.end >= i => last.end = i + 1 + own,
            _ => marks.push(i..i + 1 + own),
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CENTRES: [&str; 5] = [
        "Sydney Children Hospital",
        "Royal Prince Alfred Hospital",
        "Royal Randwick Hospital",
        "Prince of Wales Hospital",
        "UNSW Health Service",
    ];
    const PEOPLE: [&str; 7] = [
        "BLACK Jack",
        "JACKSON Blake",
        "O'BRIEN Siobhán",
        "MÜLLER-ŁOŚ Zoë",
        "NGUYEN Tran",
        "أحمد محمد",
        "SMITH John",
    ];

    fn found(query: &str, items: &[&'static str]) -> Vec<&'static str> {
        rank(query, items, |s| *s).iter().map(|h| items[h.index]).collect()
    }
    fn marked(query: &str, text: &str) -> String {
        let hits = rank(query, &[text], |s| (*s).to_owned());
        let marks = hits.first().map(|h| h.marks.clone()).unwrap_or_default();
        let inside = |i: usize| marks.iter().any(|m| m.contains(&i));
        text.chars().enumerate().map(|(i, c)| if inside(i) { c } else { '.' }).collect()
    }

    #[test]
    fn words_may_come_in_any_order_and_be_cut_short() {
        assert_eq!(found("royal rand", &CENTRES), ["Royal Randwick Hospital"]);
        assert_eq!(found("rand royal", &CENTRES), ["Royal Randwick Hospital"]);
        assert_eq!(found("bla ja", &PEOPLE)[0], "BLACK Jack");
        assert_eq!(found("jack bl", &PEOPLE)[0], "BLACK Jack");
        assert_eq!(found("jacks", &PEOPLE), ["JACKSON Blake"]);
    }

    #[test]
    fn accents_apostrophes_and_letter_forms_do_not_matter() {
        assert_eq!(found("obrien siobhan", &PEOPLE), ["O'BRIEN Siobhán"]);
        assert_eq!(found("zoe los", &PEOPLE), ["MÜLLER-ŁOŚ Zoë"]);
        assert_eq!(found("احمد", &PEOPLE), ["أحمد محمد"]);
    }

    #[test]
    fn one_slip_is_forgiven_when_nothing_else_is_found() {
        assert_eq!(found("smoth", &PEOPLE), ["SMITH John"]);
        assert_eq!(found("nguyne", &PEOPLE), ["NGUYEN Tran"]);
        assert_eq!(found("royla randwikc", &CENTRES), ["Royal Randwick Hospital"]);
        assert_eq!(found("qqqqq", &PEOPLE), Vec::<&str>::new());
    }

    #[test]
    fn initials_find_a_long_name() {
        assert_eq!(found("powh", &CENTRES), ["Prince of Wales Hospital"]);
    }

    #[test]
    fn the_marks_point_into_the_shown_text() {
        assert_eq!(marked("ja bla", "BLACK Jack"), "BLA...Ja..");
        assert_eq!(marked("obr", "O'BRIEN"), "O.BR...");
        assert_eq!(marked("strass", "Große Straße"), "......Straß.");
        assert_eq!(marked("zoe", "Zoe\u{308}"), "Zoe\u{308}");
        assert_eq!(marked("smoth", "SMITH John"), "SMITH.....");
    }

    #[test]
    fn a_whole_word_comes_before_a_beginning() {
        assert_eq!(found("black", &["BLACKWOOD Ann", "BLACK Jack"]), ["BLACK Jack", "BLACKWOOD Ann"]);
    }

    #[test]
    fn an_empty_query_keeps_the_list() {
        assert_eq!(found(" - ", &CENTRES), CENTRES);
    }

    proptest! {
        #[test]
        fn marks_stay_inside_the_text_in_order(query in "[a-zé ]{0,8}", text in "\\PC{0,20}|[a-eÉé' -]{0,20}") {
            for hit in rank(&query, &[text.as_str()], |s| *s) {
                prop_assert!(hit.marks.iter().all(|m| m.start < m.end && m.end <= text.chars().count()));
                prop_assert!(hit.marks.windows(2).all(|w| w[0].end < w[1].start));
            }
        }
    }
}
