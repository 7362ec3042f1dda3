use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session as DataFusionSession;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::ObjectMeta;
use futures::TryStreamExt;

use super::{Format, located, schema};
use crate::{Error, Result};

/// The files that a table would read, one by one.
#[derive(Debug, Clone)]
pub struct Listing {
    pub format: Format,
    pub schema: SchemaRef,
    /// In the order of the paths, and by name within a folder.
    pub files: Vec<StoredFile>,
}

/// A file and the store in which it lies.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub store: ObjectStoreUrl,
    pub meta: ObjectMeta,
}

/// The files of paths that [`super::table`] takes.
///
/// # Errors
/// No such file, or an ending that says nothing of its format.
pub async fn listing(state: &dyn DataFusionSession, paths: &[String]) -> Result<Listing> {
    let (format, urls) = located(state, paths).await?;
    let schema = schema(state, &format, &urls).await?;
    let mut files = Vec::new();
    for url in &urls {
        let store = state.runtime_env().object_store(url)?;
        let found = url.list_all_files(state, &store, &format.extension).await?;
        let mut found: Vec<ObjectMeta> = found.try_collect().await?;
        if found.is_empty() {
            return Err(Error::Pipeline(format!("input `{url}`: no file that ends in {}", format.extension)));
        }
        found.sort_by(|a, b| a.location.cmp(&b.location));
        files.extend(found.into_iter().map(|meta| StoredFile { store: url.object_store(), meta }));
    }
    Ok(Listing { format, schema, files })
}
