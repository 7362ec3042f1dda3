//! The columns and the size of Parquet files, from their footers.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session as DataFusionSession;
use datafusion::common::Statistics;
use datafusion::datasource::file_format::parquet::ParquetFormatFactory;
use datafusion::datasource::file_format::{FileFormat, FileFormatFactory};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::object_store::ObjectStore;

use super::InputFile;
use super::text::unreadable;
use crate::Result;

/// DataFusion's reader of Parquet with the options of the session (`SET datafusion.execution.parquet.…`).
pub fn format(state: &dyn DataFusionSession) -> Result<Arc<dyn FileFormat>> {
    let options = std::collections::HashMap::new();
    Ok(ParquetFormatFactory::new().create(state, &options)?)
}

/// The schema of a file.
///
/// # Errors
/// What is no Parquet, or two columns of one name.
pub async fn schema(state: &dyn DataFusionSession, store: &Arc<dyn ObjectStore>, file: &InputFile) -> Result<Schema> {
    let failed = |error: &dyn std::fmt::Display| unreadable(file, error);
    let meta = file.meta()?;
    let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
    let footer = DFParquetMetadata::new(store.as_ref(), &meta).with_file_metadata_cache(Some(cache));
    let footer = footer.fetch_metadata().await.map_err(|error| failed(&plainly(&error.to_string())))?;
    let columns = footer.file_metadata().schema_descr().root_schema().get_fields();
    for (index, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..index].iter().position(|known| known.name() == column.name()) {
            let (first, second, name) = (first + 1, index + 1, column.name());
            return Err(failed(&format!(
                "columns {first} and {second} are both named `{name}`: expected each name once"
            )));
        }
    }
    let schema = format(state)?.infer_schema(state, store, &[meta]).await;
    let schema = schema.map_err(|error| failed(&plainly(&error.to_string())))?;
    Ok(schema.as_ref().clone().with_metadata(Default::default()))
}

/// The statistics of a file's footer.
pub async fn statistics(
    state: &dyn DataFusionSession,
    store: &Arc<dyn ObjectStore>,
    file: &InputFile,
    schema: SchemaRef,
) -> Result<Statistics> {
    let meta = file.meta()?;
    let found = format(state)?.infer_stats(state, store, schema, &meta).await;
    found.map_err(|error| unreadable(file, &plainly(&error.to_string())))
}

/// An error without the prefixes that each layer adds.
fn plainly(text: &str) -> String {
    let mut text = text;
    while let Some(rest) = ["Parquet error: ", "Object Store error: ", "External: ", "IO error: "]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
    {
        text = rest;
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::plainly;

    #[test]
    fn prefixes_are_taken_away() {
        assert_eq!(plainly("Parquet error: Parquet error: EOF: file size is 3"), "EOF: file size is 3");
        assert_eq!(plainly("a fault"), "a fault");
    }
}
