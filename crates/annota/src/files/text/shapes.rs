//! The types of JSON: what Arrow type holds all values of a key without changing one.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What is known of the values of a key.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shape {
    /// Only null so far.
    #[default]
    Null,
    Boolean,
    /// Whole numbers that `i64` holds, none of them below 0.
    Natural,
    /// Whole numbers that `i64` holds.
    Integer,
    /// Whole numbers that `u64` holds, one of them above `i64::MAX`.
    Unsigned,
    Float,
    Text,
    List(Box<Shape>),
    Struct(Keys),
    /// Values that no other type holds together. They are kept as JSON.
    Mixed,
}

/// Keys in the order in which they appear.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keys {
    names: Vec<String>,
    shapes: HashMap<String, Shape>,
}

impl Keys {
    pub fn add(&mut self, name: &str, shape: Shape) {
        match self.shapes.get_mut(name) {
            Some(known) => known.merge(shape),
            None => {
                self.names.push(name.to_owned());
                self.shapes.insert(name.to_owned(), shape);
            }
        }
    }

    pub fn join(&mut self, mut other: Keys) {
        for name in std::mem::take(&mut other.names) {
            let shape = other.shapes.remove(&name).unwrap_or_default();
            self.add(&name, shape);
        }
    }

    pub fn fields(&self) -> Vec<FieldRef> {
        let field = |name: &String| Arc::new(Field::new(name, self.shapes[name].data_type(), true));
        self.names.iter().map(field).collect()
    }

    /// The keys with values that a column of texts takes only as JSON.
    pub fn not_texts(&self) -> impl Iterator<Item = &String> {
        self.names.iter().filter(|name| !matches!(self.shapes[*name], Shape::Null | Shape::Text))
    }
}

impl Shape {
    /// The shape of one value.
    ///
    /// # Errors
    /// What is no JSON.
    pub fn of(value: &RawValue) -> serde_json::Result<Self> {
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(Shape::of_number(text)),
            Some(b'"') => Ok(Shape::Text),
            _ => serde_json::from_str(text),
        }
    }

    fn of_number(text: &str) -> Self {
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        match is_whole {
            true if text.starts_with('-') && text.parse::<i64>().is_ok() => Shape::Integer,
            true if text.parse::<i64>().is_ok() => Shape::Natural,
            true if text.parse::<u64>().is_ok() => Shape::Unsigned,
            true => Shape::Mixed,
            false => Shape::Float,
        }
    }

    fn merge(&mut self, other: Shape) {
        *self = match (std::mem::take(self), other) {
            (Shape::Null, shape) | (shape, Shape::Null) => shape,
            (Shape::Natural, Shape::Integer) | (Shape::Integer, Shape::Natural) => Shape::Integer,
            (Shape::Natural, Shape::Unsigned) | (Shape::Unsigned, Shape::Natural) => Shape::Unsigned,
            (Shape::Natural | Shape::Integer, Shape::Float) | (Shape::Float, Shape::Natural | Shape::Integer) => {
                Shape::Float
            }
            (Shape::List(mut known), Shape::List(other)) => {
                known.merge(*other);
                Shape::List(known)
            }
            (Shape::Struct(mut known), Shape::Struct(other)) => {
                known.join(other);
                Shape::Struct(known)
            }
            (known, other) if known == other => known,
            _ => Shape::Mixed,
        };
    }

    fn is_mixed(&self) -> bool {
        match self {
            Shape::Mixed => true,
            Shape::List(shape) => shape.is_mixed(),
            // Parquet has no structs without fields.
            Shape::Struct(keys) => keys.names.is_empty() || keys.shapes.values().any(Shape::is_mixed),
            _ => false,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            shape if shape.is_mixed() => DataType::Utf8,
            Shape::Boolean => DataType::Boolean,
            Shape::Natural | Shape::Integer => DataType::Int64,
            Shape::Unsigned => DataType::UInt64,
            Shape::Float => DataType::Float64,
            Shape::List(shape) => DataType::List(Arc::new(Field::new_list_field(shape.data_type(), true))),
            Shape::Struct(keys) => DataType::Struct(keys.fields().into()),
            Shape::Null | Shape::Text | Shape::Mixed => DataType::Utf8,
        }
    }
}

/// Values within lists and objects.
impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape::Boolean)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape::Integer)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Shape, E> {
                Ok(if i64::try_from(number).is_ok() { Shape::Natural } else { Shape::Unsigned })
            }

            fn visit_f64<E>(self, number: f64) -> Result<Shape, E> {
                // It may have been written as a whole number, which a float would change.
                let is_large = number.fract() == 0.0 && number.abs() >= u64::MAX as f64;
                Ok(if is_large { Shape::Mixed } else { Shape::Float })
            }

            fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape::Text)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Shape, A::Error> {
                let mut all = Shape::Null;
                while let Some(shape) = values.next_element()? {
                    all.merge(shape);
                }
                Ok(Shape::List(Box::new(all)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Shape, A::Error> {
                let mut keys = Keys::default();
                while let Some((name, shape)) = entries.next_entry::<String, Shape>()? {
                    keys.add(&name, shape);
                }
                Ok(Shape::Struct(keys))
            }
        }

        deserializer.deserialize_any(Values)
    }
}
