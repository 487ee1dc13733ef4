//! A device's directory: the replica's file, and the name under which its vault knows it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keting_store::{Lock, SalvageReport};
use keting_trust::Invitation;

use crate::durable_file;
use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::{FileIdentity, Replica, ReplicaConfig};
use crate::vault::{ReplicaId, Vault};

const FILE: &str = "replica.db";
const ID_FILE: &str = "replica.id";

/// The path of the replica's file in a device's directory.
pub fn file_path(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// Whether there is a device in the directory.
pub fn holds_replica(directory: &Path) -> bool {
    directory.join(ID_FILE).exists()
}

/// Makes a device in a directory, which may not hold one that is enrolled already. An attempt that
/// was cut short is taken up again; one that fails leaves nothing of what it made but empty folders.
///
/// # Errors
/// When the directory or the vault cannot be written, there is an enrolled device in it, or a device's file
/// whose name is lost.
pub fn create(
    directory: &Path,
    vault: Arc<dyn Vault>,
    mut environment: Box<dyn Environment>,
    invitation: &Invitation,
) -> Result<Replica, EngineError> {
    durable_file::make_private_folder(directory)?;
    // Of two that make it at once, one would give the file a key that the other replaces in the
    // vault; nobody could open it again. Held until what failed is taken away, so that it is never
    // another's.
    let _alone = Lock::take(&directory.join(ID_FILE))?;
    let path = file_path(directory);
    let create = |id, environment| {
        let config = ReplicaConfig { path: &path, vfs: None, id, identity: &identity };
        Replica::create(&config, vault.clone(), environment, invitation)
    };
    match read_id(directory) {
        Ok(id) => create(id, environment),
        // Its keys are in a vault under the name that is lost: it is left to whoever finds that again.
        Err(EngineError::NoReplica) if keting_store::is_there(&path) => {
            Err(EngineError::DamagedMeta)
        }
        Err(EngineError::NoReplica) => {
            let id = ReplicaId::new(environment.random());
            // Without its name the vault's keys are lost, and with them every edit made here.
            let named = durable_file::replace(&directory.join(ID_FILE), id.to_string().as_bytes());
            let made = named.map_err(EngineError::File).and_then(|()| create(id, environment));
            made.inspect_err(|_| {
                // What keeps it from being made may keep it from being taken away: the next attempt goes
                // on with it.
                let _ = take_away(directory, vault.as_ref(), &id);
            })
        }
        Err(other) => Err(other),
    }
}

/// Opens the device in a directory.
///
/// # Errors
/// [`EngineError::NoReplica`] when there is none, or what [`Replica::open`] says.
pub fn open(
    directory: &Path,
    vault: Arc<dyn Vault>,
    environment: Box<dyn Environment>,
) -> Result<Replica, EngineError> {
    let (id, path) = find(directory)?;
    let config = ReplicaConfig { path: &path, vfs: None, id, identity: &identity };
    Replica::open(&config, vault, environment)
}

/// Opens the device in a directory whose file was found damaged: it is set aside, and what nobody
/// else has is saved into a fresh one.
///
/// # Errors
/// [`EngineError::NoReplica`] when there is none, or what [`Replica::salvage`] says.
pub fn salvage(
    directory: &Path,
    vault: Arc<dyn Vault>,
    environment: Box<dyn Environment>,
) -> Result<(Replica, Option<SalvageReport>), EngineError> {
    let (id, path) = find(directory)?;
    let config = ReplicaConfig { path: &path, vfs: None, id, identity: &identity };
    Replica::salvage(&config, vault, environment)
}

/// Takes away a device that never joined a city and holds nothing that was entered, nor begun: its file and
/// its keys. Says whether it was one; another stays as it is.
///
/// # Errors
/// When there is none, somebody has it open or makes it, or something of it cannot be removed.
pub fn discard(
    directory: &Path,
    vault: Arc<dyn Vault>,
    environment: Box<dyn Environment>,
) -> Result<bool, EngineError> {
    let _alone = Lock::take(&directory.join(ID_FILE))?;
    let id = read_id(directory)?;
    let replica = open(directory, vault.clone(), environment)?;
    let status = replica.status()?;
    let is_empty = status.waiting == 0 && status.held == 0 && status.salvaged.is_none();
    let is_to_go = status.city.is_none() && is_empty && replica.store().drafts()?.is_empty();
    if is_to_go {
        // Closed, it stays this process's until it is gone.
        let _hold = replica.store().hold();
        drop(replica);
        take_away(directory, vault.as_ref(), &id)?;
    }
    Ok(is_to_go)
}

/// Takes away a device that this process holds alone. The file goes first: without its keys it could not be
/// opened, and would be in the way.
fn take_away(directory: &Path, vault: &dyn Vault, id: &ReplicaId) -> Result<(), EngineError> {
    for name in [FILE, ID_FILE] {
        if name == ID_FILE {
            vault.forget(id)?;
        }
        for suffix in ["-wal", "-shm", "", ".lock"] {
            match fs::remove_file(directory.join(format!("{name}{suffix}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(EngineError::File(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The name of the replica in a directory, and its file.
///
/// # Errors
/// When there is none, or others may write to the directory.
pub(crate) fn find(directory: &Path) -> Result<(ReplicaId, PathBuf), EngineError> {
    let id = read_id(directory)?;
    durable_file::check_private(directory)?;
    let path = file_path(directory);
    if keting_store::is_there(&path) { Ok((id, path)) } else { Err(EngineError::NoReplica) }
}

/// On Unix the device and inode: a copy has others, a renamed file keeps them.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<FileIdentity> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&metadata.dev().to_be_bytes());
    bytes[8..].copy_from_slice(&metadata.ino().to_be_bytes());
    Some(FileIdentity(bytes))
}

#[cfg(not(unix))]
pub(crate) fn identity(_path: &Path) -> Option<FileIdentity> {
    None
}

fn read_id(directory: &Path) -> Result<ReplicaId, EngineError> {
    match fs::read_to_string(directory.join(ID_FILE)) {
        Ok(text) => text.trim().parse().map_err(|_| EngineError::DamagedMeta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(EngineError::NoReplica),
        Err(error) => Err(EngineError::File(error)),
    }
}
