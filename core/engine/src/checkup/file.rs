//! The keys, and the file that they open.

use std::path::Path;

use keting_store::DatabaseKey;

use crate::checkup::{Check, Subject};
use crate::directory::identity;
use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::ReplicaConfig;
use crate::replica::seen::{Seen, look_at};
use crate::vault::{ReplicaId, Secret, Vault, VaultError};

/// Whether the vault holds the keys of a replica; with it the one of its file.
pub(super) fn check_vault(
    vault: Result<&dyn Vault, &VaultError>,
    id: &ReplicaId,
) -> (Check, Option<DatabaseKey>) {
    let vault = match vault {
        Ok(vault) => vault,
        Err(error) => return (Check::fault(Subject::Vault, error.code()), None),
    };
    let keys = vault.require(id, Secret::DatabaseKey);
    let keys = keys.and_then(|key| vault.signer(id).map(|_| DatabaseKey::new(*key)));
    let (check, key) = match keys {
        Ok(key) => (Check::ok(Subject::Vault), Some(key)),
        Err(error) => (Check::fault(Subject::Vault, error.code()), None),
    };
    (check.with("path", vault.name()), key)
}

/// A replica's file, and who keeps its keys.
pub(super) struct At<'a> {
    pub(super) path: &'a Path,
    pub(super) id: ReplicaId,
    pub(super) vault: &'a dyn Vault,
}

/// Whether the file opens and is sound; with it what it tells. It is in nobody's way any more once this
/// returns.
pub(super) fn check(
    at: &At<'_>,
    key: &DatabaseKey,
    environment: &dyn Environment,
) -> (Check, Option<Seen>) {
    match read(at, key, environment) {
        Ok((check, seen)) => (check, Some(seen)),
        Err(error) => (Check::fault(Subject::File, error.code()), None),
    }
}

fn read(
    at: &At<'_>,
    key: &DatabaseKey,
    environment: &dyn Environment,
) -> Result<(Check, Seen), EngineError> {
    let config = ReplicaConfig { path: at.path, vfs: None, id: at.id, identity: &identity };
    let look = look_at(&config, key, at.vault)?;
    look.quick_check()?;
    let seen = Seen::read(&look, environment)?;
    let mut check = Check::ok(Subject::File);
    if let Some(cursor) = seen.status.cursor {
        check = check.with("generation", u64::from(cursor.generation));
        check = check.with("number", cursor.number);
    }
    if look.is_in_use() {
        check = check.with("used_by", "another process".to_owned());
    }
    Ok((check, seen))
}
