use annota::ProcessSettings;
use serde::Serialize;

use super::cpu::Cpu;
use super::environment::{self, Variable};
use super::folders::{self, Folder};
use super::gpu::{self, Gpus};
use super::memory::Memory;
use super::network::Network;
use super::program::Program;
use super::selected::Selected;
use super::suggestions::{self, Severity, Suggestion};

/// The complete report of `annota doctor`.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub program: Program,
    pub cpu: Cpu,
    pub memory: Memory,
    pub gpus: Gpus,
    pub folders: Vec<Folder>,
    pub network: Network,
    pub environment: Vec<Variable>,
    pub selected: Selected,
    pub suggestions: Vec<Suggestion>,
    /// True if Annota can compute with the selected device and model.
    pub can_run: bool,
}

impl Report {
    /// Examines the machine. Uses the network only if neither `is_offline` nor a variable forbids it.
    pub fn new(settings: &ProcessSettings, is_offline: bool) -> Self {
        let selected = Selected::look(settings);
        let mut report = Report {
            program: Program::look(),
            cpu: Cpu::look(settings.device),
            memory: Memory::look(),
            gpus: gpu::look(&selected.model),
            folders: folders::look(),
            network: Network::look(is_offline),
            environment: environment::look(),
            selected,
            suggestions: Vec::new(),
            can_run: true,
        };
        report.suggestions = suggestions::suggest(&report);
        report.can_run = report.first_error().is_none();
        report
    }

    /// The text of the first suggestion without which Annota cannot run.
    pub fn first_error(&self) -> Option<&str> {
        let error = self.suggestions.iter().find(|suggestion| suggestion.severity == Severity::Error);
        error.map(|error| error.text.as_str())
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::cpu::Kernels;
    use super::super::gpu::Card;
    use super::super::memory::MemoryLimit;
    use super::super::network::Reach;
    use super::super::selected::{Device, ModelFiles};
    use super::*;

    fn folder(name: &'static str, path: &str, moved_by: &'static str) -> Folder {
        let (path, variable) = (path.to_owned(), Some("HOME"));
        Folder {
            name,
            path,
            variable,
            is_relative: false,
            exists: true,
            is_writable: true,
            free: Some(9 << 30),
            moved_by,
        }
    }

    /// A machine to which no rule applies.
    pub fn healthy() -> Report {
        let avx2 = || "avx2".to_owned();
        Report {
            program: Program {
                version: "0.1.0",
                commit: "1a2b3c4 2026-07-01",
                features: vec!["wgpu"],
                target: "x86_64-unknown-linux-gnu",
                profile: "release",
                system: "Debian GNU/Linux 13".to_owned(),
                kernel: "6.12.0".to_owned(),
            },
            cpu: Cpu {
                model: "A Processor".to_owned(),
                logical: 8,
                affinity: Some(8),
                cgroup_limit: None,
                usable: 8,
                threads: 8,
                instruction_sets: vec!["portable".to_owned(), avx2()],
                kernels: Kernels { f32: avx2(), bf16: avx2(), int8: avx2() },
            },
            memory: Memory {
                total: 16 << 30,
                available: 8 << 30,
                cgroup_v1_limit: None,
                cgroup_v2_limit: None,
                usable: 16 << 30,
                usable_by: MemoryLimit::Machine,
            },
            gpus: Gpus {
                cards: Vec::new(),
                device_files: Vec::new(),
                vulkan_drivers: Vec::new(),
                adapter: None,
                is_responsive: true,
            },
            folders: vec![
                folder("hub cache", "/home/a/.cache/huggingface/hub", "HF_HOME"),
                folder("Annota cache", "/home/a/.cache/annota", "XDG_CACHE_HOME"),
                folder("work folder", "/tmp", "ANNOTA_WORK_DIR"),
            ],
            network: Network {
                endpoint: "https://hub".to_owned(),
                forbidden_by: None,
                proxy: None,
                proxy_variables: Vec::new(),
                hub: Reach::Reached { milliseconds: 20 },
            },
            environment: Vec::new(),
            selected: Selected {
                device_setting: "auto".to_owned(),
                device: Device::Cpu,
                precision: "f32".to_owned(),
                threads: 8,
                model: "albert_tiny_en".to_owned(),
                model_files: ModelFiles::Local { place: "in this program".to_owned() },
                profile: "annota",
            },
            suggestions: Vec::new(),
            can_run: true,
        }
    }

    /// A machine with many problems at once.
    pub fn troubled() -> Report {
        let mut report = healthy();
        report.cpu.cgroup_limit = Some(1.0);
        (report.memory.cgroup_v2_limit, report.memory.usable) = (Some(512 << 20), 512 << 20);
        report.memory.usable_by = MemoryLimit::CgroupV2;
        report.gpus.cards = vec![Card { vendor: "NVIDIA", address: "0000:03:00.0".to_owned() }];
        report.folders[0].is_writable = false;
        report.network.hub = Reach::Failed { reason: "no answer within 3 s".to_owned() };
        let variable = |at| Variable { name: format!("HF_{at}"), value: "1".to_owned(), is_known: true };
        report.environment = (0..12).map(variable).collect();
        report.selected.device_setting = "cuda:7".to_owned();
        report.selected.device = Device::Failed { reason: "device `cuda:7`: 0 CUDA devices found".to_owned() };
        report
    }

    #[test]
    fn only_errors_stop_annota() {
        let mut report = troubled();
        report.suggestions = suggestions::suggest(&report);
        assert_eq!(report.first_error().map(|error| error.starts_with("device `cuda:7`")), Some(true));
        report.selected.device = Device::Cpu;
        report.suggestions = suggestions::suggest(&report);
        assert!(report.first_error().is_none() && report.suggestions.len() > 3, "{:?}", report.suggestions);
    }

    #[test]
    fn this_machine_can_be_reported() {
        let report = Report::new(&ProcessSettings::default(), true);
        assert!(report.can_run, "{:?}", report.suggestions);
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["selected"]["model_files"]["place"], "in this program");
        assert_eq!(json["network"]["hub"]["state"], "skipped");
    }
}
