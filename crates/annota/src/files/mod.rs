//! Files as tables: by the endings of their names, and with the schema of CSV inferred from whole records.

mod csv;
mod format;
mod in_from;
mod listing;
mod models;
mod stores;

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session as DataFusionSession, TableProvider};
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use futures::TryStreamExt;

use crate::{Error, Result};

pub use format::{Format, Kind};
pub use in_from::files_in_from;
pub use listing::{Listing, StoredFile, listing};
pub use models::reach_object_stores;
pub use stores::runtime;

/// The rows of files or folders of one format; CSV has a header line.
///
/// # Errors
/// No such file, or an ending that says nothing of its format.
pub async fn table(state: &dyn DataFusionSession, paths: &[String]) -> Result<Arc<dyn TableProvider>> {
    let (format, urls) = located(state, paths).await?;
    let schema = schema(state, &format, &urls).await?;
    let options = options(&format);
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

async fn located(state: &dyn DataFusionSession, paths: &[String]) -> Result<(Format, Vec<ListingTableUrl>)> {
    let urls = paths.iter().map(|path| parsed(path)).collect::<Result<Vec<_>, _>>()?;
    Ok((format_of(state, paths, &urls).await?, urls))
}

/// A URL that names no file of a known format is that of a folder.
fn parsed(path: &str) -> datafusion::error::Result<ListingTableUrl> {
    let is_folder = path.contains("://") && Format::of(path).is_none() && !path.contains('*');
    match is_folder && !path.ends_with('/') {
        true => ListingTableUrl::parse(format!("{path}/")),
        false => ListingTableUrl::parse(path),
    }
}

fn options(format: &Format) -> ListingOptions {
    ListingOptions::new(format.reader()).with_file_extension(&format.extension)
}

async fn schema(state: &dyn DataFusionSession, format: &Format, urls: &[ListingTableUrl]) -> Result<SchemaRef> {
    match format.kind {
        Kind::Csv { delimiter } => csv::infer(state, urls, format, delimiter).await,
        _ => Ok(options(format).infer_schema(state, &urls[0]).await?),
    }
}

/// Whether [`table`] can read what a name in FROM leads to.
fn is_known(name: &str) -> bool {
    let path = Path::new(name);
    match path.is_dir() {
        true => first_file(path).is_ok_and(|file| file.is_some()),
        false => name.contains("://") || path.is_file() && Format::of(name).is_some(),
    }
}

/// The format of all paths: that of the first, or of the first file in it.
async fn format_of(state: &dyn DataFusionSession, paths: &[String], urls: &[ListingTableUrl]) -> Result<Format> {
    let (Some(first), Some(url)) = (paths.first(), urls.first()) else {
        return Err(Error::Pipeline("no input: expected a file or a folder".to_owned()));
    };
    let mut named = first.clone();
    for path in paths.iter().filter(|path| !path.contains("://")) {
        let entry = std::fs::metadata(path).map_err(|error| Error::Pipeline(format!("input `{path}`: {error}")))?;
        if entry.is_dir() && path == first {
            named = first_file(Path::new(path))?.unwrap_or(named);
        }
    }
    if url.scheme() != "file" && url.is_collection() {
        named = first_listed(state, url).await?.unwrap_or(named);
    }
    Format::of(&named).ok_or_else(|| {
        let endings = format::endings();
        Error::Pipeline(format!("input `{named}`: its format is not known: expected a name that ends in {endings}"))
    })
}

/// The first file in a folder of an object store whose format is known.
async fn first_listed(state: &dyn DataFusionSession, folder: &ListingTableUrl) -> Result<Option<String>> {
    let store = state.runtime_env().object_store(folder)?;
    let mut files = folder.list_all_files(state, &store, "").await?;
    while let Some(file) = files.try_next().await? {
        let is_shown = match folder.strip_prefix(&file.location) {
            Some(mut within) => within.all(|part| !part.starts_with(['.', '_'])),
            None => false,
        };
        if is_shown && Format::of(file.location.as_ref()).is_some() {
            return Ok(Some(file.location.to_string()));
        }
    }
    Ok(None)
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
