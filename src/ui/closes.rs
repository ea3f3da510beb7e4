//! Which wishes of the waiting list a plan closes, in as many lines as there is room for: said before it is done.
use crate::{
    text::{clean_one_line, tr_n, wrap},
    tr,
};

/// The most lines that are said about it.
const LINES: usize = 2;

/// ` Off the waiting list with this: any GP, to Thu 26 Mar`, wrapped; those that find no room are counted.
#[must_use]
pub fn lines(wishes: &[String], room: usize) -> Vec<String> {
    if wishes.is_empty() {
        return vec![];
    }
    let mut shown = wishes.len();
    loop {
        let mut named = wishes[..shown].join("; ");
        let more = wishes.len() - shown;
        if more > 0 {
            named = format!("{named} {}", tr_n("and {n} more", "and {n} more", more));
        }
        let said = tr!("Off the waiting list with this: {wishes}", wishes = named.trim_start());
        let mut all = wrap(&clean_one_line(&said), room.saturating_sub(2).max(1));
        if all.len() <= LINES || shown == 0 {
            all.truncate(LINES);
            return all.into_iter().map(|l| format!(" {l}")).collect();
        }
        shown -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn wishes_that_find_no_room_are_counted() {
        assert!(lines(&[], 80).is_empty());
        let wishes: Vec<String> =
            (1..=6).map(|n| format!("BLACK Jack {n} (any GP, to Thu 26 Mar)")).collect();
        assert_eq!(
            lines(&wishes[..1], 80),
            [" Off the waiting list with this: BLACK Jack 1 (any GP, to Thu 26 Mar)"]
        );
        let all = lines(&wishes, 80);
        assert!(all.len() == 2 && all[1].ends_with("and 4 more"), "{all:?}");
        assert!(all.iter().all(|l| l.chars().count() < 80), "{all:?}");
        assert!(lines(&wishes, 20).len() <= 2);
    }
}
