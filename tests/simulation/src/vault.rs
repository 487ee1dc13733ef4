//! A vault in memory. It survives crashes and power cuts, and a copy of a device's directory
//! comes without it, so that both copies meet at the same one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use keting::{ReplicaId, Secret, Vault, VaultError};
use zeroize::Zeroizing;

/// A phone's vault.
#[derive(Debug, Default)]
pub struct MemoryVault(Mutex<BTreeMap<(ReplicaId, Secret), Vec<u8>>>);

impl MemoryVault {
    /// Another vault with the same secrets.
    pub fn duplicate(&self) -> Self {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Self(Mutex::new(secrets.clone()))
    }
}

impl Vault for MemoryVault {
    fn load(
        &self,
        replica: &ReplicaId,
        secret: Secret,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets.get(&(*replica, secret)).cloned().map(Zeroizing::new))
    }

    fn store(&self, replica: &ReplicaId, secret: Secret, bytes: &[u8]) -> Result<(), VaultError> {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.insert((*replica, secret), bytes.to_vec());
        Ok(())
    }
    fn forget(&self, replica: &ReplicaId) -> Result<(), VaultError> {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.retain(|(owner, _), _| owner != replica);
        Ok(())
    }
}
