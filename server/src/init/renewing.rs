//! Renewing the issuing key with the root key: the same key is given once more, and so is the server's
//! own. What it has issued stays in force, since a grant names its issuer's key and not one grant of it.

use std::path::Path;

use keting_store::{Lock, OpenError};
use keting_trust::{Ed25519Signer, Grant, SignedGrant, Signer as _};

use super::root_key::RootKey;
use super::{ISSUING_KEY_MS, InitError, log_grant, store_path};
use crate::city::City;
use crate::random::Random;
use crate::shell::admin::socket_path;
use crate::store::sqlite::SqliteStore;
use crate::store::{ServerRead, ServerStore, StoreError};

/// Renews the issuing key of the city in a directory, whose server does not run meanwhile. The answer
/// is until when it is good now.
///
/// `now_ms` is milliseconds since the Unix epoch.
///
/// # Errors
/// When there is no city, its server runs, or the file holds another root key than the city's. All is
/// then as it was.
pub fn renew_issuing(
    directory: &Path,
    root_key: &Path,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<u64, InitError> {
    if !store_path(directory).exists() {
        return Err(InitError::Store(StoreError::Empty));
    }
    let _hold = match Lock::take(&socket_path(directory)) {
        Err(OpenError::ReplicaInUse) => return Err(InitError::ServerRuns),
        taken => taken?,
    };
    let root = RootKey::read(root_key)?;
    let mut store = SqliteStore::open(&store_path(directory))?;
    renew_in(&mut store, &root, random, now_ms)
}

fn renew_in(
    store: &mut dyn ServerStore,
    root: &RootKey,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<u64, InitError> {
    let mut transaction = store.begin()?;
    let city = City::read(&*transaction)?;
    let signer = Ed25519Signer::from_seed(*root.seed);
    if root.city != city.id || *signer.public_key() != city.root {
        return Err(InitError::WrongRootKey);
    }
    let expires_at_ms = now_ms.saturating_add(ISSUING_KEY_MS);
    let again = |grant: Grant, random: &mut dyn Random| Grant {
        id: random.bytes(),
        issued_at_ms: now_ms,
        expires_at_ms,
        ..grant
    };
    let issuing = again(stored(&*transaction, &city.issuing_grant)?, random);
    let issuing = SignedGrant::issue(issuing, &signer)?;
    let device = again(stored(&*transaction, &city.device_grant)?, random);
    let device = Grant { parent: Some(issuing.digest()), ..device };
    let device = SignedGrant::issue(device, &city.issuing)?;
    log_grant(&mut *transaction, &issuing)?;
    log_grant(&mut *transaction, &device)?;
    City::set_grants(&mut *transaction, &issuing.digest(), &device.digest())?;
    transaction.commit()?;
    Ok(expires_at_ms)
}

fn stored(read: &dyn ServerRead, digest: &keting_trust::Digest) -> Result<Grant, StoreError> {
    let stored = read.grant(digest)?.ok_or(StoreError::Damaged("a grant is missing"))?;
    SignedGrant::read_stored(&stored.bytes)
        .map(|signed| signed.grant)
        .map_err(|_| StoreError::Damaged("a grant does not decode"))
}
