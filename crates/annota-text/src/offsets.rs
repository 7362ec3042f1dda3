use std::str::FromStr;

use crate::{SettingError, named};

/// What `begin` and `end` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OffsetUnit {
    /// UTF-16 code units, as Java's and Spark NLP's strings count.
    #[default]
    Utf16,
    /// Unicode code points, as Python's strings count.
    Codepoint,
    /// Bytes of UTF-8.
    Byte,
}

const NAMES: [(&str, OffsetUnit); 3] =
    [("utf16", OffsetUnit::Utf16), ("codepoint", OffsetUnit::Codepoint), ("byte", OffsetUnit::Byte)];

impl OffsetUnit {
    /// Length of a text in this unit.
    pub fn count(self, text: &str) -> usize {
        match self {
            OffsetUnit::Byte => text.len(),
            _ if text.is_ascii() => text.len(),
            OffsetUnit::Codepoint => text.chars().count(),
            OffsetUnit::Utf16 => text.bytes().map(utf16_units).sum(),
        }
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, unit)| *unit == self).map_or("", |(name, _)| name)
    }
}

/// UTF-16 units that begin at this byte of UTF-8: two for the lead of four bytes, none for the bytes that follow.
fn utf16_units(byte: u8) -> usize {
    usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)
}

impl FromStr for OffsetUnit {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        named("offsets", &NAMES, text)
    }
}

/// Translates places of one text, both ways, walking on from the last place asked for; places that come in order
/// cost one walk over the text in all.
#[derive(Debug, Clone)]
pub struct OffsetCursor<'a> {
    text: &'a str,
    unit: OffsetUnit,
    byte: usize,
    offset: usize,
    /// From `byte` on as far as here every byte is one in the unit.
    even: usize,
}

impl<'a> OffsetCursor<'a> {
    pub fn new(text: &'a str, unit: OffsetUnit) -> Self {
        let mut cursor = OffsetCursor { text, unit, byte: 0, offset: 0, even: 0 };
        cursor.even = cursor.even_from(0);
        cursor
    }

    /// The end of the bytes from a place on that are one each in the unit: those of ASCII.
    fn even_from(&self, byte: usize) -> usize {
        if self.unit == OffsetUnit::Byte {
            return self.text.len();
        }
        let rest = &self.text.as_bytes()[byte..];
        byte + rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len())
    }

    /// The offset of a byte, which must be a character boundary.
    pub fn offset_of(&mut self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        if (self.byte..=self.even).contains(&byte) {
            return self.offset + (byte - self.byte);
        }
        if byte < self.byte {
            (self.byte, self.offset) = (0, 0);
        }
        let between = self.text.get(self.byte..byte).unwrap_or_default();
        self.offset += self.unit.count(between);
        self.byte += between.len();
        self.even = self.even_from(self.byte);
        self.offset
    }

    /// The byte at an offset; the start of the character that an offset falls into, the end of the text beyond it.
    pub fn byte_of(&mut self, offset: usize) -> usize {
        if self.unit == OffsetUnit::Byte {
            return self.text.floor_char_boundary(offset);
        }
        if (self.offset..=self.offset + (self.even - self.byte)).contains(&offset) {
            return self.byte + (offset - self.offset);
        }
        if offset < self.offset {
            (self.byte, self.offset) = (0, 0);
        }
        for character in self.text.get(self.byte..).unwrap_or_default().chars() {
            let width = if self.unit == OffsetUnit::Utf16 { character.len_utf16() } else { 1 };
            if self.offset + width > offset {
                break;
            }
            self.offset += width;
            self.byte += character.len_utf8();
        }
        self.even = self.even_from(self.byte);
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{OffsetCursor, OffsetUnit};

    #[test]
    fn units_differ_beyond_ascii() {
        let text = "a😀é\u{301}b";
        let counts = ["utf16", "codepoint", "byte"].map(|unit| unit.parse::<OffsetUnit>().map(|unit| unit.count(text)));
        assert_eq!(counts, [Ok(6), Ok(5), Ok(10)]);
        assert_eq!(OffsetCursor::new(text, OffsetUnit::Utf16).byte_of(2), 1, "inside the surrogate pair");
    }

    proptest! {
        #[test]
        fn offsets_lead_back_to_their_bytes(text: String, places in proptest::collection::vec(any::<prop::sample::Index>(), 1..20)) {
            let boundaries: Vec<usize> = (0..=text.len()).filter(|&byte| text.is_char_boundary(byte)).collect();
            for unit in [OffsetUnit::Utf16, OffsetUnit::Codepoint, OffsetUnit::Byte] {
                let (mut forth, mut back) = (OffsetCursor::new(&text, unit), OffsetCursor::new(&text, unit));
                for place in &places {
                    let byte = *place.get(&boundaries);
                    let offset = forth.offset_of(byte);
                    prop_assert_eq!(offset, unit.count(&text[..byte]));
                    prop_assert_eq!(back.byte_of(offset), byte);
                }
            }
        }
    }
}
