//! A small city for tests: one village with two grids of one micro-grid each, one of which has a
//! unit; people with keys, and the commits they make.

use std::collections::BTreeMap;

use keting_model::command::Command;
use keting_model::fields::Fields;
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_visits::VisitsCommand;
use keting_model::rule::RULE_VERSION;
use keting_model::{
    CityTime, CommandId, Document, DocumentId, DocumentKind, HybridTime, ItemId, Op, Stamp,
};
use keting_trust::{
    CommitBody, CommitId, Confirmation, Cursor, Digest, Ed25519Signer, Incarnation, Part, Position,
    SignedGrant, Signer, actor_id, cbor, cose,
};

use crate::admission::{Admission, Outcome, Push, PushedCommit};
use crate::city::City;
use crate::enrol::{Endpoint, enrol};
use crate::init::{RootKey, init_store, read_regions};
use crate::inviting::{InviteRequest, invite};
use crate::random::Random;
use crate::store::sqlite::SqliteStore;
use crate::store::{ServerRead, ServerStore, StoredDevice};

pub const NOW_MS: u64 = 1_790_000_000_000;
/// The same, as people's records are dated.
pub const CITY_TIME: CityTime = CityTime::new(NOW_MS);
pub const HEAD_REGION: &str = "9904810010010101";
pub const OTHER_REGION: &str = "9904810010010201";
pub const UNIT: &str = "9904810010010101001";
pub const GRID: &str = "99048100100101";
pub const VILLAGE: &str = "990481001001";
pub const TOWN: &str = "990481001";
const TABLE: &str = "code,name,level,parent_code,boundary,head
990481,海宁市,city,,,
990481001,硖石街道,town,990481,,
990481001001,朝向村,village,990481001,,
99048100100101,一网格,grid,990481001001,,
99048100100102,二网格,grid,990481001001,,
9904810010010101,一微网格,micro_grid,99048100100101,,
9904810010010201,二微网格,micro_grid,99048100100102,,
9904810010010101001,一单元,unit,9904810010010101,,
";

/// Bytes that are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Seeded(pub u64);

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let drawn = (z ^ (z >> 31)).to_le_bytes();
            chunk.iter_mut().zip(drawn).for_each(|(to, from)| *to = from);
        }
    }
}

/// A city on disk, its admission, and chance.
pub struct Town {
    pub dir: tempfile::TempDir,
    pub store: SqliteStore,
    pub city: City,
    pub admission: Admission,
    pub random: Seeded,
    pub root: RootKey,
}

impl Town {
    pub fn new() -> Self {
        Self::seeded(1411)
    }

    pub fn seeded(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&dir.path().join("server.sqlite")).unwrap();
        let mut random = Seeded(seed);
        let lines = read_regions(TABLE.as_bytes(), "海宁市").unwrap();
        let root =
            init_store(&mut store, "海宁市", &lines, &mut random, NOW_MS - 1_000, &mut |_, _| {})
                .unwrap();
        let city = City::read(&*store.snapshot().unwrap()).unwrap();
        Self { dir, store, city, admission: Admission::new(2), random, root }
    }

    pub fn region(&self, code: &str) -> DocumentId {
        self.reopen().snapshot().unwrap().region_by_code(code).unwrap().unwrap().document
    }

    pub fn read(&mut self) -> Box<dyn ServerRead + '_> {
        self.store.snapshot().unwrap()
    }

    /// The same store once more, as another process has it.
    pub fn reopen(&self) -> SqliteStore {
        SqliteStore::open(&self.dir.path().join("server.sqlite")).unwrap()
    }

    pub fn number(&self) -> u64 {
        self.reopen().snapshot().unwrap().head().unwrap().unwrap().number
    }

    /// Somebody with a role in a region, enrolled with a key of their own.
    pub fn person(&mut self, role: &str, region: &str) -> Person {
        let random: &mut dyn Random = &mut self.random;
        let signer = Ed25519Signer::from_seed(random.bytes());
        let grant = self.enrol(&signer, role, region);
        let random: &mut dyn Random = &mut self.random;
        Person::new(&self.city, signer, grant, random.bytes())
    }

    /// Gives a key a role in a region, perhaps beside those it has.
    pub fn enrol(&mut self, signer: &Ed25519Signer, role: &str, region: &str) -> Digest {
        let random: &mut dyn Random = &mut self.random;
        let request = InviteRequest {
            name: "王五".into(),
            role: role.into(),
            region_code: Some(region.into()),
            days: None,
            grant_days: None,
        };
        let invitation =
            invite(&mut self.store, &self.city, &endpoint(), &request, random, NOW_MS - 1_000)
                .unwrap();
        let key = signer.public_key();
        let enrolled =
            enrol(&mut self.store, &self.city, &invitation.secret, key, "phone", random, NOW_MS)
                .unwrap();
        Digest::of(enrolled.grants.last().unwrap())
    }

    /// Lets a key hold a grant of whatever content.
    pub fn log_grant(&mut self, grant: &SignedGrant) {
        let mut transaction = self.store.begin().unwrap();
        crate::init::log_grant(&mut *transaction, grant).unwrap();
        transaction.commit().unwrap();
    }

    /// Keeps somebody's word that they have the log up to a cursor, and made what they have made.
    pub fn confirm(&mut self, person: &Person, cursor: Cursor) {
        let confirmation = Confirmation {
            city: self.city.id,
            cursor,
            incarnation: person.incarnation,
            last_sequence: person.sequence,
        };
        let mut transaction = self.store.begin().unwrap();
        transaction.put_confirmation(&person.device(), &confirmation).unwrap();
        transaction.commit().unwrap();
    }

    /// Changes what the server keeps of somebody's device.
    pub fn set_device(
        &mut self,
        person: &Person,
        change: impl FnOnce(StoredDevice) -> StoredDevice,
    ) {
        let mut transaction = self.store.begin().unwrap();
        let row = transaction.device(&person.device()).unwrap().unwrap();
        transaction.put_device(&change(row)).unwrap();
        transaction.commit().unwrap();
    }

    pub fn admit(&mut self, pushes: &[Push]) -> Vec<Vec<Outcome>> {
        self.admission.admit(&mut self.store, &self.city, pushes, NOW_MS).unwrap().answers
    }

    /// Admits one commit and gives its answer.
    pub fn admit_one(&mut self, person: &Person, commit: PushedCommit) -> Outcome {
        let push = Push { device: person.signer.public_key().device_id(), commits: vec![commit] };
        self.admit(&[push]).remove(0).remove(0)
    }
}

pub fn endpoint() -> Endpoint {
    let url = "wss://127.0.0.1:7411/v1/sync".into();
    Endpoint { url, is_named: true, tls_spki_sha256: [7; 32], newer_tls_keys: Vec::new() }
}

/// Somebody who writes, with the documents they have.
pub struct Person {
    pub signer: Ed25519Signer,
    pub grant: Digest,
    pub documents: BTreeMap<DocumentId, Document>,
    pub random: Seeded,
    city: (keting_model::CityId, keting_model::LogId),
    /// What their next commits claim to have seen.
    pub seen: Position,
    /// The commit whose place their next commits say they take.
    pub replaces: Option<CommitId>,
    /// What their next commits say they follow.
    pub follows: Vec<CommitId>,
    /// The rules their app goes by.
    pub rule_version: u16,
    pub incarnation: Incarnation,
    pub sequence: u64,
    time: HybridTime,
}

impl Person {
    pub fn new(city: &City, signer: Ed25519Signer, grant: Digest, seed: [u8; 8]) -> Self {
        Self {
            signer,
            grant,
            documents: BTreeMap::new(),
            random: Seeded(u64::from_le_bytes(seed)),
            city: (city.id, city.log),
            seen: Cursor::genesis(city.log, 0).position(),
            replaces: None,
            follows: Vec::new(),
            rule_version: RULE_VERSION,
            incarnation: Incarnation::new(seed),
            sequence: 0,
            time: HybridTime::new(NOW_MS, 0),
        }
    }

    pub fn device(&self) -> keting_trust::DeviceId {
        self.signer.public_key().device_id()
    }

    pub fn push(&self, commits: Vec<PushedCommit>) -> Push {
        Push { device: self.device(), commits }
    }

    pub fn fresh<const N: usize>(&mut self) -> [u8; N] {
        let random: &mut dyn Random = &mut self.random;
        random.bytes()
    }

    fn tick(&mut self) -> HybridTime {
        self.time = self.time.tick(NOW_MS);
        self.time
    }

    /// A new household in a region, with one resident.
    pub fn add_household(&mut self, region: DocumentId) -> (DocumentId, PushedCommit) {
        let household = DocumentId::from_random(DocumentKind::Household, self.fresh());
        let resident = NewResident {
            resident: ItemId::new(self.fresh()),
            fact: ItemId::new(self.fresh()),
            fields: Fields::new().with("name", "李四").with("relation", "head"),
        };
        let command = HouseholdCommand::Add {
            household,
            region,
            fields: Fields::new().with("address", "一幢一单元101"),
            residents: vec![resident],
            time: CITY_TIME,
        };
        (household, self.commit(&Command::Household(command)))
    }

    pub fn edit_household(&mut self, household: DocumentId, address: &str) -> PushedCommit {
        let fields = Fields::new().with("address", address);
        self.commit(&Command::Household(HouseholdCommand::Edit { household, fields }))
    }

    pub fn add_visit(&mut self, household: DocumentId) -> PushedCommit {
        let command = VisitsCommand::AddVisit {
            household,
            visit: ItemId::new(self.fresh()),
            fields: Fields::new().with("at", "2026-09-21").with("note", "一切都好"),
            time: CITY_TIME,
        };
        self.commit(&Command::Visits(command))
    }

    /// Plans a command on the documents at hand, writes it into them, and signs it.
    pub fn commit(&mut self, command: &Command) -> PushedCommit {
        for id in command.documents() {
            self.documents.entry(id).or_insert_with(|| Document::empty(id));
        }
        let plan = command.plan(&self.documents).unwrap();
        let edits = plan.edits.into_iter().map(|edit| (edit.document, edit.ops)).collect();
        self.write(command.name(), edits)
    }

    /// The stamp of a change by this person, now.
    pub fn stamp(&mut self) -> Stamp {
        Stamp {
            actor: actor_id(self.signer.public_key(), &self.incarnation),
            time: self.tick(),
            city: CITY_TIME,
            command: CommandId::new(self.fresh()),
        }
    }

    /// Begins another life of the device's file.
    pub fn begin_incarnation(&mut self) {
        self.incarnation = Incarnation::new(self.fresh());
        self.sequence = 0;
    }

    /// Writes operations as they are and signs them.
    pub fn write(&mut self, name: &str, edits: Vec<(DocumentId, Vec<Op>)>) -> PushedCommit {
        self.write_as(name, edits, |_| {})
    }

    /// Writes operations as they are and signs a commit that says whatever `lie` makes it say.
    pub fn write_as(
        &mut self,
        name: &str,
        edits: Vec<(DocumentId, Vec<Op>)>,
        lie: impl FnOnce(&mut CommitBody),
    ) -> PushedCommit {
        let stamp = self.stamp();
        let mut parts = Vec::new();
        for (id, ops) in edits {
            let document = self.documents.entry(id).or_insert_with(|| Document::empty(id));
            let change = document.author(&stamp, &ops).unwrap().bytes;
            parts.push(Part { salt: self.fresh(), document: id, change });
        }
        self.sign_as(name, &stamp, parts, lie)
    }

    pub fn sign(&mut self, name: &str, stamp: &Stamp, parts: Vec<Part>) -> PushedCommit {
        self.sign_as(name, stamp, parts, |_| {})
    }

    /// Signs a commit that says of itself whatever `lie` makes it say.
    pub fn sign_as(
        &mut self,
        name: &str,
        stamp: &Stamp,
        parts: Vec<Part>,
        lie: impl FnOnce(&mut CommitBody),
    ) -> PushedCommit {
        self.sequence += 1;
        let mut body = CommitBody {
            city: self.city.0,
            log: self.city.1,
            device: self.signer.public_key().clone(),
            incarnation: self.incarnation,
            sequence: self.sequence,
            grant: self.grant,
            seen: self.seen,
            command: stamp.command,
            command_name: name.into(),
            rule_version: self.rule_version,
            time: stamp.time,
            city_time: stamp.city,
            replaces: self.replaces,
            follows: self.follows.clone(),
            entries: parts.iter().map(Part::digest).collect(),
        };
        lie(&mut body);
        let signed = cose::sign1(&cbor::to_vec(&body), "keting/commit/1", &self.signer).unwrap();
        PushedCommit { expected: None, signed, parts }
    }

    /// Takes over somebody else's copy of a document.
    pub fn receive(&mut self, other: &Person, document: &DocumentId) {
        self.documents.insert(*document, other.documents[document].clone());
    }
}
