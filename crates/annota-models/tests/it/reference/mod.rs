//! Golden cases, run through the engine.

use std::fs;
use std::path::{Path, PathBuf};

use annota_models::engine::{Engine, EngineSettings, Rows, Sequence};
use annota_models::{DeviceSpec, Encoder, ModelError, Precision, Readout, Target, Weights, family};
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

    pub fn open(&self, target: &Target) -> Result<Box<dyn Encoder>, ModelError> {
        let config = fs::read_to_string(self.folder.join("config.json")).expect("config.json");
        let family = family::of_config(&self.name, &config).expect("a family");
        let weights = Weights::in_folder(&self.folder).expect("an index").expect("weights");
        Ok((family.open)(&self.name, &config, &weights, target)?.0)
    }

    pub fn engine(&self, device: DeviceSpec, precision: Precision) -> Engine {
        let target = Target::open(device, precision).expect("a device");
        let encoder = self.open(&target);
        Engine::start("tested", move || encoder).expect("an engine")
    }

    /// The largest difference of any hidden state or pooler output from the reference.
    pub fn difference(&self, device: DeviceSpec, precision: Precision) -> f32 {
        let pairs = self.found_and_expected(device, precision);
        let differences = pairs.iter().flat_map(|(found, expected)| found.iter().zip(expected));
        differences.map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max)
    }

    /// Every vector, as it was computed and as it should be.
    pub fn found_and_expected(&self, device: DeviceSpec, precision: Precision) -> Vec<(Rows, Vec<f32>)> {
        let engine = self.engine(device, precision);
        let pairs = self.expected.batches.iter().flat_map(|rows| {
            let hidden =
                rows.iter().map(|row| (row, Readout::Rows((0..row.ids.len() as u32).collect()), row.hidden.concat()));
            let pooled = rows.iter().filter_map(|row| Some((row, Readout::Pooler, row.pooler.clone()?)));
            let wanted: Vec<_> = hidden.chain(pooled).collect();
            let sequences =
                wanted.iter().map(|(row, readout, _)| Sequence { ids: row.ids.clone(), readout: readout.clone() });
            let found = engine.run(sequences.collect(), EngineSettings::default()).expect("rows");
            found.into_iter().zip(wanted.into_iter().map(|(_, _, expected)| expected)).collect::<Vec<_>>()
        });
        let pairs: Vec<_> = pairs.collect();
        assert!(pairs.iter().all(|(found, expected)| found.len() == expected.len()));
        pairs
    }
}
