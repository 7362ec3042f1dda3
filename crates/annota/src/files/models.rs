//! Models that lie in object stores.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use annota_models::store::hub::Progress;
use datafusion::object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use futures::TryStreamExt;
use object_store::path::Path as Location;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::stores;

/// Lets models be named by the URLs of folders in object stores. Sessions do so by themselves.
pub fn reach_object_stores() {
    annota_models::store::fetch_folders_by(fetch);
}

/// Brings a model's files to this machine.
fn fetch(
    url: &str,
    wanted: &dyn Fn(&[String]) -> Vec<String>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), String> {
    let url = Url::parse(url).map_err(|error| format!("no URL, as s3://bucket/model is one ({error})"))?;
    let (store, prefix) = stores::open(&url).map_err(|error| error.to_string())?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let fetched = fetch_from(&runtime, store.as_ref(), &prefix, wanted, folder, progress);
    // A runtime must not wait for its end inside another.
    runtime.shutdown_background();
    fetched
}

fn fetch_from(
    runtime: &Runtime,
    store: &dyn ObjectStore,
    prefix: &Location,
    wanted: &dyn Fn(&[String]) -> Vec<String>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), String> {
    let names = |objects: &[ObjectMeta]| {
        let name = |object: &ObjectMeta| {
            let parts = object.location.prefix_match(prefix)?;
            Some(parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
        };
        objects.iter().filter_map(name).collect::<Vec<String>>()
    };
    let objects = wait(runtime, async { store.list(Some(prefix)).try_collect::<Vec<_>>().await })?;
    for name in wanted(&names(&objects)) {
        let location = name.split('/').fold(prefix.clone(), |path, part| path.join(part));
        let Some(object) = objects.iter().find(|object| object.location == location) else { continue };
        let path = name.split('/').fold(folder.to_owned(), |path, part| path.join(part));
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(|error| error.to_string())?;
        let mut file = File::create(&path).map_err(|error| error.to_string())?;
        progress.begin(&name, Some(object.size));
        let size = bring(runtime, store, object, &mut file, progress);
        progress.end();
        match size? {
            size if size == object.size => file.sync_all().map_err(|error| error.to_string())?,
            size => return Err(format!("`{name}` has {size} bytes, expected {}", object.size)),
        }
    }
    Ok(())
}

/// Copies an object into a file, range by range; the bytes that came.
fn bring(
    runtime: &Runtime,
    store: &dyn ObjectStore,
    object: &ObjectMeta,
    file: &mut File,
    progress: &dyn Progress,
) -> Result<u64, String> {
    const RANGE: u64 = 8 << 20;
    let mut at = 0;
    while at < object.size {
        let range = at..(at + RANGE).min(object.size);
        let bytes = wait(runtime, async { store.get_range(&object.location, range).await })?;
        if bytes.is_empty() {
            break;
        }
        file.write_all(&bytes).map_err(|error| error.to_string())?;
        progress.advance(bytes.len() as u64);
        at += bytes.len() as u64;
    }
    Ok(at)
}

/// Waits for a store. Callers may be inside a runtime of their own, which must not be blocked by another on the same
/// thread.
fn wait<T: Send>(
    runtime: &Runtime,
    work: impl Future<Output = Result<T, object_store::Error>> + Send,
) -> Result<T, String> {
    std::thread::scope(|scope| {
        let work = scope.spawn(|| runtime.block_on(work).map_err(|error| error.to_string()));
        work.join().unwrap_or_else(|_| Err("the download ended early".to_owned()))
    })
}
