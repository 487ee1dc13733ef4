//! Making a city: its keys, its log, and the regions it begins with.
//!
//! The regions are commits like any other, signed by the server's own key under an administrator's
//! grant, so that every replica verifies them as it verifies everything. The root key is handed to
//! the caller, who takes it away; it is written nowhere here.

mod error;
mod regions;
pub mod regions_csv;

use std::io::Read;
use std::path::{Path, PathBuf};

use keting_model::role::Role;
use keting_model::{CityId, LogId};
use keting_trust::{
    ChainHash, Ed25519Signer, Grant, KindAccess, PublicKey, RecordKind, SignedGrant, Signer as _,
};
use zeroize::Zeroizing;

use crate::city::{City, Seeds};
use crate::random::Random;
use crate::store::sqlite::SqliteStore;
use crate::store::{
    AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerStore, ServerTransaction, StoreError,
    StoredDevice, StoredGrant,
};

pub use error::InitError;
pub use regions_csv::{COLUMNS, RegionLine, RegionsError, read_regions};

/// The name of the store's file in a server's directory.
pub const STORE_FILE: &str = "server.sqlite";
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/// How long an issuing key is good for: long enough to plan its renewal, short enough that a stolen
/// one ends by itself.
pub const ISSUING_KEY_MS: u64 = 3 * YEAR_MS;
/// How many grants may follow one another below the issuing key: one a role, and one for a helper.
const ISSUING_DEPTH: u8 = 6;

/// The key everything in a city goes back to. Whoever has it can make a new server for the city,
/// so it is kept in a safe and not on the server.
pub struct RootKey {
    /// The city it is of.
    pub city: CityId,
    /// Its public half.
    pub public: PublicKey,
    /// The 32 bytes it was made of.
    pub seed: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.public.device_id())
    }
}

/// Where the store of a server lies.
pub fn store_path(dir: &Path) -> PathBuf {
    dir.join(STORE_FILE)
}

/// Makes a city in a directory, whole or not at all.
///
/// `now_ms` is milliseconds since the Unix epoch.
///
/// # Errors
/// When the table of regions is not one, there is a city already, or the directory cannot be
/// written.
pub fn init(
    dir: &Path,
    city_name: &str,
    regions: impl Read,
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<RootKey, InitError> {
    let lines = read_regions(regions, city_name)?;
    make_private(dir)?;
    let (path, part) = (store_path(dir), dir.join(format!("{STORE_FILE}.part")));
    if path.exists() {
        return Err(InitError::CityExists);
    }
    // What an interrupted attempt left is of no use to anybody: its root key was never handed out.
    for suffix in ["", "-wal", "-shm"] {
        let mut old = part.clone().into_os_string();
        old.push(suffix);
        match std::fs::remove_file(&old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let root = {
        let mut store = SqliteStore::open(&part)?;
        init_store(&mut store, city_name, &lines, random, now_ms)?
        // Closing the store moves everything into the one file.
    };
    // The file holds the issuing key. SQLite gives its log the file's own mode.
    only_for_owner(&part, 0o600)?;
    std::fs::rename(&part, &path)?;
    std::fs::File::open(dir)?.sync_all()?;
    Ok(root)
}

/// Makes the directory if it is not there; one that is there keeps its mode.
fn make_private(dir: &Path) -> std::io::Result<()> {
    if dir.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(dir)?;
    only_for_owner(dir, 0o700)
}

#[cfg(unix)]
fn only_for_owner(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn only_for_owner(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

/// Makes a city in a store that has none.
///
/// # Errors
/// When there is a city already, or the store fails. A store that failed in between is not to be
/// used.
pub fn init_store(
    store: &mut dyn ServerStore,
    city_name: &str,
    lines: &[RegionLine],
    random: &mut dyn Random,
    now_ms: u64,
) -> Result<RootKey, InitError> {
    let root_seed = Zeroizing::new(random.bytes::<32>());
    let seeds =
        Seeds { issuing: Zeroizing::new(random.bytes()), device: Zeroizing::new(random.bytes()) };
    let root = Ed25519Signer::from_seed(*root_seed);
    let issuing = Ed25519Signer::from_seed(*seeds.issuing);
    let device = Ed25519Signer::from_seed(*seeds.device);
    let (city, log) = (CityId::new(random.bytes()), LogId::new(random.bytes()));

    let administrator = Grant {
        city,
        log,
        id: random.bytes(),
        issuer: root.public_key().clone(),
        holder: issuing.public_key().clone(),
        name: city_name.to_owned(),
        role: Role::Administrator,
        regions: Vec::new(),
        kinds: vec![KindAccess::every_kind()],
        issued_at_ms: now_ms,
        expires_at_ms: now_ms.saturating_add(ISSUING_KEY_MS),
        parent: None,
        depth: ISSUING_DEPTH,
    };
    let issuing_grant = SignedGrant::issue(administrator.clone(), &root)?;
    let device_grant = SignedGrant::issue(
        Grant {
            id: random.bytes(),
            issuer: issuing.public_key().clone(),
            holder: device.public_key().clone(),
            parent: Some(issuing_grant.digest()),
            depth: 0,
            ..administrator
        },
        &issuing,
    )?;
    let root_key = RootKey { city, public: root.public_key().clone(), seed: root_seed };
    let city = City {
        id: city,
        log,
        name: city_name.to_owned(),
        root: root.public_key().clone(),
        issuing,
        issuing_grant: issuing_grant.digest(),
        device,
        device_grant: device_grant.digest(),
    };

    let mut transaction = store.begin()?;
    if transaction.head()?.is_some() {
        return Err(InitError::CityExists);
    }
    let generation = 0;
    transaction.set_head(&Head {
        log,
        generation,
        number: 0,
        chain: ChainHash::genesis(&log, generation),
        backed_up_to: 0,
        regions_number: 0,
        grants_number: 0,
    })?;
    city.write(&seeds, &mut *transaction)?;
    log_grant(&mut *transaction, &issuing_grant)?;
    log_grant(&mut *transaction, &device_grant)?;
    transaction.put_device(&StoredDevice {
        name: "server".to_owned(),
        ..StoredDevice::new(city.device.public_key(), now_ms)
    })?;
    transaction.commit()?;
    regions::admit(store, &city, lines, random, now_ms)?;
    Ok(root_key)
}

/// Appends a grant to the log and keeps it for its holder.
///
/// It concerns those who see the regions it names; if it names none, everybody.
pub(crate) fn log_grant(
    transaction: &mut dyn ServerTransaction,
    grant: &SignedGrant,
) -> Result<u64, StoreError> {
    let number = transaction.append(RecordKind::Grant, &grant.bytes)?.number;
    transaction.put_grant(&StoredGrant {
        digest: grant.digest(),
        device: grant.grant.holder.device_id(),
        bytes: grant.bytes.clone(),
        number,
    })?;
    let city_wide = [CITY_WIDE];
    let regions = &grant.grant.regions;
    let regions = if regions.is_empty() { &city_wide[..] } else { regions };
    for region in regions {
        transaction.put_audience(number, &AudienceKey { region: *region, kind: RECORDS_KIND })?;
    }
    let head = transaction.head()?.ok_or(StoreError::Empty)?;
    transaction.set_head(&Head { grants_number: number, ..head })?;
    Ok(number)
}

#[cfg(test)]
mod tests;
