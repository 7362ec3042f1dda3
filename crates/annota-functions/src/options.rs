use std::any::Any;
use std::str::FromStr;

use annota_annotators::{Fallback, Hints, Parameter, SettingValue};
use annota_text::{OffsetUnit, Profile};
use datafusion_common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion_common::{Result, plan_datafusion_err, plan_err};

/// The model that serves where none is named: the one in the binary.
pub const DEFAULT_MODEL: &str = "albert_tiny_en";

/// What an option says that leaves it to the device.
const AUTO: &str = "auto";

/// A kind of executors of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceClass {
    Cpu,
    Gpu,
}

impl DeviceClass {
    pub fn name(self) -> &'static str {
        match self {
            DeviceClass::Cpu => "cpu",
            DeviceClass::Gpu => "gpu",
        }
    }
}

impl FromStr for DeviceClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "cpu" => Ok(DeviceClass::Cpu),
            "gpu" => Ok(DeviceClass::Gpu),
            _ => Err(format!("device class `{text}` is not known: expected cpu or gpu")),
        }
    }
}

/// `SET annota.…`. Written by hand, since entries must carry their prefix to reach executors.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotaOptions {
    pub model: String,
    pub profile: Profile,
    pub offsets: OffsetUnit,
    /// `None` for what suits the device.
    pub batch_tokens: Option<usize>,
    pub cache_bytes: usize,
    /// The executors of a cluster that may run a query; `None` for all. Read by the scheduler, which hands out tasks.
    pub device_class: Option<DeviceClass>,
}

impl Default for AnnotaOptions {
    fn default() -> Self {
        AnnotaOptions {
            model: DEFAULT_MODEL.to_owned(),
            profile: Profile::default(),
            offsets: OffsetUnit::default(),
            batch_tokens: None,
            cache_bytes: 64 << 20,
            device_class: None,
        }
    }
}

impl AnnotaOptions {
    /// Those of a session; the defaults where it has none.
    pub fn of(config: &ConfigOptions) -> AnnotaOptions {
        config.extensions.get::<AnnotaOptions>().cloned().unwrap_or_default()
    }

    /// What a parameter is when a call does not give it.
    pub fn fallback(&self, parameter: &Parameter) -> Option<SettingValue> {
        match parameter.fallback {
            Fallback::Nothing => None,
            Fallback::Text(text) => Some(SettingValue::Text(text.to_owned())),
            Fallback::Boolean(value) => Some(SettingValue::Boolean(value)),
            Fallback::Integer(number) => Some(SettingValue::Integer(number)),
            Fallback::Option(name) => self.text(name).map(SettingValue::Text),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match name {
            "model" => Some(self.model.clone()),
            "profile" => Some(self.profile.name().to_owned()),
            "offsets" => Some(self.offsets.name().to_owned()),
            _ => None,
        }
    }

    pub fn hints(&self) -> Hints {
        Hints { batch_tokens: self.batch_tokens, cache_bytes: self.cache_bytes }
    }
}

impl ConfigExtension for AnnotaOptions {
    const PREFIX: &'static str = "annota";
}

impl ExtensionOptions for AnnotaOptions {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "model" if value.trim().is_empty() => {
                return plan_err!("annota.model is `{value}`: expected a model's name");
            }
            "model" => self.model = value.to_owned(),
            "profile" => {
                self.profile = value.parse().map_err(|error| plan_datafusion_err!("annota.profile: {error}"))?
            }
            "offsets" => {
                self.offsets = value.parse().map_err(|error| plan_datafusion_err!("annota.offsets: {error}"))?
            }
            "batch_tokens" if value == AUTO => self.batch_tokens = None,
            "batch_tokens" => self.batch_tokens = Some(number(key, value, 1)?),
            "cache_bytes" => self.cache_bytes = number(key, value, 0)?,
            "device_class" if value.trim().is_empty() => self.device_class = None,
            "device_class" => {
                let class = value.trim().parse();
                self.device_class = Some(class.map_err(|error| plan_datafusion_err!("annota.device_class: {error}"))?);
            }
            _ => {
                return plan_err!("annota.{key} is no option: expected one of {}", KEYS.map(|(key, _)| key).join(", "));
            }
        }
        Ok(())
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        let values = [
            self.model.clone(),
            self.profile.name().to_owned(),
            self.offsets.name().to_owned(),
            self.batch_tokens.map_or_else(|| AUTO.to_owned(), |tokens| tokens.to_string()),
            self.cache_bytes.to_string(),
            self.device_class.map_or("", DeviceClass::name).to_owned(),
        ];
        let entries = KEYS.into_iter().zip(values);
        entries
            .map(|((key, description), value)| ConfigEntry {
                key: format!("{}.{key}", AnnotaOptions::PREFIX),
                value: Some(value),
                description,
            })
            .collect()
    }
}

const KEYS: [(&str, &str); 6] = [
    ("model", "The model of calls that name none"),
    ("profile", "Whose rules find sentences and tokens: annota or spark_nlp"),
    ("offsets", "What begin and end count: utf16, codepoint or byte"),
    ("batch_tokens", "Pieces that a model computes at once, padding included; auto for what suits the device"),
    ("cache_bytes", "Bytes of vectors kept for texts that come again; 0 keeps none"),
    (
        "device_class",
        "Which executors of a cluster may run a query: cpu, gpu, or nothing for all; the scheduler obeys it",
    ),
];

fn number(key: &str, value: &str, least: usize) -> Result<usize> {
    match value.trim().parse::<usize>() {
        Ok(number) if number >= least => Ok(number),
        _ => plan_err!("annota.{key} is `{value}`: expected a whole number of at least {least}"),
    }
}
