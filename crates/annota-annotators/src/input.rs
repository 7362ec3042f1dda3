use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};

use crate::columns::{is_annotations, is_text, map_type};
use crate::{AnnotatorType, annotations_type};

/// What a column must be to serve as an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text {
        name: &'static str,
    },
    /// A text, or a list of texts in which some may be NULL.
    Texts {
        name: &'static str,
    },
    /// A text, or a whole number that is read as one.
    Id {
        name: &'static str,
    },
    Integer {
        name: &'static str,
    },
    /// Names and values: `Map<Utf8, Utf8>`.
    Map {
        name: &'static str,
    },
    Annotations {
        name: &'static str,
        kind: AnnotatorType,
    },
    /// Annotations of whatever type.
    AnyAnnotations {
        name: &'static str,
    },
    /// A column that a call may leave out, or give as NULL. Calls have it behind the parameters, as a rule by name. A
    /// NULL in it does not make the row NULL.
    Optional(&'static Input),
}

impl Input {
    pub fn name(self) -> &'static str {
        match self {
            Input::Text { name }
            | Input::Texts { name }
            | Input::Id { name }
            | Input::Integer { name }
            | Input::Map { name }
            | Input::Annotations { name, .. }
            | Input::AnyAnnotations { name } => name,
            Input::Optional(input) => input.name(),
        }
    }

    pub fn is_optional(self) -> bool {
        matches!(self, Input::Optional(_))
    }

    /// What its annotations must be, if it is particular.
    pub fn kind(self) -> Option<AnnotatorType> {
        match self {
            Input::Annotations { kind, .. } => Some(kind),
            Input::Optional(input) => input.kind(),
            _ => None,
        }
    }

    /// Whether it is a column of annotations.
    pub fn is_of_annotations(self) -> bool {
        match self {
            Input::Optional(input) => input.is_of_annotations(),
            _ => matches!(self, Input::Annotations { .. } | Input::AnyAnnotations { .. }),
        }
    }

    /// What it expects, for people.
    pub fn expects(self) -> String {
        match self {
            Input::Text { .. } => "text".to_owned(),
            Input::Texts { .. } => "text or a list of texts".to_owned(),
            Input::Id { .. } => "text or a whole number".to_owned(),
            Input::Integer { .. } => "a whole number".to_owned(),
            Input::Map { .. } => "a map of texts to texts".to_owned(),
            Input::Annotations { kind, .. } => format!("an annotation column of type `{kind}`"),
            Input::AnyAnnotations { .. } => "an annotation column".to_owned(),
            Input::Optional(input) => format!("{}, or nothing", input.expects()),
        }
    }

    /// The type that a call's documentation shows.
    pub fn shown_type(self) -> DataType {
        match self {
            Input::Text { .. } | Input::Texts { .. } | Input::Id { .. } => DataType::Utf8,
            Input::Integer { .. } => DataType::Int64,
            Input::Map { .. } => map_type(),
            Input::Annotations { .. } | Input::AnyAnnotations { .. } => annotations_type(),
            Input::Optional(input) => input.shown_type(),
        }
    }

    /// The type that a column of type `found` is cast to before it is read; `None` if it cannot serve.
    pub fn coerced(self, found: &DataType) -> Option<DataType> {
        match self {
            Input::Optional(_) if found.is_null() => Some(DataType::Null),
            Input::Optional(input) => input.coerced(found),
            Input::Text { .. } => text(found),
            Input::Texts { .. } => text(found).or_else(|| list_of_texts(found)),
            Input::Id { .. } => text(found).or_else(|| found.is_integer().then_some(DataType::Utf8)),
            Input::Integer { .. } => (found.is_integer() || found.is_null()).then_some(DataType::Int64),
            Input::Map { .. } => map_of_texts(found),
            Input::Annotations { .. } | Input::AnyAnnotations { .. } if found.is_null() => Some(annotations_type()),
            Input::Annotations { .. } | Input::AnyAnnotations { .. } => is_annotations(found).then(|| found.clone()),
        }
    }
}

fn text(found: &DataType) -> Option<DataType> {
    match found {
        DataType::Null => Some(DataType::Utf8),
        DataType::Dictionary(_, value) => is_text(value).then(|| value.as_ref().clone()),
        found => is_text(found).then(|| found.clone()),
    }
}

/// Lists of 32 or 64 bits stay what they are, unless their elements must be cast.
fn list_of_texts(found: &DataType) -> Option<DataType> {
    let of = |item: &FieldRef| Some(Arc::new(Field::new(item.name(), text(item.data_type())?, true)));
    match found {
        DataType::List(item) | DataType::FixedSizeList(item, _) => Some(DataType::List(of(item)?)),
        DataType::LargeList(item) => Some(DataType::LargeList(of(item)?)),
        _ => None,
    }
}

/// A map of texts, or one without any value, stays what it is.
fn map_of_texts(found: &DataType) -> Option<DataType> {
    let DataType::Map(entries, _) = found else { return found.is_null().then(map_type) };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    let (key, value) = (fields.first()?.data_type(), fields.get(1)?.data_type());
    (is_text(key) && (is_text(value) || value.is_null())).then(|| found.clone())
}
