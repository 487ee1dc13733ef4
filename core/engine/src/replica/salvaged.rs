//! After a damaged file was set aside: what nobody else has goes on.
//!
//! The fresh file has the outbox and no documents. A first sync brings the documents; what the outbox
//! holds then takes its place in them again, so that its author sees it and it can be sent like any
//! other edit. To send it earlier would be wrong: the server does not send back what it was just
//! given, so the author would be the only one without it. A device that was ended gets no documents and
//! hands over what it has; if it is invited once more, its first sync brings that like anybody's.

use std::path::Path;
use std::sync::Arc;

use keting_store::{CommitRow, DatabaseKey, OpenError, SalvageReport, Store, StoreError, salvage};
use keting_trust::SignedCommit;

use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::outbox::waiting;
use crate::replica::receive::Group;
use crate::replica::{Replica, ReplicaConfig, meta, open_config};
use crate::vault::{ReplicaId, Secret, Vault, VaultError};

/// What a fresh file needs to know beside the outbox. Not its place in the log: it has no documents.
/// Nor its incarnation: which sequence numbers were used is no longer certain.
const KEPT: [&str; 7] = [
    meta::MEMBERSHIP,
    meta::OWN_ENDED,
    meta::INVITATION,
    meta::CLOCK,
    meta::CITY_TIME,
    meta::HEARD,
    meta::ENDED,
];

impl Replica {
    /// Opens a file that was found damaged. If it really is, it is set aside, and a fresh one takes
    /// its place with what could be saved; the report says what. If it is sound after all, it is
    /// opened as it is.
    ///
    /// # Errors
    /// When the file cannot be opened for another reason, or there is no room for a fresh one; the
    /// damaged one then stays where it is.
    pub fn salvage(
        config: &ReplicaConfig<'_>,
        vault: Arc<dyn Vault>,
        environment: Box<dyn Environment>,
    ) -> Result<(Self, Option<SalvageReport>), EngineError> {
        let key = DatabaseKey::new(*vault.require(&config.id, Secret::DatabaseKey)?);
        let open_config = open_config(config, &key);
        let emptied = was_emptied(config.path, vault.as_ref(), &config.id)?;
        let sound = if emptied { None } else { open_sound(Store::open(&open_config))? };
        let (store, report) = match sound {
            Some(store) => (store, None),
            None => salvage(&open_config, &KEPT).map(|(store, report)| (store, Some(report)))?,
        };
        Ok((Self::with(store, config, vault, environment)?, report))
    }

    /// What was saved when this file took a damaged one's place, until it is dismissed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn salvage_report(&self) -> Result<Option<SalvageReport>, EngineError> {
        Ok(self.store.salvage_report()?)
    }

    /// Forgets the report: a person has taken note of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn dismiss_salvage_report(&mut self) -> Result<(), EngineError> {
        Ok(self.store.write(|transaction| transaction.dismiss_salvage())?)
    }

    /// Puts edits back into their documents, once these are here: what was salvaged, and what was taken
    /// out and is admitted after all. Says how many of them may be sent now that could not before.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn put_back(&mut self) -> Result<u64, EngineError> {
        if !self.has_cursor() {
            return Ok(0);
        }
        let rows = self.store.to_put_back()?;
        let mut to_send = 0;
        for row in &rows {
            let number = self.store.commit(*row)?.and_then(|commit| commit.number);
            to_send += u64::from(number.is_none());
            match self.put_one_back(*row, number) {
                Ok(()) => {}
                // It goes out as it is, and the server says what is the matter with it.
                Err(error) if error.is_of_the_log() => {}
                Err(error) => return Err(error),
            }
        }
        if !rows.is_empty() {
            self.unacknowledged.forget();
        }
        Ok(to_send)
    }

    fn put_one_back(&mut self, row: CommitRow, number: Option<u64>) -> Result<(), EngineError> {
        let saved = waiting(&self.store, row)?;
        let commit = SignedCommit::open(&saved.bytes)?;
        let mut group = Group::default();
        self.check(&mut group, number, commit, &saved.parts)?;
        self.keep_accepted(group, |transaction| transaction.forget_aside(row))
    }
}

/// Whether a file has lost every byte that it had when its token was put into the vault.
pub(super) fn was_emptied(
    path: &Path,
    vault: &dyn Vault,
    id: &ReplicaId,
) -> Result<bool, VaultError> {
    let is_empty = std::fs::metadata(path).is_ok_and(|file| file.len() == 0);
    Ok(is_empty && vault.load(id, Secret::IncarnationToken)?.is_some())
}

/// The store, if every page of it can be read.
fn open_sound(opened: Result<Store, OpenError>) -> Result<Option<Store>, EngineError> {
    let store = match opened {
        Ok(store) => store,
        Err(OpenError::Corrupt) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match store.check() {
        Ok(()) => Ok(Some(store)),
        Err(StoreError::Corrupt) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
