use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session as DataFusionSession, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::common::project_schema;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion_datasource::compute_all_files_statistics;
use futures::FutureExt;
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use super::scan::TextScan;
use super::{InputFile, Kind, Listing, columns, parquet};

/// Footers that are read at the same time.
const FOOTERS: usize = 16;

/// A table of files: Parquet by DataFusion's reader, text by [`TextScan`].
#[derive(Debug, Clone)]
pub struct FileTable {
    pub(super) listing: Listing,
    schema: SchemaRef,
    /// The table that rows are inserted into.
    target: Option<Arc<dyn TableProvider>>,
}

/// A table as it travels between processes.
#[derive(Serialize, Deserialize)]
struct Message {
    files: Vec<InputFile>,
    file_schema: String,
    partition_columns: String,
    left_out: Vec<String>,
}

impl FileTable {
    pub fn new(listing: Listing) -> Self {
        let schema = listing.schema();
        FileTable { listing, schema, target: None }
    }

    /// The same with a table that takes inserted rows.
    pub fn with_target(self, target: Option<Arc<dyn TableProvider>>) -> Self {
        FileTable { target, ..self }
    }

    /// The table as bytes for [`FileTable::decode`]: its files as they were found, and its columns.
    ///
    /// # Errors
    /// A schema that cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let Listing { files, file_schema, partition_columns, left_out } = &self.listing;
        let message = Message {
            files: files.clone(),
            file_schema: columns::write(file_schema)?,
            partition_columns: columns::write(&Arc::new(Schema::new(partition_columns.clone())))?,
            left_out: left_out.clone(),
        };
        serde_json::to_vec(&message).map_err(|error| DataFusionError::External(error.into()))
    }

    /// # Errors
    /// Bytes that are no table.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let message: Message =
            serde_json::from_slice(bytes).map_err(|error| DataFusionError::External(error.into()))?;
        Ok(FileTable::new(Listing {
            files: message.files,
            file_schema: columns::read(&message.file_schema)?,
            partition_columns: columns::read(&message.partition_columns)?.fields().iter().cloned().collect(),
            left_out: message.left_out,
        }))
    }

    /// The scan of files of Parquet that lie in one store.
    async fn parquet(
        &self,
        state: &dyn DataFusionSession,
        store_url: ObjectStoreUrl,
        files: Vec<InputFile>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let store = state.runtime_env().object_store(&store_url)?;
        let collects = state.config().collect_statistics();
        let schema = &self.listing.file_schema;
        let mut described = Vec::new();
        for chunk in files.chunks(FOOTERS) {
            let statistics = chunk.iter().filter(|_| collects);
            let statistics = statistics.map(|file| parquet::statistics(state, &store, file, schema.clone()).boxed());
            let mut statistics = join_all(statistics).await.into_iter();
            for file in chunk {
                let file = self.described(file)?;
                described.push(match statistics.next() {
                    Some(statistics) => file.with_statistics(Arc::new(statistics.map_err(external)?)),
                    None => file,
                });
            }
        }
        let groups = FileGroup::new(described).split_files(state.config().target_partitions());
        let (groups, statistics) = compute_all_files_statistics(groups, self.schema.clone(), collects, false)?;
        let format = parquet::format(state).map_err(external)?;
        let folders = self.listing.partition_columns.clone();
        let columns = TableSchema::builder(schema.clone()).with_table_partition_cols(folders).build();
        let scan = FileScanConfigBuilder::new(store_url, format.file_source(columns))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        format.create_physical_plan(state, scan).await
    }

    fn described(&self, file: &InputFile) -> Result<PartitionedFile> {
        let mut described = PartitionedFile::from(file.meta().map_err(external)?);
        described.partition_values = partition_values(&self.listing.partition_columns, file)?;
        Ok(described)
    }
}

/// The values that a file has in the columns of folders.
///
/// # Errors
/// A value that does not have its column's type.
pub fn partition_values(columns: &[FieldRef], file: &InputFile) -> Result<Vec<ScalarValue>> {
    let value = |(column, value): (&FieldRef, &Option<String>)| match value {
        Some(value) => ScalarValue::try_from_string(value.clone(), column.data_type()),
        None => ScalarValue::try_from(column.data_type()),
    };
    columns.iter().zip(&file.partition).map(value).collect()
}

pub fn external(error: crate::Error) -> DataFusionError {
    match error {
        crate::Error::DataFusion(error) => error,
        error => DataFusionError::External(Box::new(error)),
    }
}

#[async_trait]
impl TableProvider for FileTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn DataFusionSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (parquet, text): (Vec<InputFile>, Vec<InputFile>) =
            self.listing.files.iter().cloned().partition(|file| file.format.kind == Kind::Parquet);
        let mut by_store: BTreeMap<String, Vec<InputFile>> = BTreeMap::new();
        for file in parquet {
            by_store.entry(file.store.clone()).or_default().push(file);
        }
        let mut plans = Vec::new();
        for (store, files) in by_store {
            let store = ObjectStoreUrl::parse(store)?;
            plans.push(self.parquet(state, store, files, projection, limit).await?);
        }
        if !text.is_empty() {
            let partitions = state.config().target_partitions();
            plans.push(Arc::new(TextScan::new(&self.listing, text, partitions, projection, limit)?));
        }
        match plans.len() {
            0 => Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?))),
            1 => Ok(plans.swap_remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Readers of Parquet prune by filters, and leave some rows that do not pass.
        let support = match self.listing.kinds().contains(&Kind::Parquet) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(vec![support; filters.len()])
    }

    async fn insert_into(
        &self,
        state: &dyn DataFusionSession,
        input: Arc<dyn ExecutionPlan>,
        operation: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match &self.target {
            Some(target) => target.insert_into(state, input, operation).await,
            None => Err(DataFusionError::Plan(
                "files named in FROM take no rows: expected `COPY (SELECT …) TO 'file'`, or a table of `CREATE EXTERNAL TABLE`".to_owned(),
            )),
        }
    }
}
