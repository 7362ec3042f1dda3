//! Parquet files where they are stored.

use std::ops::Range;
use std::sync::Arc;

use annota::files::InputFile;
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

/// Bytes at the end of a file: the length of the footer and the magic number.
const TAIL: u64 = 8;

impl StoredParquet {
    /// A file of an input, with the size that it had when it was found.
    ///
    /// # Errors
    /// A path that stores do not have.
    pub fn of(store: Arc<dyn ObjectStore>, file: &InputFile) -> annota::Result<Self> {
        Ok(StoredParquet { store, location: file.location()?, bytes: file.size })
    }

    /// The footer, and the CRC-32 of its bytes.
    ///
    /// # Errors
    /// A file that is gone, has another size, or is no Parquet.
    pub async fn footer(&mut self) -> Result<(Arc<ParquetMetaData>, u32), DataFusionError> {
        let now = self.store.head(&self.location).await?.size;
        if now != self.bytes {
            let before = self.bytes;
            return Err(DataFusionError::Execution(format!(
                "it had {before} bytes when it was planned, now it has {now}"
            )));
        }
        let footer = self.get_metadata(None).await?;
        let tail = self.get_bytes(self.bytes.saturating_sub(TAIL)..self.bytes).await?;
        let length = tail.first_chunk().map_or(0, |length: &[u8; 4]| u64::from(u32::from_le_bytes(*length)));
        let start = self.bytes.saturating_sub(length + TAIL);
        let bytes = self.get_bytes(start..self.bytes).await?;
        Ok((footer, crc32fast::hash(&bytes)))
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
