//! Where records of normalized text end.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Result};

use super::csv::Dialect;

/// A run of whole records: bytes of the normalized text, rows, and the checksum of the bytes.
#[derive(Debug, Clone)]
pub struct Run {
    pub start: u64,
    pub end: u64,
    pub rows: u64,
    pub checksum: crc32fast::Hasher,
}

impl Run {
    fn empty(at: u64) -> Self {
        Run { start: at, end: at, rows: 0, checksum: crc32fast::Hasher::new() }
    }

    /// Joins the run that follows.
    pub fn join(&mut self, next: &Run) {
        self.end = next.end;
        self.rows += next.rows;
        self.checksum.combine(&next.checksum);
    }
}

/// Collects the ends of records into runs of `most` rows.
struct Runs {
    runs: Vec<Run>,
    now: Run,
    most: u64,
}

impl Runs {
    fn new(start: u64, most: u64) -> Self {
        Runs { runs: Vec::new(), now: Run::empty(start), most: most.max(1) }
    }

    /// One more record, which ends at `end` with `bytes`; some of them may have been seen.
    fn record_until(&mut self, end: u64, bytes: &[u8]) {
        self.now.checksum.update(bytes);
        self.now.end = end;
        self.now.rows += 1;
        if self.now.rows == self.most {
            let next = Run::empty(end);
            self.runs.push(std::mem::replace(&mut self.now, next));
        }
    }

    fn finish(mut self) -> Vec<Run> {
        if self.now.rows > 0 {
            self.runs.push(self.now);
        }
        self.runs
    }
}

/// Runs of `rows` records of CSV, the last with what is left. The header is in none of them.
///
/// # Errors
/// Text that cannot be read.
pub fn csv(text: impl Read, dialect: &Dialect, rows: u64) -> Result<Vec<Run>> {
    // The same parser as Arrow's, so that both see the same records.
    let mut reader = dialect.reader().buffer_capacity(1 << 18).from_reader(Kept::new(text));
    let mut record = csv::ByteRecord::new();
    if dialect.header {
        reader.read_byte_record(&mut record)?;
    }
    let mut at = reader.position().byte();
    reader.get_ref().take(at, |_| {});
    let mut runs = Runs::new(at, rows);
    while reader.read_byte_record(&mut record)? {
        let end = reader.position().byte();
        reader.get_ref().take(end - at, |bytes| runs.record_until(end, bytes));
        at = end;
    }
    Ok(runs.finish())
}

/// Text that passes through, and is kept until it is taken.
pub struct Kept<R> {
    text: R,
    kept: RefCell<Buffer>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    taken: usize,
}

impl<R> Kept<R> {
    pub fn new(text: R) -> Self {
        Kept { text, kept: RefCell::default() }
    }

    /// Takes the next bytes that passed.
    pub fn take(&self, count: u64, with: impl FnOnce(&[u8])) {
        let mut kept = self.kept.borrow_mut();
        let end = (kept.taken + count as usize).min(kept.bytes.len());
        with(&kept.bytes[kept.taken..end]);
        kept.taken = end;
    }
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.text.read(buffer)?;
        let kept = self.kept.get_mut();
        kept.bytes.drain(..kept.taken);
        kept.taken = 0;
        kept.bytes.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

/// Runs of `rows` values of JSON, the last with what is left.
///
/// # Errors
/// Text that cannot be read.
pub fn json(text: impl Read, rows: u64) -> Result<Vec<Run>> {
    let (mut values, mut runs, mut at) = (Values::new(text), Runs::new(0, rows), 0);
    while let Some(value) = values.next_value()? {
        at += value.len() as u64;
        runs.record_until(at, &value);
    }
    Ok(runs.finish())
}

/// The values of a text of JSON, one by one.
pub struct Values<R> {
    text: BufReader<R>,
}

impl<R: Read> Values<R> {
    pub fn new(text: R) -> Self {
        Values { text: BufReader::with_capacity(1 << 18, text) }
    }

    /// The bytes of the next value; `None` at the end of the text.
    ///
    /// # Errors
    /// Text that cannot be read.
    pub fn next_value(&mut self) -> Result<Option<Vec<u8>>> {
        let (mut value, mut found) = (Value::default(), Vec::new());
        loop {
            let bytes = self.text.fill_buf()?;
            if bytes.is_empty() {
                return Ok(value.has_begun.then_some(found));
            }
            let end = bytes.iter().position(|byte| value.ends_at(*byte));
            let count = end.map_or(bytes.len(), |end| end + 1);
            found.extend_from_slice(&bytes[..count]);
            self.text.consume(count);
            if end.is_some() {
                return Ok(Some(found));
            }
        }
    }
}

/// Follows one value of JSON after another.
#[derive(Debug, Default)]
struct Value {
    depth: usize,
    is_string: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Value {
    /// Whether a value ends with `byte`: an object or an array with its bracket, other text with its line.
    fn ends_at(&mut self, byte: u8) -> bool {
        if self.is_string {
            self.is_string = self.is_escaped || byte != b'"';
            self.is_escaped = !self.is_escaped && byte == b'\\';
            return false;
        }
        let has_ended = match byte {
            b'{' | b'[' => {
                self.depth += 1;
                false
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.depth == 0
            }
            b'"' => {
                self.is_string = true;
                false
            }
            b'\n' => self.depth == 0 && self.has_begun,
            _ => false,
        };
        self.has_begun = !has_ended && (self.has_begun || !byte.is_ascii_whitespace());
        has_ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, runs: Vec<Run>) -> Vec<(&str, u64)> {
        let of = |run: &Run| {
            let bytes = &text[run.start as usize..run.end as usize];
            assert_eq!(run.checksum.clone().finalize(), crc32fast::hash(bytes.as_bytes()), "{bytes}");
            (bytes, run.rows)
        };
        runs.iter().map(of).collect()
    }

    #[test]
    fn runs_are_joined_with_their_checksums() {
        let text: String = (0..50_000).map(|row| format!("{row},\"text\n{row}\"\n")).collect();
        let text = format!("id,text\n{text}");
        let mut runs = csv(text.as_bytes(), &Dialect::default(), 50).expect("runs");
        assert_eq!(texts(&text, runs.clone()).len(), 1000);
        let (first, others) = runs.split_at_mut(1);
        others.iter().for_each(|next| first[0].join(next));
        assert_eq!(texts(&text, vec![first[0].clone()])[0].1, 50_000);
    }

    #[test]
    fn csv_is_cut_outside_quotes() {
        let dialect = Dialect::default();
        let cut = |text, rows| csv(str::as_bytes(text), &dialect, rows).expect("runs");
        let text = "id,text\n1,\"a\n\"\"b\"\"\n\"\n2,c\r\n\n3,d";
        assert_eq!(texts(text, cut(text, 1)), [("1,\"a\n\"\"b\"\"\n\"\n", 1), ("2,c\r", 1), ("\n\n3,d", 1)]);
        assert_eq!(cut(text, 2).iter().map(|run| run.rows).collect::<Vec<_>>(), [2, 1]);
        assert!(cut("id,text\n", 2).is_empty());
        let text = "1;'a;\n'\n2;b";
        let dialect = Dialect { delimiter: b';', quote: b'\'', header: false, ..Dialect::default() };
        assert_eq!(texts(text, csv(text.as_bytes(), &dialect, 1).expect("runs")), [("1;'a;\n'\n", 1), ("2;b", 1)]);
    }

    #[test]
    fn json_is_cut_between_values() {
        let cut = |text, rows| texts(text, json(str::as_bytes(text), rows).expect("runs"));
        assert_eq!(
            cut("{\"a\":1}\n\n{\"a\":2}\n{\"a\":\"}\\\"{\"}", 2),
            [("{\"a\":1}\n\n{\"a\":2}", 2), ("\n{\"a\":\"}\\\"{\"}", 1)]
        );
        assert_eq!(cut("{\n \"a\": [1,\n {}]\n}\n{\n}\n", 1).len(), 2);
        assert_eq!(cut("{\"a\":1}{\"a\":2} 3\n", 1), [("{\"a\":1}", 1), ("{\"a\":2}", 1), (" 3\n", 1)]);
        assert_eq!(cut("{\"a\":", 1), [("{\"a\":", 1)]);
        assert_eq!(cut(" \n\t", 1), []);
    }
}
