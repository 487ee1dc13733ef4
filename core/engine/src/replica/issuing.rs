//! The key that the server signs with, shown as it welcomes a device that has not read the log so far.
//!
//! An issuing key is known by the root key's grant, and that comes with the log. A device that was ended reads
//! no log any more, and what became of the work that a device pushed may be said before the log's entries come.
//! So the server shows both the grant beforehand.

use keting_store::StoredRecord;
use keting_trust::{RecordKind, SignedGrant};

use crate::error::EngineError;
use crate::replica::Replica;

impl Replica {
    /// Takes in the root key's grant for the key that the server signs with, and keeps it as one that the log
    /// brings. What is here already changes nothing, and neither does a grant that is older than the latest
    /// that is here: the city may have replaced its key, and nobody is to bring the old one back.
    ///
    /// # Errors
    /// [`EngineError::LogNotSigned`] when it is no grant of this city's root key to an issuing key of this
    /// log; or when the file cannot be read or written.
    pub fn take_issuing_grant(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let signed = SignedGrant::open(bytes).map_err(|error| match EngineError::from(error) {
            newer if newer.needs_newer_app() => newer,
            _ => EngineError::LogNotSigned,
        })?;
        let issuers = self.issuers()?;
        if !issuers.is_issuing(&signed.grant) {
            return Err(EngineError::LogNotSigned);
        }
        if signed.grant.issued_at_ms < issuers.latest_issuing_ms() || issuers.has(&signed.grant) {
            return Ok(());
        }
        self.store.write(|transaction| {
            transaction.put_record(&StoredRecord {
                number: None,
                kind: RecordKind::Grant.code(),
                digest: *signed.digest().as_bytes(),
                bytes: signed.bytes.clone(),
            })
        })?;
        self.issuers()?.take(&signed.grant);
        Ok(())
    }
}
