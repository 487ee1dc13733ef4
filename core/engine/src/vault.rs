//! Where a replica's secrets live: outside its file, and outside what backups and file copies
//! take.
//!
//! On a phone this is the platform's vault (Keystore, Keychain). On a desktop it is a folder only
//! its owner can read, in the user's state directory, never inside `--data`: a data directory that
//! was copied finds a token in the vault that is not its own, and so never continues the other
//! copy's sequence.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use keting_store::DiskFault;
use keting_trust::key::{Ed25519Signer, Signer};
use zeroize::Zeroizing;

use crate::durable_file::{self, FolderError};

keting_model::define_id!(
    /// One installation's local copy, as its vault knows it.
    ReplicaId, 16
);

/// What the vault keeps for a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// The 32 bytes the replica's file is encrypted with.
    DatabaseKey,
    /// The 32 bytes the device's signing key is made from, where no hardware holds it.
    DeviceSeed,
    /// The token that must equal the file's, or a new incarnation begins.
    IncarnationToken,
}

impl Secret {
    /// Every secret.
    pub const ALL: [Self; 3] = [Self::DatabaseKey, Self::DeviceSeed, Self::IncarnationToken];

    /// The name under which a vault keeps it.
    pub fn name_of(self, replica: &ReplicaId) -> String {
        let name = match self {
            Self::DatabaseKey => "database-key",
            Self::DeviceSeed => "device-seed",
            Self::IncarnationToken => "incarnation-token",
        };
        format!("{replica}.{name}")
    }
}

/// Says why the vault did not answer.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The vault could not be read or written.
    #[error("the vault of the device's keys cannot be used")]
    Unavailable(#[source] io::Error),
    /// Others than its owner may write to the vault's folder. Not retryable.
    #[error("others may write to the vault's folder")]
    NotPrivate,
    /// The vault holds no such secret of this replica. Not retryable.
    #[error("{vault} holds no {secret:?} of this replica; KETING_VAULT names another vault")]
    Missing {
        /// What is missing.
        secret: Secret,
        /// Where it was looked for.
        vault: String,
    },
    /// What the vault holds has the wrong length.
    #[error("the vault's {0:?} of this replica is damaged")]
    Damaged(Secret),
}

impl VaultError {
    /// A code that stays the same in every version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(error) => {
                DiskFault::of(error).map_or("vault_unavailable", DiskFault::code)
            }
            Self::NotPrivate => "folder_not_private",
            Self::Missing { .. } => "vault_secret_missing",
            Self::Damaged(_) => "vault_secret_damaged",
        }
    }
}

impl From<FolderError> for VaultError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::NotPrivate => Self::NotPrivate,
            FolderError::Io(error) => Self::Unavailable(error),
        }
    }
}

/// A place for secrets.
pub trait Vault: Send + Sync {
    /// Reads a secret, if there is one.
    ///
    /// # Errors
    /// When the vault cannot be read.
    fn load(
        &self,
        replica: &ReplicaId,
        secret: Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;

    /// Keeps a secret durably, in the place of an earlier one.
    ///
    /// # Errors
    /// When the vault cannot be written.
    fn store(&self, replica: &ReplicaId, secret: Secret, bytes: &[u8]) -> Result<(), VaultError>;

    /// Forgets every secret of a replica, if there is one: it never became a device of a city.
    ///
    /// # Errors
    /// When the vault cannot be written.
    fn forget(&self, replica: &ReplicaId) -> Result<(), VaultError>;

    /// The device's signing key. An app whose hardware holds the key answers with its own signer.
    ///
    /// # Errors
    /// When there is no key.
    fn signer(&self, replica: &ReplicaId) -> Result<Box<dyn Signer>, VaultError> {
        let seed = self.require(replica, Secret::DeviceSeed)?;
        Ok(Box::new(Ed25519Signer::from_seed(*seed)))
    }

    /// What a person knows the vault by.
    fn name(&self) -> String {
        "the vault".to_owned()
    }

    /// Reads a secret of 32 bytes that must be there.
    ///
    /// # Errors
    /// When it is not there or has another length.
    fn require(
        &self,
        replica: &ReplicaId,
        secret: Secret,
    ) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let missing = || VaultError::Missing { secret, vault: self.name() };
        let bytes = self.load(replica, secret)?.ok_or_else(missing)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| VaultError::Damaged(secret))?;
        Ok(Zeroizing::new(bytes))
    }
}

/// A vault in a folder that only its owner can read (mode 0700, files 0600).
#[derive(Debug, Clone)]
pub struct DirectoryVault {
    folder: PathBuf,
}

impl DirectoryVault {
    /// Opens the folder. One that is not there holds no secret, and is made when the first is kept: a
    /// name that was mistyped leaves no folder behind.
    ///
    /// # Errors
    /// When others may write to it.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        match durable_file::check_private(folder) {
            Err(FolderError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            checked => checked?,
        }
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, replica: &ReplicaId, secret: Secret) -> PathBuf {
        self.folder.join(secret.name_of(replica))
    }
}

impl Vault for DirectoryVault {
    fn load(
        &self,
        replica: &ReplicaId,
        secret: Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match fs::read(self.path(replica, secret)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(VaultError::Unavailable(error)),
        }
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn store(&self, replica: &ReplicaId, secret: Secret, bytes: &[u8]) -> Result<(), VaultError> {
        durable_file::make_private_folder(&self.folder)?;
        let path = self.path(replica, secret);
        durable_file::replace(&path, bytes).map_err(VaultError::Unavailable)
    }

    fn forget(&self, replica: &ReplicaId) -> Result<(), VaultError> {
        for secret in Secret::ALL {
            match fs::remove_file(self.path(replica, secret)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(VaultError::Unavailable(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_only_its_owner_can_read_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        let vault = DirectoryVault::open(&path).unwrap();
        let replica = ReplicaId::new([1; 16]);
        assert!(vault.load(&replica, Secret::DatabaseKey).unwrap().is_none());
        assert!(!path.exists(), "reading made a folder");
        vault.store(&replica, Secret::DatabaseKey, &[1; 32]).unwrap();
        vault.store(&replica, Secret::DatabaseKey, &[2; 32]).unwrap();
        assert_eq!(*vault.require(&replica, Secret::DatabaseKey).unwrap(), [2; 32]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = vault.path(&replica, Secret::DatabaseKey);
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_vault_forgets_one_replica_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let vault = DirectoryVault::open(folder.path()).unwrap();
        let [gone, other] = [[1; 16], [2; 16]].map(ReplicaId::new);
        for replica in [gone, other] {
            vault.store(&replica, Secret::DeviceSeed, &[3; 32]).unwrap();
        }
        vault.forget(&gone).unwrap();
        vault.forget(&gone).unwrap();
        assert!(vault.load(&gone, Secret::DeviceSeed).unwrap().is_none());
        assert!(vault.load(&other, Secret::DeviceSeed).unwrap().is_some());
    }

    #[test]
    fn a_damaged_secret_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let vault = DirectoryVault::open(folder.path()).unwrap();
        let replica = ReplicaId::new([1; 16]);
        vault.store(&replica, Secret::DeviceSeed, b"short").unwrap();
        assert!(matches!(
            vault.require(&replica, Secret::DeviceSeed),
            Err(VaultError::Damaged(Secret::DeviceSeed))
        ));
    }
}
