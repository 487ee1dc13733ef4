//! A phone: a directory, a vault, and the engine as an app uses it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keting::commands::{HouseholdCommand, NewResident};
use keting::parts::{FileIdentity, Local, Replica, ReplicaConfig};
use keting::views::{ConflictView, HouseholdDetail, HouseholdFilter, HouseholdView};
use keting::{
    Command, DirectoryVault, DocumentId, DocumentKind, EngineError, Fields, Invitation, ItemId,
    ReplicaId, SyncReport, Vault, parts,
};
use keting_sync::message::Highest;
use keting_testkit::vfs::Disk;
use keting_trust::Digest;

use crate::city::{City, GRID, MICRO_GRID};
use crate::clock::PhoneClock;

static PHONES: AtomicU64 = AtomicU64::new(0);

/// The head of a micro-grid and a worker of its grid, who both have one household on their phones.
pub struct Two {
    /// The head.
    pub alice: Phone,
    /// The worker.
    pub bob: Phone,
    /// The household, at 望潮苑1幢1单元101室.
    pub household: DocumentId,
}

impl Two {
    /// Enrols both, lets the head enter the household, and both sync.
    pub fn in_city(city: &City) -> Self {
        let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
        let bob = city.phone("刘平杰", "grid_worker", GRID);
        let household = alice.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
        alice.sync();
        bob.sync();
        Self { alice, bob, household }
    }

    /// Both sync until each has what the other did.
    pub fn sync(&self) {
        self.alice.sync();
        self.bob.sync();
        self.alice.sync();
    }
}

/// A phone that is switched on: its replica is open.
pub struct Phone {
    /// What an app on it holds.
    pub keting: Local,
    directory: PathBuf,
}

impl Phone {
    /// A new phone somewhere below `place`, with an invitation it has yet to use.
    pub fn new(place: &Path, invitation: &Invitation) -> Self {
        let directory = place.join(format!("phone{}", PHONES.fetch_add(1, Ordering::Relaxed)));
        let keting = Local::create(&directory.join("data"), vault(&directory), invitation).unwrap();
        Self { keting, directory }
    }

    /// A new phone whose clock is so many milliseconds off.
    pub fn with_clock_off_by(place: &Path, invitation: &Invitation, off_ms: i64) -> Self {
        Self::with_clock(place, invitation, &PhoneClock::off_by(off_ms))
    }

    /// A new phone with a clock of the test's.
    pub fn with_clock(place: &Path, invitation: &Invitation, clock: &PhoneClock) -> Self {
        let directory = place.join(format!("phone{}", PHONES.fetch_add(1, Ordering::Relaxed)));
        let data = directory.join("data");
        let environment = Box::new(clock.clone());
        let replica = parts::create_replica(&data, vault(&directory), environment, invitation);
        Self { keting: parts::share(replica.unwrap()), directory }
    }

    /// Ends the app and opens it again with a clock of the test's.
    pub fn reopened_with(self, clock: &PhoneClock) -> Self {
        let Self { keting, directory } = self;
        drop(keting);
        let (data, environment) = (directory.join("data"), Box::new(clock.clone()));
        let replica = parts::open_replica(&data, vault(&directory), environment);
        Self { keting: parts::share(replica.unwrap()), directory }
    }

    /// A new phone whose file is on a disk that can fail.
    pub fn on_disk(place: &Path, invitation: &Invitation, disk: &Disk) -> Self {
        let directory = place.join(format!("phone{}", PHONES.fetch_add(1, Ordering::Relaxed)));
        let config = ReplicaConfig {
            path: Path::new("/replica.db"),
            vfs: Some(disk.vfs_name()),
            id: ReplicaId::new([1; 16]),
            identity: &|_| Some(FileIdentity([1; 16])),
        };
        let environment = Box::new(PhoneClock::default());
        let replica = Replica::create(&config, vault(&directory), environment, invitation);
        Self { keting: parts::share(replica.unwrap()), directory }
    }

    /// Switches the phone off and on.
    pub fn reopened(self) -> Self {
        let Self { keting, directory } = self;
        drop(keting);
        Self::open(directory)
    }

    /// Switches on the phone in a directory.
    pub fn open(directory: PathBuf) -> Self {
        let keting = Local::open(&directory.join("data"), vault(&directory)).unwrap();
        Self { keting, directory }
    }

    /// A phone whose replica was opened otherwise.
    pub fn holding(keting: Local, directory: PathBuf) -> Self {
        Self { keting, directory }
    }

    /// Copies the data, not the vault, as a file manager or a backup would, and opens the copy with
    /// the same vault.
    pub fn copied_data(&self) -> Self {
        self.copied_data_as("copy")
    }

    /// The same, by a name of its own: one of several copies.
    pub fn copied_data_as(&self, name: &str) -> Self {
        let copy = self.directory.with_extension(name);
        std::fs::create_dir_all(copy.join("data")).unwrap();
        for file in std::fs::read_dir(self.directory.join("data")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.join("data").join(file.file_name())).unwrap();
        }
        let keting = Local::open(&copy.join("data"), vault(&self.directory)).unwrap();
        Self { keting, directory: copy }
    }

    /// Hears that its machine was put back, and makes anew what waits on it. Nothing is sent yet.
    pub fn makes_anew(&self) {
        self.hears_that_it_was_put_back();
        let authored = parts::replica_of(&self.keting).author_anew().unwrap();
        assert!(authored.to_send > 0, "nothing waited");
    }

    /// Hears that its machine was put back: what has no number leaves its documents.
    pub fn hears_that_it_was_put_back(&self) {
        let mut replica = parts::replica_of(&self.keting);
        let incarnation = replica.persisted().incarnation;
        let elsewhere = Highest { sequence: 9, digest: Digest::of(b"of another life") };
        replica.note_highest(&incarnation, Some(&elsewhere)).unwrap();
    }

    /// Hears that it was ended, after everything that is in its file was made. Nothing is handed over yet.
    pub fn hears_of_its_end(&self, why: &str) {
        let mut replica = parts::replica_of(&self.keting);
        let last = replica.last_commit().unwrap();
        replica.note_ended(why, last, &[]).unwrap();
    }

    /// Where the phone's files are: `data` and `vault`.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Exchanges everything with the server.
    pub fn sync(&self) -> SyncReport {
        self.try_sync().unwrap()
    }

    /// Exchanges everything with the server, which may fail.
    ///
    /// # Errors
    /// What the engine says.
    pub fn try_sync(&self) -> Result<SyncReport, EngineError> {
        self.keting.sync(&mut |_| {})
    }

    /// Adds a household with one resident.
    pub fn add_household(&self, region: &str, address: &str, name: &str) -> DocumentId {
        let household = self.keting.new_document(DocumentKind::Household);
        let fields = Fields::new().with("name", name).with("relation", "head");
        let add = HouseholdCommand::Add {
            household,
            region: self.region(region),
            fields: Fields::new().with("address", address),
            residents: vec![self.resident(fields)],
            time: self.keting.now(),
        };
        self.keting.execute(&Command::Household(add)).unwrap();
        household
    }

    /// A resident with fresh ids.
    pub fn resident(&self, fields: Fields) -> NewResident {
        NewResident { resident: self.keting.new_item(), fact: self.keting.new_item(), fields }
    }

    /// Adds a resident.
    pub fn add_resident(&self, household: DocumentId, fields: Fields) -> ItemId {
        let resident = self.resident(fields);
        let id = resident.resident;
        let time = self.keting.now();
        let add = HouseholdCommand::AddResident { household, resident, time };
        self.keting.execute(&Command::Household(add)).unwrap();
        id
    }

    /// Edits a household's own fields.
    ///
    /// # Errors
    /// What the engine says.
    pub fn edit(&self, household: DocumentId, fields: Fields) -> Result<(), EngineError> {
        let edit = HouseholdCommand::Edit { household, fields };
        self.keting.execute(&Command::Household(edit)).map(drop)
    }

    /// Changes a household's address.
    pub fn change_address(&self, household: DocumentId, address: &str) {
        self.edit(household, Fields::new().with("address", address)).unwrap();
    }

    /// Edits a resident.
    pub fn edit_resident(&self, household: DocumentId, resident: ItemId, fields: Fields) {
        let time = self.keting.now();
        let edit = HouseholdCommand::EditResident { household, resident, fields, time };
        self.keting.execute(&Command::Household(edit)).unwrap();
    }

    /// Says what became of a resident.
    pub fn say(&self, household: DocumentId, resident: ItemId, status: &str) {
        self.say_why(household, resident, status, None);
    }

    /// Says what became of a resident, and why.
    pub fn say_why(
        &self,
        household: DocumentId,
        resident: ItemId,
        status: &str,
        reason: Option<&str>,
    ) {
        let (fact, time) = (self.keting.new_item(), self.keting.now());
        let (status, reason, at) = (status.to_owned(), reason.map(str::to_owned), None);
        let say =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        self.keting.execute(&Command::Household(say)).unwrap();
    }

    /// Adds a need.
    pub fn add_need(&self, household: DocumentId, text: &str) -> ItemId {
        let (need, time) = (self.keting.new_item(), self.keting.now());
        let add = HouseholdCommand::AddNeed { household, need, text: text.to_owned(), time };
        self.keting.execute(&Command::Household(add)).unwrap();
        need
    }

    /// Says how far a need has come.
    pub fn advance(&self, household: DocumentId, need: ItemId, status: &str) {
        self.advance_with(household, need, status, None);
    }

    /// Says how far a need has come, and what was done.
    pub fn advance_with(
        &self,
        household: DocumentId,
        need: ItemId,
        status: &str,
        note: Option<&str>,
    ) {
        let (fact, time) = (self.keting.new_item(), self.keting.now());
        let (status, note) = (status.to_owned(), note.map(str::to_owned));
        let advance = HouseholdCommand::AdvanceNeed { household, need, fact, status, note, time };
        self.keting.execute(&Command::Household(advance)).unwrap();
    }

    /// One household in full.
    pub fn detail(&self, id: DocumentId) -> HouseholdDetail {
        self.keting.household(&id).unwrap().unwrap().household
    }

    /// Every household as a list shows it; none while the phone has yet to join.
    pub fn households(&self) -> Vec<HouseholdView> {
        match self.try_households() {
            Err(EngineError::NotEnrolled) => Vec::new(),
            listed => listed.unwrap(),
        }
    }

    /// Every household, if the file can be read.
    ///
    /// # Errors
    /// What the engine says.
    pub fn try_households(&self) -> Result<Vec<HouseholdView>, EngineError> {
        self.keting.households(&HouseholdFilter::default())
    }

    /// One household as a list shows it.
    pub fn household(&self, id: DocumentId) -> HouseholdView {
        self.households().into_iter().find(|household| household.id == id).unwrap()
    }

    /// What has to be settled of a household.
    pub fn conflicts(&self, household: DocumentId) -> Vec<ConflictView> {
        self.keting.conflicts(Some(&household)).unwrap()
    }

    /// The region with a code.
    pub fn region(&self, code: &str) -> DocumentId {
        let found = self.keting.region_of_code(code).unwrap();
        found.unwrap_or_else(|| panic!("no region {code} on this phone"))
    }

    /// Panics unless everything on the phone holds up.
    pub fn assert_verified(&self) {
        let report = parts::replica_of(&self.keting).verify(&mut |_, _| {}).unwrap();
        assert_eq!(report.differences, []);
        assert!(!report.documents.is_empty());
    }
}

/// The vault of a phone's directory.
pub fn vault(directory: &Path) -> Arc<dyn Vault> {
    Arc::new(DirectoryVault::open(&directory.join("vault")).unwrap())
}
