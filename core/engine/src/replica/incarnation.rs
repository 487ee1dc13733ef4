//! One copy of a replica's file writes with one sequence of actors.
//!
//! The file and the vault hold the same token, changed at every open; the vault also holds which
//! file that was. A file that was copied, or restored from a backup, is another file or comes with a
//! token the vault no longer holds: it begins a new incarnation, so that two copies never sign two
//! commits with one sequence number, and never make two Automerge changes with one (actor,
//! sequence).
//!
//! The token alone would not do: a copy made while the replica is open carries the vault's very
//! token, and the original goes on writing.
//!
//! A phone whose disk is full must still show what it has: the token is then changed before the
//! first write instead, by [`Replica::settle_incarnation`].

use keting_store::Store;
use keting_trust::Incarnation;

use crate::error::EngineError;
use crate::replica::clock::Clock;
use crate::replica::{Replica, meta};
use crate::vault::{ReplicaId, Secret, Vault};

/// What the platform knows of a file that no copy of it shares: on Unix its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity(pub [u8; 16]);

/// The incarnation a file writes in, and whether it is one that the file does not know yet.
pub(super) struct Found {
    pub(super) incarnation: Incarnation,
    pub(super) is_new: bool,
    pub(super) clock: Clock,
}

/// Compares the tokens and goes on with the file's incarnation, or with a new one if they differ.
/// Nothing is written.
///
/// # Errors
/// When the file or the vault cannot be read.
pub(super) fn find(
    store: &Store,
    vault: &dyn Vault,
    replica: &ReplicaId,
    file: Option<FileIdentity>,
    new: impl FnOnce() -> [u8; Incarnation::LEN_BYTES],
) -> Result<Found, EngineError> {
    let known = store.meta(meta::INCARNATION)?;
    let known = known.and_then(|bytes| Incarnation::from_slice(&bytes).ok());
    let clock = read_clock(store)?;
    Ok(match known {
        Some(incarnation) if is_the_same_file(store, vault, replica, file)? => {
            Found { incarnation, is_new: false, clock }
        }
        Some(_) | None => Found {
            incarnation: Incarnation::new(new()),
            is_new: true,
            clock: Clock { sequence: 0, ..clock },
        },
    })
}

impl Replica {
    /// Changes the token in the file and in the vault, unless that was done since the file was
    /// opened. Nothing may be written before it.
    ///
    /// The file is written first: a crash in between makes them differ, which costs one new
    /// incarnation and nothing else.
    ///
    /// # Errors
    /// When the file or the vault cannot be written.
    pub(super) fn settle_incarnation(&mut self) -> Result<(), EngineError> {
        let Some(unsettled) = &self.unsettled else { return Ok(()) };
        let token: [u8; 32] = self.environment.random();
        let (incarnation, clock) = (self.incarnation, self.clock);
        self.store.write(|transaction| {
            if unsettled.is_new {
                transaction.set_meta(meta::INCARNATION, incarnation.as_bytes())?;
                clock.keep(transaction)?;
            }
            transaction.set_meta(meta::INCARNATION_TOKEN, &token)
        })?;
        let in_vault = in_vault(&token, unsettled.file);
        self.vault.store(&self.id, Secret::IncarnationToken, &in_vault)?;
        self.unsettled = None;
        Ok(())
    }
}

fn is_the_same_file(
    store: &Store,
    vault: &dyn Vault,
    replica: &ReplicaId,
    file: Option<FileIdentity>,
) -> Result<bool, EngineError> {
    let expected = vault.load(replica, Secret::IncarnationToken)?;
    let token = store.meta(meta::INCARNATION_TOKEN)?;
    Ok(match (expected, token) {
        (Some(expected), Some(token)) => *expected == in_vault(&token, file),
        (Some(_), None) | (None, Some(_) | None) => false,
    })
}

/// What the vault holds: the token, and which file has it.
fn in_vault(token: &[u8], file: Option<FileIdentity>) -> Vec<u8> {
    let mut bytes = token.to_vec();
    bytes.extend(file.iter().flat_map(|FileIdentity(identity)| identity));
    bytes
}

fn read_clock(store: &Store) -> Result<Clock, EngineError> {
    match store.meta(meta::CLOCK)? {
        Some(bytes) => keting_trust::cbor::from_slice(&bytes).map_err(|_| EngineError::DamagedMeta),
        None => Ok(Clock::default()),
    }
}
