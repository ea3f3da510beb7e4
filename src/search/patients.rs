//! Ranks the patients the database found for what was typed, and marks the letters that matched.
use super::matcher;
use crate::{
    domain::{patient::PatientHit, patient_query::PatientQuery},
    text::clean::clean,
};
use std::ops::Range;

/// A patient with the name as it is drawn and the matched stretches of it (characters).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub hit: PatientHit,
    pub shown: String,
    pub marks: Vec<Range<usize>>,
}

/// Best first. Where the words match nobody's letters, those whose names sound near stay, unmarked, in their order.
#[must_use]
pub fn ranked(query: &PatientQuery, hits: Vec<PatientHit>) -> Vec<Found> {
    let mut found: Vec<Found> = hits
        .into_iter()
        .map(|hit| Found { shown: clean(&hit.shown()).into_owned(), hit, marks: vec![] })
        .collect();
    if query.words.is_empty() {
        return found;
    }
    let ranking = matcher::rank(&query.words.join(" "), &found, |f| f.shown.clone());
    if ranking.is_empty() {
        return found;
    }
    let order: std::collections::HashMap<usize, usize> =
        ranking.iter().enumerate().map(|(place, hit)| (hit.index, place)).collect();
    for hit in ranking {
        found[hit.index].marks = hit.marks;
    }
    let mut numbered: Vec<(usize, Found)> =
        found.into_iter().enumerate().filter_map(|(i, f)| order.get(&i).map(|place| (*place, f))).collect();
    numbered.sort_by_key(|(place, f)| (f.hit.deactivated, *place));
    numbered.into_iter().map(|(_, f)| f).collect()
}
