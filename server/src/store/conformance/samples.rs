//! What the checks write, and how they look at a log.

use keting_model::{ActorId, ChangeHash, CommandId, DocumentId, LogId};
use keting_trust::{ChainHash, DeviceId, Digest, Incarnation, RecordKind};

use crate::store::{CommitState, Head, ServerStore, StoredCommit, StoredEntry, StoredPart};

pub(super) const LOG: LogId = LogId::new([1; 16]);

pub(super) fn begin_log(store: &mut dyn ServerStore) {
    let mut transaction = good(store.begin());
    let head = Head {
        log: LOG,
        generation: 0,
        number: 0,
        chain: ChainHash::genesis(&LOG, 0),
        backed_up_to: 0,
        regions_number: 0,
        grants_number: 0,
    };
    good(transaction.set_head(&head));
    good(transaction.commit());
    assert_eq!(good(good(store.snapshot()).head()), Some(head));
}

pub(super) fn append(store: &mut dyn ServerStore, record: &[u8]) {
    let mut transaction = good(store.begin());
    good(transaction.append(RecordKind::Commit, record));
    good(transaction.commit());
}

/// Gapless numbers and one chain, up to the head.
pub(super) fn check_log(store: &mut dyn ServerStore, length: u64) {
    let read = good(store.snapshot());
    let head = good(read.head());
    let mut chain = ChainHash::genesis(&LOG, 0);
    let entries: Vec<StoredEntry> = good(read.entries(0, u32::MAX));
    for (entry, number) in entries.iter().zip(1..) {
        chain = chain.next(number, entry.kind, &Digest::of(&entry.record));
        assert_eq!((entry.number, entry.chain), (number, chain));
    }
    assert_eq!(entries.len() as u64, length);
    assert_eq!(head.map(|head| (head.number, head.chain)), Some((length, chain)));
}

pub(super) fn good<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error:?}"))
}

pub(super) fn document(id: u8) -> DocumentId {
    DocumentId::new([id; 16])
}

pub(super) fn device(id: u8) -> DeviceId {
    DeviceId::new([id; 16])
}

pub(super) fn actor(id: u8) -> ActorId {
    ActorId::new([id; 10])
}

pub(super) fn hash(id: u8) -> ChangeHash {
    ChangeHash([id; 32])
}

pub(super) fn part(id: u8, by: u8, seq: u64) -> StoredPart {
    StoredPart {
        entry: u32::from(id),
        document: document(id),
        salt: [id; 16],
        change: vec![id; 30],
        hash: hash(id),
        actor: actor(by),
        seq,
    }
}

pub(super) fn commit(id: u8) -> StoredCommit {
    StoredCommit {
        device: device(id),
        command: CommandId::new([id; 8]),
        act: CommandId::new([id; 8]),
        incarnation: Incarnation::new([id; 8]),
        sequence: 1,
        number: 1,
        digest: Digest::of(&[id]),
        state: CommitState::Admitted,
    }
}
