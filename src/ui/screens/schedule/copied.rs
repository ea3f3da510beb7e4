//! What making sessions and copying a week did, in words: what was added, what found no room and why, and what became of
//! taking it back.
use crate::{
    domain::dates::{clock, short_day},
    store::{Copied, Generated, LeftOut, TakenBack},
    text::{clean, tr_n},
    tr,
};

/// `09:00-12:00`, as the hours of a session are written.
pub(super) fn hours(l: &LeftOut) -> String {
    format!("{}-{}", clock(l.from), clock(l.to))
}

/// Why it was not copied. Of a session whose centre this desk does not keep, nothing but that it is there.
pub(super) fn reason(l: &LeftOut) -> String {
    if l.elsewhere { tr!("busy elsewhere").into() } else { tr!("a session is there").into() }
}

/// What was copied, and what was left out.
pub(super) fn said(c: &Copied) -> String {
    let mut parts = vec![tr_n(
        "{n} session copied from the week before.",
        "{n} sessions copied from the week before.",
        c.added.len(),
    )];
    match c.left.as_slice() {
        [] => {}
        [one] => parts.push(tr!(
            "Not copied: {day} {hours}, {why}.",
            day = short_day(one.day),
            hours = hours(one),
            why = reason(one)
        )),
        all => parts.push(tr!("{n} are marked: not copied, the provider is busy then.", n = all.len())),
    }
    if c.elsewhere > 0 {
        parts.push(tr_n(
            "{n} is at another centre, whose desk copies it.",
            "{n} are at other centres, whose desks copy them.",
            c.elsewhere as usize,
        ));
    }
    parts.join(" ")
}

/// As many sessions that stay are named; the others are counted.
const NAMED: usize = 3;

/// What could not be taken back, session by session, when there is something.
pub(super) fn stays(t: &TakenBack) -> Option<String> {
    let mut whys: Vec<(&str, Vec<String>)> = vec![];
    for s in t.stays.iter().take(NAMED) {
        let when = format!("{} {}-{}", short_day(s.day), clock(s.from), clock(s.to));
        match whys.iter_mut().find(|(why, _)| *why == s.why) {
            Some((_, all)) => all.push(when),
            None => whys.push((&s.why, vec![when])),
        }
    }
    let mut parts = vec![done(t)];
    let stay = |(why, all): (&str, Vec<String>)| {
        let (when, why) = (all.join(", "), why.trim_end_matches('.'));
        match all.len() {
            1 => tr!("{when} stays: {why}.", when = when, why = why),
            _ => tr!("{when} stay: {why}.", when = when, why = why),
        }
    };
    parts.extend(whys.into_iter().map(stay));
    let more = t.stays.len().saturating_sub(NAMED);
    if more > 0 {
        parts.push(tr_n("{n} more stays.", "{n} more stay.", more));
    }
    (!t.stays.is_empty()).then(|| parts.join(" "))
}

fn done(t: &TakenBack) -> String {
    let mut parts = vec![tr_n("{n} session taken back.", "{n} sessions taken back.", t.back as usize)];
    parts.extend(holds(t));
    parts.join(" ")
}

/// What of the time that was held is held again, and what is not.
pub(super) fn holds(t: &TakenBack) -> Vec<String> {
    let mut parts = vec![];
    if t.held > 0 {
        parts.push(tr_n("{n} time is held again.", "{n} times are held again.", t.held as usize));
    }
    if t.released > 0 {
        let n = t.released as usize;
        parts.push(tr_n("{n} held time stays released.", "{n} held times stay released.", n));
    }
    parts
}

/// What became of taking it back.
pub(super) fn back(t: &TakenBack) -> String {
    stays(t).unwrap_or_else(|| done(t))
}

/// What making sessions did, in one sentence.
pub(super) fn told(g: &Generated) -> String {
    let mut parts = vec![tr!("{n} added", n = g.added), tr!("{n} there already", n = g.kept)];
    if g.changed > 0 {
        parts.push(tr!("{n} changed", n = g.changed));
    }
    if g.removed > 0 {
        parts.push(tr!("{n} removed", n = g.removed));
    }
    if g.in_the_way > 0 {
        parts.push(tr!("{n} left out: another session is there", n = g.in_the_way));
    }
    if !g.booked.is_empty() {
        parts.push(tr!(
            "{n} stay because they are booked; remove each to move its bookings",
            n = g.booked.len()
        ));
    }
    if !g.elsewhere.is_empty() {
        let centres = clean(&g.elsewhere.join(", ")).into_owned();
        parts.push(tr!("left out {centres}: the desk there makes those", centres = centres));
    }
    tr!("Sessions from hours: {what}.", what = parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::back;
    use crate::store::TakenBack;

    #[test]
    fn what_is_held_again_and_what_stays_released_is_said() {
        let t = TakenBack { back: 1, held: 2, released: 1, ..TakenBack::default() };
        assert_eq!(back(&t), "1 session taken back. 2 times are held again. 1 held time stays released.");
        assert_eq!(back(&TakenBack { back: 2, ..TakenBack::default() }), "2 sessions taken back.");
    }
}
