//! A JSON array of objects as the objects, one after another: `[{…},{…}]` becomes `{…}` and `{…}` on lines of their own.

use std::io::{Error, ErrorKind, Read, Result};

/// Text in which an array around all values is taken away. Text that does not begin with `[` passes as it is.
pub struct Lines<R> {
    text: R,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only white space so far.
    Start,
    /// No array: everything passes.
    Passing,
    Array {
        /// Brackets and braces that are open within the array.
        depth: usize,
        is_string: bool,
        /// Whether the last byte of a string was a backslash that escapes the next byte.
        is_escaped: bool,
    },
    /// Behind the array.
    End,
}

impl<R> Lines<R> {
    pub fn new(text: R) -> Self {
        Lines { text, state: State::Start }
    }
}

impl State {
    /// The byte that replaces `byte`, and the state behind it.
    fn next(self, byte: u8) -> (u8, State) {
        match self {
            State::Start if byte == b'[' => (b' ', State::Array { depth: 0, is_string: false, is_escaped: false }),
            State::Start if byte.is_ascii_whitespace() => (byte, State::Start),
            State::Start | State::Passing => (byte, State::Passing),
            State::End => (byte, State::End),
            State::Array { depth, is_string: true, is_escaped } => {
                let is_string = is_escaped || byte != b'"';
                (byte, State::Array { depth, is_string, is_escaped: !is_escaped && byte == b'\\' })
            }
            State::Array { depth, .. } => {
                let inside = |depth, is_string| State::Array { depth, is_string, is_escaped: false };
                match (byte, depth) {
                    (b',', 0) => (b'\n', inside(0, false)),
                    (b']', 0) => (b'\n', State::End),
                    // Line breaks within an object would look like the ends of records.
                    (b'\n' | b'\r', _) => (b' ', inside(depth, false)),
                    (b'"', _) => (byte, inside(depth, true)),
                    (b'{' | b'[', _) => (byte, inside(depth + 1, false)),
                    (b'}' | b']', _) => (byte, inside(depth.saturating_sub(1), false)),
                    _ => (byte, inside(depth, false)),
                }
            }
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.text.read(buffer)?;
        if count == 0 && !buffer.is_empty() && matches!(self.state, State::Array { .. }) {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the file ends within a JSON array: expected `]`"));
        }
        if self.state != State::Passing {
            for byte in &mut buffer[..count] {
                (*byte, self.state) = self.state.next(*byte);
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let mut found = String::new();
        // Byte by byte, so that the state is kept between reads.
        let mut reader = Lines::new(text.as_bytes());
        let mut byte = [0];
        while reader.read(&mut byte).expect("text") > 0 {
            found.push(char::from(byte[0]));
        }
        found
    }

    #[test]
    fn arrays_become_lines() {
        assert_eq!(lines("[{\"a\":1},{\"a\":2}]").trim(), "{\"a\":1}\n{\"a\":2}");
        assert_eq!(lines("\n[\n {\"a\": [1,\n2], \"b\": \"x],\\\"{\"},\n {}\n]\n").split_whitespace().count(), 6);
        assert_eq!(lines("[{\"a\":\"\\\\\"},{\"b\":1}]").trim(), "{\"a\":\"\\\\\"}\n{\"b\":1}");
        assert_eq!(lines("[]").trim(), "");
    }

    #[test]
    fn an_array_that_is_cut_short_is_an_error() {
        let mut reader = Lines::new("[{\"a\":1},".as_bytes());
        let error = reader.read_to_end(&mut Vec::new()).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn other_text_passes() {
        for text in ["{\"a\":[1,2]}\n{\"a\":[]}\n", "", "  {\"a\n\":1}", "oops [1]"] {
            assert_eq!(lines(text), text);
        }
    }
}
