//! What made an output: facts in the key-value metadata of its files, by which outputs are told apart.

use annota::files::Listing;
use annota::models::store;
use annota::{Error, Result, Session};
use sha2::{Digest, Sha256};

use super::Job;
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
                "output `{output}` has `{value}` as {key}, and this job `{expected}`: expected the same model and settings, or another folder"
            )));
        }
    }
    Ok(())
}

/// A job's short name: what it computes, of which files as they are, and in which shards; of an incremental job also what
/// is there before it.
pub fn id(job: &Job, facts: &[Fact], listing: &Listing, before: &[Record]) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text);
        hash.update([0]);
    };
    facts.iter().filter(|(key, _)| key != "annota.version").for_each(|(key, value)| {
        add(key);
        add(value);
    });
    for file in &listing.files {
        add(file.store.as_str());
        add(file.meta.location.as_ref());
        add(&format!("{} {}", file.meta.size, file.meta.last_modified.timestamp_micros()));
    }
    add(&format!("{:?} {:?}", job.shard_rows, job.key));
    before.iter().for_each(|record| add(&format!("{} {}", record.job, record.shard)));
    hex::encode(&hash.finalize()[..4])
}
