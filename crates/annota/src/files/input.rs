use std::fmt;

use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::path::Path;
use datafusion::object_store::{self, ObjectMeta};
use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

use super::text::Dialect;
use super::{Compression, Format, Kind};
use crate::Result;

/// A file of an input, with all that a process has to know to read it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputFile {
    /// `file:///` or `s3://bucket/`.
    pub store: String,
    /// The path in its store.
    pub path: String,
    /// Stored bytes.
    pub size: u64,
    /// When it was changed, in microseconds since 1970.
    pub modified: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub etag: Option<String>,
    pub format: Format,
    /// The encoding of its text; `None` for UTF-8, or what its byte order mark says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encoding: Option<String>,
    #[serde(default)]
    pub dialect: Dialect,
    /// The columns of CSV in the order of the file.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<String>,
    /// Columns of texts in which JSON has other values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub as_json: Vec<String>,
    /// Whether all its records were looked at for the columns.
    #[serde(default)]
    pub is_known: bool,
    /// Where the normalized text begins in the stored bytes; `None` if these are no UTF-8, are compressed, or are an array.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plain_from: Option<u64>,
    /// The values of the folder's columns, as `year=2026` has them; `None` for NULL.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub partition: Vec<Option<String>>,
}

impl InputFile {
    pub(super) fn new(store: &ObjectStoreUrl, meta: &ObjectMeta, format: Format) -> Self {
        InputFile {
            store: store.as_str().to_owned(),
            path: meta.location.to_string(),
            size: meta.size,
            modified: meta.last_modified.timestamp_micros(),
            etag: meta.e_tag.clone(),
            format,
            encoding: None,
            dialect: Dialect { delimiter: format.delimiter, ..Dialect::default() },
            columns: Vec::new(),
            as_json: Vec::new(),
            is_known: true,
            plain_from: None,
            partition: Vec::new(),
        }
    }

    /// A file of Parquet.
    pub fn parquet(store: &ObjectStoreUrl, meta: &ObjectMeta) -> Self {
        let format = Format { kind: Kind::Parquet, delimiter: b',', compression: Compression::None };
        InputFile::new(store, meta, format)
    }

    /// # Errors
    /// A store that is no URL.
    pub fn store(&self) -> Result<ObjectStoreUrl> {
        Ok(ObjectStoreUrl::parse(&self.store)?)
    }

    /// # Errors
    /// A path that stores do not have.
    pub fn location(&self) -> Result<Path> {
        Ok(Path::parse(&self.path).map_err(|error| DataFusionError::from(object_store::Error::from(error)))?)
    }

    /// # Errors
    /// As [`InputFile::location`].
    pub fn meta(&self) -> Result<ObjectMeta> {
        Ok(ObjectMeta {
            location: self.location()?,
            last_modified: chrono::DateTime::from_timestamp_micros(self.modified).unwrap_or_default(),
            size: self.size,
            e_tag: self.etag.clone(),
            version: None,
        })
    }

    /// Where the normalized text begins in the stored bytes, if these are the text from there on. `stored` are the first
    /// bytes.
    pub(super) fn plain_text(&self, stored: &[u8]) -> Option<u64> {
        let mark = Encoding::for_bom(stored);
        let is_utf8 = match mark {
            Some((encoding, _)) => encoding == UTF_8,
            None => self.encoding.as_deref().is_none_or(|name| name == UTF_8.name()),
        };
        let skip = mark.map_or(0, |(_, length)| length);
        let first = stored[skip..].iter().find(|byte| !byte.is_ascii_whitespace());
        let is_lines = self.format.kind != Kind::Json || first.is_some_and(|byte| *byte != b'[');
        (self.format.compression == Compression::None && is_utf8 && is_lines).then_some(skip as u64)
    }
}

impl fmt::Display for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.store.as_str() {
            "file:///" => write!(f, "/{}", self.path),
            store => write!(f, "{store}{}", self.path),
        }
    }
}
