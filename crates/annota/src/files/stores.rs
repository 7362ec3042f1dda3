use std::sync::Arc;

use datafusion::common::plan_datafusion_err;
use datafusion::error::Result;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::object_store::ObjectStore;
use object_store::parse_url_opts;
use object_store::path::Path;
use url::Url;

/// The runtime of every session: it opens object stores as their URLs are named.
pub fn runtime() -> Result<Arc<RuntimeEnv>> {
    RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(Stores::default())).build_arc()
}

/// Stores by URL, as [`open`] opens them.
#[derive(Debug, Default)]
struct Stores {
    opened: DefaultObjectStoreRegistry,
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.opened.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.opened.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if let Ok(store) = self.opened.get_store(url) {
            return Ok(store);
        }
        let (store, _) = open(url).map_err(|error| plan_datafusion_err!("object store of `{url}`: {error}"))?;
        let store: Arc<dyn ObjectStore> = Arc::from(store);
        self.opened.register_store(url, store.clone());
        Ok(store)
    }
}

/// Opens the store of a URL (`s3://`, `gs://`, `az://`, `http(s)://`, …), with the path within it. What it needs to
/// know (keys, regions, endpoints) comes from the environment, in the stores' own variables: `AWS_…`, `GOOGLE_…`,
/// `AZURE_…`.
pub fn open(url: &Url) -> Result<(Box<dyn ObjectStore>, Path), object_store::Error> {
    parse_url_opts(url, settings(url))
}

fn settings(url: &Url) -> Vec<(String, String)> {
    let variables = std::env::vars_os().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let name = name.into_string().ok()?.to_ascii_lowercase();
        let known = ["aws_", "google_", "azure_"].iter().any(|prefix| name.starts_with(prefix));
        if known { Some((name, value.into_string().ok()?)) } else { None }
    });
    let plain = (url.scheme() == "http").then(|| ("allow_http".to_owned(), "true".to_owned()));
    variables.chain(plain).collect()
}
