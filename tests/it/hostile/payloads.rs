//! 600 texts that somebody could get into a record to fool a reader, a terminal, a spreadsheet or a script: a table of kinds,
//! twenty of each, the same in every run. None holds NUL, which PostgreSQL refuses by itself.

/// One of them.
#[derive(Debug, Clone)]
pub struct Payload {
    /// What it tries, as the table names it.
    pub kind: &'static str,
    pub text: String,
}

type Make = fn(u32) -> String;

/// A kind, and its text number 0 to 19.
const KINDS: [(&str, Make); 30] = [
    ("CSI: moves, erases, colours, asks", |n| {
        let ends = b"ABCDGHJKLMPSTXcmnrth";
        format!("\x1b[{}{}evil", ["2", "?1049", ">0", "99;99"][n as usize % 4], char::from(ends[n as usize]))
    }),
    ("OSC with BEL: title, clipboard, link", |n| {
        let codes = [0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 50, 52, 66, 99, 104, 133, 633, 777, 1337];
        format!("\x1b]{};c;ZXZpbA==\x07evil", codes[n as usize])
    }),
    ("OSC with ST", |n| format!("\x1b]8;id={n};http://evil.example\x1b\\link\x1b]8;;\x1b\\")),
    ("DCS", |n| format!("\x1bP{n}$q\"p\x1b\\evil\x1bP+q544e\x1b\\")),
    ("APC, PM, SOS", |n| format!("\x1b{}Ga=T,f=100;{n}\x1b\\evil", ["_", "^", "X"][n as usize % 3])),
    ("Esc and one character", |n| format!("\x1b{}evil", char::from(b"c78DEHMNOZ=>#6(0)Bn|"[n as usize]))),
    ("C1 as UTF-8, first half", |n| format!("{}31mevil{}", letter(0x80 + n), letter(0x9c))),
    ("C1 as UTF-8, second half", |n| format!("a{}0;evil\u{9c}", letter(0x8c + n))),
    ("C0", |n| format!("a{}b{}c", letter(1 + n), letter(if n == 19 { 0x7f } else { 12 + n }))),
    ("sequences cut off or inside one another", |n| {
        let cut = [
            "\x1b",
            "\x1b[",
            "\x1b[3",
            "\x1b]",
            "\x1bP",
            "\x1b\x1b[[31m",
            "\x1b[\x1b]0;x\x07m",
            "\x1b[1;\r\n31m",
            "\u{9b}",
            "\x1b\u{202e}[2J",
        ];
        format!("{}{}", cut[n as usize % 10], if n < 10 { "" } else { "evil" })
    }),
    ("bytes that look like another encoding", |n| {
        format!("\u{c2}{}31m \u{ff}\u{fe}{n} Ã\u{9b}", letter(0x80 + n))
    }),
    ("direction overrides", |n| {
        let turn = ['\u{202e}', '\u{202d}', '\u{202a}', '\u{202b}', '\u{202c}'][n as usize % 5];
        format!("Smith{turn}{n} annA")
    }),
    ("direction isolates and marks", |n| {
        let turn = [
            '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}', '\u{206a}',
            '\u{206f}', '\u{206b}',
        ];
        format!("{}12{}mg {n}", turn[n as usize % 10], turn[(n as usize + 3) % 10])
    }),
    ("zero width and fillers", |n| {
        let none = [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{2061}',
            '\u{2062}',
            '\u{2063}',
            '\u{2064}',
            '\u{feff}',
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{2065}',
            '\u{1d173}',
        ];
        format!("Sm{}ith", String::from(none[n as usize]).repeat(1 + n as usize % 3))
    }),
    ("a flood of one mark", |n| format!("e{}x", letter(0x300 + n).to_string().repeat(5 + 250 * n as usize))),
    ("many kinds of marks, without a letter first", |n| {
        (0..40 + n).map(|i| letter(0x300 + (i * 7 + n) % 0x6f)).chain("Zalgo".chars()).collect()
    }),
    ("letters that look like others", |n| {
        let alike = ["АNNА", "ＡＮＮＡ", "𝐀𝐍𝐍𝐀", "Ⅰnsulin", "pаypаl", "rn", "l1I|", "ΑΝΝΑ", "aⅼⅼ", "ѕmith"];
        format!("{} {n}", alike[n as usize % 10])
    }),
    ("formula: equals", |n| {
        let calls = [
            "HYPERLINK(\"http://evil.example\",\"x\")",
            "1+1",
            "cmd|' /C calc'!A0",
            "IMPORTXML(CONCAT(\"x\"),\"//a\")",
            "DDE(\"a\";\"b\")",
        ];
        format!("{}={}", " ".repeat(n as usize / 5), calls[n as usize % 5])
    }),
    ("formula: plus, minus, at", |n| {
        format!("{}SUM(1+{n})*cmd|'/C calc'!A0", ["+", "-", "@", "＋", "＠"][n as usize % 5])
    }),
    ("formula after tab, return, line end or quote", |n| {
        format!(
            "{}=1+{n}",
            ["\t", "\r", "\n", "\"", "'", "\r\n", "\u{a0}", ";", ",", "\",\""][n as usize % 10]
        )
    }),
    ("very long words", |n| "W".repeat(150 * (1 + n as usize))),
    ("long wide words", |n| "漢".repeat(30 * (1 + n as usize))),
    ("emoji of several characters", |n| {
        let faces = ["👩‍⚕️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇦🇺", "1️⃣", "🧑🏿‍🦽", "❤️‍🔥", "🏴\u{e0067}\u{e0062}\u{e007f}", "🫱🏻‍🫲🏿"];
        faces[n as usize % 10].repeat(1 + n as usize / 2)
    }),
    ("right to left", |n| {
        let words = [
            "محمد",
            "עברית",
            "می\u{200c}خواهم",
            "ܐܒܓ",
            "ދިވެހި",
            "שָׁלוֹם",
            "مُحَمَّدٌ",
            "123 أبجد 456",
            "(abc) אבג [def]",
            "ﷺ",
        ];
        format!("{} {n} mg", words[n as usize % 10])
    }),
    ("half characters, private ones and no characters", |n| {
        let odd = [
            "\\uD83D",
            "\\ud83d\\u0000",
            "\u{fffd}",
            "\u{fffe}",
            "\u{ffff}",
            "\u{fdd0}",
            "\u{1fffe}",
            "\u{10ffff}",
            "\u{e000}",
            "\u{f8ff}",
            "\u{f0000}",
            "\u{e0001}",
            "\u{e0041}",
            "\u{fe0f}",
            "\u{e0100}",
            "\u{fffc}",
            "\u{2028}",
            "\u{1f1e6}",
            "\u{d7ff}",
            "\u{378}",
        ];
        format!("x{}y", odd[n as usize])
    }),
    ("line ends of every kind", |n| {
        let ends = ["\n", "\r", "\r\n", "\u{2028}", "\u{2029}", "\u{85}", "\x0b", "\x0c", "\n\n\n", "\n\r"];
        format!("first{}red  server  forged {n}", ends[n as usize % 10])
    }),
    ("quotes of JSON, SQL and the shell", |n| {
        let quotes = [
            "\"},{\"x\":\"",
            "\\",
            "\\\"",
            "'; drop table clinic.patient; --",
            "$(reboot)",
            "`id`",
            "${HOME}",
            "</script>",
            "\\u001b[2J",
            "&#x1b;",
        ];
        format!("{} {n}", quotes[n as usize % 10])
    }),
    ("places of a format", |n| {
        format!("{}{n}{{name}} %s%n {{0}} {{}} {{{{", ["%1$s", "{when}", "{n}", "\\x1b"][n as usize % 4])
    }),
    ("backspaces, tabs and bells", |n| {
        format!("paid{}{}free{}", "\x08".repeat(n as usize + 1), "\t".repeat(n as usize % 4), "\x07")
    }),
    ("spaces that are none", |n| {
        let spaces = [
            '\u{a0}', '\u{1680}', '\u{2000}', '\u{2003}', '\u{2007}', '\u{200a}', '\u{202f}', '\u{205f}',
            '\u{3000}', '\u{2800}',
        ];
        format!("{0}{0}SMITH{0}Anna{0}", String::from(spaces[n as usize % 10]).repeat(1 + n as usize / 10))
    }),
];

fn letter(n: u32) -> char {
    char::from_u32(n).expect("a character")
}

/// All 600; thirty that follow one another are one of each kind.
pub fn payloads() -> Vec<Payload> {
    (0..20).flat_map(|n| KINDS.map(|(kind, make)| Payload { kind, text: make(n) })).collect()
}

#[test]
fn there_are_six_hundred_different_texts() {
    let all = payloads();
    let different: std::collections::BTreeSet<&str> = all.iter().map(|p| p.text.as_str()).collect();
    assert_eq!((all.len(), different.len()), (600, 600));
    assert!(all.iter().all(|p| !p.text.contains('\0') && !p.text.is_empty()));
}
