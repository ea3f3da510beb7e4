//! Characters that carry no meaning in a clinic's text but can fool a reader or a terminal. Fields refuse them
//! ([`super::validate`]); what old data still holds is made visible before it is drawn (`text::clean`).

/// Controls (C0, DEL, C1): they can move the cursor or end a line.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control()
}

/// Characters that turn the direction of text around: marks, embeddings, overrides, isolates.
#[must_use]
pub fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// Invisible characters that can make two names look alike: zero-width spaces and joiners, fillers, tags.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
        | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}')
}

/// Invisible characters without consequence that are simply left out: soft hyphen, byte-order mark, variation selectors.
#[must_use]
pub fn is_harmless(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Private use and non-characters: no two machines draw them alike.
#[must_use]
pub fn is_private(c: char) -> bool {
    let n = c as u32;
    matches!(n, 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xf_0000..) || n & 0xfffe == 0xfffe
}

/// ZWNJ and ZWJ: letters between which they shape the word (Arabic, Indic, Myanmar, Khmer, Mongolian scripts).
#[must_use]
pub fn is_joining(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{74f}' | '\u{750}'..='\u{77f}' | '\u{7c0}'..='\u{7ff}' | '\u{870}'..='\u{dff}'
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1800}'..='\u{18af}' | '\u{fb50}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && !is_invisible(c)
        && !is_harmless(c)
        && !is_direction(c)
}

/// Marks of the blocks people pile up ("Zalgo"): the general combining blocks, Hebrew points and Arabic signs.
#[must_use]
pub fn is_pile_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{6d6}'..='\u{6dc}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}
