//! Letters of five lines, to be read across a waiting room. Letters without one are not drawn large at all.
use crate::ui::theme::Theme;

/// Lines of a large letter.
pub(super) const ROWS: u16 = 5;

/// Three bits a line, the leftmost the highest; each is drawn two columns wide.
const LETTERS: &[(char, [u8; 5])] = &[
    ('A', [2, 5, 7, 5, 5]),
    ('B', [6, 5, 6, 5, 6]),
    ('C', [3, 4, 4, 4, 3]),
    ('D', [6, 5, 5, 5, 6]),
    ('E', [7, 4, 6, 4, 7]),
    ('F', [7, 4, 6, 4, 4]),
    ('G', [3, 4, 5, 5, 3]),
    ('H', [5, 5, 7, 5, 5]),
    ('I', [7, 2, 2, 2, 7]),
    ('J', [1, 1, 1, 5, 2]),
    ('K', [5, 5, 6, 5, 5]),
    ('L', [4, 4, 4, 4, 7]),
    ('M', [5, 7, 7, 5, 5]),
    ('N', [5, 7, 7, 7, 5]),
    ('O', [2, 5, 5, 5, 2]),
    ('P', [6, 5, 6, 4, 4]),
    ('Q', [2, 5, 5, 7, 3]),
    ('R', [6, 5, 6, 5, 5]),
    ('S', [3, 4, 2, 1, 6]),
    ('T', [7, 2, 2, 2, 2]),
    ('U', [5, 5, 5, 5, 7]),
    ('V', [5, 5, 5, 5, 2]),
    ('W', [5, 5, 7, 7, 5]),
    ('X', [5, 5, 2, 5, 5]),
    ('Y', [5, 5, 2, 2, 2]),
    ('Z', [7, 1, 2, 4, 7]),
    ('0', [7, 5, 5, 5, 7]),
    ('1', [2, 6, 2, 2, 7]),
    ('2', [7, 1, 7, 4, 7]),
    ('3', [7, 1, 7, 1, 7]),
    ('4', [5, 5, 7, 1, 1]),
    ('5', [7, 4, 7, 1, 7]),
    ('6', [7, 4, 7, 5, 7]),
    ('7', [7, 1, 1, 1, 1]),
    ('8', [7, 5, 7, 5, 7]),
    ('9', [7, 5, 7, 1, 7]),
    ('…', [0, 0, 0, 0, 5]),
    ('-', [0, 0, 7, 0, 0]),
    (' ', [0, 0, 0, 0, 0]),
];

/// The text in large letters; `None` when a letter is not known or it is wider than `most` columns.
pub(super) fn rows(text: &str, theme: Theme, most: u16) -> Option<[String; 5]> {
    let letters: Option<Vec<&[u8; 5]>> = text
        .chars()
        .map(|c| {
            let c = c.to_uppercase().next().unwrap_or(c);
            LETTERS.iter().find(|(l, _)| *l == c).map(|(_, rows)| rows)
        })
        .collect();
    let letters = letters.filter(|l| l.len() * 8 <= usize::from(most))?;
    let full = if theme.ascii { "##" } else { "██" };
    Some(std::array::from_fn(|row| {
        let mut line = String::new();
        for letter in &letters {
            for bit in [4, 2, 1] {
                line.push_str(if letter[row] & bit != 0 { full } else { "  " });
            }
            line.push_str("  ");
        }
        line
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_become_five_lines_and_what_has_no_large_letter_stays_small() {
        let theme = Theme { ascii: true, ..Theme::default() };
        let drawn = rows("N… Li…", theme, 80).unwrap_or_default();
        assert_eq!(drawn[0].trim_end(), "##  ##                  ##      ######");
        assert_eq!(rows("李", theme, 80), None);
        assert_eq!(rows("ABCDEFGHIJK", theme, 80), None);
    }
}
