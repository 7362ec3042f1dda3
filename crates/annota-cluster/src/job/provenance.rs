//! What made an output: facts in the key-value metadata of its files, by which outputs are told apart.

use std::fs::File;
use std::path::Path;

use annota::models::store;
use annota::{Error, Result, Session};
use datafusion::error::DataFusionError;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};

use super::Job;
use super::writer::parts;

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
    let model = model_name(session, job);
    let options = session.options();
    let profile = job.profile.clone().unwrap_or_else(|| options.profile.name().to_owned());
    let facts = [
        ("annota.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("annota.fingerprint", store::resolve(&model)?.fingerprint()?),
        ("annota.model", model),
        ("annota.level", format!("{:?}", job.level).to_lowercase()),
        ("annota.pooling", job.pooling.clone().unwrap_or_else(|| "the model's own".to_owned())),
        ("annota.precision", job.precision.clone()),
        ("annota.profile", profile),
        ("annota.offsets", options.offsets.name().to_owned()),
        ("annota.on_error", job.on_error.clone()),
        ("annota.text_column", job.text_column.clone()),
        ("annota.column_prefix", job.column_prefix.clone()),
    ];
    Ok(facts.map(|(key, value)| (key.to_owned(), value)).to_vec())
}

/// The model that serves a job.
pub fn model_name(session: &Session, job: &Job) -> String {
    job.model.clone().unwrap_or_else(|| session.options().model)
}

/// Whether the files of an output were made by the same model and settings.
///
/// # Errors
/// A file that was not, naming the first fact that differs.
pub fn check(folder: &Path, facts: &[Fact]) -> Result<()> {
    for path in parts(folder)? {
        let found = read(&path)?;
        for (key, expected) in facts.iter().filter(|(key, _)| !FREE.contains(&key.as_str())) {
            let value = found.iter().find(|(known, _)| known == key).map_or("nothing", |(_, value)| value);
            if value != expected {
                let path = path.display();
                return Err(Error::Pipeline(format!(
                    "output `{path}` has `{value}` as {key}, and this job `{expected}`: expected the same model and settings, or another folder"
                )));
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Fact>> {
    let reader = SerializedFileReader::new(File::open(path)?).map_err(DataFusionError::from)?;
    let entries = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    Ok(entries.into_iter().map(|entry| (entry.key, entry.value.unwrap_or_default())).collect())
}
