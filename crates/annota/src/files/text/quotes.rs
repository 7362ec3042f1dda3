//! Quoted fields of CSV that are never closed. Parsers take the rest of the file for one field and say nothing.

use std::io::{Error, ErrorKind, Read, Result};

use super::csv::Dialect;

/// Text that passes as it is, and ends with an error if a quoted field is open then.
pub struct Closed<R> {
    text: R,
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    state: State,
    line: u64,
    /// The line on which the last quoted field began.
    opened: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// Behind the escape character within a quoted field.
    Escaped,
    /// Behind a quote within a quoted field: it ends the field, or begins a doubled quote.
    Quote,
}

impl<R> Closed<R> {
    pub fn new(text: R, dialect: &Dialect) -> Self {
        let Dialect { delimiter, quote, escape, .. } = *dialect;
        Closed { text, delimiter, quote, escape, state: State::FieldStart, line: 1, opened: 0 }
    }

    fn see(&mut self, byte: u8) {
        let outside = |byte| match byte {
            b'\n' | b'\r' => State::FieldStart,
            byte if byte == self.delimiter => State::FieldStart,
            _ => State::Plain,
        };
        self.state = match self.state {
            State::FieldStart if byte == self.quote => {
                self.opened = self.line;
                State::Quoted
            }
            State::FieldStart | State::Plain => outside(byte),
            State::Quoted if Some(byte) == self.escape => State::Escaped,
            State::Quoted if byte == self.quote => State::Quote,
            State::Quoted | State::Escaped => State::Quoted,
            State::Quote if byte == self.quote && self.escape.is_none() => State::Quoted,
            State::Quote => outside(byte),
        };
        self.line += u64::from(byte == b'\n');
    }
}

impl<R: Read> Read for Closed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.text.read(buffer)?;
        if count == 0 && !buffer.is_empty() && matches!(self.state, State::Quoted | State::Escaped) {
            let (line, quote) = (self.opened, char::from(self.quote));
            let reason =
                format!("line {line}: a quoted field is not closed until the end of the file: expected `{quote}`");
            return Err(Error::new(ErrorKind::UnexpectedEof, reason));
        }
        buffer[..count].iter().for_each(|byte| self.see(*byte));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: &Dialect) -> Result<String> {
        let mut found = String::new();
        Closed::new(text.as_bytes(), dialect).read_to_string(&mut found).map(|_| found)
    }

    #[test]
    fn fields_that_are_closed_pass() {
        let dialect = Dialect::default();
        for text in ["a,b\n1,\"x\n\"\"y\"\"\"", "a\n5\" disk\n", "a\n\"x\" y\"\n", "", "\"\"", "a,\"\"\n"] {
            assert_eq!(read(text, &dialect).expect("text"), text);
        }
        let escaped = Dialect { escape: Some(b'\\'), ..Dialect::default() };
        assert!(read("a\n\"x\\\"y\"\n", &escaped).is_ok());
    }

    #[test]
    fn fields_that_are_not_closed_are_told_with_their_line() {
        for text in ["a,b\n1,\"x\n2,y\n3,z\n", "a,b\n1,\"x\"\"\n"] {
            let error = read(text, &Dialect::default()).expect_err("open").to_string();
            assert!(error.starts_with("line 2: a quoted field is not closed"), "{error}");
        }
        assert!(read("a;b\n1;'x", &Dialect { delimiter: b';', quote: b'\'', ..Dialect::default() }).is_err());
    }
}
