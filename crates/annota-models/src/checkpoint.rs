//! From a safetensors file into a burn module, by a family's [`Layout`]. Nothing is left to chance: a tensor
//! that is missing, unknown or misshapen is an error that names it as the file does.

use std::path::PathBuf;

use burn::store::{
    ApplyError, ApplyResult, FloatCastAdapter, KeyRemapper, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter,
    SafetensorsStore,
};
use burn::tensor::DType;

use crate::ModelError;
use crate::encoder::Encoder;

/// Where the weights lie.
#[derive(Debug, Clone)]
pub enum Weights {
    /// `model.safetensors` on disk; it is memory-mapped while it is read.
    File(PathBuf),
    /// The same bytes, compiled into the program.
    Bytes(&'static [u8]),
}

/// How a family's checkpoints name its tensors.
pub struct Layout {
    /// Stands before every name in checkpoints that carry a task head.
    pub prefix: &'static str,
    /// (name in the file, name in the module), without the last part (`weight`, `bias`); `#` is a number.
    pub names: &'static [(&'static str, &'static str)],
    /// Starts of module names that a checkpoint may lack.
    pub optional: &'static [&'static str],
    /// Starts of names in the file that the encoder has no use for: heads and buffers.
    pub ignored: &'static [&'static str],
}

/// What a checkpoint gave.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// Module names of the tensors that were filled.
    pub applied: Vec<String>,
    /// Names in the file that were ignored, as the family allows.
    pub ignored: Vec<String>,
}

/// An encoder, and what its checkpoint gave.
pub type Opened = (Box<dyn Encoder>, LoadReport);

impl LoadReport {
    /// Whether some filled tensor's name starts with `prefix`.
    pub fn has(&self, prefix: &str) -> bool {
        self.applied.iter().any(|name| name.starts_with(prefix))
    }
}

/// Fills `module` from `weights`, as f32, whatever float type the file has.
pub fn load<M: ModuleSnapshot>(
    module: &mut M,
    model: &str,
    weights: Weights,
    layout: &Layout,
) -> Result<LoadReport, ModelError> {
    let fail = |reason: String| ModelError::Checkpoint { model: model.to_owned(), reason };
    let mut store = match weights {
        Weights::File(path) => SafetensorsStore::from_file(path),
        Weights::Bytes(bytes) => SafetensorsStore::from_bytes(Some(bytes.to_vec())),
    }
    .with_from_adapter(PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32)))
    .remap(layout.renames().map_err(|error| fail(error.to_string()))?)
    .allow_partial(true)
    .validate(false);
    let result = module.load_from(&mut store).map_err(|error| fail(one_line(&error.to_string())))?;
    layout.check(result).map_err(fail)
}

impl Layout {
    fn renames(&self) -> Result<KeyRemapper, impl std::error::Error> {
        let prefix = self.prefix.replace('.', r"\.");
        let patterns = self.names.iter().map(|(file, module)| {
            let pattern = file.replace('.', r"\.").replace('#', r"(\d+)");
            let replacement = (1..=module.matches('#').count())
                .fold(module.to_string(), |name, group| name.replacen('#', &format!("${{{group}}}"), 1));
            let last = module.matches('#').count() + 1;
            (format!(r"^(?:{prefix})?{pattern}\.(\w+)$"), format!("{replacement}.${{{last}}}"))
        });
        KeyRemapper::from_patterns(patterns.collect::<Vec<_>>())
    }

    /// The name in the file of a tensor of the module.
    fn name_in_file(&self, module_name: &str) -> String {
        let parts: Vec<&str> = module_name.split('.').collect();
        self.names
            .iter()
            .find_map(|(file, module)| {
                let pattern: Vec<&str> = module.split('.').collect();
                let numbers = match_parts(&pattern, &parts)?;
                let mut numbers = numbers.into_iter();
                let file = file.split('.').map(|part| if part == "#" { numbers.next().unwrap_or(part) } else { part });
                let last = parts.last().map(|last| match *last {
                    "gamma" => "weight",
                    "beta" => "bias",
                    last => last,
                });
                Some(file.chain(last).collect::<Vec<_>>().join("."))
            })
            .unwrap_or_else(|| module_name.to_owned())
    }

    fn check(&self, result: ApplyResult) -> Result<LoadReport, String> {
        let starts = |name: &str, prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if let Some(error) = result.errors.first() {
            return Err(self.describe(error));
        }
        let mut missing = result.missing.iter().map(|(name, _)| name).filter(|name| !starts(name, self.optional));
        if let Some(name) = missing.next() {
            let more = missing.count();
            return Err(format!("tensor `{}` is missing{}", self.name_in_file(name), and_more(more)));
        }
        let bare = |name: &str| name.strip_prefix(self.prefix).unwrap_or(name).to_owned();
        let (ignored, unknown): (Vec<_>, Vec<_>) =
            result.unused.into_iter().partition(|name| starts(&bare(name), self.ignored));
        match unknown.first() {
            Some(name) => Err(format!(
                "tensor `{name}` is not part of the architecture that config.json describes{}",
                and_more(unknown.len() - 1)
            )),
            None => Ok(LoadReport { applied: result.applied, ignored }),
        }
    }

    fn describe(&self, error: &ApplyError) -> String {
        match error {
            ApplyError::ShapeMismatch { path, expected, found } => {
                let (expected, found) = (expected.to_vec(), found.to_vec());
                format!(
                    "tensor `{}` has shape {found:?}, expected {expected:?} (last two axes as [in, out])",
                    self.name_in_file(path)
                )
            }
            ApplyError::DTypeMismatch { path, expected, found } => {
                format!("tensor `{}` has type {found:?}, expected {expected:?}", self.name_in_file(path))
            }
            ApplyError::AdapterError { path, message } | ApplyError::LoadError { path, message } => {
                format!("tensor `{}`: {}", self.name_in_file(path), one_line(message))
            }
        }
    }
}

/// The numbers that stand for `#` when all parts but the last (`weight` or `bias`) match.
fn match_parts<'a>(pattern: &[&str], parts: &[&'a str]) -> Option<Vec<&'a str>> {
    if parts.len() != pattern.len() + 1 {
        return None;
    }
    let mut numbers = Vec::new();
    for (pattern, part) in pattern.iter().zip(parts) {
        match *pattern {
            "#" => numbers.push(*part),
            pattern if pattern == *part => {}
            _ => return None,
        }
    }
    Some(numbers)
}

fn and_more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" (and {count} more)") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
