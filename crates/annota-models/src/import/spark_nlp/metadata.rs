//! `metadata/part-00000`, which Spark writes for everything it saves: one line of JSON.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::import::error::one_line;
use crate::import::{Family, ImportError, folder};

/// The line is a few kilobytes long; some have lists of labels in it.
const LONGEST: u64 = 16 << 20;

pub(super) struct Metadata {
    path: PathBuf,
    json: Value,
}

impl Metadata {
    pub fn read(saved: &Path) -> Result<Self, ImportError> {
        let metadata = saved.join("metadata");
        let parts = folder::files(&metadata)?;
        for path in parts.into_iter().filter(|path| folder::name(path).starts_with("part-")) {
            let mut text = String::new();
            let read = File::open(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
            read.map_err(|error| ImportError::read(&path, &error))?;
            // Further parts are empty.
            if let Some(line) = text.lines().find(|line| !line.trim().is_empty()) {
                let json = serde_json::from_str(line);
                let json = json.map_err(|error| ImportError::malformed(&path, one_line(&error.to_string())))?;
                return Ok(Metadata { path, json });
            }
        }
        Err(ImportError::malformed(&metadata, "it has no `part-00000` with a line of JSON, expected Spark's metadata"))
    }

    /// The class that was saved, and which encoder is in it.
    pub fn class(&self, saved: &Path) -> Result<(String, Family), ImportError> {
        let class = self.json.get("class").and_then(Value::as_str);
        let class = class.ok_or_else(|| ImportError::malformed(&self.path, "it has no `class`, expected a text"))?;
        let last = class.rsplit('.').next().unwrap_or_default();
        let stage = |path: &PathBuf| ["ALBERT", "BERT"].iter().any(|family| folder::name(path).contains(family));
        match last {
            _ if last.starts_with("Albert") => Ok((class.to_owned(), Family::Albert)),
            _ if last.starts_with("Bert") => Ok((class.to_owned(), Family::Bert)),
            "PipelineModel" => {
                let stages = folder::entries(&saved.join("stages")).unwrap_or_default();
                let stages: Vec<String> =
                    stages.iter().filter(|path| stage(path)).map(|path| format!("`{}`", path.display())).collect();
                let stages = if stages.is_empty() { "which has none".to_owned() } else { stages.join(" or ") };
                Err(ImportError::unsupported(saved, format!("it is a pipeline, expected its encoder: {stages}")))
            }
            _ => {
                let reason = format!("its class is `{}`, expected an Albert… or Bert… annotator", one_line(class));
                Err(ImportError::unsupported(&self.path, reason))
            }
        }
    }

    /// A parameter that was set, or else its default.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        let find = |map: &str| self.json.get(map).and_then(|map| map.get(name));
        find("paramMap").or_else(|| find("defaultParamMap"))
    }
}
