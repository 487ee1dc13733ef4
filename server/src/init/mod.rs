//! Making a city: its keys, its log, and the regions it begins with.
//!
//! The regions are commits like any other, signed by the server's own key under an administrator's
//! grant, so that every replica verifies them as it verifies everything.
//!
//! A city stands once its store has its name. Before that come, each on the disk before the next:
//! the store under another name, the certificate, and the root key in the file that is taken away.
//! Whatever breaks off in between leaves no city, and the next attempt begins anew; only a root key
//! whose city has never stood is removed.

mod error;
pub(crate) mod leftovers;
mod regions;
pub mod regions_csv;
mod renewing;
mod root_key;

use std::fs::OpenOptions;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keting::durable_file::{flush_folder_of, make_private_folder};
use keting::parts::holds_replica;
use keting_model::role::Role;
use keting_model::{CityId, LogId};
use keting_store::for_owner;
use keting_trust::{
    ChainHash, Ed25519Signer, Grant, KindAccess, RecordKind, SignedGrant, Signer as _,
};
use zeroize::Zeroizing;

use self::root_key::KeyFile;
use crate::city::{City, Seeds};
use crate::random::Random;
use crate::shell::admin::has_room_for_socket;
use crate::shell::certificate;
use crate::store::sqlite::SqliteStore;
use crate::store::{
    AudienceKey, CITY_WIDE, Head, RECORDS_KIND, ServerStore, ServerTransaction, StoreError,
    StoredDevice, StoredGrant,
};

pub use error::InitError;
pub use regions_csv::{COLUMNS, RegionLine, RegionsError, read_regions};
pub use renewing::renew_issuing;
pub use root_key::RootKey;

/// The name of the store's file in a server's directory.
pub const STORE_FILE: &str = "server.sqlite";
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/// How long an issuing key is good for: long enough to plan its renewal, short enough that a stolen
/// one ends by itself.
pub const ISSUING_KEY_MS: u64 = 3 * YEAR_MS;
/// How many grants may follow one another below the issuing key: one a role, and one for a helper.
const ISSUING_DEPTH: u8 = 6;

/// Where the store of a server lies.
pub fn store_path(dir: &Path) -> PathBuf {
    dir.join(STORE_FILE)
}

/// Where a city is made.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// The server's directory.
    pub directory: &'p Path,
    /// The file for the root key, which the operator takes away.
    pub root_key: &'p Path,
}

/// Makes a city in a directory, whole or not at all.
///
/// `now_ms` is milliseconds since the Unix epoch. `progress` is told now and then how many regions stand, of
/// how many.
///
/// # Errors
/// When the table of regions is not one, there is a city, a device or a root key already, or a file cannot
/// be written. There is no city then, unless only its name may not be on the disk yet.
pub fn init(
    place: Place<'_>,
    city_name: &str,
    regions: impl Read,
    random: &mut dyn Random,
    now_ms: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<RootKey, InitError> {
    let lines = read_regions(regions, city_name)?;
    place.clear()?;
    let key_file = KeyFile::begin(place.root_key).map_err(InitError::RootKeyFile)?;
    let root = place.make_store(city_name, &lines, random, now_ms, progress)?;
    certificate::make(place.directory)?;
    key_file.finish(&root)?;
    place.publish()?;
    Ok(root)
}

impl Place<'_> {
    /// Makes room for an attempt: removes what an interrupted one left.
    fn clear(self) -> Result<(), InitError> {
        // The server may be started from anywhere.
        if !has_room_for_socket(&std::path::absolute(self.directory)?) {
            return Err(InitError::PathTooLong);
        }
        if holds_replica(self.directory) {
            return Err(InitError::DeviceExists);
        }
        if store_path(self.directory).exists() {
            return Err(InitError::CityExists);
        }
        if self.root_key.exists() {
            let is_left_over = match self.interrupted_city() {
                Some(city) => root_key::is_of(self.root_key, &city).unwrap_or(false),
                None => false,
            };
            if !is_left_over {
                return Err(InitError::RootKeyExists);
            }
            std::fs::remove_file(self.root_key).map_err(InitError::RootKeyFile)?;
        }
        make_private_folder(self.directory)?;
        for suffix in ["", "-wal", "-shm"] {
            let mut old = self.part().into_os_string();
            old.push(suffix);
            leftovers::remove_if_there(Path::new(&old))?;
        }
        Ok(())
    }

    /// The city that an interrupted attempt had made, if it came that far.
    fn interrupted_city(self) -> Option<CityId> {
        let part = self.part();
        if !part.exists() {
            return None;
        }
        let mut store = SqliteStore::open(&part).ok()?;
        let read = store.snapshot().ok()?;
        City::read(&*read).ok().map(|city| city.id)
    }

    fn make_store(
        self,
        city_name: &str,
        lines: &[RegionLine],
        random: &mut dyn Random,
        now_ms: u64,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<RootKey, InitError> {
        let part = self.part();
        // SQLite opens it below; whoever makes a city at the same time must not.
        for_owner(OpenOptions::new().write(true).create_new(true)).open(&part)?;
        let root = {
            let mut store = SqliteStore::open(&part)?;
            init_store(&mut store, city_name, lines, random, now_ms, progress)?
            // Closing the store moves everything into the one file.
        };
        std::fs::File::open(&part)?.sync_all()?;
        flush_folder_of(&part)?;
        Ok(root)
    }

    /// Lets the city stand.
    fn publish(self) -> Result<(), InitError> {
        let path = store_path(self.directory);
        std::fs::rename(self.part(), &path)?;
        Ok(flush_folder_of(&path)?)
    }

    fn part(self) -> PathBuf {
        self.directory.join(format!("{STORE_FILE}.part"))
    }
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
    progress: &mut dyn FnMut(usize, usize),
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
        issuing: Arc::new(issuing),
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
    regions::admit(store, &city, lines, random, now_ms, progress)?;
    Ok(root_key)
}

/// Appends a grant to the log and keeps it for its holder.
///
/// It concerns its holder, and those who see the regions it names; if it names none, everybody.
///
/// # Errors
/// When the store fails.
pub fn log_grant(
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
    transaction.put_own(number, &grant.grant.holder.device_id())?;
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
