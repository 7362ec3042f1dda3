//! Weights of ONNX files as `torch.onnx` and optimum write them.

mod external;
mod model;
mod names;

use std::path::Path;

use crate::import::tensor::NamedTensor;
use crate::import::{ImportError, complete, error::one_line};
use external::External;
use names::{Source, Tensors};

/// Reads the encoder's weights from an ONNX file, sorted by name; heads and buffers are left out. Where several
/// nodes share a layer its weights are given once.
///
/// # Errors
/// [`ImportError`] when the file is damaged, quantised or no export of an ALBERT or BERT encoder, and when a weight
/// is missing or the nodes that share it disagree.
pub fn read(path: &Path) -> Result<Vec<NamedTensor>, ImportError> {
    let file = std::fs::read(path).map_err(|error| ImportError::read(path, &error))?;
    let graph = model::graph(&file).map_err(|reason| ImportError::malformed(path, reason))?;
    let (tensors, parameters) = names::parameters(path, graph)?;
    for name in parameters.keys() {
        let weight = name.strip_suffix(".bias").map(|layer| format!("{layer}.weight"));
        if let Some(weight) = weight.filter(|weight| !parameters.contains_key(weight)) {
            let reason = "is missing, expected a MatMul or Gemm node whose product gets the layer's bias";
            return Err(ImportError::tensor(path, &weight, reason));
        }
    }
    let mut loader = Loader { path, tensors, external: External::new(path), room: file.len() as u64 };
    let read = parameters.into_iter().map(|(name, sources)| loader.load(name, sources));
    let read = read.collect::<Result<Vec<_>, _>>()?;
    complete::check(path, &read)?;
    Ok(read)
}

struct Loader<'a> {
    path: &'a Path,
    tensors: Tensors<'a>,
    external: External<'a>,
    /// How many numbers may still come out of the model's own file: no more than it has bytes.
    room: u64,
}

impl<'a> Loader<'a> {
    fn load(
        &mut self,
        name: String,
        sources: impl IntoIterator<Item = Source<'a>>,
    ) -> Result<NamedTensor, ImportError> {
        let mut loaded: Option<NamedTensor> = None;
        for source in sources {
            let next = self.tensor(&name, source)?;
            match &loaded {
                Some(first) if !first.same_as(&next) => {
                    let reason = format!(
                        "is given twice with different numbers (shapes {:?} and {:?}), expected one weight",
                        first.shape, next.shape
                    );
                    return Err(ImportError::tensor(self.path, &name, reason));
                }
                Some(_) => {}
                None => loaded = Some(next),
            }
        }
        loaded.ok_or_else(|| ImportError::tensor(self.path, &name, "is missing, expected an initializer"))
    }

    fn tensor(&mut self, name: &str, (initializer, turned): Source<'a>) -> Result<NamedTensor, ImportError> {
        let fail = |reason: String| {
            let reason = if name == initializer { reason } else { format!("(`{}`) {reason}", one_line(initializer)) };
            ImportError::tensor(self.path, name, reason)
        };
        let Some(packed) = self.tensors.get(initializer) else {
            return Err(fail("is missing, expected an initializer".to_owned()));
        };
        let source = model::initializer(packed.message).map_err(fail)?;
        let (shape, data) = if source.is_external {
            self.external.numbers(initializer, &source)?
        } else {
            let numbers = source.numbers().map_err(fail)?;
            let left = self.room.checked_sub(numbers.1.len() as u64);
            self.room =
                left.ok_or_else(|| fail("is one copy too many, expected fewer numbers than bytes".to_owned()))?;
            numbers
        };
        let tensor = NamedTensor { name: name.to_owned(), shape, data };
        if turned { tensor.transposed().map_err(fail) } else { Ok(tensor) }
    }
}
