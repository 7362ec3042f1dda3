use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;

use safetensors::tensor::{Dtype, View, serialize_to_file};

use crate::import::error::one_line;
use crate::import::{ImportError, NamedTensor};

pub(super) fn text(path: &Path, text: &str) -> Result<(), ImportError> {
    fs::write(path, text).map_err(|error| ImportError::write(path, &error))
}

pub(super) fn copy(from: &Path, to: &Path) -> Result<(), ImportError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(|error| ImportError::write(parent, &error))?;
    }
    let mut source = File::open(from).map_err(|error| ImportError::read(from, &error))?;
    // Unlike fs::copy this does not take over that a file may not be written.
    let copied = File::create(to).and_then(|mut file| std::io::copy(&mut source, &mut file));
    copied.map(drop).map_err(|error| ImportError::write(to, &error))
}

/// Writes a safetensors file.
pub(super) fn tensors(path: &Path, tensors: &[NamedTensor]) -> Result<(), ImportError> {
    let fail = |reason: String| ImportError::Write { path: path.to_owned(), reason: one_line(&reason) };
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let views = tensors.iter().map(|tensor| (tensor.name.as_str(), Plain(tensor)));
    // A file made the usual way has the usual permissions; the library's is its maker's only.
    fs::write(path, "").map_err(|error| ImportError::write(path, &error))?;
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    serialize_to_file(views, Some(metadata), path).map_err(|error| fail(error.to_string()))?;
    permissions
        .and_then(|permissions| fs::set_permissions(path, permissions))
        .map_err(|error| ImportError::write(path, &error))
}

/// A tensor as safetensors takes it; its bytes are made one tensor at a time.
struct Plain<'a>(&'a NamedTensor);

impl View for Plain<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.0.data.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        self.0.data.len() * size_of::<f32>()
    }
}
