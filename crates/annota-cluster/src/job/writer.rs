use std::sync::Arc;
use std::time::{Duration, Instant};

use annota::Result;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::object_store::ObjectStore;
use datafusion::object_store::buffered::BufWriter;
use datafusion::object_store::path::Path;
use datafusion::parquet::arrow::AsyncArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;

use super::provenance::Fact;

/// Bytes that a row group may hold before it is written.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// One Parquet file of the output. It has its name once it is whole, and not before: stores make what is uploaded in
/// parts visible at its end, folders by renaming.
pub struct PartWriter {
    writer: AsyncArrowWriter<BufWriter>,
    time: Duration,
}

impl PartWriter {
    pub fn create(store: Arc<dyn ObjectStore>, path: Path, schema: SchemaRef, facts: &[Fact]) -> Result<Self> {
        let writer = BufWriter::new(store, path);
        let writer = AsyncArrowWriter::try_new(writer, schema.clone(), Some(properties(&schema, facts)));
        Ok(PartWriter { writer: writer.map_err(DataFusionError::from)?, time: Duration::ZERO })
    }

    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let start = Instant::now();
        self.writer.write(batch).await.map_err(DataFusionError::from)?;
        if self.writer.in_progress_size() > ROW_GROUP_BYTES {
            self.writer.flush().await.map_err(DataFusionError::from)?;
        }
        self.time += start.elapsed();
        Ok(())
    }

    /// Completes the file and gives it its name: the time that writing took.
    pub async fn finish(self) -> Result<Duration> {
        let start = Instant::now();
        self.writer.close().await.map_err(DataFusionError::from)?;
        Ok(self.time + start.elapsed())
    }
}

fn properties(schema: &SchemaRef, facts: &[Fact]) -> WriterProperties {
    let facts = facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let mut properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_key_value_metadata(Some(facts.collect()));
    // Vectors neither repeat nor compress; a dictionary of them costs memory for nothing.
    for field in schema.fields().iter().filter(|field| field.data_type().is_nested()) {
        let leaf = ColumnPath::new(vec![field.name().clone(), "list".to_owned(), "item".to_owned()]);
        properties = properties
            .set_column_dictionary_enabled(leaf.clone(), false)
            .set_column_compression(leaf, Compression::UNCOMPRESSED);
    }
    properties.build()
}
