//! Who may work with whom. Plans name functions, so processes that know other functions, or other versions of them,
//! would compute something else or fail late.

use std::sync::{Arc, LazyLock};

use annota::annotators::Embedder;
use annota::functions::DeviceClass;
use annota::models::DeviceSpec;
use annota::{ModelEmbedder, all_functions};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The metadata of calls and answers that carries the version of who sends them.
pub const VERSION_HEADER: &str = "annota-version";

/// The crate's version and a hash of the names of all functions: `0.1.0+1a2b3c4d`.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let embedder: Arc<dyn Embedder> = Arc::new(ModelEmbedder::new(DeviceSpec::Cpu));
        let functions = all_functions(&embedder);
        let mut names: Vec<&str> = functions.iter().map(|function| function.name()).collect();
        names.sort_unstable();
        let names = Sha256::digest(names.join(",").as_bytes());
        format!("{}+{}", env!("CARGO_PKG_VERSION"), hex::encode(&names[..4]))
    });
    &VERSION
}

/// Why two processes do not work together; `None` if they do.
pub fn mismatch(who: &str, theirs: Option<&str>, ours: &str) -> Option<String> {
    let theirs = match theirs {
        Some(theirs) if theirs == ours => return None,
        Some(theirs) => format!("Annota {theirs}"),
        None => "no Annota".to_owned(),
    };
    Some(format!(
        "the {who} is {theirs}, and the scheduler is Annota {ours}: expected the same version with the same functions"
    ))
}

/// The id of an executor, which says what its registration has no fields for: `cpu-0.1.0+1a2b3c4d-<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorId {
    pub class: DeviceClass,
    pub version: String,
    unique: String,
}

impl ExecutorId {
    /// One that no other start has.
    pub fn new(class: DeviceClass) -> Self {
        ExecutorId { class, version: version().to_owned(), unique: Uuid::new_v4().simple().to_string() }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (class, rest) = text.split_once('-')?;
        let (version, unique) = rest.rsplit_once('-')?;
        Some(ExecutorId { class: class.parse().ok()?, version: version.to_owned(), unique: unique.to_owned() })
    }

    /// The class of an executor by its id.
    pub fn class_of(text: &str) -> Option<DeviceClass> {
        text.split_once('-')?.0.parse().ok()
    }
}

impl std::fmt::Display for ExecutorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.class.name(), self.version, self.unique)
    }
}

#[cfg(test)]
mod tests {
    use annota::functions::DeviceClass;

    use super::{ExecutorId, mismatch, version};

    #[test]
    fn ids_say_what_they_were_made_of() {
        let id = ExecutorId::new(DeviceClass::Gpu);
        assert_eq!(ExecutorId::parse(&id.to_string()), Some(id.clone()));
        assert_eq!(ExecutorId::class_of(&id.to_string()), Some(DeviceClass::Gpu));
        assert_ne!(ExecutorId::new(DeviceClass::Gpu), id);
        let preview = ExecutorId { version: "0.2.0-rc.1+00000000".to_owned(), ..id };
        assert_eq!(ExecutorId::parse(&preview.to_string()), Some(preview));
        assert_eq!(ExecutorId::parse("0199d6f0-1c2f-7cc0-a1b3-5a52a0a1ee41"), None);
    }

    #[test]
    fn a_mismatch_names_both() {
        assert_eq!(mismatch("client", Some(version()), version()), None);
        let reason = mismatch("client", Some("0.0.9+12345678"), version()).expect("a mismatch");
        assert!(reason.contains("0.0.9+12345678") && reason.contains(version()), "{reason}");
    }
}
