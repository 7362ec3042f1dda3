use std::sync::Arc;

use datafusion::common::GetExt;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;

/// How a file is read, by its name.
#[derive(Debug, Clone)]
pub struct Format {
    pub kind: Kind,
    pub compression: FileCompressionType,
    /// The whole ending, `.csv.gz`.
    pub extension: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Csv { delimiter: u8 },
    Json,
    Parquet,
}

const KINDS: [(&str, Kind); 6] = [
    (".csv", Kind::Csv { delimiter: b',' }),
    (".tsv", Kind::Csv { delimiter: b'\t' }),
    (".jsonl", Kind::Json),
    (".ndjson", Kind::Json),
    (".json", Kind::Json),
    (".parquet", Kind::Parquet),
];

const COMPRESSIONS: [FileCompressionType; 5] = [
    FileCompressionType::UNCOMPRESSED,
    FileCompressionType::GZIP,
    FileCompressionType::BZIP2,
    FileCompressionType::XZ,
    FileCompressionType::ZSTD,
];

/// What [`Format::of`] knows, for people.
pub fn endings() -> String {
    let kinds = KINDS.map(|(ending, _)| ending).join(", ");
    let compressions = COMPRESSIONS[1..].iter().map(GetExt::get_ext).collect::<Vec<_>>().join(", ");
    format!("{kinds}, or one of these and {compressions}")
}

impl Format {
    /// `None` where the name ends in nothing that is known.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let all = KINDS.into_iter().flat_map(|(ending, kind)| {
            COMPRESSIONS.map(|compression| Format {
                kind,
                compression,
                extension: format!("{ending}{}", compression.get_ext()),
            })
        });
        all.into_iter().find(|format| name.ends_with(&format.extension))
    }

    /// DataFusion's reader of it.
    pub fn reader(&self) -> Arc<dyn FileFormat> {
        match self.kind {
            // Quoted texts may hold newlines, at which a file must not be split.
            Kind::Csv { delimiter } => Arc::new(
                CsvFormat::default()
                    .with_has_header(true)
                    .with_delimiter(delimiter)
                    .with_newlines_in_values(true)
                    .with_file_compression_type(self.compression),
            ),
            Kind::Json => Arc::new(JsonFormat::default().with_file_compression_type(self.compression)),
            Kind::Parquet => Arc::new(ParquetFormat::default()),
        }
    }
}
