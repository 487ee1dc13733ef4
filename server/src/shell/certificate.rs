//! A TLS key of the server's and its certificate: self-signed, because devices pin the key itself.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use keting::durable_file::flush_folder_of;
use keting::parts::{KeyPin, pin_of};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::init::leftovers::remove_if_there;

pub(super) const CERTIFICATE_FILE: &str = "tls-certificate.pem";
pub(super) const KEY_FILE: &str = "tls-key.pem";

/// Says why the server has no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The files beside the server's store cannot be read or written.
    #[error("the server's certificate files cannot be used")]
    File(#[source] io::Error),
    /// The files are not a certificate and its key.
    #[error("the server's certificate files are damaged")]
    Damaged,
    /// No certificate could be made.
    #[error("no certificate could be made")]
    NotMade(#[source] rcgen::Error),
    /// TLS refuses the key or the certificate.
    #[error("the server's key and certificate do not fit")]
    Unfit(#[source] rustls::Error),
}

/// A certificate, its key, and what devices pin of it.
pub struct Certificate {
    /// The TLS configuration of the listener: TLS 1.3 only.
    pub config: ServerConfig,
    /// SHA-256 of the public key, which stands in every invitation.
    pub pin: KeyPin,
}

/// Makes a key and a certificate in the server's directory, the key readable by its owner only,
/// unless a pair that fits is there already. When this returns, they are on the disk.
///
/// # Errors
/// When they cannot be made or written.
pub fn make(directory: &Path) -> Result<(), CertificateError> {
    if load(directory).is_ok() {
        return Ok(());
    }
    let (key, certificate) = generate()?;
    write(&directory.join(KEY_FILE), key.as_bytes(), 0o600)
        .and_then(|()| write(&directory.join(CERTIFICATE_FILE), certificate.as_bytes(), 0o644))
        .map_err(CertificateError::File)
}

/// Makes a key and a certificate for it, both as PEM.
pub(super) fn generate() -> Result<(Zeroizing<String>, String), CertificateError> {
    let key = KeyPair::generate().map_err(CertificateError::NotMade)?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .map_err(CertificateError::NotMade)?;
    Ok((Zeroizing::new(key.serialize_pem()), certificate.pem()))
}

/// Loads the certificate an operator put there, or [`make`] made.
///
/// # Errors
/// When the files are missing, damaged or do not fit each other.
pub fn load(directory: &Path) -> Result<Certificate, CertificateError> {
    let file = |name| fs::read(directory.join(name)).map_err(CertificateError::File);
    read(&file(CERTIFICATE_FILE)?, &file(KEY_FILE)?)
}

/// Reads a certificate and its key, each the first of its kind in a text.
pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<Certificate, CertificateError> {
    let certificate =
        CertificateDer::from_pem_slice(certificate).map_err(|_| CertificateError::Damaged)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::Damaged)?;
    let pin = pin_of(&certificate).map_err(CertificateError::Unfit)?;
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key))
        .map_err(CertificateError::Unfit)?;
    Ok(Certificate { config, pin })
}

/// Writes a file, in place of one that an interrupted attempt left.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    remove_if_there(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    flush_folder_of(path)
}
