//! A replica: one installation's full local copy, and everything that may be done with it without
//! a network.
//!
//! A `Replica` is stepped from one thread at a time. It owns the one writer of its file; the shell
//! around it adds threads and sockets, the simulation adds neither. What it does falls into
//! commands ([`execute`], [`saving`] of an app's forms, [`drafts`] of those begun), what the server's
//! log brings ([`receive`], written by [`keep`]) and what waits for the server ([`outbox`]); what the
//! server holds leaves the documents ([`held`]). A file that is damaged gives its outbox to a fresh
//! one ([`salvaged`]).

mod announced;
mod authors;
mod cache;
pub(crate) mod called;
mod city_clock;
mod clock;
mod dating;
mod drafts;
pub(crate) mod ended;
mod enrol;
mod execute;
mod follows;
mod heard;
pub(crate) mod held;
mod incarnation;
mod issuing;
mod keep;
pub mod membership;
mod meta;
mod occasion;
mod outbox;
mod own_grants;
mod planned_on;
mod receive;
pub(crate) mod regions;
mod rolled_back;
mod salvaged;
mod saving;
pub(crate) mod seen;
mod status;
mod unread;
pub mod verify;
pub mod whereabouts;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use keting_model::query::Withheld;
use keting_model::{Document, DocumentId, PROJECTION_MIGRATIONS, Role, project};
use keting_store::{
    Access, DatabaseKey, OpenConfig, OpenError, Owner, Store, StoredDocument, View,
};
use keting_trust::{
    Cursor, DeviceId, Incarnation, Invitation, PublicKey, SignedGrant, SignedHeard, Signer, limits,
};

pub use drafts::DraftError;
pub(crate) use enrol::invitation;
pub use execute::Executed;
pub use incarnation::FileIdentity;
pub use outbox::Waiting;
pub use receive::Kept;
pub use rolled_back::Moot;
pub use saving::Saved;
pub use status::Status;

use crate::environment::Environment;
use crate::error::EngineError;
use crate::replica::authors::KnownAuthors;
use crate::replica::cache::{DocumentCache, Open};
use crate::replica::city_clock::{CityClock, Reading};
use crate::replica::clock::Clock;
use crate::replica::follows::Unacknowledged;
use crate::replica::membership::{Issuers, Membership};
use crate::replica::own_grants::OwnGrants;
use crate::replica::regions::Regions;
use crate::vault::{ReplicaId, Secret, Vault};
use crate::watch::Observers;

/// The owner of the projection's tables in a replica's file.
const PROJECTION: Owner<'static> = Owner { name: "model", migrations: PROJECTION_MIGRATIONS };

/// Where a replica's file is, and by which name its vault knows it.
#[derive(Clone, Copy)]
pub struct ReplicaConfig<'a> {
    /// The file.
    pub path: &'a Path,
    /// The SQLite VFS the file is opened through; none for the operating system's.
    pub vfs: Option<&'a str>,
    /// The replica.
    pub id: ReplicaId,
    /// Says which file there is at the path, once it is there. A copy must not say the same.
    pub identity: &'a dyn Fn(&Path) -> Option<FileIdentity>,
}

/// One installation's full local copy.
pub struct Replica {
    store: Store,
    environment: Box<dyn Environment>,
    vault: Arc<dyn Vault>,
    signer: Box<dyn Signer>,
    id: ReplicaId,
    incarnation: Incarnation,
    /// What has to be written before anything else may be.
    unsettled: Option<Unsettled>,
    clock: Clock,
    city_clock: CityClock,
    city: Option<City>,
    documents: DocumentCache,
    authors: KnownAuthors,
    unacknowledged: Unacknowledged,
    observers: Observers,
}

/// An incarnation whose token was not changed yet in this opening of the file.
struct Unsettled {
    file: Option<FileIdentity>,
    /// Whether the file does not know the incarnation yet.
    is_new: bool,
}

/// The city a replica is enrolled in, with what is looked up for every edit.
struct City {
    membership: Membership,
    grants: OwnGrants,
    cursor: Option<Cursor>,
    /// The highest that the server ever said of its log.
    heard: Option<SignedHeard>,
    regions: Regions,
    /// Read when they are first asked for: most opens of a file never need them.
    issuers: Option<Issuers>,
}

impl Replica {
    /// Makes a new replica that an invitation allows to enrol: its keys in the vault, and its file. One
    /// that is there already is opened, and the invitation accepted as [`Self::accept`] does.
    ///
    /// # Errors
    /// When the vault or the file cannot be written, the vault has no key for a file that is there, or
    /// the invitation is of another city.
    pub fn create(
        config: &ReplicaConfig<'_>,
        vault: Arc<dyn Vault>,
        mut environment: Box<dyn Environment>,
        invitation: &Invitation,
    ) -> Result<Self, EngineError> {
        // Where a file is, its keys are, or were: new ones would open nothing and hide that.
        let is_new = config.vfs.is_some() || !keting_store::is_there(config.path);
        for secret in [Secret::DatabaseKey, Secret::DeviceSeed] {
            // A second attempt after a crash goes on with the keys of the first.
            if is_new && vault.load(&config.id, secret)?.is_none() {
                vault.store(&config.id, secret, &environment.random::<32>())?;
            }
        }
        let mut replica = Self::open(config, vault, environment)?;
        replica.accept(invitation)?;
        Ok(replica)
    }

    /// Opens a replica's file.
    ///
    /// # Errors
    /// When the vault has no key for it, or the file cannot be opened; the file then stays as it
    /// was.
    pub fn open(
        config: &ReplicaConfig<'_>,
        vault: Arc<dyn Vault>,
        environment: Box<dyn Environment>,
    ) -> Result<Self, EngineError> {
        let key = DatabaseKey::new(*vault.require(&config.id, Secret::DatabaseKey)?);
        if config.vfs.is_none() && salvaged::was_emptied(config.path, vault.as_ref(), &config.id)? {
            return Err(OpenError::Corrupt.into());
        }
        let store = Store::open(&open_config(config, &key))?;
        Self::with(store, config, vault, environment)
    }

    /// A replica on a store that is open.
    fn with(
        store: Store,
        config: &ReplicaConfig<'_>,
        vault: Arc<dyn Vault>,
        mut environment: Box<dyn Environment>,
    ) -> Result<Self, EngineError> {
        let signer = vault.signer(&config.id)?;
        let file = (config.identity)(config.path);
        let new = || environment.random();
        let found = incarnation::find(&store, vault.as_ref(), &config.id, file, new)?;
        let city = City::read(&store)?;
        let reading = Reading::of(environment.as_ref());
        let city_clock = CityClock::resume(dating::read(&store)?, &reading);
        let mut replica = Self {
            store,
            environment,
            vault,
            signer,
            id: config.id,
            incarnation: found.incarnation,
            unsettled: Some(Unsettled { file, is_new: found.is_new }),
            clock: found.clock,
            city_clock,
            city,
            documents: DocumentCache::new(limits::DOCUMENTS_OPEN_BYTES_MAX),
            authors: KnownAuthors::default(),
            unacknowledged: Unacknowledged::default(),
            observers: Observers::default(),
        };
        let begun = replica
            .settle_incarnation()
            .and_then(|()| replica.end_with_what_was_saved())
            .and_then(|()| replica.take_up_unread());
        match begun {
            Ok(()) => Ok(replica),
            // Whoever cannot write can at least read; the first write says why.
            Err(error) if error.is_of_a_disk_that_can_be_read() => Ok(replica),
            Err(error) => Err(error),
        }
    }

    /// The replica's id in its vault.
    pub fn id(&self) -> ReplicaId {
        self.id
    }

    /// The device's public key.
    pub fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    /// The device's id.
    pub fn device(&self) -> DeviceId {
        self.public_key().device_id()
    }

    /// The device's signing key.
    pub fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    /// What enrolment gave, once the device is enrolled.
    pub fn membership(&self) -> Option<&Membership> {
        self.city.as_ref().map(|city| &city.membership)
    }

    /// The holder's grant that lives longest, once the device is enrolled.
    pub fn grant(&self) -> Option<&SignedGrant> {
        self.city.as_ref().map(|city| city.grants.longest())
    }

    /// The holder's roles, by the grants that are live.
    pub fn roles(&self) -> Vec<Role> {
        let told_ms = self.server_time_ms();
        self.city.as_ref().map_or_else(Vec::new, |city| city.grants.roles(told_ms))
    }

    /// What is withheld from the holder. Where grants were narrowed and the file cannot be read, all is
    /// withheld that is not certain to be theirs.
    pub fn withheld(&self) -> Withheld {
        let Some(city) = &self.city else { return Withheld::from_roles(&[]) };
        let tree = || city.regions.read(&self.store).map(|()| &city.regions);
        let withheld = city.grants.withheld(self.server_time_ms(), tree);
        let withheld = withheld.unwrap_or_else(|_| Withheld::from_roles(&[]));
        withheld.of_device(*self.device().as_bytes())
    }

    /// The invitation the device has yet to use.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn invitation(&self) -> Result<Option<Invitation>, EngineError> {
        enrol::invitation(&self.store)
    }

    /// Those who watch the replica's rows.
    pub fn observers(&self) -> &Observers {
        &self.observers
    }

    /// The store, to read from.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How much memory the documents take that are kept open, in bytes, as
    /// [`keting_trust::kept::memory_of`] reckons it.
    pub fn open_documents_bytes(&self) -> usize {
        self.documents.bytes()
    }

    /// Keeps documents open that take at most so many bytes, for a device that has less to spare, or
    /// more, than [`limits::DOCUMENTS_OPEN_BYTES_MAX`].
    pub fn keep_documents_within(&mut self, bytes_max: usize) {
        self.documents.keep_within(bytes_max);
    }

    /// The machine's clock and randomness, as they were passed in.
    pub fn environment(&mut self) -> &mut dyn Environment {
        self.environment.as_mut()
    }

    fn has_cursor(&self) -> bool {
        self.city.as_ref().is_some_and(|city| city.cursor.is_some())
    }

    fn city(&self) -> Result<&City, EngineError> {
        self.city.as_ref().ok_or(EngineError::NotEnrolled)
    }

    /// After an error of the file: a connection that met a page it could not read refuses every other
    /// page from then on, and a passing fault must not outlast itself.
    fn connect_anew_after(&mut self, error: EngineError) -> EngineError {
        if error.is_corrupt() && self.store.reconnect().is_ok() {
            self.documents.clear();
        }
        error
    }

    /// A document at all its heads with the rows it projects to; an empty one if it is not here.
    fn open_document(&mut self, id: &DocumentId) -> Result<Open, EngineError> {
        if let Some(open) = self.documents.find(id) {
            return Ok(open.clone());
        }
        let open = load(&self.store, id)?;
        if open.document.heads().is_empty() {
            return Ok(open);
        }
        self.documents.put(open.clone());
        Ok(open)
    }
}

impl City {
    /// Reads the city from the file, if the device is enrolled.
    fn read(store: &View) -> Result<Option<Self>, EngineError> {
        let Some(membership) = read_membership(store)? else { return Ok(None) };
        let ended = match store.meta(meta::OWN_ENDED)? {
            Some(bytes) => {
                keting_trust::cbor::from_slice(&bytes).map_err(|_| EngineError::DamagedMeta)?
            }
            None => BTreeSet::new(),
        };
        let grants = OwnGrants::of(&membership, ended)?;
        let cursor = match store.meta(meta::CURSOR)? {
            Some(bytes) => {
                Some(keting_trust::cbor::from_slice(&bytes).map_err(|_| EngineError::DamagedMeta)?)
            }
            None => None,
        };
        let (heard, regions) = (heard::read(store)?, Regions::default());
        Ok(Some(Self { membership, grants, cursor, heard, regions, issuers: None }))
    }

    /// Whose grants count.
    fn issuers(&mut self, store: &View) -> Result<&mut Issuers, EngineError> {
        let issuers = match self.issuers.take() {
            Some(issuers) => issuers,
            None => Issuers::read(store, &self.membership)?,
        };
        Ok(self.issuers.insert(issuers))
    }
}

/// What enrolment gave, if the device is enrolled.
pub(crate) fn read_membership(store: &View) -> Result<Option<Membership>, EngineError> {
    let Some(bytes) = store.meta(meta::MEMBERSHIP)? else { return Ok(None) };
    keting_trust::cbor::from_slice(&bytes).map(Some).map_err(|_| EngineError::DamagedMeta)
}

/// How a replica's file is opened.
fn open_config<'a>(config: &ReplicaConfig<'a>, key: &'a DatabaseKey) -> OpenConfig<'a> {
    OpenConfig {
        path: config.path,
        key: Some(key),
        access: config.vfs.map_or(Access::Alone, Access::Vfs),
        owners: &[PROJECTION],
        full_sync: true,
    }
}

/// When the server last said that everything is here, by its clock.
fn read_up_to_date_at(store: &View) -> Result<Option<u64>, EngineError> {
    let bytes = store.meta(meta::UP_TO_DATE_AT)?;
    Ok(bytes.and_then(|bytes| bytes.as_slice().try_into().ok()).map(u64::from_be_bytes))
}

/// Loads a document from the file.
fn load(store: &Store, id: &DocumentId) -> Result<Open, EngineError> {
    let Some(stored) = store.document(id)? else {
        let document = Document::empty(*id);
        return Ok(Open { document, rows: Vec::new(), changes_since_snapshot: 0 });
    };
    let document = document_of(*id, &stored)?;
    let rows = project(&document);
    let changes_since_snapshot = stored.changes_after.len();
    Ok(Open { document, rows, changes_since_snapshot })
}

/// Makes a document of what the file has of it.
pub(crate) fn document_of(
    id: DocumentId,
    stored: &StoredDocument,
) -> Result<Document, EngineError> {
    let mut document = match &stored.snapshot {
        Some(bytes) => Document::load(id, bytes)?,
        None => Document::empty(id),
    };
    for change in &stored.changes_after {
        document.apply(change)?;
    }
    Ok(document)
}
