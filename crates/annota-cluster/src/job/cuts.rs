//! Where files of text can be cut: at the ends of records, never within a quoted text.

use std::io::{BufRead, BufReader, Read};

use annota::files::Kind;

/// A run of whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Bytes from the start of the file, unpacked.
    pub start: u64,
    pub end: u64,
    pub rows: u64,
}

/// Cuts a text into runs of `rows` records, the last with what is left.
///
/// # Errors
/// A text that cannot be read.
pub fn cut(text: impl Read, kind: Kind, rows: u64) -> std::io::Result<Vec<Run>> {
    match kind {
        Kind::Csv { delimiter } => csv(text, delimiter, rows),
        _ => lines(text, rows),
    }
}

/// Collects the ends of records into runs.
struct Runs {
    runs: Vec<Run>,
    now: Run,
    most: u64,
}

impl Runs {
    fn new(start: u64, most: u64) -> Self {
        Runs { runs: Vec::new(), now: Run { start, end: start, rows: 0 }, most: most.max(1) }
    }

    fn record_until(&mut self, end: u64) {
        self.now.end = end;
        self.now.rows += 1;
        if self.now.rows == self.most {
            self.runs.push(self.now);
            self.now = Run { start: end, end, rows: 0 };
        }
    }

    fn finish(mut self) -> Vec<Run> {
        if self.now.rows > 0 {
            self.runs.push(self.now);
        }
        self.runs
    }
}

/// By the same reader that Arrow reads CSV with, so that both see the same records.
fn csv(text: impl Read, delimiter: u8, rows: u64) -> std::io::Result<Vec<Run>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
    reader.byte_headers()?;
    let mut runs = Runs::new(reader.position().byte(), rows);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        runs.record_until(reader.position().byte());
    }
    Ok(runs.finish())
}

fn lines(text: impl Read, rows: u64) -> std::io::Result<Vec<Run>> {
    let (mut reader, mut at, mut runs) = (BufReader::with_capacity(1 << 20, text), 0, Runs::new(0, rows));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(runs.finish());
        }
        at += read as u64;
        if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            runs.record_until(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, kind: Kind, rows: u64) -> Vec<(&str, u64)> {
        let runs = cut(text.as_bytes(), kind, rows).expect("runs");
        runs.iter().map(|run| (&text[run.start as usize..run.end as usize], run.rows)).collect()
    }

    #[test]
    fn csv_is_cut_outside_quotes() {
        let csv = Kind::Csv { delimiter: b',' };
        let text = "id,text\n1,\"a\n\"\"b\"\"\n\"\n2,c\r\n\n3,d";
        assert_eq!(texts(text, csv, 1), [("1,\"a\n\"\"b\"\"\n\"\n", 1), ("2,c\r", 1), ("\n\n3,d", 1)]);
        assert_eq!(texts(text, csv, 2).iter().map(|(_, rows)| *rows).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(texts("id,text\n", csv, 2), []);
    }

    #[test]
    fn lines_are_cut_at_their_ends() {
        assert_eq!(
            texts("{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}", Kind::Json, 2),
            [("{\"a\":1}\n\n{\"a\":2}\n", 2), ("{\"a\":3}", 1)]
        );
        assert_eq!(texts("", Kind::Json, 2), []);
    }
}
