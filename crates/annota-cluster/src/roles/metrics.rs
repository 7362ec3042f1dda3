//! The counters of this process' engines, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use annota::models::engine::Snapshot;
use annota::models::{Model, open_devices};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, Encoder, GaugeVec, Opts, TextEncoder};

/// By what a model's figures are told apart.
const LABELS: [&str; 2] = ["model", "device"];

/// Everything that this process counts: its engines, itself (memory, open files), and what Ballista's scheduler counts.
pub fn metrics() -> String {
    static REGISTERED: LazyLock<bool> = LazyLock::new(|| prometheus::register(Box::new(Engines::new())).is_ok());
    if !*REGISTERED {
        log::warn!("the engines' counters are not among the metrics: their names are taken");
    }
    let mut text = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&prometheus::gather(), &mut text) {
        log::warn!("metrics cannot be written: {error}");
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// A figure of an engine since it started.
struct Counter {
    name: &'static str,
    help: &'static str,
    value: fn(&Snapshot) -> f64,
}

const COUNTERS: [Counter; 11] = [
    Counter { name: "annota_sequences_total", help: "Sequences asked for", value: |now| now.sequences as f64 },
    Counter {
        name: "annota_tokens_total",
        help: "Pieces computed, special pieces included, padding not",
        value: |now| now.pieces as f64,
    },
    Counter { name: "annota_padding_total", help: "Padded positions computed", value: |now| now.padding as f64 },
    Counter {
        name: "annota_operations_total",
        help: "Floating-point operations of products of matrices",
        value: |now| now.operations as f64,
    },
    Counter { name: "annota_batches_total", help: "Batches computed", value: |now| now.batches as f64 },
    Counter {
        name: "annota_cache_hits_total",
        help: "Sequences answered from the cache or together with an equal one",
        value: |now| now.cache_hits as f64,
    },
    Counter {
        name: "annota_windowed_total",
        help: "Texts cut into more than one window",
        value: |now| now.windowed as f64,
    },
    Counter {
        name: "annota_truncated_total",
        help: "Texts of which the end was not seen",
        value: |now| now.truncated as f64,
    },
    Counter {
        name: "annota_load_seconds_total",
        help: "Seconds of loading",
        value: |now| Duration::as_secs_f64(&now.load),
    },
    Counter {
        name: "annota_tokenize_seconds_total",
        help: "Seconds of cutting texts into pieces, summed over callers",
        value: |now| Duration::as_secs_f64(&now.tokenize),
    },
    Counter {
        name: "annota_compute_seconds_total",
        help: "Seconds of computing on the device",
        value: |now| Duration::as_secs_f64(&now.compute),
    },
];

/// Asks the engines and the devices when it is asked.
struct Engines {
    counters: Vec<CounterVec>,
    waiting: Option<GaugeVec>,
    memory: Option<GaugeVec>,
}

impl Engines {
    fn new() -> Self {
        let counters = COUNTERS.iter().filter_map(|it| CounterVec::new(Opts::new(it.name, it.help), &LABELS).ok());
        let waiting = Opts::new("annota_queue_sequences", "Sequences that wait to be computed now");
        let memory = Opts::new("annota_device_memory_bytes", "Memory of a GPU that this process holds");
        Engines {
            counters: counters.collect(),
            waiting: GaugeVec::new(waiting, &LABELS).ok(),
            memory: GaugeVec::new(memory, &LABELS[1..]).ok(),
        }
    }
}

impl Engines {
    fn gauges(&self) -> impl Iterator<Item = &GaugeVec> {
        self.waiting.iter().chain(&self.memory)
    }
}

impl Collector for Engines {
    fn desc(&self) -> Vec<&Desc> {
        let counters = self.counters.iter().flat_map(Collector::desc);
        counters.chain(self.gauges().flat_map(Collector::desc)).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // A model may be loaded in more than one precision.
        let mut engines: BTreeMap<[String; 2], (Snapshot, u64)> = BTreeMap::new();
        for model in Model::loaded() {
            let key = [model.name().to_owned(), model.device().to_owned()];
            let (snapshot, waiting) = engines.entry(key).or_default();
            *snapshot = snapshot.plus(model.counters().snapshot());
            *waiting += model.counters().waiting();
        }
        for (labels, (snapshot, waiting)) in &engines {
            for (vec, counter) in self.counters.iter().zip(&COUNTERS) {
                let metric = vec.with_label_values(labels);
                metric.reset();
                metric.inc_by((counter.value)(snapshot));
            }
            if let Some(gauge) = &self.waiting {
                gauge.with_label_values(labels).set(*waiting as f64);
            }
        }
        for device in open_devices() {
            if let (Some(gauge), Some(bytes)) = (&self.memory, device.memory()) {
                gauge.with_label_values(&[device.name]).set(bytes as f64);
            }
        }
        let counters = self.counters.iter().flat_map(Collector::collect);
        counters.chain(self.gauges().flat_map(Collector::collect)).collect()
    }
}
