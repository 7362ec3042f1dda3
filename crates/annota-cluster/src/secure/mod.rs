//! Who may talk to the processes of a cluster: certificates between all of them, a token for clients.
//!
//! With TLS every connection needs a certificate of the cluster's authority, but for probes of health. A certificate
//! for servers makes its holder a scheduler or an executor; one for clients alone makes it a client. Without TLS,
//! whoever reaches a port may register as an executor, so plaintext is for loopback unless one insists.

mod certificates;
mod gate;
mod listener;
mod tls;
mod token;

pub use certificates::{CertificateFiles, make_certificates};
pub(crate) use gate::Gate;
pub(crate) use listener::{Peer, SecureListener, Standing};
pub use tls::{Tls, TlsFiles};
pub use token::Token;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use ballista_core::extension::{EndpointOverrideFn, SessionConfigExt};
use datafusion::prelude::SessionConfig;

use crate::error::{ClusterError, Result};
use crate::version::{VERSION_HEADER, version};

/// With what a process reaches others, and what it asks of them.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// `None` for plaintext.
    pub tls: Option<Tls>,
    /// What clients show to a scheduler.
    pub token: Option<Token>,
}

impl Access {
    /// Metadata of a client's calls.
    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        let version = (VERSION_HEADER.to_owned(), version().to_owned());
        let token = self.token.as_ref().map(|token| ("authorization".to_owned(), token.header()));
        [version].into_iter().chain(token).collect()
    }

    /// How Ballista's clients are to connect.
    pub(crate) fn endpoint_override(&self) -> Option<EndpointOverrideFn> {
        let tls = self.tls.clone()?;
        Some(Arc::new(move |endpoint| Ok(tls.endpoint(endpoint)?)))
    }

    /// Lets what is fetched from executors be fetched over TLS. Extensions of a configuration stay in their process.
    pub(crate) fn secured(&self, config: SessionConfig) -> SessionConfig {
        match self.endpoint_override() {
            Some(endpoint) => {
                config.with_ballista_use_tls(true).with_ballista_override_create_grpc_client_endpoint(endpoint)
            }
            None => config,
        }
    }

    /// Holds plaintext to loopback.
    ///
    /// # Errors
    /// An address that others can reach, without TLS.
    pub(crate) fn check_bind(&self, host: &str, insecure: bool) -> Result<()> {
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) || host == "localhost";
        if self.tls.is_some() || insecure || is_loopback {
            return Ok(());
        }
        Err(ClusterError::Setting {
            setting: "--bind-host",
            value: host.to_owned(),
            expected: "a loopback address, or --tls-ca, --tls-cert and --tls-key (`annota tls init` makes test \
                       certificates), or --insecure on a network where everyone may run code on the cluster"
                .to_owned(),
        })
    }
}
