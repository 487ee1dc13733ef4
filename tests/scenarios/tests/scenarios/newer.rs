//! What a phone does with what it cannot take in: entries of a newer version, and entries that do
//! not hold up.

use std::collections::BTreeMap;
use std::path::Path;

use keting::parts::{Replica, replica_of};
use keting::{ReplicaId, Secret};
use keting_model::{
    CityTime, CommandId, Document, DocumentId, Fields, HybridTime, Op, PROJECTION_MIGRATIONS,
    RULE_VERSION, Stamp, Value,
};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::liar::Liar;
use keting_scenarios::phone::{Phone, Two, vault};
use keting_store::{Access, DatabaseKey, OpenConfig, Owner};
use keting_sync::{Answer, CommitKey, Entry, Moved, Outcome, Persist};
use keting_trust::{ChainHash, CommitBody, Cursor, Part, RecordKind, SignedCommit, actor_id};

#[test]
fn an_entry_that_needs_a_newer_app_is_kept_and_the_rest_goes_on() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    let other = alice.add_household(MICRO_GRID, "望潮苑1幢1单元102室", "李二");
    alice.sync();
    let mut author = Author::new(&city, &alice);
    let newer = author.edit(household, "望潮苑1幢1单元103室", RULE_VERSION + 1);
    let behind = author.edit(household, "望潮苑1幢1单元104室", RULE_VERSION);
    let apart = author.edit(other, "望潮苑1幢1单元105室", RULE_VERSION);
    author.brings(&[newer, behind, apart]).unwrap();

    let status = alice.keting.status().unwrap();
    assert_eq!(status.unread, 2, "the newer entry, and the one that builds on it");
    assert_eq!(status.cursor.unwrap().number, author.number, "the rest goes on");
    assert_eq!(alice.household(other).address, "望潮苑1幢1单元105室");
    assert_eq!(alice.household(household).address, "望潮苑1幢1单元101室");
    // The version that can read the rules takes them up; this one still cannot.
    let alice = alice.reopened();
    assert_eq!(alice.keting.status().unwrap().unread, 2);
}

#[test]
fn what_was_unread_is_taken_up_by_a_version_that_reads_it() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    let newer = Author::new(&city, &alice).edit(household, "望潮苑1幢1单元103室", RULE_VERSION + 1);
    let mut author = Author { number: newer.number, made: 1, ..Author::new(&city, &alice) };
    let behind = author.edit(household, "望潮苑1幢1单元104室", RULE_VERSION);
    let number = newer.number;
    author.brings(&[newer, behind]).unwrap();
    assert_eq!(alice.keting.status().unwrap().unread, 2);

    // Another version reads the file: here one that knows that the first of them is nothing to it.
    let directory = alice.directory().to_owned();
    drop(alice);
    let file = open_file(&directory);
    file.execute_batch(&format!(
        "DELETE FROM unread_documents WHERE number = {number};
         DELETE FROM unread WHERE number = {number};
         UPDATE meta SET value = x'00' WHERE key = 'sync/read_by'"
    ))
    .unwrap();
    drop(file);
    let alice = Phone::open(directory);
    assert_eq!(alice.keting.status().unwrap().unread, 0);
    assert_eq!(alice.household(household).address, "望潮苑1幢1单元104室");
    alice.assert_verified();
}

#[test]
fn an_entry_that_does_not_hold_up_is_set_aside_and_counted_and_the_rest_goes_on() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    let before = alice.keting.status().unwrap().cursor.unwrap().number;
    let mut author = Author::new(&city, &alice);
    let good = author.edit(household, "望潮苑1幢1单元103室", RULE_VERSION);
    let mut forged = author.edit(household, "望潮苑1幢1单元104室", RULE_VERSION);
    let last = forged.record.len() - 1;
    forged.record[last] ^= 1;
    author.brings(&[forged.clone(), good]).unwrap();
    let status = alice.keting.status().unwrap();
    assert_eq!((status.set_aside, status.unread), (1, 0));
    assert!(status.cursor.unwrap().number > before, "the cursor goes on");
    assert_eq!(alice.household(household).address, "望潮苑1幢1单元103室");
    let kept = replica_of(&alice.keting).store().unread_after(0, 9).unwrap();
    assert_eq!((&kept[0].record, kept[0].code.as_str()), (&forged.record, "bad_signature"));
    alice.assert_verified();
}

#[test]
fn a_refused_edit_goes_again_with_the_next_connection() {
    let city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    alice.edit(household, Fields::new().with("address", "望潮苑2幢1单元201室")).unwrap();
    refuse(&city, &alice, "quota_exceeded");
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.refused, status.held), (1, 1, 0));
    let entry = replica_of(&alice.keting).outbox(9).unwrap().pop().unwrap();
    let code = "quota_exceeded".to_owned();
    assert_eq!(entry.state, keting_store::OutboxState::Refused { code }, "it is shown why");

    alice.sync();
    bob.sync();
    assert_eq!(alice.keting.status().unwrap().waiting, 0);
    assert_eq!(bob.household(household).address, "望潮苑2幢1单元201室");
}

/// Answers everything that waits on a phone with a refusal.
fn refuse(city: &City, phone: &Phone, code: &str) {
    let replica = replica_of(&phone.keting);
    let waiting = replica.waiting(None, 9, u64::MAX).unwrap();
    let answers = waiting.into_iter().map(|waiting| Answer {
        commit: CommitKey::own(waiting.commit.command),
        outcome: Outcome::Refused { code: code.to_owned() },
    });
    let answers = answers.collect();
    drop(replica);
    let mut liar = Liar::of(city);
    let head = liar.head();
    let answers = vec![liar.answers(phone, answers, head)];
    let persist = Persist {
        id: 1,
        channel_binding: Vec::new(),
        enrolled: None,
        answers,
        groups: Vec::new(),
        moved: None,
    };
    let mut replica = replica_of(&phone.keting);
    replica.persist(&persist).unwrap();
}

/// Commits of a phone's own key that come back to it as if another of its installations, with a
/// newer app, had made them.
struct Author<'p> {
    phone: &'p Phone,
    liar: Liar,
    documents: BTreeMap<DocumentId, Document>,
    number: u64,
    made: u8,
}

impl<'p> Author<'p> {
    fn new(city: &City, phone: &'p Phone) -> Self {
        let number = phone.keting.status().unwrap().cursor.unwrap().number;
        let liar = Liar::of(city);
        Self { phone, liar, documents: BTreeMap::new(), number, made: 0 }
    }

    fn edit(&mut self, household: DocumentId, address: &str, rule_version: u16) -> Entry {
        self.made += 1;
        self.number += 1;
        let replica = replica_of(&self.phone.keting);
        let document =
            self.documents.entry(household).or_insert_with(|| stored(&replica, household));
        let membership = replica.membership().unwrap();
        let incarnation = keting_trust::Incarnation::new([0xee; 8]);
        let stamp = Stamp {
            actor: actor_id(replica.public_key(), &incarnation),
            time: HybridTime::new(1_790_000_000_000, u16::from(self.made)),
            city: CityTime::new(1_790_000_000_000),
            command: CommandId::new([self.made; 8]),
        };
        let put = Op::Put { key: "address".to_owned(), value: Value::from(address) };
        let change = document.author(&stamp, &[put]).unwrap();
        let part = Part { salt: [self.made; 16], document: household, change: change.bytes };
        let body = CommitBody {
            city: membership.city,
            log: membership.log,
            device: replica.public_key().clone(),
            incarnation,
            sequence: u64::from(self.made),
            grant: replica.grant().unwrap().digest(),
            seen: Cursor::genesis(membership.log, 0).position(),
            command: stamp.command,
            command_name: "household.edit".to_owned(),
            rule_version,
            time: stamp.time,
            city_time: stamp.city,
            replaces: None,
            follows: Vec::new(),
            entries: vec![part.digest()],
        };
        let record = SignedCommit::sign(body, replica.signer()).unwrap().bytes;
        Entry { number: self.number, kind: RecordKind::Commit.code(), record, parts: vec![part] }
    }

    fn brings(&self, entries: &[Entry]) -> Result<(), keting::EngineError> {
        let mut replica = replica_of(&self.phone.keting);
        let at = replica.status().unwrap().cursor.unwrap();
        let cursor = Cursor { number: self.number, chain: ChainHash::new([1; 32]), ..at };
        let persist = Persist {
            id: 1,
            channel_binding: Vec::new(),
            enrolled: None,
            answers: Vec::new(),
            groups: vec![self.liar.group(cursor, entries.to_vec())],
            moved: Some(Moved::Log(cursor)),
        };
        replica.persist(&persist).map(drop)
    }
}

/// A phone's file, opened as another version of the software would.
fn open_file(directory: &Path) -> rusqlite::Connection {
    let id = std::fs::read_to_string(directory.join("data/replica.id")).unwrap();
    let id: ReplicaId = id.trim().parse().unwrap();
    let key = vault(directory).require(&id, Secret::DatabaseKey).unwrap();
    let path = keting::parts::file_path(&directory.join("data"));
    let model = Owner { name: "model", migrations: PROJECTION_MIGRATIONS };
    keting_store::open_writer(&OpenConfig {
        path: &path,
        key: Some(&DatabaseKey::new(*key)),
        access: Access::Alone,
        owners: &[keting_store::STORE_OWNER, model],
        full_sync: true,
    })
    .unwrap()
}

fn stored(replica: &Replica, id: DocumentId) -> Document {
    let found = replica.store().document(&id).unwrap().unwrap();
    let mut document = match found.snapshot {
        Some(bytes) => Document::load(id, &bytes).unwrap(),
        None => Document::empty(id),
    };
    for change in &found.changes_after {
        document.apply(change).unwrap();
    }
    document
}
