//! How many columns text takes, and making it fit. Letters with their marks are never torn apart, wide letters take two
//! columns. Widths are counted letter by letter, as the drawing library counts them, so columns always line up.
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of one line of text.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// At most `cols` columns; what does not fit ends in `…`.
#[must_use]
pub fn cut(text: &str, cols: usize) -> String {
    if width(text) <= cols {
        return text.to_owned();
    }
    if cols == 0 {
        return String::new();
    }
    let (mut out, _) = take(text, cols - 1);
    out.push('…');
    out
}

/// Exactly `cols` columns, text on the left.
#[must_use]
pub fn pad(text: &str, cols: usize) -> String {
    let mut out = cut(text, cols);
    out.extend(std::iter::repeat_n(' ', cols.saturating_sub(width(&out))));
    out
}

/// Exactly `cols` columns, text on the right: for figures.
#[must_use]
pub fn pad_left(text: &str, cols: usize) -> String {
    let kept = cut(text, cols);
    let mut out = " ".repeat(cols.saturating_sub(width(&kept)));
    out.push_str(&kept);
    out
}

/// Lines of at most `cols` columns: broken at `\n`, then between words, and inside a word only where it is too long.
#[must_use]
pub fn wrap(text: &str, cols: usize) -> Vec<String> {
    let cols = cols.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ').filter(|w| !w.is_empty()) {
            let mut word = word;
            let mut needed = width(word);
            if used > 0 && used + 1 + needed <= cols {
                line.push(' ');
                line.push_str(word);
                used += 1 + needed;
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
            }
            while needed > cols {
                let (part, rest) = take(word, cols);
                if part.is_empty() {
                    // One letter wider than the column: shown as cut.
                    let letter = word.graphemes(true).next().map_or(word.len(), str::len);
                    lines.push("…".to_owned());
                    word = &word[letter..];
                } else {
                    lines.push(part);
                    word = rest;
                }
                needed = width(word);
            }
            line.push_str(word);
            used = needed;
        }
        lines.push(line);
    }
    lines
}

/// The letters that fit into `cols` columns, and the rest.
fn take(text: &str, cols: usize) -> (String, &str) {
    let mut used = 0;
    for (at, letter) in text.grapheme_indices(true) {
        used += letter.width();
        if used > cols {
            return (text[..at].to_owned(), &text[at..]);
        }
    }
    (text.to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_letters_take_two_columns_and_marks_none() {
        assert_eq!((width("Jack"), width("王小明"), width("e\u{301}")), (4, 6, 1));
    }

    #[test]
    fn text_is_cut_between_letters_with_a_visible_end() {
        assert_eq!(cut("Randwick", 5), "Rand…");
        assert_eq!(cut("王小明", 4), "王…");
        assert_eq!(cut("王小明", 5), "王小…");
        assert_eq!(cut("Ae\u{301}bc", 3), "Ae\u{301}…");
        assert_eq!((cut("abc", 0), cut("abc", 1), cut("abc", 3)), (String::new(), "…".into(), "abc".into()));
    }

    #[test]
    fn text_is_padded_to_the_column() {
        assert_eq!(
            (pad("ab", 4), pad_left("12", 4), pad("王小明", 4)),
            ("ab  ".into(), "  12".into(), "王… ".into())
        );
    }

    #[test]
    fn long_text_is_wrapped_between_words() {
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("王", 1), ["…", ""]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_asked(text in "\\PC{0,30}", cols in 0usize..20) {
            let text = crate::text::clean(&text).into_owned();
            prop_assert!(width(&cut(&text, cols)) <= cols);
            prop_assert_eq!(width(&pad(&text, cols)), cols);
            prop_assert_eq!(width(&pad_left(&text, cols)), cols);
            for line in wrap(&text, cols) {
                prop_assert!(width(&line) <= cols.max(1));
            }
        }
    }
}
