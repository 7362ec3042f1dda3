use std::fs;
use std::path::{Path, PathBuf};

use annota::models::{DeviceKind, DeviceSpec, Model, Precision, Target, Verdict, store};
use serde::Serialize;

use super::patience::within;
use super::selected::DEVICE_LIMIT;

/// The GPUs of this machine and the one that this build can use.
#[derive(Debug, Clone, Serialize)]
pub struct Gpus {
    /// The cards on the PCI bus (Linux).
    pub cards: Vec<Card>,
    /// The device files by which programs reach cards (Linux).
    pub device_files: Vec<String>,
    /// The manifests of installed Vulkan drivers (Linux), such as `nvidia_icd.json`.
    pub vulkan_drivers: Vec<String>,
    /// The adapter that `--device auto` selects.
    pub adapter: Option<Adapter>,
    /// False if a driver hung or crashed when it was asked.
    pub is_responsive: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    pub vendor: &'static str,
    /// Its address on the bus.
    pub address: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Adapter {
    pub name: String,
    pub driver: String,
    /// True if an earlier process found that it computes the selected model as the CPU does; false before the first use.
    pub has_passed_self_check: bool,
}

const DEVICE_FILES: [&str; 4] = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];

/// The folders where the Vulkan loader looks for drivers.
const DRIVER_FOLDERS: [&str; 4] =
    ["/etc/vulkan/icd.d", "/usr/local/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/// Variables that name the manifests instead.
const DRIVER_VARIABLES: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

const VENDORS: [(&str, &str); 3] = [("0x10de", "NVIDIA"), ("0x1002", "AMD"), ("0x8086", "Intel")];

/// Looks for GPUs. The report includes the self-check of `model`.
pub fn look(model: &str) -> Gpus {
    let model = model.to_owned();
    let adapter = within(DEVICE_LIMIT, move || adapter(&model));
    Gpus {
        cards: cards(Path::new("/sys/bus/pci/devices")),
        device_files: DEVICE_FILES.iter().filter(|file| Path::new(file).exists()).map(ToString::to_string).collect(),
        vulkan_drivers: vulkan_drivers(),
        is_responsive: adapter.is_some(),
        adapter: adapter.flatten(),
    }
}

fn adapter(model: &str) -> Option<Adapter> {
    let target = Target::open(DeviceSpec::Auto, Precision::default()).ok()?;
    (target.device.kind == DeviceKind::Gpu).then(|| {
        let files = store::local(model);
        let verdict = files.map(|files| Model::kept_verdict(&files, DeviceSpec::Auto, target.precision));
        let has_passed_self_check = matches!(verdict, Some(Ok(Verdict::Passed)));
        Adapter { name: target.device.name, driver: target.device.driver, has_passed_self_check }
    })
}

/// Displays (PCI class 03) and accelerators (class 12) of GPU vendors. Displays of virtual machines have other vendors.
fn cards(bus: &Path) -> Vec<Card> {
    let devices = fs::read_dir(bus).into_iter().flatten().filter_map(Result::ok);
    let mut cards: Vec<Card> = devices.filter_map(|device| card(&device.path())).collect();
    cards.sort_by(|a, b| a.address.cmp(&b.address));
    cards
}

fn card(device: &Path) -> Option<Card> {
    let read = |name: &str| fs::read_to_string(device.join(name)).ok().map(|text| text.trim().to_owned());
    let is_card = ["0x03", "0x12"].iter().any(|class| read("class").is_some_and(|found| found.starts_with(class)));
    let vendor = read("vendor")?;
    let (_, vendor) = VENDORS.iter().find(|(id, _)| is_card && *id == vendor)?;
    Some(Card { vendor, address: device.file_name()?.to_string_lossy().into_owned() })
}

fn vulkan_drivers() -> Vec<String> {
    let named = DRIVER_VARIABLES.iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    let files: Vec<PathBuf> = match named {
        Some(files) => std::env::split_paths(&files).filter(|file| file.exists()).collect(),
        None => {
            let folders = DRIVER_FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok());
            folders.flatten().filter_map(Result::ok).map(|file| file.path()).collect()
        }
    };
    let names = files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort();
    names.dedup();
    names
}

impl Gpus {
    /// True if the machine has a GPU, also if this build cannot use it.
    pub fn has_card(&self) -> bool {
        // A virtual machine without a GPU can have /dev/dri.
        !self.cards.is_empty() || self.device_files.iter().any(|file| file != "/dev/dri")
    }

    pub fn has_nvidia_card(&self) -> bool {
        self.cards.iter().any(|card| card.vendor == "NVIDIA")
            || self.device_files.iter().any(|file| file.contains("nvidia"))
    }

    /// True if a Vulkan driver is installed that is not Mesa's software rasterizer.
    pub fn has_vulkan_driver(&self) -> bool {
        self.vulkan_drivers.iter().any(|name| !name.starts_with("lvp_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_displays_and_accelerators_of_gpu_vendors() {
        let bus = tempfile::tempdir().expect("a folder");
        let devices = [
            ("0000:00:02.0", "0x8086", "0x030000"),
            ("0000:03:00.0", "0x10de", "0x030200"),
            ("0000:04:00.0", "0x1002", "0x120000"),
            ("0000:05:00.0", "0x1234", "0x030000"),
            ("0000:06:00.0", "0x8086", "0x020000"),
        ];
        for (address, vendor, class) in devices {
            let folder = bus.path().join(address);
            fs::create_dir(&folder).expect("a folder");
            fs::write(folder.join("vendor"), format!("{vendor}\n")).expect("written");
            fs::write(folder.join("class"), format!("{class}\n")).expect("written");
        }
        let found = cards(bus.path());
        let vendors: Vec<_> = found.iter().map(|card| (card.vendor, card.address.as_str())).collect();
        assert_eq!(vendors, [("Intel", "0000:00:02.0"), ("NVIDIA", "0000:03:00.0"), ("AMD", "0000:04:00.0")]);
        assert!(cards(Path::new("/no/such/folder")).is_empty());
    }
}
