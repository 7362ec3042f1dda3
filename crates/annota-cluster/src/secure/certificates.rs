//! Certificates for tests and small clusters: an authority of one's own, and one certificate each for servers and for
//! clients.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use super::TlsFiles;
use crate::error::{ClusterError, Result};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the certificates hold.
const LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Names that are always among a server's.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where the certificates were written.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    pub server: TlsFiles,
    pub client: TlsFiles,
}

/// Writes an authority (`ca.pem`, `ca.key`) and certificates for servers of those names (`server.pem`, `server.key`)
/// and for clients (`client.pem`, `client.key`). Keys are for their owner's eyes only.
///
/// # Errors
/// Files that are there already, or cannot be written; names that are no host's.
pub fn make_certificates(folder: &Path, hosts: &[String]) -> Result<CertificateFiles> {
    let fail = |error: rcgen::Error| ClusterError::Tls(error.to_string());
    let path = |name: &str| folder.join(name);
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let key = KeyPair::generate().map_err(fail)?;
    let authority = CertifiedIssuer::self_signed(authority(), key).map_err(fail)?;
    write(&path("ca.key"), &authority.key().serialize_pem(), true)?;
    write(&path("ca.pem"), &authority.pem(), false)?;
    let mut names: Vec<String> = LOCAL.map(str::to_owned).to_vec();
    names.extend(hosts.iter().filter(|host| !LOCAL.contains(&host.as_str())).cloned());
    let both = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let sign = |name: &str, names: Vec<String>, uses| -> Result<TlsFiles> {
        let mut params = CertificateParams::new(names).map_err(fail)?;
        params.distinguished_name.push(DnType::CommonName, format!("annota {name}"));
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = uses;
        hold(&mut params);
        let key = KeyPair::generate().map_err(fail)?;
        let certificate = params.signed_by(&key, &authority).map_err(fail)?;
        let files =
            TlsFiles { ca: path("ca.pem"), cert: path(&format!("{name}.pem")), key: path(&format!("{name}.key")) };
        write(&files.key, &key.serialize_pem(), true)?;
        write(&files.cert, &certificate.pem(), false)?;
        Ok(files)
    };
    let server = sign("server", names, both)?;
    let client = sign("client", Vec::new(), vec![ExtendedKeyUsagePurpose::ClientAuth])?;
    Ok(CertificateFiles { server, client })
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "annota test authority");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    hold(&mut params);
    params
}

fn hold(params: &mut CertificateParams) {
    // Clocks differ between machines.
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + LIFE).into();
}

/// Writes a new file; one that is there is somebody's authority.
fn write(path: &Path, text: &str, is_secret: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path).map_err(|error| unwritable(path, &error))?;
    file.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> ClusterError {
    ClusterError::File { path: PathBuf::from(path), reason: error.to_string() }
}
