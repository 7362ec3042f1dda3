//! Annotators as Spark NLP saves them, put together from parts.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub fn archive(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(fs::File::create(path).expect("a file"));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive");
}

pub fn metadata(saved: &Path, json: &str) {
    fs::create_dir_all(saved.join("metadata")).expect("a folder");
    fs::write(saved.join("metadata/part-00000"), format!("{json}\n")).expect("a file");
    fs::write(saved.join("metadata/.part-00000.crc"), "crc").expect("a file");
    fs::write(saved.join("metadata/_SUCCESS"), "").expect("a file");
}

/// A folder with `saved`, an annotator without weights, and room for `scratch`.
pub fn annotator(class: &str, parameters: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("saved");
    metadata(&saved, &format!(r#"{{"class":"com.johnsnowlabs.nlp.embeddings.{class}","paramMap":{{{parameters}}}}}"#));
    if class.starts_with("Albert") {
        fs::write(saved.join("albert_spp"), "pieces").expect("a file");
    }
    let scratch = folder.path().join("scratch");
    (folder, saved, scratch)
}
