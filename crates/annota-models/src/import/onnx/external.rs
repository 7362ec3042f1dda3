//! Numbers that lie in files beside the model.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::model::Initializer;
use crate::import::ImportError;
use crate::import::error::one_line;
use crate::import::tensor::shape_of;

/// The files beside a model, opened as they are needed.
pub(super) struct External<'a> {
    model: &'a Path,
    files: HashMap<PathBuf, Beside>,
}

struct Beside {
    file: File,
    length: u64,
    /// What may still be read of it; tensors that overlap do not multiply a small file.
    left: u64,
}

impl<'a> External<'a> {
    pub fn new(model: &'a Path) -> Self {
        External { model, files: HashMap::new() }
    }

    /// The shape and numbers of a tensor that is kept in another file.
    pub fn numbers(&mut self, name: &str, tensor: &Initializer<'_>) -> Result<(Vec<usize>, Vec<f32>), ImportError> {
        let fail = |reason: String| ImportError::tensor(self.model, name, reason);
        let (shape, count) = shape_of(&tensor.dims).map_err(fail)?;
        let float = tensor.float_type().map_err(fail)?;
        let value = |wanted: &str| tensor.external.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
        let number = |wanted: &str| {
            let parse = |text: &str| {
                let reason = || format!("has {wanted} `{}` in external_data, expected a number", one_line(text));
                text.parse::<u64>().map_err(|_| fail(reason()))
            };
            value(wanted).map(parse).transpose()
        };
        let offset = number("offset")?.unwrap_or(0);
        let length = number("length")?;
        let location = value("location").unwrap_or_default();
        let path = beside(self.model, location)
            .ok_or_else(|| fail(format!("lies in `{}`, expected a file in the model's folder", one_line(location))))?;
        let needed = count.checked_mul(float.size()).and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(u64::MAX);
        let bytes = self.read(&path, name, offset, length, needed)?;
        Ok((shape, float.decode(&bytes)))
    }

    fn read(
        &mut self,
        path: &Path,
        name: &str,
        offset: u64,
        length: Option<u64>,
        needed: u64,
    ) -> Result<Vec<u8>, ImportError> {
        if !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), Beside::open(path)?);
        }
        let Some(beside) = self.files.get_mut(path) else { return Ok(Vec::new()) };
        let length = length.unwrap_or(beside.length.saturating_sub(offset));
        let end = offset.checked_add(length).filter(|end| *end <= beside.length);
        let left = beside.left.checked_sub(length);
        let (true, Some(_), Some(left)) = (length == needed, end, left) else {
            let (size, file) = (beside.length, path.display());
            let reason = format!("is {length} bytes at {offset} of {size} in `{file}`, expected {needed} inside it");
            return Err(ImportError::tensor(self.model, name, reason));
        };
        beside.left = left;
        beside.bytes(offset, length).map_err(|error| ImportError::read(path, &error))
    }
}

impl Beside {
    fn open(path: &Path) -> Result<Self, ImportError> {
        let open = || {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok(Beside { file, length, left: length.saturating_mul(2) })
        };
        open().map_err(|error| ImportError::read(path, &error))
    }

    fn bytes(&mut self, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// The path of a file in the folder of the model, or below it.
fn beside(model: &Path, location: &str) -> Option<PathBuf> {
    let location = Path::new(location);
    let inside = location.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let named = location.file_name().is_some();
    (inside && named).then(|| model.parent().unwrap_or(Path::new("")).join(location))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::beside;

    #[test]
    fn only_files_in_the_folder_are_read() {
        let model = Path::new("/models/albert/model.onnx");
        assert_eq!(beside(model, "model.onnx.data").as_deref(), Some(Path::new("/models/albert/model.onnx.data")));
        assert_eq!(beside(model, "data/1").as_deref(), Some(Path::new("/models/albert/data/1")));
        for location in ["", ".", "/etc/passwd", "../other/weights", "data/../../x"] {
            assert_eq!(beside(model, location), None, "{location}");
        }
    }
}
