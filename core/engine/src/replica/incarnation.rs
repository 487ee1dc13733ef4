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

use keting_store::Store;
use keting_trust::Incarnation;

use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::clock::Clock;
use crate::replica::meta;
use crate::vault::{ReplicaId, Secret, Vault};

/// What the platform knows of a file that no copy of it shares: on Unix its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity(pub [u8; 16]);

/// Compares the tokens, begins a new incarnation if they differ, and changes both.
///
/// The file is written first: a crash in between makes them differ, which costs one new
/// incarnation and nothing else.
///
/// # Errors
/// When the file or the vault cannot be written.
pub fn resume_or_begin(
    store: &mut Store,
    vault: &dyn Vault,
    replica: &ReplicaId,
    file: Option<FileIdentity>,
    environment: &mut dyn Environment,
) -> Result<(Incarnation, Clock), EngineError> {
    let known = store.meta(meta::INCARNATION)?;
    let known = known.and_then(|bytes| Incarnation::from_slice(&bytes).ok());
    let mut clock = read_clock(store)?;
    let incarnation = match known {
        Some(incarnation) if is_the_same_file(store, vault, replica, file)? => incarnation,
        Some(_) | None => {
            clock.sequence = 0;
            Incarnation::new(environment.random())
        }
    };

    let token: [u8; 32] = environment.random();
    store.write(|transaction| {
        if known != Some(incarnation) {
            transaction.set_meta(meta::INCARNATION, incarnation.as_bytes())?;
            clock.keep(transaction)?;
        }
        transaction.set_meta(meta::INCARNATION_TOKEN, &token)
    })?;
    vault.store(replica, Secret::IncarnationToken, &in_vault(&token, file))?;
    Ok((incarnation, clock))
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
