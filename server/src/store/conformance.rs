//! What every implementation of the storage port must do. An implementation's tests call
//! [`run`], and, for what only several that have one store open show, [`Processes`].
//!
//! Every check panics with what it found. Nothing here knows an implementation.

use std::path::Path;
use std::process::Command;

use keting_model::region::Level;
use keting_model::{ActorId, ChangeHash, CityId, CommandId, DocumentId, LogId};
use keting_trust::limits::NUMBER_MAX;
use keting_trust::{
    ChainHash, Confirmation, Cursor, DeviceId, Digest, Incarnation, Part, RecordKind,
};

use super::{
    AudienceKey, CommitState, Head, ServerStore, StoreError, StoredCommit, StoredDocument,
    StoredEnd, StoredEntry, StoredHeld, StoredInvitation, StoredPart, StoredRegion,
};

/// Runs every check that one process can make, each on an empty store from `make`.
///
/// # Panics
/// When the implementation does not conform.
pub fn run<S: ServerStore>(make: impl Fn() -> S) {
    let checks: [fn(&mut dyn ServerStore); 11] = [
        an_empty_store_has_no_head,
        numbers_are_gapless_and_the_chain_is_that_of_the_records,
        what_was_not_committed_leaves_no_trace,
        a_change_and_a_commit_are_kept_once,
        rows_come_back_as_they_were_written,
        a_place_in_an_incarnation_is_known_to_be_taken,
        the_highest_place_in_an_incarnation_is_known_with_its_commit,
        of_an_act_one_commit_is_admitted_and_what_was_held_of_it_can_be_superseded,
        a_number_that_does_not_fit_is_an_error_and_not_another_number,
        audiences_answer_in_order_and_within_their_bounds,
        regions_are_found_by_code_and_with_all_below_them,
    ];
    for check in checks {
        let mut store = make();
        check(&mut store);
    }
}

fn an_empty_store_has_no_head(store: &mut dyn ServerStore) {
    assert_eq!(good(good(store.snapshot()).head()), None);
    let mut transaction = good(store.begin());
    let refused = transaction.append(RecordKind::Grant, b"record");
    assert!(matches!(refused, Err(StoreError::Empty)), "{refused:?}");
}

fn numbers_are_gapless_and_the_chain_is_that_of_the_records(store: &mut dyn ServerStore) {
    begin_log(store);
    let mut chain = ChainHash::genesis(&LOG, 0);
    for number in 1..=5_u64 {
        let mut transaction = good(store.begin());
        let cursor = good(transaction.append(RecordKind::Commit, &number.to_be_bytes()));
        good(transaction.commit());
        chain = chain.next(number, RecordKind::Commit, &Digest::of(&number.to_be_bytes()));
        assert_eq!((cursor.number, cursor.chain), (number, chain));
    }
    check_log(store, 5);
}

fn what_was_not_committed_leaves_no_trace(store: &mut dyn ServerStore) {
    begin_log(store);
    {
        let mut transaction = good(store.begin());
        good(transaction.append(RecordKind::Commit, b"lost"));
        good(transaction.put_part(1, &part(1, 1, 1)));
        good(transaction.set_meta("key", b"value"));
    }
    check_log(store, 0);
    let read = good(store.snapshot());
    assert_eq!(good(read.meta("key")), None);
    assert_eq!(good(read.parts(1)), []);
}

fn a_change_and_a_commit_are_kept_once(store: &mut dyn ServerStore) {
    begin_log(store);
    let mut transaction = good(store.begin());
    good(transaction.put_part(1, &part(1, 1, 1)));
    good(transaction.put_part(1, &part(2, 1, 2)));
    good(transaction.put_commit(&commit(1)));
    good(transaction.commit());
    let again = good(store.begin()).put_part(2, &part(1, 1, 1));
    assert!(matches!(again, Err(StoreError::Contradiction)), "{again:?}");
    let again = good(store.begin()).put_commit(&commit(1));
    assert!(matches!(again, Err(StoreError::Contradiction)), "{again:?}");
    let read = good(store.snapshot());
    assert_eq!(good(read.change_of(&document(1), &actor(1), 1)), Some(hash(1)));
    assert_eq!(good(read.change_of(&document(1), &actor(1), 2)), None);
}

fn rows_come_back_as_they_were_written(store: &mut dyn ServerStore) {
    begin_log(store);
    let stored = StoredDocument {
        id: document(1),
        home: document(9),
        heads: vec![hash(1), hash(2)],
        change_count: 2,
        first_number: 1,
        bytes: b"snapshot".len() as u64,
    };
    let held = StoredHeld {
        device: device(1),
        command: CommandId::new([2; 8]),
        number: 1,
        record: b"record".to_vec(),
        parts: vec![Part { salt: [1; 16], document: document(1), change: b"change".to_vec() }],
        hashes: vec![(document(1), hash(7))],
    };
    let invitation = StoredInvitation {
        secret: Digest::of(b"secret"),
        name: "王五".to_owned(),
        role: "steward".to_owned(),
        region: document(9),
        grant_ms: 1_000,
        expires_at_ms: 2_000,
        generation: 3,
        announced: 4,
        tls_key: Digest::of(b"key"),
        used: None,
        cancelled_at_ms: None,
    };
    let used = StoredInvitation {
        used: Some((device(1), Digest::of(b"grant"))),
        cancelled_at_ms: Some(3),
        ..invitation.clone()
    };
    let held_commit =
        StoredCommit { state: CommitState::Held { code: "expired".to_owned() }, ..commit(2) };
    let end = |number, bound: Option<_>| StoredEnd {
        number,
        device: device(1),
        at_ms: 1_000,
        why: "调离".to_owned(),
        bound,
        is_told: bound.is_some(),
    };
    let bound = Some((Incarnation::new([3; 8]), 7));
    let mut transaction = good(store.begin());
    good(transaction.put_end(&end(2, None)));
    good(transaction.put_end(&end(1, None)));
    good(transaction.put_end(&end(1, bound)));
    let confirmation = |incarnation, last_sequence, number| Confirmation {
        city: CityId::new([1; 16]),
        cursor: Cursor { number, ..Cursor::genesis(LogId::new([1; 16]), 3) },
        incarnation: Incarnation::new([incarnation; 8]),
        last_sequence,
    };
    for (incarnation, last_sequence, number) in [(1, 2, 10), (1, 4, 30), (1, 4, 20), (2, 1, 25)] {
        let confirmation = confirmation(incarnation, last_sequence, number);
        good(transaction.put_confirmation(&device(1), &confirmation));
    }
    good(transaction.put_part(1, &part(1, 1, 1)));
    good(transaction.put_part(2, &part(1, 1, 2)));
    good(transaction.put_actor(&actor(1), &device(1)));
    good(transaction.put_actor(&actor(1), &device(1)));
    good(transaction.put_document(&stored, b"older"));
    good(transaction.put_document(&stored, b"snapshot"));
    good(transaction.put_commit(&held_commit));
    good(transaction.put_held(&held));
    good(transaction.put_invitation(&invitation));
    for (key, now_ms, is_invited) in
        [(&b"key"[..], 1_999, true), (b"key", 2_000, false), (b"other", 1_999, false)]
    {
        assert_eq!(good(transaction.is_key_invited(&Digest::of(key), now_ms)), is_invited);
    }
    good(transaction.put_invitation(&used));
    assert!(!good(transaction.is_key_invited(&Digest::of(b"key"), 1_999)));
    good(transaction.commit());

    let read = good(store.snapshot());
    assert_eq!(good(read.ends_of(&device(1))), [end(1, bound), end(2, None)]);
    assert_eq!(good(read.ends_of(&device(2))), []);
    let confirmed = |who, generation, incarnation, sequence| {
        let incarnation = Incarnation::new([incarnation; 8]);
        good(read.confirmed_before(&device(who), generation, &incarnation, sequence))
    };
    assert_eq!([2, 3, 4, 5].map(|sequence| confirmed(1, 3, 1, sequence)), [0, 10, 10, 30]);
    assert_eq!([1, 2].map(|sequence| confirmed(1, 3, 2, sequence)), [0, 25]);
    assert_eq!((confirmed(1, 3, 9, 9), confirmed(1, 4, 1, 9), confirmed(2, 3, 1, 9)), (0, 0, 0));
    let open = |who| (good(read.waiting_count(&device(who))), good(read.held_count(&device(who))));
    assert_eq!((open(1), open(2)), ((4, 0), (0, 1)));
    assert_eq!(good(read.document(&document(1))), Some(stored.clone()));
    assert_eq!(good(read.document_snapshot(&document(1))), Some(b"snapshot".to_vec()));
    assert_eq!(good(read.documents(None, 9)), vec![stored]);
    assert_eq!(good(read.documents(Some(&document(1)), 9)), vec![]);
    let parts = |after, until, limit| {
        good(read.document_parts(&document(1), after, until, limit))
            .into_iter()
            .map(|(number, part)| (number, part.seq))
            .collect::<Vec<_>>()
    };
    let whole = good(read.document_parts(&document(1), 0, 9, 9));
    assert_eq!(whole, [(1, part(1, 1, 1)), (2, part(1, 1, 2))]);
    assert_eq!(parts(1, 9, 9), [(2, 2)]);
    assert_eq!(parts(0, 1, 9), [(1, 1)]);
    assert_eq!(parts(0, 9, 1), [(1, 1)]);
    assert_eq!(good(read.device_of(&actor(1))), Some(device(1)));
    assert_eq!(good(read.device_of(&actor(2))), None);
    let found = good(read.commit_state(&held_commit.device, &held_commit.command));
    assert_eq!(found, Some(held_commit));
    assert!(good(read.is_held(&document(1), &hash(7))));
    assert!(!good(read.is_held(&document(2), &hash(7))));
    assert_eq!(good(read.invitation(&Digest::of(b"secret"))), Some(used.clone()));
    assert_eq!(good(read.invitations()), [used]);
}

fn a_place_in_an_incarnation_is_known_to_be_taken(store: &mut dyn ServerStore) {
    begin_log(store);
    let mut transaction = good(store.begin());
    good(transaction.put_commit(&commit(1)));
    let third = CommandId::new([3; 8]);
    good(transaction.put_commit(&StoredCommit { command: third, act: third, ..commit(1) }));
    good(transaction.commit());
    let read = good(store.snapshot());
    let StoredCommit { device: by, incarnation, sequence, .. } = commit(1);
    assert!(good(read.is_sequence_taken(&by, &incarnation, sequence)));
    assert!(!good(read.is_sequence_taken(&by, &incarnation, sequence + 1)));
    assert!(!good(read.is_sequence_taken(&by, &Incarnation::new([9; 8]), sequence)));
    assert!(!good(read.is_sequence_taken(&device(9), &incarnation, sequence)));
    let highest = good(read.highest_sequence(&by, &incarnation));
    assert_eq!(highest, Some((sequence, commit(1).digest)));
    assert_eq!(good(read.highest_sequence(&by, &Incarnation::new([9; 8]))), None);
    assert_eq!(good(read.highest_sequence(&device(9), &incarnation)), None);
}

fn the_highest_place_in_an_incarnation_is_known_with_its_commit(store: &mut dyn ServerStore) {
    begin_log(store);
    let place = |number: u8, sequence| StoredCommit {
        command: CommandId::new([number; 8]),
        act: CommandId::new([number; 8]),
        sequence,
        number: u64::from(number),
        digest: Digest::of(&[number]),
        ..commit(1)
    };
    let mut transaction = good(store.begin());
    for commit in [place(1, 2), place(2, 11), place(3, 11), place(4, 7)] {
        good(transaction.put_commit(&commit));
    }
    good(transaction.commit());
    let StoredCommit { device, incarnation, .. } = commit(1);
    let highest = good(good(store.snapshot()).highest_sequence(&device, &incarnation));
    assert_eq!(highest, Some((11, Digest::of(&[2]))), "the one that came first");
}

fn of_an_act_one_commit_is_admitted_and_what_was_held_of_it_can_be_superseded(
    store: &mut dyn ServerStore,
) {
    begin_log(store);
    let of_one_act = |number: u8, state| StoredCommit {
        command: CommandId::new([number; 8]),
        state,
        ..commit(1)
    };
    let code = || CommitState::Held { code: "expired".to_owned() };
    let (held, other) = (of_one_act(2, code()), of_one_act(3, code()));
    let superseded = of_one_act(4, CommitState::Superseded { verdict: 9 });
    let kept = |commit: &StoredCommit| StoredHeld {
        device: commit.device,
        command: commit.command,
        number: 1,
        record: vec![1; 10],
        parts: vec![Part { salt: [1; 16], document: document(1), change: vec![1; 20] }],
        hashes: vec![(document(1), hash(commit.command.as_bytes()[0])), (document(1), hash(9))],
    };
    let (device, act) = (held.device, held.act);
    let mut transaction = good(store.begin());
    for commit in [&held, &other] {
        good(transaction.put_commit(commit));
        good(transaction.put_held(&kept(commit)));
    }
    good(transaction.put_commit(&superseded));
    assert_eq!(good(transaction.admitted_of_act(&device, &act)), None);
    assert_eq!(good(transaction.held_of_act(&device, &act)), [held.clone(), other.clone()]);
    good(transaction.put_commit(&commit(1)));
    assert_eq!(good(transaction.admitted_of_act(&device, &act)), Some(commit(1)));
    assert_eq!(good(transaction.supersede_held(&device, &held.command, 7)), 30);
    good(transaction.commit());

    let read = good(store.snapshot());
    assert_eq!(good(read.held_of_act(&device, &act)), [other]);
    let now = StoredCommit { state: CommitState::Superseded { verdict: 7 }, ..held };
    assert_eq!(good(read.commit_state(&device, &now.command)), Some(now));
    let is_held = |number| good(read.is_held(&document(1), &hash(number)));
    assert_eq!([2, 3, 9].map(is_held), [false, true, true], "the other one has a change in common");
    drop(read);
    let twice = good(store.begin()).put_commit(&of_one_act(5, CommitState::Admitted));
    assert!(matches!(twice, Err(StoreError::Contradiction)), "{twice:?}");
}

fn a_number_that_does_not_fit_is_an_error_and_not_another_number(store: &mut dyn ServerStore) {
    begin_log(store);
    let fits = StoredCommit { sequence: NUMBER_MAX, ..commit(1) };
    let mut transaction = good(store.begin());
    good(transaction.put_commit(&fits));
    let beyond = StoredCommit { sequence: NUMBER_MAX + 1, ..commit(2) };
    let refused = transaction.put_commit(&beyond);
    assert!(matches!(refused, Err(StoreError::OutOfRange)), "{refused:?}");
    good(transaction.commit());
    let found = good(good(store.snapshot()).commit_state(&fits.device, &fits.command));
    assert_eq!(found, Some(fits));
}

fn audiences_answer_in_order_and_within_their_bounds(store: &mut dyn ServerStore) {
    begin_log(store);
    let (one, other) = (
        AudienceKey { region: document(1), kind: 2 },
        AudienceKey { region: document(1), kind: 3 },
    );
    let mut transaction = good(store.begin());
    for number in [5, 1, 3, 3] {
        good(transaction.put_audience(number, &one));
    }
    good(transaction.put_audience(3, &other));
    for number in [4, 2] {
        good(transaction.put_own(number, &device(1)));
    }
    good(transaction.commit());
    let read = good(store.snapshot());
    assert_eq!(good(read.numbers_of(&one, 0, 9, 9)), [1, 3, 5]);
    assert_eq!(good(read.numbers_of(&one, 1, 4, 9)), [3]);
    assert_eq!(good(read.numbers_of(&one, 0, 9, 2)), [1, 3]);
    assert_eq!(good(read.own_numbers(&device(1), 0, 9, 9)), [2, 4]);
    assert_eq!(good(read.own_numbers(&device(2), 0, 9, 9)), [0; 0]);
    assert_eq!(good(read.audiences(1, 3)), [(3, one), (3, other)]);
}

fn regions_are_found_by_code_and_with_all_below_them(store: &mut dyn ServerStore) {
    begin_log(store);
    let region = |id: u8, parent: Option<u8>| StoredRegion {
        document: document(id),
        code: format!("{id}"),
        parent: parent.map(document),
        level: Level::Town,
        name: "镇".to_owned(),
    };
    let mut transaction = good(store.begin());
    for (id, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
        good(transaction.put_region(&region(id, parent)));
    }
    good(transaction.commit());
    let read = good(store.snapshot());
    assert_eq!(good(read.regions_within(&document(2))), [document(2), document(3)]);
    assert_eq!(good(read.regions_within(&document(1))).len(), 4);
    assert_eq!(good(read.regions_within(&document(8))), []);
    assert_eq!(good(read.region_by_code("3")), Some(region(3, Some(2))));
    assert_eq!(good(read.regions()).len(), 4);
}

/// A view shows the store as it was when it was opened, whatever `other` commits meanwhile, and also
/// what it never asked before.
fn a_view_does_not_see_what_is_committed_after_it_was_opened(
    store: &mut dyn ServerStore,
    other: &mut dyn ServerStore,
) {
    begin_log(store);
    append(store, b"one");
    let view = good(store.snapshot());
    append(other, b"two");
    let mut transaction = good(other.begin());
    good(transaction.set_meta("key", b"value"));
    good(transaction.commit());

    assert_eq!(good(view.entries(0, 9)).len(), 1);
    assert_eq!(good(view.head()).map(|head| head.number), Some(1));
    assert_eq!(good(view.meta("key")), None);
    assert_eq!(good(good(other.snapshot()).entries(0, 9)).len(), 2);
    drop(view);
    let view = good(store.snapshot());
    assert_eq!(good(view.entries(0, 9)).len(), 2);
    assert_eq!(good(view.meta("key")), Some(b"value".to_vec()));
}

/// Two that have one store open: two views of one process, then two processes that append at once.
///
/// The implementation's test calls [`Processes::run`], and [`Processes::work_if_asked`] first
/// thing in a test of its own, which the test binary is started with again.
#[derive(Debug)]
pub struct Processes<'t> {
    /// The full name of the test that calls [`Processes::work_if_asked`].
    pub test: &'t str,
}

const STORE_VARIABLE: &str = "KETING_CONFORMANCE_STORE";
const WORKER_VARIABLE: &str = "KETING_CONFORMANCE_WORKER";
const WORKERS: u64 = 2;
const ROUNDS: u64 = 20;
const APPENDS_A_ROUND: u64 = 10;
const APPENDS: u64 = ROUNDS * APPENDS_A_ROUND;

impl Processes<'_> {
    /// Looks at a store beside the one at `store` through two that have it open. Then starts the
    /// processes on the store that `open` opens, waits for them, and looks at what they made of it.
    ///
    /// # Panics
    /// When a process fails, or the log has a gap, a fork, or lacks a commit.
    pub fn run<S: ServerStore>(&self, store: &Path, open: impl Fn(&Path) -> S) {
        let viewed = store.with_extension("viewed");
        a_view_does_not_see_what_is_committed_after_it_was_opened(
            &mut open(&viewed),
            &mut open(&viewed),
        );
        begin_log(&mut open(store));
        let binary = good(std::env::current_exe());
        let mut workers = Vec::new();
        for worker in 0..WORKERS {
            let started = Command::new(&binary)
                .args(["--exact", self.test, "--nocapture"])
                .env(STORE_VARIABLE, store)
                .env(WORKER_VARIABLE, worker.to_string())
                .stdout(std::process::Stdio::null())
                .spawn();
            workers.push(good(started));
        }
        for worker in &mut workers {
            assert!(good(worker.wait()).success(), "a process failed");
        }
        let mut store = open(store);
        check_log(&mut store, WORKERS * APPENDS);
        let mut records: Vec<Vec<u8>> = good(good(store.snapshot()).entries(0, u32::MAX))
            .into_iter()
            .map(|e| e.record)
            .collect();
        records.sort_unstable();
        records.dedup();
        assert_eq!(records.len() as u64, WORKERS * APPENDS, "a commit was lost or kept twice");
    }

    /// Does one process's share, if this process was started to do it.
    ///
    /// # Panics
    /// When the store fails.
    pub fn work_if_asked<S: ServerStore>(&self, open: impl Fn(&Path) -> S) {
        let (Some(store), Some(worker)) =
            (std::env::var_os(STORE_VARIABLE), std::env::var_os(WORKER_VARIABLE))
        else {
            return;
        };
        let worker = worker.to_string_lossy().parse::<u8>();
        let worker = worker.unwrap_or_else(|error| panic!("no number: {error}"));
        let mut store = open(Path::new(&store));
        for round in 0..ROUNDS {
            begin_round(&mut store, worker, round);
            for index in 0..APPENDS_A_ROUND {
                let mut record = vec![worker];
                record.extend((round * APPENDS_A_ROUND + index).to_be_bytes());
                append(&mut store, &record);
            }
        }
    }
}

/// How long a process waits for the others, which may have failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Waits until every process has come to a round, so that all of them append at once.
pub(crate) fn begin_round(store: &mut dyn ServerStore, worker: u8, round: u64) {
    let key = |worker: u64| format!("round-{worker}");
    let mut transaction = good(store.begin());
    good(transaction.set_meta(&key(u64::from(worker)), &round.to_be_bytes()));
    good(transaction.commit());
    let since = std::time::Instant::now();
    let has_come = |bytes: Option<Vec<u8>>| bytes >= Some(round.to_be_bytes().to_vec());
    while !(0..WORKERS).all(|other| has_come(good(good(store.snapshot()).meta(&key(other))))) {
        assert!(since.elapsed() < PATIENCE, "another process does not come");
        std::thread::yield_now();
    }
}

const LOG: LogId = LogId::new([1; 16]);

fn begin_log(store: &mut dyn ServerStore) {
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

fn append(store: &mut dyn ServerStore, record: &[u8]) {
    let mut transaction = good(store.begin());
    good(transaction.append(RecordKind::Commit, record));
    good(transaction.commit());
}

/// Gapless numbers and one chain, up to the head.
fn check_log(store: &mut dyn ServerStore, length: u64) {
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

fn good<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the store failed: {error:?}"))
}

fn document(id: u8) -> DocumentId {
    DocumentId::new([id; 16])
}

fn device(id: u8) -> DeviceId {
    DeviceId::new([id; 16])
}

fn actor(id: u8) -> ActorId {
    ActorId::new([id; 10])
}

fn hash(id: u8) -> ChangeHash {
    ChangeHash([id; 32])
}

fn part(id: u8, by: u8, seq: u64) -> StoredPart {
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

fn commit(id: u8) -> StoredCommit {
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
