//! A hash as words that can be read aloud and typed from paper: proquints (Wilkerson, 2009), five letters for 16 bits,
//! consonant and vowel in turn, so that no list of words is needed.
use super::Hash;

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";

/// The 16 words of a hash.
#[must_use]
pub fn to_words(hash: &Hash) -> Vec<String> {
    hash.chunks(2).map(|pair| word(u16::from(pair[0]) << 8 | u16::from(*pair.last().unwrap_or(&0)))).collect()
}

fn word(bits: u16) -> String {
    let letter = |shift: u16, vowel: bool| {
        let index = usize::from(bits >> shift);
        char::from(if vowel { VOWELS[index & 3] } else { CONSONANTS[index & 15] })
    };
    [letter(12, false), letter(10, true), letter(6, false), letter(4, true), letter(0, false)]
        .iter()
        .collect()
}

/// The hash of 16 words, in any case and with anything but letters between them; the error is the first word that
/// cannot be one, or how many there were.
pub fn from_words(text: &str) -> Result<Hash, String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut hash = [0; 32];
    for (i, w) in words.iter().enumerate() {
        let bits = bits(w).ok_or_else(|| w.clone())?;
        if let Some(pair) = hash.chunks_mut(2).nth(i) {
            pair.copy_from_slice(&bits.to_be_bytes());
        }
    }
    if words.len() == 16 { Ok(hash) } else { Err(words.len().to_string()) }
}

fn bits(word: &str) -> Option<u16> {
    if word.len() != 5 {
        return None;
    }
    word.bytes().enumerate().try_fold(0u16, |bits, (i, c)| {
        let (letters, width): (&[u8], u16) = if i % 2 == 1 { (VOWELS, 2) } else { (CONSONANTS, 4) };
        let value = u16::try_from(letters.iter().position(|l| *l == c)?).ok()?;
        Some(bits << width | value)
    })
}

/// The places, from 1, of the words in which two hashes differ.
#[must_use]
pub fn differing(a: &Hash, b: &Hash) -> Vec<usize> {
    (0..16).filter(|i| a[2 * i..2 * i + 2] != b[2 * i..2 * i + 2]).map(|i| i + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_proposal() {
        // 127.0.0.1 and 63.84.220.193 of the paper.
        assert_eq!((word(0x7f00), word(0x0001)), ("lusab".into(), "babad".into()));
        assert_eq!((word(0x3f54), word(0xdcc1)), ("gutih".into(), "tugad".into()));
    }

    #[test]
    fn words_are_read_back_however_they_are_typed() {
        let hash: Hash = std::array::from_fn(|i| (i * 37 % 256) as u8);
        let words = to_words(&hash);
        assert_eq!(words.len(), 16);
        assert_eq!(from_words(&words.join(" ")), Ok(hash));
        assert_eq!(from_words(&words.join("-").to_uppercase()), Ok(hash));
        assert_eq!(from_words(&words[..15].join(" ")), Err("15".into()));
        assert_eq!(from_words("lusab babax"), Err("babax".into()));
        let mut other = hash;
        other[4] ^= 1;
        assert_eq!(differing(&hash, &other), [3]);
    }

    #[test]
    fn every_pair_of_bytes_has_a_word_of_its_own() {
        assert!((0..=u16::MAX).all(|b| bits(&word(b)) == Some(b)));
    }
}
