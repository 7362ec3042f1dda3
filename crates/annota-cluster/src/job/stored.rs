//! Parquet files where they are stored.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::error::DataFusionError;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt};
use datafusion::parquet::arrow::arrow_reader::ArrowReaderOptions;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use futures::FutureExt;
use futures::future::BoxFuture;

/// A file of Parquet in an object store, of which parts are read as they are needed.
pub struct StoredParquet {
    store: Arc<dyn ObjectStore>,
    location: Path,
    bytes: u64,
}

impl StoredParquet {
    /// # Errors
    /// A file that is not there.
    pub async fn open(store: Arc<dyn ObjectStore>, location: Path) -> Result<Self, DataFusionError> {
        let bytes = store.head(&location).await?.size;
        Ok(StoredParquet { store, location, bytes })
    }
}

impl AsyncFileReader for StoredParquet {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        async { Ok(self.store.get_range(&self.location, range).await?) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async {
            let bytes = self.bytes;
            Ok(Arc::new(ParquetMetaDataReader::new().load_and_finish(self, bytes).await?))
        }
        .boxed()
    }
}
