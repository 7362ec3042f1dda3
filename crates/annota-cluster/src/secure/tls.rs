use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::error::{ClusterError, Result};

/// The files of a process' certificates, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authority that signs all certificates of the cluster.
    pub ca: PathBuf,
    /// The process' own certificate, and the chain to the authority if there is one.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// What a process shows, and whom it believes.
#[derive(Clone)]
pub struct Tls {
    server: Arc<ServerConfig>,
    client: ClientTlsConfig,
    roots: Arc<RootCertStore>,
}

impl Tls {
    /// # Errors
    /// Files that cannot be read, or that do not belong together.
    pub fn load(files: &TlsFiles) -> Result<Self> {
        // Ballista's own clients ask for the process' provider. One that is installed already is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&files.ca)? {
            roots.add(certificate).map_err(|error| unusable(&files.ca, &error))?;
        }
        let roots = Arc::new(roots);
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, &error))?;
        // Probes of health come without a certificate; the gate refuses the rest of what comes so.
        let verifier = WebPkiClientVerifier::builder(roots.clone())
            .allow_unauthenticated()
            .build()
            .map_err(|error| unusable(&files.ca, &error))?;
        let mut server = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(&files.cert)?, key)
            .map_err(|error| unusable(&files.cert, &error))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read(&files.ca)?))
            .identity(Identity::from_pem(read(&files.cert)?, read(&files.key)?));
        Ok(Tls { server: Arc::new(server), client, roots })
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    /// Whether a certificate that a client has shown, and that the authority has signed, is one for servers too.
    pub(crate) fn is_server(&self, chain: &[CertificateDer<'_>]) -> bool {
        let Some((own, intermediates)) = chain.split_first() else { return false };
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
        ParsedCertificate::try_from(own).is_ok_and(|own| {
            verify_server_cert_signed_by_trust_anchor(&own, &self.roots, intermediates, UnixTime::now(), algorithms)
                .is_ok()
        })
    }

    /// The same endpoint over TLS. Ballista writes `http://` where it connects to schedulers and executors, and an
    /// endpoint's URL cannot be changed, so those are made anew.
    pub(crate) fn endpoint(&self, endpoint: Endpoint) -> Result<Endpoint> {
        let uri = endpoint.uri().to_string();
        let endpoint = match uri.strip_prefix("http://") {
            Some(rest) => create_grpc_client_endpoint(format!("https://{rest}"), Some(&GrpcClientConfig::default()))
                .map_err(|error| ClusterError::Tls(error.to_string()))?,
            None => endpoint,
        };
        endpoint.tls_config(self.client.clone()).map_err(|error| ClusterError::Tls(error.to_string()))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(…)")
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    match CertificateDer::pem_file_iter(path).and_then(|found| found.collect::<Result<Vec<_>, _>>()) {
        Ok(certificates) if certificates.is_empty() => Err(unusable(path, &"no certificate in it")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, reason: &dyn fmt::Display) -> ClusterError {
    ClusterError::File { path: path.to_owned(), reason: reason.to_string() }
}
