use std::path::Path;

use annota::{Error, Result, Session};
use datafusion::common::GetExt;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::options::JsonReadOptions;
use datafusion::prelude::{CsvReadOptions, ParquetReadOptions};

/// How a file is read, by its name.
struct Format {
    kind: Kind,
    compression: FileCompressionType,
    /// The whole ending, `.csv.gz`.
    extension: String,
}

#[derive(Clone, Copy)]
enum Kind {
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

impl Format {
    fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let endings =
            KINDS.into_iter().flat_map(|(ending, kind)| COMPRESSIONS.map(|compression| (ending, kind, compression)));
        endings
            .map(|(ending, kind, compression)| Format {
                kind,
                compression,
                extension: format!("{ending}{}", compression.get_ext()),
            })
            .find(|format| name.ends_with(&format.extension))
    }
}

/// The rows of files or folders of one format, in CSV with a header line.
///
/// # Errors
/// No such file, or an ending that says nothing of its format.
pub async fn open_input(session: &Session, paths: &[String]) -> Result<DataFrame> {
    let Some(first) = paths.first() else {
        return Err(Error::Pipeline("no input: expected a file or a folder".to_owned()));
    };
    let mut named = first.clone();
    for path in paths {
        if path.contains("://") {
            continue;
        }
        let local = Path::new(path);
        let entry = std::fs::metadata(local).map_err(|error| Error::Pipeline(format!("input `{path}`: {error}")))?;
        if entry.is_dir() {
            named = first_file(local)?.unwrap_or(named);
        }
    }
    let format = Format::of(&named).ok_or_else(|| {
        let endings = KINDS.map(|(ending, _)| ending).join(", ");
        Error::Pipeline(format!("input `{named}`: its format is not known: expected a name that ends in {endings}, or one of these and .gz, .bz2, .xz, .zst"))
    })?;
    read(session, paths.to_vec(), &format).await
}

async fn read(session: &Session, paths: Vec<String>, format: &Format) -> Result<DataFrame> {
    let context = session.context();
    Ok(match format.kind {
        Kind::Csv { delimiter } => {
            // Quoted texts may hold newlines, at which a file must not be split.
            let options = CsvReadOptions::new()
                .delimiter(delimiter)
                .newlines_in_values(true)
                .file_compression_type(format.compression)
                .file_extension(&format.extension);
            context.read_csv(paths, options).await?
        }
        Kind::Json => {
            let options =
                JsonReadOptions::default().file_compression_type(format.compression).file_extension(&format.extension);
            context.read_json(paths, options).await?
        }
        Kind::Parquet => context.read_parquet(paths, ParquetReadOptions::default()).await?,
    })
}

/// The first file of a folder whose format is known.
fn first_file(folder: &Path) -> Result<Option<String>> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with(['.', '_']) && Format::of(name).is_some())
        .collect();
    names.sort();
    Ok(names.into_iter().next())
}
