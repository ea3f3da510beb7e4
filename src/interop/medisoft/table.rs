//! A CSV file as rows whose columns are found by the header: any order, any case, stray blanks, a byte-order mark, CRLF.
//! Every line that cannot be read is told; none ends the reading of the others.
use crate::{
    domain::import::{Place, Remark},
    text::{clean, cut},
    tr,
};
use std::{collections::HashMap, path::Path};

/// A file larger than this is not a clinic's list (64 MiB).
const MOST_BYTES: u64 = 64 << 20;

/// The names of a file's columns: each with every way it is written, and whether the file must have it.
pub(super) struct Layout {
    pub file: &'static str,
    pub columns: &'static [(&'static [&'static str], bool)],
    /// A column whose field lines may lack altogether.
    pub may_lack: Option<&'static str>,
}

/// A line of the file by its columns.
pub(super) struct Row {
    pub place: Place,
    fields: HashMap<&'static str, String>,
    /// The field that may lack does.
    pub short: bool,
}

impl Row {
    /// The trimmed field of a column; empty when the file does not have it.
    pub fn get(&self, column: &str) -> &str {
        self.fields.get(column).map_or("", String::as_str)
    }
}

/// What stands in the file, short enough and clean enough to be told.
pub(super) fn quoted(value: &str) -> String {
    format!("`{}`", cut(&clean(value), 40))
}

/// A header as it is compared: letters and digits alone, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Reads a file of the folder.
pub(super) fn read(folder: &Path, layout: &Layout, problems: &mut Vec<Remark>) -> Vec<Row> {
    let whole = Place { file: layout.file, line: 0 };
    let path = folder.join(layout.file);
    let bytes = match std::fs::metadata(&path).and_then(|m| {
        if !m.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        if m.len() > MOST_BYTES {
            return Err(std::io::Error::other("it is larger than 64 MiB; split it"));
        }
        std::fs::read(&path)
    }) {
        Ok(bytes) => zeroize::Zeroizing::new(bytes),
        Err(e) => {
            problems.push(Remark::new(whole, tr!("cannot be read: {reason}", reason = e)));
            return vec![];
        }
    };
    rows(&bytes, layout, problems)
}

/// Reads the bytes of a file.
pub(super) fn rows(bytes: &[u8], layout: &Layout, problems: &mut Vec<Remark>) -> Vec<Row> {
    let bytes = quotes_first(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let bytes = bytes.as_slice();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut found = vec![];
    let mut header: Option<(usize, Vec<Option<&'static str>>)> = None;
    let mut lines = Lines { bytes, at: 0, line: 1 };
    for record in reader.byte_records() {
        let Ok(record) = record else { continue };
        let place =
            Place { file: layout.file, line: lines.of(record.position().map_or(0, csv::Position::byte)) };
        let Ok(record) = csv::StringRecord::from_byte_record(record) else {
            problems.push(Remark::new(place, tr!("is not UTF-8 text; save the file as UTF-8")));
            continue;
        };
        let fields: Vec<&str> = record.iter().map(str::trim).collect();
        if fields.iter().all(|f| f.is_empty()) {
            continue;
        }
        if record.iter().any(|f| f.contains('\n')) {
            problems.push(Remark::new(
                place,
                tr!("a field runs over several lines; is a quotation mark missing?"),
            ));
            continue;
        }
        let Some((width, columns)) = &header else {
            match columns_of(&fields, layout, place, problems) {
                Some(columns) => header = Some((fields.len(), columns)),
                None => return vec![],
            }
            continue;
        };
        match row(&fields, *width, columns, layout, place) {
            Ok(row) => found.push(row),
            Err(remark) => problems.push(remark),
        }
    }
    if header.is_none() {
        problems.push(Remark::new(
            Place { file: layout.file, line: 0 },
            tr!("is empty: its first line names the columns"),
        ));
    }
    found
}

/// The same without the blanks that stand before an opening quotation mark: a quote counts only as the first of a field.
fn quotes_first(bytes: &[u8]) -> zeroize::Zeroizing<Vec<u8>> {
    let mut out = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len()));
    let (mut i, mut quoted, mut at_start) = (0, false, true);
    while let Some(&b) = bytes.get(i) {
        if at_start && matches!(b, b' ' | b'\t') {
            let blanks = bytes[i..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            if bytes.get(i + blanks) == Some(&b'"') {
                i += blanks;
                continue;
            }
        }
        // Two quotes in a row inside of a field close it and open it again.
        if b == b'"' && (at_start || quoted || out.last() == Some(&b'"')) {
            quoted = !quoted;
        }
        at_start = !quoted && matches!(b, b',' | b'\n' | b'\r');
        out.push(b);
        i += 1;
    }
    out
}

/// Counts lines as an editor does: a record may be said to begin at the end of the line before it.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at `byte`, or after the line ends that stand there. Records come in order.
    fn of(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len());
        let ends = self.bytes[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let until = (from + ends).max(self.at);
        self.line += self.bytes[self.at..until].iter().filter(|b| **b == b'\n').count() as u64;
        self.at = until;
        self.line
    }
}

/// Which column each field of the header is; `None` when one that must be there is not.
fn columns_of(
    fields: &[&str],
    layout: &Layout,
    place: Place,
    problems: &mut Vec<Remark>,
) -> Option<Vec<Option<&'static str>>> {
    let mut columns: Vec<Option<&'static str>> = vec![None; fields.len()];
    let before = problems.len();
    for (names, required) in layout.columns {
        let matching: Vec<usize> =
            (0..fields.len()).filter(|&i| names.iter().any(|n| plain(n) == plain(fields[i]))).collect();
        match matching[..] {
            [at] => columns[at] = Some(names[0]),
            [] if *required => {
                problems.push(Remark::new(place, tr!("has no column {name}", name = names[0])));
            }
            [] => {}
            _ => problems.push(Remark::new(place, tr!("has the column {name} twice", name = names[0]))),
        }
    }
    (problems.len() == before).then_some(columns)
}

fn row(
    fields: &[&str],
    width: usize,
    columns: &[Option<&'static str>],
    layout: &Layout,
    place: Place,
) -> Result<Row, Remark> {
    let beyond = fields.iter().skip(width).any(|f| !f.is_empty());
    let lacking = layout.may_lack.filter(|name| columns.contains(&Some(*name)));
    let short = lacking.is_some() && fields.len() + 1 == width;
    if beyond || (fields.len() < width && !short) {
        return Err(Remark::new(
            place,
            tr!("has {n} fields where the header names {m}", n = fields.len(), m = width),
        ));
    }
    let present = columns.iter().filter(|c| !short || **c != lacking);
    let fields = present.zip(fields).filter_map(|(c, f)| c.map(|c| (c, (*f).to_owned()))).collect();
    Ok(Row { place, fields, short })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout {
        file: "x.csv",
        columns: &[(&["email", "e_mail"], true), (&["name"], false), (&["more"], false)],
        may_lack: Some("more"),
    };

    fn read(text: &[u8]) -> (Vec<Row>, Vec<String>) {
        let mut problems = vec![];
        let rows = rows(text, &LAYOUT, &mut problems);
        (rows, problems.into_iter().map(|p| format!("{}: {}", p.place.line, p.reason)).collect())
    }

    #[test]
    fn columns_are_found_by_the_header_in_any_order_and_case() {
        let (rows, problems) =
            read(b"\xef\xbb\xbf NAME , E-Mail,colour\r\n \"Black, Jack\" , a@b.c ,red\r\n\r\n , , \r\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(rows.len(), 1);
        assert_eq!(
            (rows[0].get("name"), rows[0].get("email"), rows[0].get("more")),
            ("Black, Jack", "a@b.c", "")
        );
        assert_eq!(rows[0].place.line, 2);
    }

    #[test]
    fn a_line_may_lack_the_field_that_may_lack_wherever_its_column_stands() {
        let (rows, problems) = read(b"name,more,email\nJack,a@b.c\nTom,x,t@b.c\nSid\n");
        assert_eq!((rows[0].get("email"), rows[0].short, rows[1].short), ("a@b.c", true, false));
        assert_eq!(problems, ["4: has 1 fields where the header names 3"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line_and_the_rest_is_read() {
        let (rows, problems) = read(b"email\na@b.c\n\xff\xfe\nd@e.f,too,many\ng@h.i,\n\"open\nq@r.s\n");
        assert_eq!(rows.len(), 2);
        assert_eq!(problems.len(), 3);
        assert!(problems[0].starts_with("3: is not UTF-8"));
        assert!(problems[1].starts_with("4: has 3 fields"));
        assert!(problems[2].starts_with("6: a field runs over several lines"));
    }

    #[test]
    fn a_header_without_its_columns_is_told_once() {
        assert_eq!(read(b"a,b\n1,2\n3,4\n").1, ["1: has no column email"]);
        assert_eq!(read(b"email,EMAIL\n1,2\n").1, ["1: has the column email twice"]);
        assert_eq!(read(b"").1.len(), 1);
    }

    #[test]
    fn what_is_quoted_is_short_and_clean() {
        assert_eq!(quoted("\u{1b}[2Jx"), "`\u{fffd}[2Jx`");
        assert!(quoted(&"x".repeat(9999)).chars().count() < 50);
    }
}
