use std::path::PathBuf;

use annota_cluster::Access;
use annota_cluster::secure::{Tls, TlsFiles, Token};
use clap::Args;

/// What the processes of a cluster show each other
#[derive(Args)]
pub struct AccessArgs {
    /// The authority of all certificates of the cluster (PEM); TLS is on with it
    #[arg(long, env = "ANNOTA_TLS_CA", requires_all = ["tls_cert", "tls_key"])]
    tls_ca: Option<PathBuf>,
    /// This process' certificate (PEM)
    #[arg(long, env = "ANNOTA_TLS_CERT", requires = "tls_ca")]
    tls_cert: Option<PathBuf>,
    /// The key of --tls-cert (PEM)
    #[arg(long, env = "ANNOTA_TLS_KEY", requires = "tls_ca")]
    tls_key: Option<PathBuf>,
    /// The token that clients show to the scheduler
    #[arg(long, env = "ANNOTA_TOKEN", hide_env_values = true, conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds the token
    #[arg(long, env = "ANNOTA_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

impl AccessArgs {
    /// Reads the files.
    pub fn open(&self) -> anyhow::Result<Access> {
        let tls = match (&self.tls_ca, &self.tls_cert, &self.tls_key) {
            (Some(ca), Some(cert), Some(key)) => {
                Some(Tls::load(&TlsFiles { ca: ca.clone(), cert: cert.clone(), key: key.clone() })?)
            }
            _ => None,
        };
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(Token::new(token)?),
            (None, Some(path)) => Some(Token::read(path)?),
            (None, None) => None,
        };
        Ok(Access { tls, token })
    }
}
