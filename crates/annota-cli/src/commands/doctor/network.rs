use std::time::{Duration, Instant};

use annota::models::store::hub::{self, Hub, Settings};
use serde::Serialize;

use super::environment::{self, Variable};
use super::patience::within;

/// How models are downloaded.
#[derive(Debug, Clone, Serialize)]
pub struct Network {
    /// The URL of the hub.
    pub endpoint: String,
    /// The variable that forbids the network, if one does.
    pub forbidden_by: Option<&'static str>,
    /// The proxy that downloads go through.
    pub proxy: Option<String>,
    /// The variables of proxies that are set.
    pub proxy_variables: Vec<Variable>,
    pub hub: Reach,
}

/// The result of asking the hub for an answer.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Reach {
    Reached { milliseconds: u64 },
    Failed { reason: String },
    Skipped { reason: String },
}

/// The time limit for the answer of the hub.
const LIMIT: Duration = Duration::from_secs(3);

impl Network {
    /// Sends no request if `is_offline`.
    pub fn look(is_offline: bool) -> Self {
        let settings = Settings::from_env();
        // With an invalid variable there are no downloads.
        let (settings, broken) = match settings {
            Ok(settings) => (settings, None),
            Err(error) => (Settings::new(Default::default()), Some(error.to_string())),
        };
        Network {
            endpoint: environment::without_secrets(&settings.endpoint),
            forbidden_by: settings.offline,
            proxy: hub::proxy(),
            proxy_variables: environment::proxies(),
            hub: match (broken, settings.offline) {
                (Some(reason), _) => Reach::Failed { reason },
                (None, Some(variable)) => Reach::Skipped { reason: format!("{variable} is set") },
                (None, None) if is_offline => Reach::Skipped { reason: "--offline".to_owned() },
                (None, None) => reach(settings),
            },
        }
    }
}

fn reach(settings: Settings) -> Reach {
    let start = Instant::now();
    match within(LIMIT, move || Hub::reach(&settings, LIMIT)) {
        Some(Ok(())) => Reach::Reached { milliseconds: start.elapsed().as_millis() as u64 },
        Some(Err(error)) => Reach::Failed { reason: error.to_string() },
        None => Reach::Failed { reason: format!("no answer within {} s", LIMIT.as_secs()) },
    }
}
