use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use annota::{Error, Result};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;

use super::Job;
use super::provenance::{Fact, check};

/// Written last: where it stands, the output is whole.
pub const SUCCESS: &str = "_SUCCESS";

/// Bytes that a row group may hold before it is written.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// One Parquet file of the output, under another name until it is whole.
pub struct PartWriter {
    writer: ArrowWriter<File>,
    aside: PathBuf,
    path: PathBuf,
    pub rows: u64,
    pub time: Duration,
}

impl PartWriter {
    pub fn create(folder: &Path, part: usize, schema: SchemaRef, facts: &[Fact]) -> Result<Self> {
        let path = folder.join(format!("part-{part:05}.parquet"));
        let aside = folder.join(format!(".part-{part:05}.parquet.writing"));
        let facts = facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(facts.collect()));
        // Vectors neither repeat nor compress; a dictionary of them costs memory for nothing.
        for field in schema.fields().iter().filter(|field| field.data_type().is_nested()) {
            let leaf = ColumnPath::new(vec![field.name().clone(), "list".to_owned(), "item".to_owned()]);
            properties = properties
                .set_column_dictionary_enabled(leaf.clone(), false)
                .set_column_compression(leaf, Compression::UNCOMPRESSED);
        }
        let file = File::create(&aside).map_err(|error| unwritable(&aside, &error))?;
        let writer = ArrowWriter::try_new(file, schema, Some(properties.build())).map_err(DataFusionError::from)?;
        Ok(PartWriter { writer, aside, path, rows: 0, time: Duration::ZERO })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let start = Instant::now();
        self.writer.write(batch).map_err(DataFusionError::from)?;
        if self.writer.in_progress_size() > ROW_GROUP_BYTES {
            self.writer.flush().map_err(DataFusionError::from)?;
        }
        self.rows += batch.num_rows() as u64;
        self.time += start.elapsed();
        Ok(())
    }

    /// Completes the file and gives it its name.
    pub fn finish(self) -> Result<(u64, Duration)> {
        let start = Instant::now();
        self.writer.close().map_err(DataFusionError::from)?;
        std::fs::rename(&self.aside, &self.path)?;
        Ok((self.rows, self.time + start.elapsed()))
    }
}

/// Makes the output folder, or empties the one that is there if it may be replaced, or checks that the job may add to
/// it. The number of the first file to write.
///
/// # Errors
/// A folder with files in it that may not be replaced or added to, or that holds other things than a job's output.
pub fn prepare(job: &Job, facts: &[Fact]) -> Result<usize> {
    let folder = job.output.as_path();
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let entries: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    if !entries.is_empty() && !job.overwrite && !job.append {
        let folder = folder.display();
        return Err(Error::Pipeline(format!(
            "output `{folder}` is not empty: expected an empty folder, or leave to overwrite or to append"
        )));
    }
    if let Some(foreign) = entries.iter().find(|path| !is_output(path)) {
        let foreign = foreign.display();
        return Err(Error::Pipeline(format!(
            "output holds `{foreign}`, which no job has written: expected another folder"
        )));
    }
    let keeps = job.append && !job.overwrite;
    if keeps {
        check(folder, facts)?;
    }
    let parts = parts(folder)?;
    let gone = entries.iter().filter(|path| !keeps || !parts.contains(path));
    gone.into_iter().try_for_each(std::fs::remove_file).map_err(|error| unwritable(folder, &error))?;
    let next = parts.iter().filter_map(|path| number(path)).max().map_or(0, |last| last + 1);
    Ok(if keeps { next } else { 0 })
}

/// The whole files of an output.
pub fn parts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut parts: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    parts.retain(|path| path.is_file() && number(path).is_some());
    parts.sort();
    Ok(parts)
}

fn number(path: &Path) -> Option<usize> {
    path.file_name()?.to_str()?.strip_prefix("part-")?.strip_suffix(".parquet")?.parse().ok()
}

fn is_output(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.is_file() && (name == SUCCESS || name.trim_start_matches('.').starts_with("part-"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Pipeline(format!("output `{}`: {error}", path.display()))
}
