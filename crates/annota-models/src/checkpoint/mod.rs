//! From the files of a checkpoint into a burn module, by a family's [`Layout`]. Nothing is left to chance: a tensor
//! that is missing, unknown, misshapen or not of finite numbers is an error that names it as the file does.

mod layout;
mod weights;

pub use layout::Layout;
pub use weights::Weights;

use burn::store::burn_pack::Tensor;
use burn::store::{
    ApplyError, ApplyResult, FloatCastAdapter, ModuleAdapter, ModuleSnapshot, PyTorchToBurnAdapter, bridge,
};
use burn::tensor::DType;

use crate::ModelError;
use crate::encoder::Encoder;

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
    weights: &Weights,
    layout: &Layout,
) -> Result<LoadReport, ModelError> {
    let fail = |reason: String| ModelError::Checkpoint { model: model.to_owned(), reason };
    let mut ignored = Vec::new();
    let mut wanted = Vec::new();
    let mut unknown = Vec::new();
    for mut tensor in weights.tensors().map_err(fail)? {
        match layout.name_in_module(&tensor.name) {
            _ if layout.is_ignored(&tensor.name) => ignored.push(tensor.name),
            Some(name) => {
                check_numbers(&tensor).map_err(fail)?;
                tensor.name = name;
                wanted.push(tensor);
            }
            None => unknown.push(tensor.name),
        }
    }
    if let Some(name) = unknown.first() {
        return Err(fail(unexpected(name, unknown.len() - 1)));
    }
    let adapter = PyTorchToBurnAdapter.chain(FloatCastAdapter::to(DType::F32));
    let result = module.apply(wanted, None, Some(Box::new(adapter)), false);
    let applied = layout.check(result).map_err(fail)?;
    Ok(LoadReport { applied, ignored })
}

/// Numbers that are none would spread into every vector.
fn check_numbers(tensor: &Tensor) -> Result<(), String> {
    let name = &tensor.name;
    let data = bridge::to_data(tensor).map_err(|error| format!("tensor `{name}`: {}", one_line(&error.to_string())))?;
    let is_float = matches!(data.dtype(), DType::F64 | DType::F32 | DType::F16 | DType::BF16);
    if !is_float {
        return Err(format!("tensor `{name}` has type {:?}, expected f32, f16, bf16 or f64", data.dtype()));
    }
    match data.convert::<f32>().as_slice::<f32>() {
        Ok(values) => match values.iter().position(|value| !value.is_finite()) {
            Some(place) => {
                Err(format!("tensor `{name}` has {} at place {place}, expected finite numbers", values[place]))
            }
            None => Ok(()),
        },
        Err(error) => Err(format!("tensor `{name}`: {error:?}")),
    }
}

impl Layout {
    fn check(&self, result: ApplyResult) -> Result<Vec<String>, String> {
        if let Some(error) = result.errors.first() {
            return Err(self.describe(error));
        }
        let mut missing = result.missing.iter().map(|(name, _)| name).filter(|name| !self.is_optional(name));
        if let Some(name) = missing.next() {
            let more = missing.count();
            return Err(format!("tensor `{}` is missing{}", self.name_in_file(name), and_more(more)));
        }
        match result.unused.first() {
            Some(name) => Err(unexpected(&self.name_in_file(name), result.unused.len() - 1)),
            None => Ok(result.applied),
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

fn unexpected(name: &str, more: usize) -> String {
    format!("tensor `{name}` is not part of the architecture that config.json describes{}", and_more(more))
}

fn and_more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" (and {count} more)") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
