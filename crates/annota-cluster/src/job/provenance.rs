//! What made an output: facts in the key-value metadata of its files, by which outputs are told apart.

use annota::files::InputFile;
use annota::models::store;
use annota::{Error, Result, Session};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Job;
use super::plan::Cut;
use super::query::model;
use super::shard::Record;

/// A key that begins with `annota.`, and its value.
pub type Fact = (String, String);

/// The keys that may differ between files of one output.
const FREE: [&str; 2] = ["annota.version", "annota.model"];

/// What makes the vectors of a job: the model by its fingerprint (a hash of configuration, weights and tokenizer),
/// and every setting.
///
/// # Errors
/// A model whose files cannot be read.
pub fn facts(session: &Session, job: &Job) -> Result<Vec<Fact>> {
    let model = model(session, job);
    let options = session.options();
    let facts = [
        ("annota.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("annota.fingerprint", store::resolve(&model)?.fingerprint()?),
        ("annota.model", model),
        ("annota.level", job.level.to_string()),
        ("annota.pooling", job.pooling.clone().unwrap_or_else(|| "the model's own".to_owned())),
        ("annota.long", job.long.clone().unwrap_or_else(|| "window".to_owned())),
        ("annota.precision", job.precision.clone()),
        ("annota.profile", job.profile.clone().unwrap_or_else(|| options.profile.name().to_owned())),
        ("annota.offsets", job.offsets.clone().unwrap_or_else(|| options.offsets.name().to_owned())),
        ("annota.on_error", job.on_error.clone()),
        ("annota.text_column", job.text_column.clone()),
        ("annota.column_prefix", job.column_prefix.clone()),
    ];
    Ok(facts.map(|(key, value)| (key.to_owned(), value)).to_vec())
}

/// Whether two jobs may write to one output.
///
/// # Errors
/// The first fact that differs.
pub fn check(output: &str, earlier: &[Fact], facts: &[Fact]) -> Result<()> {
    for (key, expected) in facts.iter().filter(|(key, _)| !FREE.contains(&key.as_str())) {
        let value = earlier.iter().find(|(known, _)| known == key).map_or("nothing", |(_, value)| value);
        if value != expected {
            return Err(Error::Pipeline(format!(
                "output `{output}` has `{value}` as {key}, and this job `{expected}`: expected the same model and settings, another folder, or `--overwrite` to replace it"
            )));
        }
    }
    Ok(())
}

/// A file of the input and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub store: String,
    pub path: String,
    /// By these a file that was not changed is known without reading it.
    pub size: u64,
    pub modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Of the text of its records, or of its footer.
    pub checksum: u32,
    pub rows: u64,
}

impl Content {
    pub fn of(cut: &Cut) -> Self {
        let InputFile { store, path, size, modified, etag, .. } = &cut.file;
        Content {
            store: store.clone(),
            path: path.clone(),
            size: *size,
            modified: *modified,
            etag: etag.clone(),
            checksum: cut.checksum,
            rows: cut.pieces.iter().map(|piece| piece.rows).sum(),
        }
    }

    /// Whether a file is the one that this was read from, by all that its store says of it.
    pub fn is_of(&self, file: &InputFile) -> bool {
        let InputFile { store, path, size, modified, etag, .. } = file;
        (&self.store, &self.path, self.size, self.modified, &self.etag) == (store, path, *size, *modified, etag)
    }
}

/// A job's short name: what it computes, of which content, and in which shards; of an incremental job also what is there
/// before it.
pub fn id(job: &Job, facts: &[Fact], inputs: &[Content], before: &[Record]) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text);
        hash.update([0]);
    };
    facts.iter().filter(|(key, _)| key != "annota.version").for_each(|(key, value)| {
        add(key);
        add(value);
    });
    for Content { store, path, checksum, rows, .. } in inputs {
        add(store);
        add(path);
        add(&format!("{checksum:08x} {rows}"));
    }
    add(&format!("{:?} {:?} {:?}", job.shard_rows, job.key, job.vector_type));
    before.iter().for_each(|record| add(&format!("{} {}", record.job, record.shard)));
    hex::encode(&hash.finalize()[..4])
}
