//! A server that tells a phone whatever it likes. It has a real city's store to draw on, the keys
//! in it too, and speaks the protocol as it should; only what it says is not so.

use keting::parts::{SyncDriver, replica_of};
use keting::{EngineError, Environment, SystemEnvironment};
use keting_model::DocumentId;
use keting_model::role::Role;
use keting_server::init::store_path;
use keting_server::store::sqlite::SqliteStore;
use keting_server::store::{ServerRead, ServerStore};
use keting_store::OutboxState;
use keting_sync::frame::encode_server;
use keting_sync::message::{Entries, Entry, Limits, ServerMessage, UpTo, Welcome};
use keting_trust::{
    Cursor, Ed25519Signer, Grant, KindAccess, Part, PublicKey, RecordKind, SignedGrant, Signer,
};

use crate::city::City;
use crate::phone::Phone;

const CHANNEL_BINDING: [u8; 32] = [7; 32];

/// A server that lies, and the truth it knows.
pub struct Liar {
    store: SqliteStore,
    /// Who it is the server of, with the keys it signs with.
    pub city: keting_server::city::City,
    /// The key that it should not have.
    pub root: Ed25519Signer,
}

impl Liar {
    /// One that knows everything the server of a city holds, and has got hold of the root key.
    pub fn of(city: &City) -> Self {
        let mut store = SqliteStore::open(&store_path(&city.server_directory())).unwrap();
        let root = Ed25519Signer::from_seed(city.root_seed());
        let city = keting_server::city::City::read(&*store.snapshot().unwrap()).unwrap();
        Self { store, city, root }
    }

    /// The entries of the log after a number, as they are.
    pub fn truth_after(&mut self, number: u64) -> Vec<Entry> {
        let read = self.store.snapshot().unwrap();
        let entries = read.entries(number, u32::MAX).unwrap();
        let entry = |entry: keting_server::store::StoredEntry| Entry {
            number: entry.number,
            kind: entry.kind.code(),
            parts: parts(&*read, entry.number),
            record: entry.record,
        };
        entries.into_iter().map(entry).collect()
    }

    /// The region of a code.
    pub fn region(&mut self, code: &str) -> DocumentId {
        self.store.snapshot().unwrap().region_by_code(code).unwrap().unwrap().document
    }

    /// The grant of the issuing key, as the root key gave it.
    pub fn issuing_grant(&mut self) -> SignedGrant {
        let read = self.store.snapshot().unwrap();
        let stored = read.grant(&self.city.issuing_grant).unwrap().unwrap();
        SignedGrant::open(&stored.bytes).unwrap()
    }

    /// What the issuing key would give a device, if it were asked for a role in a region.
    pub fn grant_for(&mut self, holder: &PublicKey, role: Role, region: &str) -> Grant {
        let issuing = self.issuing_grant();
        Grant {
            id: [0x61; 16],
            issuer: issuing.grant.holder.clone(),
            holder: holder.clone(),
            name: "陆德祥".to_owned(),
            role,
            regions: vec![self.region(region)],
            kinds: KindAccess::of_role(role),
            // Not before the grants of whoever was invited meanwhile.
            issued_at_ms: SystemEnvironment.unix_ms(),
            parent: Some(issuing.digest()),
            depth: role.delegation_depth(),
            ..issuing.grant
        }
    }

    /// Lets a phone connect and tells it these entries, and that there is nothing else.
    ///
    /// # Errors
    /// Why the phone ended the session.
    pub fn tell(&mut self, phone: &Phone, entries: Vec<Entry>) -> Result<(), EngineError> {
        let up_to = UpTo { cursor: self.head(), more: false };
        let entries = ServerMessage::Entries(Entries { entries });
        self.say(phone, vec![entries, ServerMessage::UpTo(up_to)])
    }

    /// Lets a phone connect, welcomes it and says whatever it likes.
    ///
    /// # Errors
    /// Why the phone ended the session.
    pub fn say(&mut self, phone: &Phone, said: Vec<ServerMessage>) -> Result<(), EngineError> {
        let welcome = ServerMessage::Welcome(self.welcome());
        let mut replica = replica_of(&phone.keting);
        let mut driver = SyncDriver::start(&mut replica, CHANNEL_BINDING, 0)?;
        for message in std::iter::once(welcome).chain(said) {
            while driver.poll_transmit().is_some() {}
            driver.handle_frame(&mut replica, &encode_server(&message), 0);
        }
        driver.close(&mut replica, 0);
        driver.take_ended().unwrap()
    }

    /// Where the log really ends.
    pub fn head(&mut self) -> Cursor {
        self.store.snapshot().unwrap().head().unwrap().unwrap().cursor()
    }

    fn welcome(&mut self) -> Welcome {
        let head = self.head();
        Welcome {
            version: 1,
            city: self.city.id,
            log: head.log,
            generation: head.generation,
            head_number: head.number,
            backed_up_to: 0,
            server_time_ms: SystemEnvironment.unix_ms(),
            limits: Limits::default(),
            highest: None,
        }
    }
}

/// A grant with whatever it says, signed by whom it names as its issuer.
pub fn given(grant: Grant, issuer: &dyn Signer) -> SignedGrant {
    let grant = Grant { issuer: issuer.public_key().clone(), ..grant };
    SignedGrant::issue(grant, issuer).unwrap()
}

/// What a lie may not change: everything. That an edit was sent is no change, since it is sent again.
pub fn state(phone: &Phone) -> String {
    let (status, households) = (phone.keting.status().unwrap(), phone.households());
    let replica = replica_of(&phone.keting);
    let store = replica.store();
    let outbox = replica.outbox(u32::MAX).unwrap();
    let outbox = outbox.into_iter().map(|entry| match entry.state {
        OutboxState::Queued | OutboxState::Sent => (entry.commit, None),
        state @ (OutboxState::Acknowledged
        | OutboxState::Held { .. }
        | OutboxState::Refused { .. }) => (entry.commit, Some(state)),
    });
    let outbox: Vec<_> = outbox.collect();
    let commits = store.commits_after(None, u32::MAX).unwrap().len();
    let grants = store.records_of(RecordKind::Grant.code()).unwrap().len();
    let root = replica.membership().map(|membership| membership.root.clone());
    let is_invited = replica.invitation().unwrap().is_some();
    format!("{status:?} {root:?} {is_invited} {outbox:?} {commits} {grants} {households:?}")
}

fn parts(read: &dyn ServerRead, number: u64) -> Vec<Part> {
    let parts = read.parts(number).unwrap().into_iter();
    let part = |part: keting_server::store::StoredPart| Part {
        salt: part.salt,
        document: part.document,
        change: part.change,
    };
    parts.map(part).collect()
}
