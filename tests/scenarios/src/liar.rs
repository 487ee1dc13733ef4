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
use keting_sync::message::{
    Answers, Entries, Entry, Limits, ServerMessage, UpTo, Welcome, group_of, group_of_answers,
};
use keting_sync::{Answer, CommitKey, Group};
use keting_trust::record::Enrolment;
use keting_trust::{
    Claimed, Cursor, Digest, Ed25519Signer, Ending, Grant, Heard, Invitation, KindAccess, Part,
    PublicKey, RecordKind, Signed, SignedGrant, Signer,
};

use crate::city::City;
use crate::phone::Phone;

/// The value of the TLS exporter on the connections on which it lies.
pub const CHANNEL_BINDING: [u8; 32] = [7; 32];

/// A server that lies, and the truth it knows.
pub struct Liar {
    store: SqliteStore,
    /// Who it is the server of, with the keys it signs with.
    pub city: keting_server::city::City,
    /// The key that it should not have.
    pub root: Ed25519Signer,
    /// What it shows for the key that it signs with, as it welcomes a phone.
    pub shown: Option<Vec<u8>>,
}

impl Liar {
    /// One that knows everything the server of a city holds, and has got hold of the root key.
    pub fn of(city: &City) -> Self {
        let mut store = SqliteStore::open(&store_path(&city.server_directory())).unwrap();
        let root = Ed25519Signer::from_seed(city.root_seed());
        let city = keting_server::city::City::read(&*store.snapshot().unwrap()).unwrap();
        Self { store, city, root, shown: None }
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
        let head = self.head();
        let up_to = self.up_to(head, &entries);
        let entries = ServerMessage::Entries(Entries { entries });
        self.say(phone, vec![entries, up_to])
    }

    /// Tells a copy of a phone these entries, and gives the codes with which it set them aside. It shows
    /// what it showed, and the rest of the log goes on. The phone itself hears nothing of it.
    pub fn not_taken(&mut self, phone: &Phone, entries: Vec<Entry>) -> Vec<String> {
        let phone = phone.copied_data();
        let before = shown(&phone);
        self.tell(&phone, entries).unwrap();
        assert_eq!(shown(&phone), before);
        let status = phone.keting.status().unwrap();
        assert_eq!(status.cursor, Some(self.head()), "the rest goes on");
        let kept = replica_of(&phone.keting).store().unread_after(0, 99).unwrap();
        assert_eq!(kept.len() as u64, status.set_aside);
        kept.into_iter().map(|entry| entry.code).collect()
    }

    /// An UpTo that ends a group of these entries, signed as it should be.
    pub fn up_to(&self, cursor: Cursor, entries: &[Entry]) -> ServerMessage {
        let heard = self.heard(cursor, group_of(entries), &self.city.issuing);
        ServerMessage::UpTo(UpTo { heard, more: false })
    }

    /// A group of these entries as a session hands it on, signed as it should be.
    pub fn group(&self, cursor: Cursor, entries: Vec<Entry>) -> Group {
        let heard = self.heard(cursor, group_of(&entries), &self.city.issuing);
        Group { entries, heard, first_sync: None }
    }

    /// A word on the log, signed by whatever key.
    pub fn heard(&self, cursor: Cursor, group: Digest, key: &dyn Signer) -> Claimed<Heard> {
        let at_ms = SystemEnvironment.unix_ms();
        Signed::sign(Heard { city: self.city.id, cursor, at_ms, group }, key).unwrap().into()
    }

    /// Answers with a word on what they admit, signed as it should be.
    pub fn answers(&self, phone: &Phone, answers: Vec<Answer>, head: Cursor) -> Answers {
        let replica = replica_of(&phone.keting);
        let own = replica.device();
        let digest_of = |key: &CommitKey| {
            let author = key.author.unwrap_or(own);
            let known = replica.store().commit_of(author.as_bytes(), &key.command).unwrap();
            // Of what the phone never made the digest is anybody's guess.
            Some(known.map_or(Digest::of(b""), |(_, commit)| Digest::of(&commit.bytes)))
        };
        let group = group_of_answers(&answers, digest_of).unwrap();
        Answers { answers, heard: self.heard(head, group, &self.city.issuing) }
    }

    /// The proof of an enrolment on this liar's connections, over whatever grants.
    pub fn proof(
        &self,
        invitation: &Invitation,
        device: &PublicKey,
        grants: &[SignedGrant],
    ) -> Enrolment {
        Enrolment {
            city: self.city.id,
            log: self.city.log,
            device: device.device_id(),
            tls_spki_sha256: Digest::new(invitation.tls_spki_sha256),
            channel_binding: CHANNEL_BINDING,
            secret: invitation.secret.digest(),
            grants: grants.iter().map(SignedGrant::digest).collect(),
            announced: 0,
        }
    }

    /// What a phone is told of its end on this liar's connections.
    pub fn ending(&self, phone: &Phone, why: &str) -> Ending {
        Ending {
            city: self.city.id,
            log: self.city.log,
            device: replica_of(&phone.keting).device(),
            channel_binding: CHANNEL_BINDING,
            why: why.to_owned(),
            at_ms: SystemEnvironment.unix_ms(),
        }
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
            issuing_grant: self.shown.clone(),
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
        | OutboxState::Refused { .. }
        | OutboxState::Superseded) => (entry.commit, Some(state)),
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

/// What a phone shows, and where its documents stand, all of which holds up.
fn shown(phone: &Phone) -> String {
    phone.assert_verified();
    let documents = replica_of(&phone.keting).verify(&mut |_, _| {}).unwrap().documents;
    format!("{:?} {documents:?}", phone.households())
}
