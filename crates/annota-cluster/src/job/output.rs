use std::path::PathBuf;
use std::sync::Arc;

use annota::files::{InputFile, absolute};
use annota::{Error, Result};
use bytes::Bytes;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::path::Path;
use datafusion::object_store::{self, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use futures::{StreamExt, TryStreamExt};

/// Written last: where it stands, the output is whole.
pub const SUCCESS: &str = "_SUCCESS";
/// What a driver remembers lies in here.
pub const MEMORY: &str = "_annota";

/// The folder of a job, on this machine or in an object store.
#[derive(Debug, Clone)]
pub struct Output {
    pub store: Arc<dyn ObjectStore>,
    pub url: ObjectStoreUrl,
    prefix: Path,
    /// As the user wrote it.
    name: String,
    folder: Option<PathBuf>,
}

/// A file of an output, relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    pub name: String,
    pub bytes: u64,
}

impl Output {
    /// # Errors
    /// A URL that is none, or whose store cannot be opened.
    pub fn open(runtime: &RuntimeEnv, name: &str) -> Result<Self> {
        let refused = |reason: &dyn std::fmt::Display| Error::Pipeline(format!("output `{name}`: {reason}"));
        let (url, prefix, folder) = if name.contains("://") && !name.starts_with("file://") {
            let url = url::Url::parse(name).map_err(|error| refused(&error))?;
            let prefix = Path::from_url_path(url.path()).map_err(|error| refused(&error))?;
            let store = url[..url::Position::BeforePath].to_owned() + "/";
            (ObjectStoreUrl::parse(store)?, prefix, None)
        } else {
            let path = absolute(std::path::Path::new(name.strip_prefix("file://").unwrap_or(name)))?;
            let prefix = Path::from_absolute_path(&path).map_err(|error| refused(&error))?;
            (ObjectStoreUrl::local_filesystem(), prefix, Some(path))
        };
        let store = runtime.object_store(&url)?;
        Ok(Output { store, url, prefix, name: name.to_owned(), folder })
    }

    /// Where a file of the output lies in its store.
    pub fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// All files, with those of drivers.
    pub async fn files(&self) -> Result<Vec<OutputFile>> {
        let found: Vec<_> =
            self.store.list(Some(&self.prefix)).try_collect().await.map_err(|error| self.failed(error))?;
        let name = |location: &Path| {
            let parts = location.prefix_match(&self.prefix)?;
            Some(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
        };
        let files = found.iter().filter_map(|meta| Some(OutputFile { name: name(&meta.location)?, bytes: meta.size }));
        let mut files: Vec<OutputFile> = files.collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    pub async fn read(&self, name: &str) -> Result<Option<Bytes>> {
        match self.store.get(&self.path(name)).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(|error| self.failed(error))?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub async fn write(&self, name: &str, content: impl Into<Bytes>) -> Result<()> {
        let content: Bytes = content.into();
        self.store.put(&self.path(name), content.into()).await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Writes a file that must not be there: whether it was not.
    pub async fn create(&self, name: &str, content: impl Into<Bytes>) -> Result<bool> {
        let (content, mode): (Bytes, _) = (content.into(), PutOptions::from(PutMode::Create));
        match self.store.put_opts(&self.path(name), content.into(), mode).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Removes files; those that are gone already are no error.
    pub async fn remove(&self, names: &[String]) -> Result<()> {
        let paths: Vec<_> = names.iter().map(|name| Ok(self.path(name))).collect();
        let removed = self.store.delete_stream(futures::stream::iter(paths).boxed());
        let gone = |error: object_store::Error| match error {
            object_store::Error::NotFound { .. } => Ok(()),
            error => Err(self.failed(error)),
        };
        removed.map(|removed| removed.map(drop).or_else(gone)).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    /// A file of the output as the input of another job.
    ///
    /// # Errors
    /// A file that is not there.
    pub async fn input_file(&self, name: &str) -> Result<InputFile> {
        let meta = self.store.head(&self.path(name)).await.map_err(|error| self.failed(error))?;
        Ok(InputFile::parquet(&self.url, &meta))
    }

    /// Gives a file another name, under which one that is there is replaced. A file that has its new name already stays.
    ///
    /// # Errors
    /// A file that has neither name.
    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        match self.store.rename(&self.path(from), &self.path(to)).await {
            Ok(()) => Ok(()),
            Err(object_store::Error::NotFound { .. }) if self.store.head(&self.path(to)).await.is_ok() => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Removes folders of the output that are empty.
    pub fn tidy(&self) {
        let Some(folder) = &self.folder else { return };
        let memory = folder.join(MEMORY);
        let jobs = std::fs::read_dir(&memory).into_iter().flatten().flatten().map(|entry| entry.path());
        for folder in jobs.chain([memory.clone(), folder.clone()]).collect::<Vec<_>>() {
            // A folder that is not empty is not removed.
            let _ = std::fs::remove_dir(folder);
        }
    }

    /// Removes what killed writers left beside the files of a folder, under names that stores never list.
    pub fn sweep(&self) -> Result<()> {
        let Some(folder) = self.folder.as_ref().filter(|folder| folder.is_dir()) else { return Ok(()) };
        let jobs = std::fs::read_dir(folder.join(MEMORY)).into_iter().flatten().flatten().map(|entry| entry.path());
        for folder in jobs.filter(|path| path.is_dir()).chain([folder.clone()]) {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if name.starts_with("part-") && name.contains(".parquet#") {
                    std::fs::remove_file(&path)?;
                }
            }
        }
        Ok(())
    }

    fn failed(&self, error: object_store::Error) -> Error {
        DataFusionError::Context(format!("output `{}`", self.name), Box::new(error.into())).into()
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
