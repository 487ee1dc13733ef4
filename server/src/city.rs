//! Who the server is: the city, its log, and the keys it signs with.

use std::sync::Arc;

use keting_model::{CityId, LogId};
use keting_trust::{DeviceId, Digest, Ed25519Signer, PublicKey, Signer as _, cbor};
use zeroize::Zeroizing;

use crate::store::{ServerRead, ServerTransaction, StoreError};

const CITY: &str = "city";
const NAME: &str = "city_name";
const ROOT_KEY: &str = "root_key";
const ISSUING_SEED: &str = "issuing_seed";
const ISSUING_GRANT: &str = "issuing_grant";
const DEVICE_SEED: &str = "device_seed";
const DEVICE_GRANT: &str = "device_grant";

/// The city as the server holds it. The root key's private half is not in it, nor anywhere here.
#[derive(Debug)]
pub struct City {
    /// The city.
    pub id: CityId,
    /// Its log.
    pub log: LogId,
    /// Its name, for people.
    pub name: String,
    /// The root key.
    pub root: PublicKey,
    /// The key that issues grants, and signs verdicts and what is said of the log. It expires.
    pub issuing: Arc<Ed25519Signer>,
    /// The root key's grant for the issuing key.
    pub issuing_grant: Digest,
    /// The key of the server's own commits.
    pub device: Ed25519Signer,
    /// The issuing key's grant for the server's own key.
    pub device_grant: Digest,
}

/// The secrets a city is kept with, besides the root key.
pub(crate) struct Seeds {
    pub(crate) issuing: Zeroizing<[u8; 32]>,
    pub(crate) device: Zeroizing<[u8; 32]>,
}

impl City {
    /// Reads the city out of a store.
    ///
    /// # Errors
    /// When none was made there, or its rows are damaged.
    pub fn read(read: &dyn ServerRead) -> Result<Self, StoreError> {
        let head = read.head()?.ok_or(StoreError::Empty)?;
        let meta = |key| read.meta(key)?.ok_or(StoreError::Damaged("the city lacks a value"));
        let damaged = || StoreError::Damaged("a value of the city is not valid");
        let signer = |key| {
            let bytes = Zeroizing::new(meta(key)?);
            let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| damaged())?;
            Ok::<_, StoreError>(Ed25519Signer::from_seed(seed))
        };
        let digest = |key| Digest::from_slice(&meta(key)?).map_err(|_| damaged());
        Ok(Self {
            id: CityId::from_slice(&meta(CITY)?).map_err(|_| damaged())?,
            log: head.log,
            name: String::from_utf8(meta(NAME)?).map_err(|_| damaged())?,
            root: cbor::from_slice(&meta(ROOT_KEY)?).map_err(|_| damaged())?,
            issuing: Arc::new(signer(ISSUING_SEED)?),
            issuing_grant: digest(ISSUING_GRANT)?,
            device: signer(DEVICE_SEED)?,
            device_grant: digest(DEVICE_GRANT)?,
        })
    }

    /// Writes the city into a store, with the seeds its keys were made of.
    pub(crate) fn write(
        &self,
        seeds: &Seeds,
        transaction: &mut dyn ServerTransaction,
    ) -> Result<(), StoreError> {
        transaction.set_meta(CITY, self.id.as_bytes())?;
        transaction.set_meta(NAME, self.name.as_bytes())?;
        transaction.set_meta(ROOT_KEY, &cbor::to_vec(&self.root))?;
        transaction.set_meta(ISSUING_SEED, seeds.issuing.as_slice())?;
        transaction.set_meta(ISSUING_GRANT, self.issuing_grant.as_bytes())?;
        transaction.set_meta(DEVICE_SEED, seeds.device.as_slice())?;
        transaction.set_meta(DEVICE_GRANT, self.device_grant.as_bytes())
    }

    /// Writes other grants of its two keys into a store.
    pub(crate) fn set_grants(
        transaction: &mut dyn ServerTransaction,
        issuing: &Digest,
        device: &Digest,
    ) -> Result<(), StoreError> {
        transaction.set_meta(ISSUING_GRANT, issuing.as_bytes())?;
        transaction.set_meta(DEVICE_GRANT, device.as_bytes())
    }

    /// Whether a device is the server itself.
    pub fn is_server_device(&self, device: &DeviceId) -> bool {
        [&self.issuing, &self.device].iter().any(|key| key.public_key().device_id() == *device)
    }

    /// Whether a key is one that signs for the server.
    pub fn is_server_key(&self, key: &PublicKey) -> bool {
        key == self.issuing.public_key() || key == self.device.public_key()
    }
}
