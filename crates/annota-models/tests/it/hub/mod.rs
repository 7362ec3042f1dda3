//! The client against a hub that fails in every way.

mod arrival;
mod broken;
mod fake;
mod healing;
mod processes;
mod python;
mod refused;
mod replies;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use annota_models::store::hub::{Hub, HubError, Progress, Settings, Silent};
use fake::{COMMIT, FakeHub, REPOSITORY};
use tempfile::TempDir;

const LARGE: &str = "model.safetensors";

/// A hub and an empty cache.
struct Bench {
    hub: FakeHub,
    cache: TempDir,
}

impl Bench {
    fn new() -> Bench {
        Bench { hub: FakeHub::start(), cache: tempfile::tempdir().expect("a folder") }
    }

    /// Without the pauses.
    fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.cache.path().to_owned());
        settings.endpoint.clone_from(&self.hub.url);
        settings.pause = Duration::from_millis(1);
        settings
    }

    fn client(&self) -> Hub {
        Hub::new(self.settings()).expect("a client")
    }

    fn fetch(&self) -> Result<PathBuf, HubError> {
        self.client().fetch(REPOSITORY, "main", &|files| files.to_vec(), &Silent)
    }

    fn fetch_large(&self) -> Result<PathBuf, HubError> {
        self.client().fetch(REPOSITORY, "main", &|_| vec![LARGE.to_owned()], &Silent)
    }

    /// The folder of the repository in the cache.
    fn folder(&self) -> PathBuf {
        self.cache.path().join("models--org--name")
    }

    fn blob(&self, file: &str) -> PathBuf {
        self.folder().join("blobs").join(self.hub.etag(file))
    }

    fn partial(&self, file: &str) -> PathBuf {
        self.folder().join("blobs").join(format!("{}.incomplete", self.hub.etag(file)))
    }

    /// Leaves what an earlier download would have.
    fn leave(&self, path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("written");
    }

    /// Asserts that the cache is as it should be after all files have come.
    fn check(&self) {
        let snapshot = self.folder().join("snapshots").join(COMMIT);
        for (name, content) in fake::files() {
            assert!(fs::read(snapshot.join(name)).expect(name) == content, "{name}");
        }
        self.check_rest();
    }

    fn check_large(&self) {
        let path = self.folder().join("snapshots").join(COMMIT).join(LARGE);
        assert!(fs::read(path).expect("a file") == large());
        self.check_rest();
    }

    fn check_rest(&self) {
        assert_eq!(fs::read_to_string(self.folder().join("refs/main")).expect("a ref"), COMMIT);
        for entry in fs::read_dir(self.folder().join("blobs")).expect("blobs") {
            let name = entry.expect("an entry").file_name();
            assert!(!name.to_string_lossy().contains('.'), "{name:?}");
        }
    }
}

fn large() -> Vec<u8> {
    fake::files().into_iter().find(|(name, _)| *name == LARGE).map(|(_, content)| content).expect("the file")
}

/// Notes all that it is told.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn note(&self, text: String) {
        self.0.lock().expect("notes").push(text);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("notes").clone()
    }
}

impl Progress for Notes {
    fn begin(&self, file: &str, size: Option<u64>) {
        self.note(format!("begin {file} {size:?}"));
    }

    fn advance(&self, bytes: u64) {
        self.note(format!("advance {bytes}"));
    }

    fn end(&self) {
        self.note("end".to_owned());
    }

    fn waiting(&self, file: &str) {
        self.note(format!("waiting {file}"));
    }
}
