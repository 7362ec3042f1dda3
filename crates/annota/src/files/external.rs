use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::{Session as DataFusionSession, TableProvider, TableProviderFactory};
use datafusion::datasource::listing_table_factory::ListingTableFactory;
use datafusion::error::Result;
use datafusion::logical_expr::CreateExternalTable;

use super::table::{FileTable, external};
use super::{Listing, ReadOptions, listing};

/// The formats of `CREATE EXTERNAL TABLE … STORED AS` that files in FROM have too.
pub const STORED_AS: [&str; 4] = ["CSV", "JSON", "NDJSON", "PARQUET"];

/// Options of `CREATE EXTERNAL TABLE` that [`ReadOptions`] have, and their names there.
const OPTIONS: [(&str, &str); 5] = [
    ("format.delimiter", "delimiter"),
    ("format.quote", "quote"),
    ("format.escape", "escape"),
    ("format.has_header", "header"),
    ("format.encoding", "encoding"),
];

/// Options that say what is so without them.
const IMPLIED: [&str; 2] = ["format.newlines_in_values", "format.compression"];

/// Makes the tables of `CREATE EXTERNAL TABLE`: read as files in FROM are, and written by DataFusion.
#[derive(Debug, Default)]
pub struct ExternalTables {
    datafusion: ListingTableFactory,
}

#[async_trait]
impl TableProviderFactory for ExternalTables {
    async fn create(
        &self,
        state: &dyn DataFusionSession,
        command: &CreateExternalTable,
    ) -> Result<Arc<dyn TableProvider>> {
        let Some(options) = read_options(state, command)? else {
            return self.datafusion.create(state, command).await;
        };
        let found = listing(state, &command.locations, &options).await;
        let listing = match found {
            Ok(listing) => declared(listing, command),
            // A folder to write to, which is empty or not there yet.
            Err(error) => return self.datafusion.create(state, command).await.map_err(|_| external(error)),
        };
        let target = self.datafusion.create(state, &declaring(command, &listing)).await.ok();
        Ok(Arc::new(FileTable::new(listing).with_target(target)))
    }
}

/// What a command says of reading; `None` if it says something that only DataFusion's own tables have.
fn read_options(state: &dyn DataFusionSession, command: &CreateExternalTable) -> Result<Option<ReadOptions>> {
    let is_plain = command.order_exprs.is_empty() && !command.unbounded && command.column_defaults.is_empty();
    if !is_plain || !STORED_AS.contains(&command.file_type.to_ascii_uppercase().as_str()) {
        return Ok(None);
    }
    let mut options = ReadOptions::of(state.config_options());
    options.format = Some(command.file_type.parse().map_err(external)?);
    for (key, value) in &command.options {
        match OPTIONS.iter().find(|(known, _)| known == key) {
            Some((_, name)) => options.set(name, value).map_err(external)?,
            None if IMPLIED.contains(&key.as_str()) => {}
            None => return Ok(None),
        }
    }
    Ok(Some(options))
}

/// A listing whose columns are those that the command declares, if it declares any.
fn declared(mut listing: Listing, command: &CreateExternalTable) -> Listing {
    let fields = command.schema.fields();
    if fields.is_empty() {
        return listing;
    }
    let is_partition = |field: &&FieldRef| listing.partition_columns.iter().any(|known| known.name() == field.name());
    let (partitions, columns): (Vec<_>, Vec<_>) = fields.iter().partition(is_partition);
    listing.file_schema = Arc::new(Schema::new(columns.into_iter().cloned().collect::<Vec<_>>()));
    listing.partition_columns = listing
        .partition_columns
        .iter()
        .map(|known| partitions.iter().find(|field| field.name() == known.name()).map_or(known, |field| *field).clone())
        .collect();
    // Other keys of JSON are left out because the command says so.
    listing.files.iter_mut().for_each(|file| file.is_known = true);
    listing
}

/// The command with its columns declared, so that DataFusion need not infer them.
fn declaring(command: &CreateExternalTable, listing: &Listing) -> CreateExternalTable {
    let mut command = command.clone();
    if let Ok(schema) = listing.schema().as_ref().clone().try_into() {
        command.schema = Arc::new(schema);
        command.table_partition_cols = listing.partition_columns.iter().map(|field| field.name().clone()).collect();
    }
    command.options.remove("format.encoding");
    command
}
