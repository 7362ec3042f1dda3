//! The wire format of protocol buffers: fields by number, without a schema. Lengths are checked against the bytes
//! that are there, and nothing is copied.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// The fields of one message, one by one. After an error there is nothing more.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

/// A field's number and its value.
pub(crate) type Field<'a> = (u64, Value<'a>);

pub(crate) fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = field(&mut self.rest);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, String> {
    let tag = varint(rest)?;
    let value = match tag & 7 {
        0 => Value::Varint(varint(rest)?),
        1 => Value::Fixed64(array(rest)?),
        2 => {
            let length = varint(rest)?;
            Value::Bytes(take(rest, length)?)
        }
        5 => Value::Fixed32(array(rest)?),
        kind => return Err(format!("field {} has wire type {kind}, expected 0, 1, 2 or 5", tag >> 3)),
    };
    Ok((tag >> 3, value))
}

/// Reads a number of seven bits a byte, and moves `rest` behind it.
pub(crate) fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = array(rest)?;
        if shift == 63 && byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number has more than 64 bits, expected a varint".to_owned())
}

/// Cuts off the first `length` bytes.
pub(crate) fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (taken, after) = split.ok_or_else(|| format!("the data ends after {} of {length} bytes", rest.len()))?;
    *rest = after;
    Ok(taken)
}

/// Cuts off the first `N` bytes.
pub(crate) fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], String> {
    let (taken, after) =
        rest.split_first_chunk().ok_or_else(|| format!("the data ends after {} of {N} bytes", rest.len()))?;
    *rest = after;
    Ok(*taken)
}

impl<'a> Value<'a> {
    pub(crate) fn number(self, what: &str) -> Result<u64, String> {
        match self {
            Value::Varint(number) => Ok(number),
            _ => Err(format!("{what} is not a varint, expected one")),
        }
    }

    pub(crate) fn bytes(self, what: &str) -> Result<&'a [u8], String> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(format!("{what} has no length, expected a text or message")),
        }
    }

    pub(crate) fn text(self, what: &str) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes(what)?).map_err(|_| format!("{what} is not UTF-8, expected a text"))
    }

    /// Appends the numbers of a repeated field, packed or not.
    pub(crate) fn numbers(self, what: &str, into: &mut Vec<u64>) -> Result<(), String> {
        let Value::Bytes(mut packed) = self else {
            into.push(self.number(what)?);
            return Ok(());
        };
        while !packed.is_empty() {
            into.push(varint(&mut packed)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, fields, varint};

    #[test]
    fn fields_are_read() {
        let message = [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8];
        let read: Vec<_> = fields(&message).map(|field| field.expect("a sound field")).collect();
        let expected = [
            (1, Value::Varint(150)),
            (2, Value::Bytes(b"hi")),
            (3, Value::Fixed32([1, 2, 3, 4])),
            (4, Value::Fixed64([1, 2, 3, 4, 5, 6, 7, 8])),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn broken_messages_are_errors() {
        let huge = [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, b'x'];
        for message in [&huge[..], &[0x0b], &[0x08], &[0x08, 0x80], &[0x1d, 1], &[0xff; 12]] {
            let last = fields(message).last().expect("a field");
            assert!(last.is_err(), "{message:?}: {last:?}");
        }
    }

    #[test]
    fn numbers_have_64_bits_at_most() {
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varint(&mut &most[..]), Ok(u64::MAX));
        assert!(varint(&mut &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02][..]).is_err());
    }

    #[test]
    fn repeated_numbers_are_packed_or_not() {
        let mut numbers = Vec::new();
        Value::Bytes(&[1, 0x80, 1]).numbers("dims", &mut numbers).expect("packed");
        Value::Varint(7).numbers("dims", &mut numbers).expect("single");
        assert_eq!(numbers, [1, 128, 7]);
    }
}
