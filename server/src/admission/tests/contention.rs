//! Two servers on one store: what was checked is looked at again under the lock.

use std::process::{Command, Stdio};

use keting_model::DocumentId;
use keting_model::command::Command as Wish;
use keting_model::fields::Fields;
use keting_model::region::RegionCommand;
use keting_trust::{Ed25519Signer, SignedGrant};

use super::*;
use crate::store::conformance::processes::begin_round;
use crate::store::sqlite::SqliteStore;
use crate::store::{ServerRead, ServerTransaction};
use crate::verify::verify;

#[test]
fn a_document_that_another_server_changed_meanwhile_is_checked_again_and_both_edits_stand() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("micro_grid_head", HEAD_REGION);
    let (household, first) = alice.add_household(region);
    town.admit_one(&alice, first);
    bob.receive(&alice, &household);
    let theirs = alice.edit_household(household, "二幢");
    let ours = bob.edit_household(household, "三幢");
    let (theirs, ours) = (alice.push(vec![theirs]), bob.push(vec![ours]));
    let batch = town.admit_after(&ours, theirs);
    assert!(batch.rechecked && is_admitted(&batch.answers[0][0]), "{batch:?}");
    assert_eq!(town.read().document(&household).unwrap().unwrap().heads.len(), 2);
    town.verify();
}

#[test]
fn a_commit_that_another_server_admitted_meanwhile_is_answered_with_its_number() {
    let mut town = Town::new();
    let region = town.region(HEAD_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, commit) = alice.add_household(region);
    let push = alice.push(vec![commit]);
    let before = town.number();
    let batch = town.admit_after(&push, push.clone());
    assert_eq!(batch.answers[0], [Outcome::Admitted { number: before + 1 }]);
    assert_eq!((batch.rechecked, batch.repeated, town.number()), (true, 1, before + 1));
    town.verify();
}

#[test]
fn a_grant_that_came_meanwhile_counts() {
    let mut town = Town::new();
    let elsewhere = town.region(OTHER_REGION);
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let (_, commit) = alice.add_household(elsewhere);
    let stored = town.read().grant(&alice.grant).unwrap().unwrap();
    let mut wider = SignedGrant::read_stored(&stored.bytes).unwrap().grant;
    (wider.id, wider.regions) = ([5; 16], vec![elsewhere]);
    let wider = SignedGrant::issue(wider, &town.city.issuing).unwrap();
    let push = alice.push(vec![commit]);
    let batch = town.admit_while(&push, |store| {
        let mut transaction = store.begin().unwrap();
        crate::init::log_grant(&mut *transaction, &wider).unwrap();
        transaction.commit().unwrap();
    });
    assert!(batch.rechecked && is_admitted(&batch.answers[0][0]), "{batch:?}");
}

#[test]
fn a_region_that_came_meanwhile_counts() {
    let mut town = Town::new();
    let grid = town.region(GRID);
    let (mut alice, mut bob) =
        (town.person("village_officer", VILLAGE), town.person("village_officer", VILLAGE));
    let (theirs, ours) = (add_region(&mut alice, grid), add_region(&mut bob, grid));
    let (theirs, ours) = (alice.push(vec![theirs]), bob.push(vec![ours]));
    let batch = town.admit_after(&ours, theirs);
    assert!(batch.rechecked);
    assert_eq!(held_code(&batch.answers[0][0]), "code_exists");
    town.verify();
}

#[test]
fn what_does_not_touch_a_batch_does_not_have_it_checked_again() {
    let mut town = Town::new();
    let (region, elsewhere) = (town.region(HEAD_REGION), town.region(OTHER_REGION));
    let mut alice = town.person("micro_grid_head", HEAD_REGION);
    let mut bob = town.person("micro_grid_head", OTHER_REGION);
    let (_, ours) = alice.add_household(region);
    let (_, theirs) = bob.add_household(elsewhere);
    let (theirs, ours) = (bob.push(vec![theirs]), alice.push(vec![ours]));
    let batch = town.admit_after(&ours, theirs);
    assert!(!batch.rechecked && is_admitted(&batch.answers[0][0]), "{batch:?}");
    town.verify();
}

#[test]
fn two_processes_that_admit_the_same_at_once_lose_nothing_and_keep_nothing_twice() {
    let mut town = Town::new();
    let commits = verify(&*town.read(), &mut |_| {}).unwrap().commits;
    for seed in [SHARED, 0, 1] {
        town.enrol(&signer(seed), "micro_grid_head", HEAD_REGION);
    }
    let workers: Vec<_> = [0, 1].map(|worker| start(&town, worker)).into();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success(), "a process failed");
    }
    let rechecked: u64 = [0, 1].map(|worker| read_rechecked(&mut town, worker)).iter().sum();
    // In each round both have checked before either has the lock.
    assert!(rechecked >= ROUNDS, "{rechecked} of {ROUNDS}");
    let report = verify(&*town.read(), &mut |_| {}).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!(report.commits, commits + 1 + 3 * ROUNDS);
}

/// What one of the processes does, if this one was started for it: it pushes its own edits of the
/// shared household, and those of a neighbour that the other process carries too.
#[test]
fn the_work_of_another_server() {
    let (Some(store), Some(worker)) = (std::env::var_os(STORE), std::env::var_os(WORKER)) else {
        return;
    };
    let worker: u8 = worker.to_str().unwrap().parse().unwrap();
    let mut store = SqliteStore::open(std::path::Path::new(&store)).unwrap();
    let city = City::read(&*store.snapshot().unwrap()).unwrap();
    let region = store.snapshot().unwrap().region_by_code(HEAD_REGION).unwrap().unwrap().document;
    let mut shared = person(&mut store, &city, SHARED);
    let mut own = person(&mut store, &city, worker);
    let (household, first) = shared.add_household(region);
    own.receive(&shared, &household);
    let mut admission = Admission::new(1);
    admission.admit(&mut store, &city, &[shared.push(vec![first])], NOW_MS).unwrap();
    let mut rechecked = 0;
    for round in 0..ROUNDS {
        let address = format!("{round}幢");
        let edits =
            [&mut own, &mut shared].map(|author| author.edit_household(household, &address));
        let push = own.push(edits.into());
        let mut meeting = Meeting::new(&mut store, |store| begin_round(store, worker, round));
        let batch = admission.admit(&mut meeting, &city, &[push], NOW_MS).unwrap();
        assert!(batch.answers.iter().flatten().all(is_admitted), "{batch:?}");
        rechecked += u64::from(batch.rechecked);
    }
    let mut transaction = store.begin().unwrap();
    transaction.set_meta(&rechecked_key(worker), &rechecked.to_be_bytes()).unwrap();
    transaction.commit().unwrap();
}

const STORE: &str = "KETING_CONTENTION_STORE";
const WORKER: &str = "KETING_CONTENTION_WORKER";
const ROUNDS: u64 = 30;
/// The seed of the neighbour whose commits both processes carry.
const SHARED: u8 = 9;

fn start(town: &Town, worker: u8) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "admission::tests::contention::the_work_of_another_server"])
        .env(STORE, town.dir.path().join("server.sqlite"))
        .env(WORKER, worker.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn signer(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed([seed; 32])
}

fn person(store: &mut SqliteStore, city: &City, seed: u8) -> Person {
    let device = keting_trust::Signer::public_key(&signer(seed)).device_id();
    let grant = store.snapshot().unwrap().grants_of(&device).unwrap().remove(0).digest;
    Person::new(city, signer(seed), grant, [seed; 8])
}

fn rechecked_key(worker: u8) -> String {
    format!("rechecked-{worker}")
}

fn read_rechecked(town: &mut Town, worker: u8) -> u64 {
    let bytes = town.read().meta(&rechecked_key(worker)).unwrap().unwrap();
    u64::from_be_bytes(bytes.try_into().unwrap())
}

fn is_admitted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Admitted { .. })
}

fn add_region(officer: &mut Person, parent: DocumentId) -> PushedCommit {
    let put = |key: &str, value: &str| Op::Put { key: key.into(), value: Value::from(value) };
    let grid = vec![put("code", GRID), put("level", "grid")];
    officer.write("region.add", vec![(parent, grid)]);
    let random: &mut dyn crate::random::Random = &mut officer.random;
    let region = DocumentId::from_random(DocumentKind::Region, random.bytes());
    let fields = Fields::new()
        .with("code", "9904810010010102")
        .with("name", "新")
        .with("level", "micro_grid");
    officer.commit(&Wish::Region(RegionCommand::Add { region, parent: Some(parent), fields }))
}

type Happens<'s> = Box<dyn FnOnce(&mut SqliteStore) + Send + 's>;

/// A store that lets something happen after the checks and before the lock, once.
struct Meeting<'s> {
    store: &'s mut SqliteStore,
    before_lock: Option<Happens<'s>>,
}

impl<'s> Meeting<'s> {
    fn new(store: &'s mut SqliteStore, happens: impl FnOnce(&mut SqliteStore) + Send + 's) -> Self {
        Self { store, before_lock: Some(Box::new(happens)) }
    }
}

impl ServerStore for Meeting<'_> {
    fn snapshot(&mut self) -> Result<Box<dyn ServerRead + '_>, StoreError> {
        self.store.snapshot()
    }

    fn begin(&mut self) -> Result<Box<dyn ServerTransaction + '_>, StoreError> {
        if let Some(happens) = self.before_lock.take() {
            happens(self.store);
        }
        self.store.begin()
    }
}

impl Town {
    /// Admits a push, and lets another server admit another one after the checks.
    pub(super) fn admit_after(&mut self, ours: &Push, theirs: Push) -> Batch {
        let city = City::read(&*self.read()).unwrap();
        self.admit_while(ours, |store| {
            let batch = Admission::new(1).admit(store, &city, &[theirs], NOW_MS).unwrap();
            assert!(is_admitted(&batch.answers[0][0]), "{batch:?}");
        })
    }

    fn admit_while(&mut self, ours: &Push, happens: impl FnOnce(&mut SqliteStore) + Send) -> Batch {
        let pushes = std::slice::from_ref(ours);
        let mut meeting = Meeting::new(&mut self.store, happens);
        self.admission.admit(&mut meeting, &self.city, pushes, NOW_MS).unwrap()
    }

    pub(super) fn verify(&mut self) {
        assert_eq!(verify(&*self.read(), &mut |_| {}).unwrap().differences, []);
    }
}
