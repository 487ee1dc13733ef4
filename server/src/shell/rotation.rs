//! Changing the TLS key while the server runs: the new one is on the disk and served before any device
//! is told of it.

use keting_trust::Digest;

use crate::announcing::AnnounceError;
use crate::server::Server;
use crate::shell::certificate::CertificateError;
use crate::shell::tls_keys::TlsKeys;

/// Says why the key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// It could not be announced.
    #[error(transparent)]
    Announce(#[from] AnnounceError),
    /// No key could be made or written.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl RotateError {
    /// The stable code of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Announce(error) => error.code(),
            Self::Certificate(_) => "certificate_failed",
        }
    }
}

/// Makes one more key, serves it and announces it before the others.
///
/// # Errors
/// When it cannot be made or announced. One that was made and not announced is no device's, and the next
/// attempt takes it.
pub(super) fn rotate(
    server: &mut Server,
    keys: &TlsKeys,
    now_ms: u64,
    unix_ms: u64,
) -> Result<Digest, RotateError> {
    let known = server.keys_before_another()?;
    let key = keys.make_another(|pin| known.contains(&Digest::new(*pin)))?;
    server.announce_key(key, now_ms, unix_ms)?;
    Ok(Digest::new(key))
}
