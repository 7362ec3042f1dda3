//! Stored bytes as normalized text: decompressed, in UTF-8, without a byte order mark, and JSON arrays as lines.

use std::io::{Error, ErrorKind, Read, Result};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::arrays::Lines;
use super::quotes::Closed;
use crate::files::{InputFile, Kind};

/// Bytes that are decoded at once.
const BUFFER: usize = 1 << 16;

/// The normalized text of a file. The positions of records are counted in it.
///
/// # Errors
/// A compression that cannot be opened. Damaged frames and bytes that the encoding does not have are errors of reading.
pub fn text(stored: Box<dyn Read + Send>, file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let text = start_of_text(stored, file)?;
    Ok(match file.format.kind {
        // What a field is depends on the dialect.
        Kind::Csv => Box::new(Closed::new(text, &file.dialect)),
        _ => text,
    })
}

/// The same without a check of its end, for a file whose dialect is not known yet.
///
/// # Errors
/// As [`text`].
pub fn start_of_text(stored: Box<dyn Read + Send>, file: &InputFile) -> Result<Box<dyn Read + Send>> {
    let bytes = file.format.compression.decoded(stored)?;
    let text = utf8(bytes, file.encoding.as_deref())?;
    Ok(match file.format.kind {
        Kind::Json => Box::new(Lines::new(text)),
        _ => text,
    })
}

/// Bytes in the encoding of `label`, or in the one that their byte order mark names, as UTF-8 without the mark. Without
/// either they are passed on as they are.
fn utf8(mut bytes: Box<dyn Read + Send>, label: Option<&str>) -> Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    bytes.by_ref().take(3).read_to_end(&mut head)?;
    let mark = Encoding::for_bom(&head);
    let skip = mark.map_or(0, |(_, length)| length);
    let named = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = mark.map(|(encoding, _)| encoding).or(named).unwrap_or(UTF_8);
    let bytes = std::io::Cursor::new(head.split_off(skip)).chain(bytes);
    Ok(match encoding == UTF_8 {
        true => Box::new(bytes),
        false => Box::new(Transcoded {
            bytes,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: Vec::new(),
            used: 0,
            offset: skip as u64,
            is_end: false,
            output: Vec::new(),
            taken: 0,
        }),
    })
}

struct Transcoded<R> {
    bytes: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    /// Bytes as they were read, and how many of them are decoded.
    input: Vec<u8>,
    used: usize,
    /// Bytes decoded before, for messages.
    offset: u64,
    is_end: bool,
    /// Decoded text, and how much of it is passed on.
    output: Vec<u8>,
    taken: usize,
}

impl<R: Read> Transcoded<R> {
    fn decode(&mut self) -> Result<()> {
        if self.used == self.input.len() {
            self.input.resize(BUFFER, 0);
            let count = self.bytes.read(&mut self.input)?;
            self.input.truncate(count);
            (self.used, self.is_end) = (0, count == 0);
        }
        self.output.resize(BUFFER, 0);
        let input = &self.input[self.used..];
        let (result, used, written) =
            self.decoder.decode_to_utf8_without_replacement(input, &mut self.output, self.is_end);
        self.output.truncate(written);
        (self.taken, self.used, self.offset) = (0, self.used + used, self.offset + used as u64);
        match result {
            DecoderResult::Malformed(length, after) => {
                let at = self.offset.saturating_sub(u64::from(length) + u64::from(after));
                let reason = format!("byte {at} is not {}: expected another encoding", self.encoding.name());
                Err(Error::new(ErrorKind::InvalidData, reason))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.taken == self.output.len() && !self.is_end {
            self.decode()?;
        }
        let left = &self.output[self.taken..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

    use super::*;

    fn decoded(bytes: &[u8], label: Option<&str>) -> Result<String> {
        let mut text = String::new();
        utf8(Box::new(std::io::Cursor::new(bytes.to_vec())), label)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn marks_and_labels_name_the_encoding() {
        let text = "naïve, «straße» 東京 🚂\n".repeat(9000);
        assert_eq!(decoded(text.as_bytes(), None).expect("UTF-8"), text);
        assert_eq!(decoded(&[b"\xEF\xBB\xBF", text.as_bytes()].concat(), None).expect("UTF-8"), text);
        for label in [None, Some("windows-1252")] {
            assert_eq!(decoded(&utf16(&text, u16::to_le_bytes), label).expect("UTF-16LE"), text);
            assert_eq!(decoded(&utf16(&text, u16::to_be_bytes), label).expect("UTF-16BE"), text);
        }
        let western = "gr\u{fc}n \u{20ac} 5".repeat(30_000);
        let (bytes, ..) = WINDOWS_1252.encode(&western);
        assert_eq!(decoded(&bytes, Some("windows-1252")).expect("windows-1252"), western);
        assert_eq!(decoded(b"", None).expect("nothing"), "");
        assert_eq!(decoded(b"a", Some("utf-16le")).expect_err("half a unit").kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn bytes_that_the_encoding_does_not_have_are_named() {
        let (start, ..) = SHIFT_JIS.encode("東京");
        let error = decoded(&[&start[..], b"\xFF\xFF"].concat(), Some("shift_jis")).expect_err("not Shift JIS");
        assert!(error.to_string().starts_with("byte 4 is not Shift_JIS"), "{error}");
    }
}
