//! What an authenticator app is given: the secret as letters to type, and as the address that a QR code holds.
use zeroize::Zeroizing;

/// The longest text of a QR code of 33 modules with low correction, which fits a terminal of 24 lines.
pub const LONGEST: usize = 78;

/// The secret in base 32, as apps take it.
#[must_use]
pub fn base32(secret: &[u8]) -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = Zeroizing::new(String::new());
    let (mut bits, mut n) = (0u32, 0);
    for byte in secret {
        bits = (bits << 8 | u32::from(*byte)) & 0xffff;
        n += 8;
        while n >= 5 {
            n -= 5;
            out.push(char::from(LETTERS[(bits >> n & 31) as usize]));
        }
    }
    if n > 0 {
        out.push(char::from(LETTERS[(bits << (5 - n) & 31) as usize]));
    }
    out
}

/// `otpauth://totp/Praxis:anna?secret=…`; a login too long for the picture is cut, since it is only a name there.
#[must_use]
pub fn uri(login: &str, secret: &[u8]) -> Zeroizing<String> {
    let key = base32(secret);
    let (head, tail) = ("otpauth://totp/Praxis:", "?secret=");
    let room = LONGEST.saturating_sub(head.len() + tail.len() + key.len());
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let name: String = login.chars().filter(plain).take(room).collect();
    Zeroizing::new(format!("{head}{name}{tail}{}", *key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_that_of_rfc_4648_without_padding() {
        for (plain, coded) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(*base32(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_address_fits_the_picture_whatever_the_login() {
        let secret = [7; 20];
        assert_eq!(*uri("anna", &secret), format!("otpauth://totp/Praxis:anna?secret={}", *base32(&secret)));
        let long = uri(&"ä long@login.example".repeat(20), &secret);
        assert!(long.len() == LONGEST && long.is_ascii() && long.ends_with(&**base32(&secret)), "{}", *long);
    }
}
