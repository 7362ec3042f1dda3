//! Java's serialisation, as far as pairs of texts and numbers need it.

use std::rc::Rc;

use crate::import::error::one_line;
use crate::protobuf::{array, take};

/// A value of the stream. Objects are the values of their fields, those of the parent class first.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Java {
    Null,
    Number(i64),
    Text(Rc<str>),
    Object(Rc<[Java]>),
    Array(Rc<[Java]>),
}

/// What a class says about its objects.
struct Class {
    /// The types of the fields, by their first letters.
    fields: Vec<u8>,
    parent: Option<Rc<Class>>,
    /// The type of the elements, when it is an array's.
    element: Option<u8>,
}

/// Something that the stream may refer to.
#[derive(Clone)]
enum Handle {
    Class(Rc<Class>),
    Value(Java),
}

struct Reader<'a> {
    rest: &'a [u8],
    handles: Vec<Handle>,
}

const DEEPEST: usize = 16;
const FIRST_HANDLE: u32 = 0x7e_0000;

/// Reads the first value of a stream.
pub(super) fn value(stream: &[u8]) -> Result<Java, String> {
    let mut reader = Reader { rest: stream, handles: Vec::new() };
    if array(&mut reader.rest)? != [0xac, 0xed, 0, 5] {
        return Err("its beginning is not that of serialised Java objects, expected a stream of version 5".to_owned());
    }
    reader.value(0)
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, String> {
        array(&mut self.rest).map(|[byte]| byte)
    }

    fn utf(&mut self) -> Result<Rc<str>, String> {
        let length = u16::from_be_bytes(array(&mut self.rest)?);
        text(take(&mut self.rest, length.into())?)
    }

    fn handle(&mut self) -> Result<Handle, String> {
        let number = u32::from_be_bytes(array(&mut self.rest)?);
        let handle =
            number.checked_sub(FIRST_HANDLE).and_then(|number| self.handles.get(usize::try_from(number).ok()?));
        handle.cloned().ok_or_else(|| format!("an object refers to {number:#x}, expected one before it"))
    }

    /// Keeps a place for an object before its contents are read; only they could refer to it.
    fn reserve(&mut self) -> usize {
        self.handles.push(Handle::Value(Java::Null));
        self.handles.len() - 1
    }

    fn fill(&mut self, place: usize, handle: Handle) {
        if let Some(reserved) = self.handles.get_mut(place) {
            *reserved = handle;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Java, String> {
        if depth > DEEPEST {
            return Err(format!("objects lie more than {DEEPEST} deep in each other, expected pairs"));
        }
        let kind = self.byte()?;
        let value = match kind {
            0x70 => return Ok(Java::Null),
            0x71 => {
                return match self.handle()? {
                    Handle::Value(value) => Ok(value),
                    Handle::Class(_) => Err("a class stands where a value is expected".to_owned()),
                };
            }
            0x74 => {
                let place = self.reserve();
                (place, Java::Text(self.utf()?))
            }
            0x73 => {
                let class = self.class(depth)?;
                let place = self.reserve();
                let mut values = Vec::new();
                self.fields(&class, &mut values, depth)?;
                (place, Java::Object(values.into()))
            }
            0x75 => {
                let class = self.class(depth)?;
                let place = self.reserve();
                let element = class.element.ok_or("an array has a class that is none, expected one of objects")?;
                let size = u32::from_be_bytes(array(&mut self.rest)?);
                let mut values = Vec::new();
                for _ in 0..size {
                    values.push(self.field(element, depth)?);
                }
                (place, Java::Array(values.into()))
            }
            kind => return Err(format!("a value is of kind {kind:#x}, expected a text, an object or an array")),
        };
        self.fill(value.0, Handle::Value(value.1.clone()));
        Ok(value.1)
    }

    fn class(&mut self, depth: usize) -> Result<Rc<Class>, String> {
        self.class_or_none(depth)?.ok_or_else(|| "an object has no class, expected one".to_owned())
    }

    fn class_or_none(&mut self, depth: usize) -> Result<Option<Rc<Class>>, String> {
        if depth > DEEPEST {
            return Err(format!("a class has more than {DEEPEST} parents, expected pairs"));
        }
        match self.byte()? {
            0x70 => return Ok(None),
            0x71 => {
                return match self.handle()? {
                    Handle::Class(class) => Ok(Some(class)),
                    Handle::Value(_) => Err("a value stands where a class is expected".to_owned()),
                };
            }
            0x72 => {}
            kind => return Err(format!("a class is of kind {kind:#x}, expected a description")),
        }
        let name = self.utf()?;
        let _version = array::<8>(&mut self.rest)?;
        let place = self.reserve();
        // Plain fields; nothing that a class has written by itself.
        let flags = self.byte()?;
        if flags != 2 {
            return Err(format!("class `{}` has flags {flags}, expected 2", one_line(&name)));
        }
        let mut fields = Vec::new();
        for _ in 0..u16::from_be_bytes(array(&mut self.rest)?) {
            let kind = self.byte()?;
            self.utf()?;
            if matches!(kind, b'L' | b'[') {
                self.value(depth + 1)?;
            }
            fields.push(kind);
        }
        if self.byte()? != 0x78 {
            return Err(format!("class `{}` has annotations, expected none", one_line(&name)));
        }
        let parent = self.class_or_none(depth + 1)?;
        let element = name.strip_prefix('[').and_then(|name| name.bytes().next());
        let class = Rc::new(Class { fields, parent, element });
        self.fill(place, Handle::Class(class.clone()));
        Ok(Some(class))
    }

    fn fields(&mut self, class: &Class, into: &mut Vec<Java>, depth: usize) -> Result<(), String> {
        if let Some(parent) = &class.parent {
            self.fields(parent, into, depth)?;
        }
        for kind in &class.fields {
            into.push(self.field(*kind, depth)?);
        }
        Ok(())
    }

    fn field(&mut self, kind: u8, depth: usize) -> Result<Java, String> {
        match kind {
            b'I' => Ok(Java::Number(i32::from_be_bytes(array(&mut self.rest)?).into())),
            b'J' => Ok(Java::Number(i64::from_be_bytes(array(&mut self.rest)?))),
            b'L' | b'[' => self.value(depth + 1),
            kind => Err(format!("a field has type `{}`, expected int, long or an object", kind.escape_ascii())),
        }
    }
}

/// Java's own UTF-8: zero in two bytes, and every half of a surrogate pair in three.
fn text(bytes: &[u8]) -> Result<Rc<str>, String> {
    let mut units = Vec::new();
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let (unit, after) = match (first >> 4, after) {
            (0..=7, after) => (u16::from(*first), after),
            (12 | 13, [second, after @ ..]) => (u16::from(first & 0x1f) << 6 | u16::from(second & 0x3f), after),
            (14, [second, third, after @ ..]) => {
                let unit = u16::from(first & 0x0f) << 12 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f);
                (unit, after)
            }
            _ => return Err("a text is not in Java's UTF-8".to_owned()),
        };
        units.push(unit);
        rest = after;
    }
    String::from_utf16(&units).map(Rc::from).map_err(|_| "a text has half a surrogate pair".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{text, value};

    #[test]
    fn javas_texts_are_read() {
        assert_eq!(text(&[b'a', 0xc0, 0x80, 0xc3, 0xa9]).as_deref(), Ok("a\0é"));
        assert_eq!(text(&[0xed, 0xa0, 0xb5, 0xed, 0xb4, 0x98]).as_deref(), Ok("𝔘"));
        for broken in [&[0xc3][..], &[0xed, 0xa0, 0xb5], &[0xff]] {
            assert!(text(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn endless_streams_are_errors() {
        let start = [0xac, 0xed, 0, 5];
        let object = [0x73, 0x72, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, b'L', 0, 0];
        assert!(value(&[&start[..], &object.repeat(100_000)].concat()).is_err());
        let array = [0x75, 0x72, 0, 2, b'[', b'L', 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0x78, 0x70, 0xff, 0xff, 0xff, 0xff];
        assert!(value(&[&start[..], &array].concat()).is_err_and(|reason| reason.contains("ends after")));
    }
}
