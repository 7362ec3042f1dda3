//! Golden cases, run through the engine.

use std::fs;
use std::path::{Path, PathBuf};

use annota_models::engine::{Engine, EngineSettings, Sequence};
use annota_models::{DeviceSpec, Readout, Weights, family};
use serde::Deserialize;

pub struct Case {
    pub name: String,
    folder: PathBuf,
    pub expected: Expected,
}

#[derive(Deserialize)]
pub struct Expected {
    pub batches: Vec<Vec<Row>>,
}

#[derive(Deserialize)]
pub struct Row {
    ids: Vec<u32>,
    hidden: Vec<Vec<f32>>,
    pub pooler: Option<Vec<f32>>,
}

/// The families that have golden cases.
const FAMILIES: [&str; 3] = ["albert", "bert", "distilbert"];

pub fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let folders = FAMILIES.iter().flat_map(|family| {
        fs::read_dir(root.join(family)).expect("a family's folder").map(|entry| entry.expect("an entry").path())
    });
    let mut folders: Vec<PathBuf> = folders.filter(|folder| folder.join("expected.json").is_file()).collect();
    folders.sort();
    folders.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        let name = format!("{}/{}", name(folder.parent().expect("a family")), name(&folder));
        Case { name, folder, expected: serde_json::from_str(&text).expect("JSON") }
    }

    pub fn engine(&self, device: DeviceSpec) -> Engine {
        let config = fs::read_to_string(self.folder.join("config.json")).expect("config.json");
        let family = family::of_config(&self.name, &config).expect("a family");
        let weights = Weights::in_folder(&self.folder).expect("an index").expect("weights");
        let name = self.name.clone();
        let load = move |device: &_| Ok((family.open)(&name, &config, &weights, device)?.0);
        Engine::start(device.open().expect("a device"), load).expect("an engine")
    }

    /// The largest difference of any hidden state or pooler output from the reference.
    pub fn difference(&self, device: DeviceSpec) -> f32 {
        let engine = self.engine(device);
        let differences = self.expected.batches.iter().map(|rows| {
            let hidden =
                rows.iter().map(|row| (row, Readout::Rows((0..row.ids.len() as u32).collect()), row.hidden.concat()));
            let pooled = rows.iter().filter_map(|row| Some((row, Readout::Pooler, row.pooler.clone()?)));
            let wanted: Vec<_> = hidden.chain(pooled).collect();
            let sequences =
                wanted.iter().map(|(row, readout, _)| Sequence { ids: row.ids.clone(), readout: readout.clone() });
            let found = engine.run(sequences.collect(), EngineSettings::default()).expect("rows");
            let pairs = found.iter().zip(&wanted).flat_map(|(found, (_, _, expected))| {
                assert_eq!(found.len(), expected.len());
                found.iter().zip(expected)
            });
            pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max)
        });
        differences.fold(0.0, f32::max)
    }
}
