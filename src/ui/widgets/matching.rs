//! Ranks short lists held in memory by what was typed, with the matched letters to underline.
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

/// The entries that match every word of `text`, best first, each with the indices of its matched characters. All of
/// them, in their order, while nothing is typed.
pub fn rank<T: Clone>(all: &[T], text: &str, title: impl Fn(&T) -> &str) -> Vec<(T, Vec<usize>)> {
    if text.trim().is_empty() {
        return all.iter().map(|i| (i.clone(), vec![])).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = vec![];
    let mut out: Vec<(u32, T, Vec<usize>)> = vec![];
    for item in all {
        let mut marks = vec![];
        let haystack = Utf32Str::new(title(item), &mut buffer);
        if let Some(score) = pattern.indices(haystack, &mut matcher, &mut marks) {
            marks.sort_unstable();
            marks.dedup();
            out.push((score, item.clone(), marks.into_iter().map(|i| i as usize).collect()));
        }
    }
    out.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
    out.into_iter().map(|(_, item, marks)| (item, marks)).collect()
}
