use std::io::Read;
use std::str::FromStr;

use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The format of a file without its compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Csv,
    Json,
    Parquet,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

/// The format of a file by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Format {
    pub kind: Kind,
    /// The delimiter of CSV that the ending implies: a comma, or a tab for `.tsv`.
    pub delimiter: u8,
    pub compression: Compression,
}

const KINDS: [(&str, Kind, u8); 9] = [
    (".csv", Kind::Csv, b','),
    (".tsv", Kind::Csv, b'\t'),
    (".tab", Kind::Csv, b'\t'),
    (".jsonl", Kind::Json, b','),
    (".ndjson", Kind::Json, b','),
    (".json", Kind::Json, b','),
    (".parquet", Kind::Parquet, b','),
    (".parq", Kind::Parquet, b','),
    (".pq", Kind::Parquet, b','),
];

const COMPRESSIONS: [(&str, Compression); 8] = [
    (".gz", Compression::Gzip),
    (".gzip", Compression::Gzip),
    (".bz2", Compression::Bzip2),
    (".bzip2", Compression::Bzip2),
    (".xz", Compression::Xz),
    (".zst", Compression::Zstd),
    (".zstd", Compression::Zstd),
    ("", Compression::None),
];

/// The endings that [`Format::of`] knows, for messages.
pub fn endings() -> String {
    let kinds = KINDS.map(|(ending, ..)| ending).join(", ");
    format!("{kinds}, or one of the text formats and .gz, .bz2, .xz or .zst")
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Kind::Csv),
            "json" | "jsonl" | "ndjson" => Ok(Kind::Json),
            "parquet" => Ok(Kind::Parquet),
            _ => Err(Error::Pipeline(format!("input format `{name}` is not known: expected csv, json or parquet"))),
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Csv => "CSV",
            Kind::Json => "JSON",
            Kind::Parquet => "Parquet",
        })
    }
}

impl Compression {
    /// The compression that the ending of a name says, and the name without that ending.
    fn split(name: &str) -> (Compression, &str) {
        let found = COMPRESSIONS.into_iter().find_map(|(ending, it)| Some((it, name.strip_suffix(ending)?)));
        found.unwrap_or((Compression::None, name))
    }

    /// Decompresses all frames, streams or members of `bytes`.
    pub fn decoded(self, bytes: Box<dyn Read + Send>) -> std::io::Result<Box<dyn Read + Send>> {
        let decoder = match self {
            Compression::None => return Ok(bytes),
            Compression::Gzip => FileCompressionType::GZIP,
            Compression::Bzip2 => FileCompressionType::BZIP2,
            Compression::Xz => FileCompressionType::XZ,
            Compression::Zstd => FileCompressionType::ZSTD,
        };
        decoder.convert_read(bytes).map_err(std::io::Error::other)
    }

    /// The name that DataFusion has for it.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "uncompressed",
            Compression::Gzip => "gzip",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
            Compression::Zstd => "zstd",
        }
    }
}

impl Format {
    /// The format of a file with this name in any case of letters; `None` if the ending is not known.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (compression, rest) = Compression::split(&name);
        let (_, kind, delimiter) = KINDS.into_iter().find(|(ending, ..)| rest.ends_with(ending))?;
        // Parquet compresses its pages itself.
        (kind != Kind::Parquet || compression == Compression::None).then_some(Format { kind, delimiter, compression })
    }

    /// A file that is read as `kind` whatever its ending is; only its compression is taken from the name.
    pub fn forced(name: &str, kind: Kind) -> Self {
        let known = Format::of(name).filter(|known| known.kind == kind);
        let (compression, _) = Compression::split(&name.to_ascii_lowercase());
        let compression = if kind == Kind::Parquet { Compression::None } else { compression };
        known.unwrap_or(Format { kind, delimiter: b',', compression })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_read_in_any_case() {
        let of = |name: &str| Format::of(name).map(|it| (it.kind, it.delimiter, it.compression));
        assert_eq!(of("a.CSV"), Some((Kind::Csv, b',', Compression::None)));
        assert_eq!(of("a.Tsv.GZ"), Some((Kind::Csv, b'\t', Compression::Gzip)));
        assert_eq!(of("a.b.jsonl.zst"), Some((Kind::Json, b',', Compression::Zstd)));
        assert_eq!(of("part-0.snappy.parquet"), Some((Kind::Parquet, b',', Compression::None)));
        assert_eq!((of("a.parquet.gz"), of("a.txt"), of("csv")), (None, None, None));
        let forced = Format::forced("notes.txt.xz", Kind::Csv);
        assert_eq!((forced.kind, forced.delimiter, forced.compression), (Kind::Csv, b',', Compression::Xz));
        assert_eq!(Format::forced("a.tsv", Kind::Csv).delimiter, b'\t');
    }
}
