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
use std::time::Duration;

use ballista_core::extension::{EndpointOverrideFn, SessionConfigExt};
use datafusion::prelude::SessionConfig;

use crate::error::{ClusterError, Result};
use crate::version::{VERSION_HEADER, version};

/// How often a process is asked whether it is there while something is wanted of it.
const PING: Duration = Duration::from_secs(10);
/// After how long without an answer it is taken to hang.
const SILENCE: Duration = Duration::from_secs(20);

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
    pub(crate) fn endpoint_override(&self) -> EndpointOverrideFn {
        let tls = self.tls.clone();
        Arc::new(move |endpoint| {
            let endpoint = match &tls {
                Some(tls) => tls.endpoint(endpoint)?,
                None => endpoint,
            };
            // Ballista asks for no end where it fetches results.
            let endpoint = endpoint.http2_keep_alive_interval(PING).keep_alive_timeout(SILENCE);
            Ok(endpoint.keep_alive_while_idle(true))
        })
    }

    /// Lets what is fetched from executors be fetched as [`Access::endpoint_override`] says. Extensions of a configuration
    /// stay in their process.
    pub(crate) fn secured(&self, config: SessionConfig) -> SessionConfig {
        config
            .with_ballista_use_tls(self.tls.is_some())
            .with_ballista_override_create_grpc_client_endpoint(self.endpoint_override())
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

#[cfg(test)]
mod tests {
    use ballista_core::serde::protobuf::PollWorkParams;
    use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
    use tokio::net::TcpListener;
    use tonic::transport::Endpoint;

    use super::*;

    /// As one that is stopped: the system takes connections for it.
    #[tokio::test]
    async fn a_process_that_hangs_is_not_waited_for_without_end() {
        let hanging = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", hanging.local_addr().expect("an address"));
        let endpoint = Access::default().endpoint_override()(Endpoint::from_shared(address).expect("an address"));
        let channel = endpoint.expect("an endpoint").connect().await.expect("a connection");
        let mut client = SchedulerGrpcClient::new(channel);
        let answer = client.poll_work(PollWorkParams::default());
        let answer = tokio::time::timeout(4 * (PING + SILENCE), answer).await.expect("an end");
        assert!(answer.is_err());
    }
}
