use std::time::Duration;

use annota::ProcessSettings;
use annota::functions::DEFAULT_MODEL;
use annota::models::{DeviceKind, OpenDevice, Precision, store};
use serde::Serialize;

use super::patience::within;

/// The time limit for opening a device.
pub const DEVICE_LIMIT: Duration = Duration::from_secs(20);

/// The settings of calls that do not set their own.
#[derive(Debug, Clone, Serialize)]
pub struct Selected {
    /// The device as it is set: `auto`, `cpu`, `cuda:0`.
    pub device_setting: String,
    pub device: Device,
    pub precision: String,
    pub threads: usize,
    /// A name, org/name, folder or URL.
    pub model: String,
    pub model_files: ModelFiles,
    /// The rules that find sentences and tokens.
    pub profile: &'static str,
}

/// The device that computes.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Device {
    Cpu,
    Gpu {
        name: String,
        /// True if it is a CPU that emulates a GPU.
        is_software: bool,
    },
    /// It cannot be opened.
    Failed {
        reason: String,
    },
}

/// The place of the model's files.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ModelFiles {
    /// On this machine.
    Local { place: String },
    /// Not on this machine; the first use downloads them.
    Remote,
    /// There is no such model.
    Unknown { reason: String },
}

impl Selected {
    pub fn look(settings: &ProcessSettings) -> Self {
        let spec = settings.device;
        let model = settings.model.clone().unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        Selected {
            device_setting: spec.to_string(),
            device: match within(DEVICE_LIMIT, move || spec.open()) {
                Some(Ok(device)) => Device::of(&device),
                Some(Err(error)) => Device::Failed { reason: error.to_string() },
                None => Device::Failed { reason: format!("device `{spec}` does not answer") },
            },
            precision: Precision::default().to_string(),
            threads: rayon::current_num_threads(),
            model_files: ModelFiles::of(&model),
            model,
            profile: settings.profile.name(),
        }
    }
}

impl Device {
    fn of(device: &OpenDevice) -> Self {
        match device.kind {
            DeviceKind::Gpu => Device::Gpu { name: device.name.clone(), is_software: device.is_software() },
            _ => Device::Cpu,
        }
    }
}

impl ModelFiles {
    fn of(model: &str) -> Self {
        if let Some(files) = store::local(model) {
            return ModelFiles::Local { place: files.place() };
        }
        // The network is used only for models that can be downloaded.
        let failure = match store::is_downloadable(model) {
            Ok(true) => return ModelFiles::Remote,
            Ok(false) => store::resolve(model).err(),
            Err(error) => Some(error),
        };
        ModelFiles::Unknown { reason: failure.map_or_else(String::new, |error| error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_looked_for_without_the_network() {
        assert!(matches!(ModelFiles::of(DEFAULT_MODEL), ModelFiles::Local { place } if place == "in this program"));
        assert!(matches!(ModelFiles::of("no/such-model"), ModelFiles::Remote));
        assert!(matches!(ModelFiles::of("nope"), ModelFiles::Unknown { reason } if reason.contains("`nope`")));
        let folder = env!("CARGO_MANIFEST_DIR");
        assert!(matches!(ModelFiles::of(folder), ModelFiles::Unknown { reason } if reason.contains("config.json")));
    }
}
